//! The PyPI wheel `onnxruntime`: pinned, fetched by pip, checked, and the library taken out of it.

use super::debian;
use crate::shell;
use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that the library is tested with.
pub const VERSION: &str = "1.31.1";

/// One wheel per processor: architecture, pip's name of the platform, sha256.
const WHEELS: [(&str, &str, &str); 2] = [
    (
        "x86_64",
        "manylinux_2_28_x86_64",
        "5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f",
    ),
    (
        "aarch64",
        "manylinux_2_28_aarch64",
        "da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3",
    ),
];

/// Downloads the wheel for this machine into `folder`, which exists, and verifies it.
pub fn fetch(folder: &Path) -> Result<PathBuf> {
    let arch = std::env::consts::ARCH;
    let (_, platform, expected) = WHEELS.iter().find(|wheel| wheel.0 == arch).with_context(|| {
        format!(
            "no pinned ONNX Runtime for {arch}: install one and set ORT_DYLIB_PATH to its libonnxruntime.so"
        )
    })?;
    ensure_pip()?;
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
    ]);
    pip.args([
        "--only-binary=:all:",
        "--platform",
        platform,
        "--implementation",
        "cp",
        "--python-version",
        "3.11",
    ]);
    pip.arg("--dest")
        .arg(folder)
        .arg(format!("onnxruntime=={VERSION}"));
    shell::capture(&mut pip).context("can't fetch ONNX Runtime (is the network reachable?)")?;

    let wheel = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip downloaded nothing")?;
    let found = sha256(&wheel)?;
    ensure!(
        found == *expected,
        "{}: sha256 is {found}, expected {expected}; not using it",
        wheel.display()
    );
    Ok(wheel)
}

/// Unpacks the shared libraries of the C interface, and nothing else, into `folder`; returns their paths.
pub fn unpack(wheel: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut archive = zip::ZipArchive::new(File::open(wheel)?)?;
    let mut libraries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let Some(name) = entry.name()?.strip_prefix("onnxruntime/capi/").map(str::to_owned) else {
            continue;
        };
        if name.starts_with("libonnxruntime") && name.contains(".so") && !name.contains('/') {
            let path = folder.join(name);
            io::copy(&mut entry, &mut File::create(&path)?)?;
            libraries.push(path);
        }
    }
    ensure!(
        !libraries.is_empty(),
        "{}: holds no libonnxruntime",
        wheel.display()
    );
    Ok(libraries)
}

/// The sha256 of a file, in lower-case hexadecimal digits.
pub fn sha256(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    Ok(Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }))
}

fn ensure_pip() -> Result<()> {
    let pip = || shell::capture(Command::new("python3").args(["-m", "pip", "--version"]));
    if pip().is_ok() {
        return Ok(());
    }
    debian::ensure(&["python3", "python3-pip"]).context("`python3 -m pip` fetches ONNX Runtime")?;
    match pip() {
        Ok(_) => Ok(()),
        Err(error) => bail!("pip is installed but does not run: {error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pin_is_a_sha256() {
        for (arch, platform, digest) in WHEELS {
            assert!(platform.ends_with(arch));
            assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
    }
}
