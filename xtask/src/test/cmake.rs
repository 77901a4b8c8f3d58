//! C and C++ test projects: configure, build, ctest.

use crate::{paths, shell};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const DEBIAN: &[&str] = &[
    "abigail-tools",
    "cmake",
    "g++",
    "libeigen3-dev",
    "make",
    "pkg-config",
    "valgrind",
];

pub const OPEN3D: &[&str] = &["cmake", "g++", "make", "pkg-config", "libopen3d-dev"];

pub fn run(path: &Path) -> (Result<()>, Vec<String>) {
    ctest(build(path, &[]), |line| line.contains("tests passed"))
}

/// Runs the tests of what was built, and returns the lines that `keep` picks.
pub fn ctest(build: Result<PathBuf>, keep: impl Fn(&str) -> bool) -> (Result<()>, Vec<String>) {
    let build = match build {
        Ok(build) => build,
        Err(error) => return (Err(error), Vec::new()),
    };
    let mut ctest = Command::new("ctest");
    ctest
        .args(["--output-on-failure", "--no-tests=error", "--test-dir"])
        .arg(build);
    shell::run_and_keep(&mut ctest, keep)
}

/// Configures the project in `source` with `options` and builds it; returns the build folder, which git does not see.
pub fn build(source: &Path, options: &[String]) -> Result<PathBuf> {
    let name = source
        .strip_prefix(paths::root())
        .unwrap_or(source)
        .to_string_lossy()
        .replace('/', "-");
    let build = paths::root().join("target/cmake").join(name);
    let mut configure = Command::new("cmake");
    shell::run(
        configure
            .arg("-S")
            .arg(source)
            .arg("-B")
            .arg(&build)
            .arg("-DCMAKE_BUILD_TYPE=Release")
            .args(options),
    )?;
    shell::run(Command::new("cmake").arg("--build").arg(&build).arg("--parallel"))?;
    Ok(build)
}
