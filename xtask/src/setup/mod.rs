//! `setup`: ONNX Runtime's shared library into the cache folder.

pub mod debian;
mod wheel;

use crate::paths;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The list of what was unpacked, written last: without it, or with other files, a folder does not count.
const STAMP: &str = "sha256sums";

/// Fetches ONNX Runtime unless a verified copy is there; returns the path of the library.
pub fn run() -> Result<PathBuf> {
    let cache = paths::cache()?;
    let home = cache.join(format!("onnxruntime-{}", wheel::VERSION));
    if !intact(&home) {
        fetch(&cache, &home)?;
    }
    Ok(home.join(format!("libonnxruntime.so.{}", wheel::VERSION)))
}

fn fetch(cache: &Path, home: &Path) -> Result<()> {
    eprintln!(
        "fetching ONNX Runtime {} into {}",
        wheel::VERSION,
        cache.display()
    );
    // Everything happens in a folder of our own; one rename makes it visible, whole.
    let temporary = cache.join(format!(".onnxruntime-{}", std::process::id()));
    fs::create_dir_all(&temporary).with_context(|| temporary.display().to_string())?;
    let result = (|| {
        let wheel = wheel::fetch(&temporary)?;
        let unpacked = temporary.join("unpacked");
        fs::create_dir(&unpacked)?;
        let mut stamp = String::new();
        for library in wheel::unpack(&wheel, &unpacked)? {
            let name = library
                .file_name()
                .expect("a file was written")
                .to_string_lossy()
                .into_owned();
            stamp += &format!("{}  {name}\n", wheel::sha256(&library)?);
        }
        fs::write(unpacked.join(STAMP), stamp)?;
        if home.exists() && !intact(home) {
            fs::remove_dir_all(home)?;
        }
        // Another setup may have won the race with the same files.
        fs::rename(&unpacked, home).or_else(|error| if intact(home) { Ok(()) } else { Err(error) })?;
        Ok(())
    })();
    fs::remove_dir_all(&temporary).ok();
    result
}

/// Whether every file of the stamp is there with its recorded hash.
fn intact(home: &Path) -> bool {
    let Ok(stamp) = fs::read_to_string(home.join(STAMP)) else {
        return false;
    };
    let mut lines = stamp.lines().peekable();
    lines.peek().is_some()
        && lines.all(|line| {
            line.split_once("  ").is_some_and(|(expected, name)| {
                wheel::sha256(&home.join(name)).is_ok_and(|found| found == expected)
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_or_missing_file_is_noticed() {
        let home = std::env::temp_dir().join(format!("quietcloud-intact-{}", std::process::id()));
        fs::create_dir_all(&home).unwrap();
        assert!(!intact(&home), "no stamp");
        fs::write(home.join(STAMP), "").unwrap();
        assert!(!intact(&home), "an empty stamp");
        fs::write(home.join("lib.so"), "abc").unwrap();
        // FIPS 180-2's own example.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        fs::write(home.join(STAMP), format!("{abc}  lib.so\n")).unwrap();
        assert!(intact(&home));
        fs::write(home.join("lib.so"), "abd").unwrap();
        assert!(!intact(&home), "altered");
        fs::remove_file(home.join("lib.so")).unwrap();
        assert!(!intact(&home), "missing");
        fs::remove_dir_all(home).unwrap();
    }
}
