//! Running other programs, with errors that name them.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// The command line as a person would type it.
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Runs `command` with our own output streams and an empty input.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| line(command))?;
    if !status.success() {
        bail!("{}: {status}", line(command));
    }
    Ok(())
}

/// Runs `command` and returns what it printed; its last error line becomes ours.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| line(command))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .unwrap_or("no message");
        bail!("{}: {last}", line(command));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs `command`, passes its output on as it comes, and returns the lines that `keep` picks.
pub fn run_and_keep(command: &mut Command, keep: impl Fn(&str) -> bool) -> (Result<()>, Vec<String>) {
    let mut kept = Vec::new();
    let mut go = || -> Result<()> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| line(command))?;
        let output = BufReader::new(child.stdout.take().expect("piped above"));
        for bytes in output.split(b'\n') {
            let bytes = bytes?;
            let text = String::from_utf8_lossy(&bytes);
            println!("{text}");
            if keep(&text) {
                kept.push(text.trim().to_owned());
            }
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("{}: {status}", line(command));
        }
        Ok(())
    };
    (go(), kept)
}

/// Whether `program --version` runs at all.
pub fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_program_and_its_last_word() {
        let error =
            capture(Command::new("sh").args(["-c", "echo first >&2; echo last >&2; exit 3"])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "sh -c echo first >&2; echo last >&2; exit 3: last"
        );
        assert!(
            format!("{:#}", run(&mut Command::new("no-such-program")).unwrap_err())
                .starts_with("no-such-program: ")
        );
    }

    #[test]
    fn picked_lines_survive_a_failure() {
        let script = "echo noise; echo test result: bad; exit 1";
        let (result, kept) = run_and_keep(Command::new("sh").args(["-c", script]), |line| {
            line.starts_with("test")
        });
        assert!(result.is_err());
        assert_eq!(kept, ["test result: bad"]);
    }
}
