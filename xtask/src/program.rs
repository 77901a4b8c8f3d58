//! The command-line program.

use crate::{paths, shell};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// Builds the program, optimised, and returns where it is.
pub fn build() -> Result<PathBuf> {
    shell::run(
        Command::new("cargo")
            .args(["build", "--release", "--bin", "quietcloud"])
            .current_dir(paths::root()),
    )?;
    Ok(paths::root().join("target/release/quietcloud"))
}
