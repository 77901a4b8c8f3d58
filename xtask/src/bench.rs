//! `bench`: the parts of a run by criterion, then whole programs beside each other; a table and a plot of it all.

use crate::setup::debian;
use crate::test::{cmake, peers, python};
use crate::{paths, program, setup, shell};
use anyhow::{Context as _, Result, ensure};
use std::fs;
use std::process::Command;

/// From a depth camera's frame to a survey.
const SIZES: [usize; 4] = [10_000, 50_000, 500_000, 5_000_000];

/// Clouds of these sizes, or of [`SIZES`].
pub fn run(words: &[&str]) -> Result<()> {
    let sizes = sizes(words)?;
    setup::run()?;
    for packages in [peers::DEBIAN, python::DEBIAN, python::OPEN3D] {
        debian::ensure(packages)?;
    }
    let root = paths::root();
    let [open3d, torch] = [
        python::environment(&root.join("bindings/python/pyproject.toml"))?,
        python::environment(&root.join("onnx/pyproject.toml"))?,
    ];
    let peers = cmake::build(&root.join("benches/peers"), &[])?;
    let program = program::build()?;
    let out = root.join("target/bench");
    fs::create_dir_all(&out)?;

    let criterion = out.join("criterion");
    shell::run(
        Command::new("cargo")
            .args(["bench", "--bench", "stages", "--"])
            .arg(filter(&sizes))
            .env("CRITERION_HOME", &criterion)
            .current_dir(root),
    )?;

    let whole = root.join("benches/whole");
    let mut compare = Command::new("python3");
    compare.arg(whole.join("run.py"));
    for (flag, path) in [
        ("--out", &out),
        ("--cli", &program),
        ("--peers", &peers),
        ("--open3d", &open3d),
        ("--torch", &torch),
        ("--criterion", &criterion),
    ] {
        compare.arg(flag).arg(path);
    }
    compare.args(sizes.iter().map(usize::to_string));
    shell::run(compare.env("PYTHONPATH", root.join("onnx")))?;
    shell::run(
        Command::new(open3d)
            .arg(whole.join("plot.py"))
            .arg(out.join("results.json"))
            .arg(out.join("plot.png")),
    )?;
    println!("look at target/bench/table.md and target/bench/plot.png");
    Ok(())
}

fn sizes(words: &[&str]) -> Result<Vec<usize>> {
    if words.is_empty() {
        return Ok(SIZES.to_vec());
    }
    let size = |word: &&str| -> Result<usize> {
        let size = word
            .parse()
            .with_context(|| format!("{word} is no number of points"))?;
        ensure!(
            (1000..=100_000_000).contains(&size),
            "{size} points: a size is from 1000 to 100000000"
        );
        Ok(size)
    };
    words.iter().map(size).collect()
}

/// What criterion is to measure: those of its sizes that were asked for, as a regular expression.
fn filter(sizes: &[usize]) -> String {
    let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
    format!("/({})$", sizes.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_numbers_of_points() {
        assert_eq!(sizes(&[]).unwrap(), SIZES);
        assert_eq!(sizes(&["2000", "50000"]).unwrap(), [2000, 50_000]);
        for wrong in ["fast", "-5", "0", "999", "1e6", "1000000000"] {
            let error = sizes(&[wrong]).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
        assert_eq!(filter(&[2000, 50_000]), "/(2000|50000)$");
    }
}
