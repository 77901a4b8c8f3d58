//! The command, from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub fn quietcloud() -> Command {
    Command::new(env!("CARGO_BIN_EXE_quietcloud"))
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The exit code, and that the one line on standard error tells each of `parts`.
#[track_caller]
pub fn fails(output: &Output, code: i32, parts: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(output.stdout.is_empty(), "{}", stdout(output));
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        parts.iter().all(|part| text.contains(part)),
        "'{text}' does not tell {parts:?}"
    );
}

/// A noisy sphere as a file with a column that is no coordinate.
pub fn scan(folder: &Path, n: usize) -> PathBuf {
    let mut text = String::new();
    for (i, [x, y, z]) in super::noisy_sphere(n, 5.0, [1.0, 2.0, 3.0], 0.1)
        .into_iter()
        .enumerate()
    {
        text += &format!("{x} {y} {z} {i}\n");
    }
    let path = folder.join("scan.xyz");
    fs::write(&path, text).unwrap();
    path
}
