//! The peers build, and everybody makes a noisy ball rounder: quietcloud as well as they do.

use super::cmake;
use crate::{paths, program, shell};
use anyhow::{Result, ensure};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// `libeigen3-dev` is only recommended by CGAL, which needs it for jets.
pub const DEBIAN: &[&str] = &[
    "cmake",
    "g++",
    "make",
    "pkg-config",
    "libpcl-dev",
    "libcgal-dev",
    "libeigen3-dev",
];

/// Program and parameters.
const PEERS: [(&str, &[&str]); 3] = [
    ("pcl_mls", &["5", "2"]),
    ("cgal_jet", &["60"]),
    ("cgal_bilateral", &["40", "25", "3"]),
];

pub fn run(path: &Path) -> (Result<()>, Vec<String>) {
    let mut lines = Vec::new();
    (compare(path, &mut lines), lines)
}

fn compare(path: &Path, lines: &mut Vec<String>) -> Result<()> {
    let programs = cmake::build(path, &[])?;
    let folder = paths::root().join("target/peers-test");
    fs::create_dir_all(&folder)?;
    let (noisy, result) = (folder.join("noisy.xyz"), folder.join("result.xyz"));
    fs::write(&noisy, ball())?;
    let before = roundness(&noisy)?;
    lines.push(format!(
        "noisy ball     {before:.5} from the surface (root mean square)"
    ));

    let mut best = f64::INFINITY;
    for (name, parameters) in PEERS {
        shell::capture(
            Command::new(programs.join(name))
                .arg(&noisy)
                .arg(&result)
                .args(parameters),
        )?;
        let after = roundness(&result)?;
        lines.push(format!("{name:14} {after:.5}"));
        ensure!(after < before, "{name} made it worse");
        best = best.min(after);
    }
    let mut ours = Command::new(program::build()?);
    shell::capture(ours.arg("denoise").arg(&noisy).arg(&result))?;
    let after = roundness(&result)?;
    lines.push(format!("quietcloud     {after:.5}"));
    lines.iter().for_each(|line| println!("{line}"));
    // A ball is what fitted quadrics like best; being near them is enough here.
    ensure!(after < 1.5 * best, "quietcloud is far behind the best peer");
    Ok(())
}

/// 5000 points of the unit sphere (Fibonacci's), with 2 % of uniform noise along each axis.
fn ball() -> String {
    let mut text = String::new();
    let mut state = 1_u32;
    let mut noise = || {
        // Numerical Recipes' quick generator; its upper bits are good enough here.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        0.02 * 3.0_f64.sqrt() * (f64::from(state >> 8) / f64::from(1 << 23) - 1.0)
    };
    for i in 0..5000 {
        let z = 1.0 - (2.0 * f64::from(i) + 1.0) / 5000.0;
        let (s, c) = (f64::from(i) * 2.399_963_229_728_653).sin_cos();
        let r = (1.0 - z * z).sqrt();
        let _ = writeln!(text, "{} {} {}", r * c + noise(), r * s + noise(), z + noise());
    }
    text
}

/// Root mean square distance to the unit sphere.
fn roundness(path: &Path) -> Result<f64> {
    let text = fs::read_to_string(path)?;
    let mut sum = 0.0;
    let mut count = 0;
    for line in text.lines() {
        let squared = line
            .split_ascii_whitespace()
            .take(3)
            .map(|word| Ok(word.parse::<f64>()?.powi(2)));
        sum += (squared.sum::<Result<f64>>()?.sqrt() - 1.0).powi(2);
        count += 1;
    }
    ensure!(
        count == 5000,
        "{}: {count} points instead of 5000",
        path.display()
    );
    Ok((sum / f64::from(count)).sqrt())
}
