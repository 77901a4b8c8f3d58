//! Files that appear whole or not at all.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// Writes beside `path` and renames: a reader, a full disk or a crash never meets half of a file.
pub(super) fn whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static NTH: AtomicU32 = AtomicU32::new(0); // two threads may write the same file
    let mut name = OsString::from(".");
    name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
    name.push(format!(
        ".{}-{}.part",
        std::process::id(),
        NTH.fetch_add(1, Ordering::Relaxed)
    ));
    let part = path.with_file_name(name);
    let mut file = OpenOptions::new().write(true).create_new(true).open(&part)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part); // the first error is the one to report
    }
    written
}
