//! Zip archives of models, looked at before a reader believes them.

use std::io::Cursor;

use ndarray_npy::NpzReader;
use zip::ZipArchive;

/// Where an archive of more than 65 535 files or 4 GiB, a ZIP64, says where its directory is, and its end record.
const LOCATOR: &[u8] = b"PK\x06\x07";
const END: &[u8] = b"PK\x05\x06";

/// Between the locator and the end record.
const APART: usize = 20;

/// Refuses ZIP64, which no model needs: readers take memory for as many files as it claims to have.
fn refuse_zip64(archive: &[u8]) -> Result<(), String> {
    // A reader may take any end record that it finds for the one that counts.
    let both = archive
        .windows(APART + END.len())
        .any(|window| window.starts_with(LOCATOR) && window.ends_with(END));
    if both {
        return Err("is a ZIP64 archive, which no model needs".into());
    }
    Ok(())
}

/// An archive, ready to give its files.
pub(super) fn open(archive: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, String> {
    refuse_zip64(archive)?;
    ZipArchive::new(Cursor::new(archive)).map_err(|e| format!("is not a folder and no zip archive: {e}"))
}

/// The golden vectors in `bytes`, ready to be read.
pub(super) fn golden(bytes: &[u8]) -> Result<NpzReader<Cursor<&[u8]>>, String> {
    refuse_zip64(bytes).map_err(|e| format!("golden.npz {e}"))?;
    NpzReader::new(Cursor::new(bytes)).map_err(|e| format!("golden.npz can't be read: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive whose end record claims `files` files, in 64 bits.
    fn claims(files: u64) -> Vec<u8> {
        let mut bytes = b"PK\x01\x02".to_vec();
        bytes.resize(100, 0);
        let at = bytes.len() as u64;
        bytes.extend(b"PK\x06\x06");
        bytes.extend(44_u64.to_le_bytes());
        bytes.extend([45, 0, 45, 0]);
        bytes.extend([0; 8]);
        [files, files, 46, 0]
            .iter()
            .for_each(|n| bytes.extend(n.to_le_bytes()));
        bytes.extend(LOCATOR);
        bytes.extend([0; 4]);
        bytes.extend(at.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(END);
        bytes.extend([0; 4]);
        bytes.extend([255; 12]);
        bytes.extend([0; 2]);
        bytes
    }

    #[test]
    fn archives_that_claim_billions_of_files_are_refused_unread() {
        for files in [1, 70_000, 1 << 40, u64::MAX] {
            let error = open(&claims(files)).unwrap_err();
            assert!(error.contains("ZIP64"), "{error}");
        }
    }
}
