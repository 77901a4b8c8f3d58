//! One tile as a file: a PLY that any `denoise` reads, and that comes back with other coordinates.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::tape::{Tape, refused};
use crate::error::{Error, Result};

/// Bytes of a row of a tile: x, y, z, core, source.
const ROW: usize = 33;

fn header(points: u64) -> String {
    format!(
        "ply\nformat binary_little_endian 1.0\nelement vertex {points}\nproperty double x\nproperty double y\n\
         property double z\nproperty uchar core\nproperty double source\nend_header\n"
    )
}

/// Writes the points of some ranges of the tapes; those of `core` are the tile's own.
pub(super) fn write_tile(
    path: &Path,
    ranges: &[Range<u64>],
    core: &Range<u64>,
    raw: &Tape<[f64; 3]>,
    sources: &Tape<u64>,
) -> Result<()> {
    let points = ranges.iter().map(|range| range.end - range.start).sum();
    let part: PathBuf = path.with_extension("part");
    let wrong = |source| refused(path, source);
    let mut file = BufWriter::new(File::create(&part).map_err(wrong)?);
    file.write_all(header(points).as_bytes()).map_err(wrong)?;
    for range in ranges {
        let rows = raw
            .read(range.clone())?
            .into_iter()
            .zip(sources.read(range.clone())?);
        for (number, (point, source)) in range.clone().zip(rows) {
            let mut row = Vec::with_capacity(ROW);
            point.iter().for_each(|c| row.extend_from_slice(&c.to_le_bytes()));
            row.push(u8::from(core.contains(&number)));
            row.extend_from_slice(&(source as f64).to_le_bytes());
            file.write_all(&row).map_err(wrong)?;
        }
    }
    let file = file.into_inner().map_err(|error| wrong(error.into_error()))?;
    file.sync_all()
        .and_then(|()| fs::rename(&part, path))
        .map_err(wrong)
}

/// The points of a tile's core.
pub(super) fn read_tile(
    path: &Path,
    points: u64,
    mut hear: impl FnMut([f64; 3], u64) -> Result<()>,
) -> Result<()> {
    let wrong = |source| refused(path, source);
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(wrong)?);
    let expected = header(points);
    let mut found = vec![0; expected.len()];
    let short = |_| broken(path, "the file is shorter than the tile that was cut".into());
    file.read_exact(&mut found).map_err(short)?;
    if found != expected.as_bytes() {
        return Err(broken(path, "this is not the tile that was cut, denoised".into()));
    }
    let number = |bytes: &[u8]| f64::from_le_bytes(std::array::from_fn(|i| bytes[i]));
    let mut row = [0; ROW];
    for _ in 0..points {
        file.read_exact(&mut row).map_err(short)?;
        if row[24] == 1 {
            hear(
                std::array::from_fn(|a| number(&row[8 * a..])),
                number(&row[25..]) as u64,
            )?;
        }
    }
    Ok(())
}

pub(super) fn broken(path: &Path, reason: String) -> Error {
    Error::Format {
        path: path.into(),
        reason,
    }
}
