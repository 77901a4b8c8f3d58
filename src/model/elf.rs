//! Looks at a shared library before the loader does.
//!
//! The loader maps what the program headers promise without asking whether the file is that long: a download that
//! broke off kills the process with SIGBUS inside `dlopen`. So the promise is checked first.

use std::fs::File;
use std::io::Read;
use std::path::Path;

const LOAD: u32 = 1; // PT_LOAD

/// Refuses a 64-bit ELF file that is shorter than its segments. Any other file is left to the loader's judgement.
pub(super) fn check(path: &Path) -> Result<(), String> {
    let read = |e: std::io::Error| e.to_string();
    let mut file = File::open(path).map_err(read)?;
    let length = file.metadata().map_err(read)?.len();
    let mut head = Vec::new();
    file.by_ref().take(1 << 16).read_to_end(&mut head).map_err(read)?;
    if head.starts_with(b"\x7fELF\x02\x01") && segments_end(&head).is_none_or(|end| end > length) {
        return Err(format!("the file breaks off after {length} bytes"));
    }
    Ok(())
}

/// Where the last loaded segment ends; nothing where the program headers lie outside of `head`.
fn segments_end(head: &[u8]) -> Option<u64> {
    let number = |at: usize, bytes: usize| -> Option<u64> {
        let mut value = [0; 8];
        value[..bytes].copy_from_slice(head.get(at..at.checked_add(bytes)?)?);
        Some(u64::from_le_bytes(value))
    };
    let (table, size, count) = (
        number(32, 8)? as usize,
        number(54, 2)? as usize,
        number(56, 2)? as usize,
    );
    let mut end = 0;
    for i in 0..count {
        let entry = table.checked_add(i * size)?;
        if number(entry, 4)? as u32 == LOAD {
            end = end.max(number(entry.checked_add(8)?, 8)?.checked_add(number(entry.checked_add(32)?, 8)?)?);
        }
    }
    Some(end)
}
