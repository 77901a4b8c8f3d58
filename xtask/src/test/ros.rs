//! ROS 2: messages of the wheels on PyPI, and the node where ROS 2 is installed and sourced.

use super::{cmake, python};
use crate::shell;
use anyhow::Result;
use std::path::Path;
use std::process::Command;

pub const DEBIAN: &[&str] = &["cmake", "g++", "make"];

pub fn run(path: &Path) -> (Result<()>, Vec<String>) {
    let build = match build(path) {
        Ok(build) => build,
        Err(error) => return (Err(error), Vec::new()),
    };
    let mut ctest = Command::new("ctest");
    ctest
        .args(["--output-on-failure", "--no-tests=error", "--test-dir"])
        .arg(build);
    let (result, mut lines) = shell::run_and_keep(&mut ctest, |line| {
        line.contains("tests passed") || line.contains("(Skipped)")
    });
    if lines.iter().any(|line| line.contains("(Skipped)")) {
        lines.push("the node was NOT tested: no rclcpp (ROS 2 has to be installed and sourced)".to_owned());
    }
    (result, lines)
}

fn build(path: &Path) -> Result<std::path::PathBuf> {
    let python = python::environment(&path.join("pyproject.toml"))?;
    let wheels = python
        .parent()
        .and_then(Path::parent)
        .expect("an environment's Python lies in its bin folder");
    cmake::build(path, &[format!("-DROS_WHEELS={}", wheels.display())])
}
