//! The command `quietcloud`.
//!
//! Exit codes: 0 done, 1 `check` found a difference, 2 wrong usage, else 10 + the error's code.

mod check;
mod compare;
mod denoise;
mod describe;
mod generate;
mod likelihood;
mod options;
mod progress;
mod reconstruct;
mod tile;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use quietcloud::{Device, Model, Result};

/// Removes the noise from point clouds.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Denoise a cloud: .ply, .pcd, .las, .laz, .xyz, .txt or .asc
    Denoise(denoise::Args),
    /// Cut a scan into tiles that can be denoised on other machines
    Tile(tile::Args),
    /// Put denoised tiles together again
    Merge(tile::MergeArgs),
    /// Make new clouds with a generator
    Generate(generate::Args),
    /// Encode a cloud and decode it again
    Reconstruct(reconstruct::Args),
    /// Bound the likelihood of a cloud under a generator
    Likelihood(likelihood::Args),
    /// Say what a model is
    Describe(describe::Args),
    /// Prove that a model gives here what it gave where it was made
    Check(check::Args),
    /// Measure a result against the clean cloud: Chamfer, point-to-mesh and Hausdorff distance
    Compare(compare::Args),
}

/// Where networks come from and run.
#[derive(clap::Args)]
struct ModelArgs {
    /// Model folder, or a zip archive of one [default: the built-in model]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(clap::Args)]
struct PlaceArgs {
    /// Where to run: auto, cpu, cuda, tensorrt or tensorrt-fp16; cuda:1 is the second GPU
    #[arg(long, default_value = "auto", value_parser = device)]
    device: Device,
    /// ONNX Runtime's shared library [default: searched for]
    #[arg(long, value_name = "PATH")]
    runtime: Option<PathBuf>,
}

impl PlaceArgs {
    fn open(&self, model: Option<&PathBuf>) -> Result<Model> {
        if let Some(path) = &self.runtime {
            quietcloud::model::runtime::use_library(path)?;
        }
        match model {
            Some(path) => Model::open(path, self.device),
            None => Model::builtin(self.device),
        }
    }
}

fn device(name: &str) -> Result<Device> {
    name.parse()
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let result = match cli.command {
        Command::Denoise(args) => denoise::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Tile(args) => tile::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Merge(args) => tile::merge(&args).map(|()| ExitCode::SUCCESS),
        Command::Generate(args) => generate::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Reconstruct(args) => reconstruct::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Likelihood(args) => likelihood::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Describe(args) => describe::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Check(args) => check::run(&args),
        Command::Compare(args) => compare::run(&args).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        complain(&error.to_string());
        ExitCode::from(10 + error.code() as u8)
    })
}

/// Help and version go out as they are; anything else becomes one line.
fn usage(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let what = text
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .trim_start_matches("error: ");
    complain(&format!("{what}; see quietcloud --help"));
    ExitCode::from(2)
}

fn complain(text: &str) {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // Nobody is left to tell if this fails.
    let _ = writeln!(std::io::stderr(), "quietcloud: {line}");
}

/// Prints to standard output; a reader that has gone away (`| head`) is no reason to fail.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
