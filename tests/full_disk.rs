//! A disk that is full and a folder that takes no files: one line, an exit code, and what was there before still is.

#![cfg(unix)]

mod stand_in;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use quietcloud::io;

/// Denoises under a shell that may set limits first.
fn denoise(limits: &str, input: &Path, output: &Path) -> Output {
    stand_in::need_runtime();
    Command::new("sh")
        .args([
            "-c",
            &format!("{limits} exec \"$0\" denoise \"$1\" \"$2\" --threads 1"),
        ])
        .arg(env!("CARGO_BIN_EXE_quietcloud"))
        .args([input, output])
        .output()
        .unwrap()
}

fn refused(output: &Output, part: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(13), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains(part), "'{text}' does not tell '{part}'");
}

/// The system stops writing after 8 blocks, as it does on a full disk; no signal, for nobody sends one there either.
const FULL: &str = "trap '' XFSZ; ulimit -f 8;";

#[test]
fn a_full_disk_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("scan.ply"), folder.path().join("clean.ply"));
    io::write(&input, &stand_in::noisy_sphere(3000, 5.0, [0.0; 3], 0.1)).unwrap();
    fs::write(&output, "what was there before").unwrap();
    refused(&denoise(FULL, &input, &output), "clean.ply");
    assert_eq!(fs::read_to_string(&output).unwrap(), "what was there before");
    // In place, too: the scan itself is not lost.
    let before = fs::read(&input).unwrap();
    refused(&denoise(FULL, &input, &input), "scan.ply");
    assert_eq!(fs::read(&input).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);

    assert!(denoise("", &input, &output).status.success());
    assert_eq!(io::read(&output).unwrap().len(), 3000);
}

/// Of /proc not even root may make a file.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("scan.ply");
    io::write(&input, &stand_in::noisy_sphere(500, 5.0, [0.0; 3], 0.1)).unwrap();
    refused(
        &denoise("", &input, Path::new("/proc/clean.ply")),
        "/proc/clean.ply",
    );
}
