//! What a stage is, how one is run, and the stages that only call cargo.

use crate::setup::debian;
use crate::{headers, paths, shell};
use anyhow::Result;
use std::fmt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// One line of the table.
pub struct Stage {
    pub name: &'static str,
    /// Relative to the root; where it does not exist, the stage is reported as absent.
    pub path: &'static str,
    /// Debian packages that have to be there.
    pub debian: &'static [&'static str],
    /// Gets the path, made absolute; returns the closing lines of the runners that it called, too.
    pub run: fn(&Path) -> (Result<()>, Vec<String>),
}

/// How a stage ended, with the closing lines of the runners that it called.
pub struct Outcome {
    pub name: &'static str,
    result: Option<Result<()>>,
    time: Duration,
    lines: Vec<String>,
}

impl Stage {
    pub fn perform(&self) -> Outcome {
        let path = paths::root().join(self.path);
        let start = Instant::now();
        if !path.exists() {
            return Outcome {
                name: self.name,
                result: None,
                time: Duration::ZERO,
                lines: Vec::new(),
            };
        }
        println!("\n== {} ({})", self.name, self.path);
        let (result, lines) = match debian::ensure(self.debian) {
            Ok(()) => (self.run)(&path),
            Err(error) => (Err(error), Vec::new()),
        };
        if let Err(error) = &result {
            println!("{} failed: {error:#}", self.name);
        }
        println!("== {}: {:.1} s", self.name, start.elapsed().as_secs_f64());
        Outcome {
            name: self.name,
            result: Some(result),
            time: start.elapsed(),
            lines,
        }
    }
}

impl Outcome {
    pub fn failed(&self) -> bool {
        matches!(self.result, Some(Err(_)))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let word = match &self.result {
            None => "absent",
            Some(Ok(())) => "ok",
            Some(Err(_)) => "FAILED",
        };
        writeln!(f, "{:10} {word:7} {:6.1} s", self.name, self.time.as_secs_f64())?;
        self.lines
            .iter()
            .try_for_each(|line| writeln!(f, "           {line}"))
    }
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(paths::root());
    command
}

pub fn format(_: &Path) -> (Result<()>, Vec<String>) {
    (shell::run(&mut cargo(&["fmt", "--all", "--check"])), Vec::new())
}

pub fn clippy(_: &Path) -> (Result<()>, Vec<String>) {
    let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    (shell::run(&mut cargo(&arguments)), Vec::new())
}

pub fn rust(_: &Path) -> (Result<()>, Vec<String>) {
    let mut command = cargo(&["test", "--release", "--workspace", "--no-fail-fast"]);
    // `0 passed` lines of programs without tests say nothing.
    shell::run_and_keep(&mut command, |line| {
        line.starts_with("test result:") && !line.contains(" 0 passed; 0 failed")
    })
}

/// Two targets at a time, so that all of them take about two minutes.
pub fn fuzz(_: &Path) -> (Result<()>, Vec<String>) {
    let mut command = cargo(&["test", "--release", "--workspace", "--test", "fuzz", "--"]);
    command.args(["--nocapture", "--test-threads=2"]);
    command.env("QUIETCLOUD_FUZZ_SECONDS", "24");
    shell::run_and_keep(&mut command, |line| line.contains(" inputs of the corpus and "))
}

pub fn header(_: &Path) -> (Result<()>, Vec<String>) {
    (headers::check(), Vec::new())
}
