//! ROS 2: messages of the wheels on PyPI, and the node where ROS 2 is installed and sourced.

use super::{cmake, python};
use anyhow::Result;
use std::path::Path;

pub const DEBIAN: &[&str] = &["cmake", "g++", "make"];

pub fn run(path: &Path) -> (Result<()>, Vec<String>) {
    let (result, mut lines) = cmake::ctest(build(path), |line| {
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
