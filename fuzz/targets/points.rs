//! Point cloud and mesh files: whatever is read can be written again, in every format, and says the same.

use std::path::Path;

use quietcloud::Error;
use quietcloud::io::PointFile;
use quietcloud::metrics::Mesh;

use super::ledger::within;

const FORMATS: [&str; 5] = ["a.ply", "a.pcd", "a.xyz", "a.las", "a.laz"];

/// What a parser may hold: an ASCII column takes some hundred bytes for its name, a compressed block unpacks 88-fold. The
/// packer of LAZ begins with two megabytes of tables, whatever it packs.
fn most(bytes: &[u8]) -> usize {
    (4 << 20) + 2000 * bytes.len()
}

pub fn ply(bytes: &[u8]) {
    within(most(bytes), || round_trips("a.ply", bytes));
}

pub fn pcd(bytes: &[u8]) {
    within(most(bytes), || round_trips("a.pcd", bytes));
}

pub fn xyz(bytes: &[u8]) {
    within(most(bytes), || round_trips("a.xyz", bytes));
}

/// LASzip has tables for each byte of a record, of which 4096 are packed at most, and packs equal points to next to nothing:
/// how many there are only the header says.
pub fn las(bytes: &[u8]) {
    const TABLE: usize = 20_000;
    const POINT: usize = 100;
    let number = |at: usize, size: usize| {
        let number = bytes.get(at..at + size).unwrap_or_default();
        number
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | usize::from(byte))
    };
    let record = number(105, 2);
    let points = if number(104, 1) & 0x80 > 0 {
        number(107, 4).max(number(247, 8))
    } else {
        0
    };
    let unpacked = points.saturating_mul(record + POINT);
    let limit = most(bytes) + TABLE * record.min(4096);
    within(limit.saturating_add(unpacked), || round_trips("a.las", bytes));
}

/// The file as each kind of mesh.
pub fn mesh(bytes: &[u8]) {
    within(most(bytes), || {
        for name in ["a.ply", "a.off", "a.obj"] {
            let Ok(mesh) = Mesh::from_memory(Path::new(name), bytes.to_vec()).inspect_err(is_format) else {
                continue;
            };
            let corners = mesh.faces().iter().flatten();
            assert!(corners.clone().count() > 0);
            assert!(
                corners
                    .into_iter()
                    .all(|&corner| (corner as usize) < mesh.vertices().len())
            );
        }
    });
}

fn is_format(error: &Error) {
    assert!(matches!(error, Error::Format { .. }), "{error:?}");
    assert!(!error.to_string().contains('\n'), "{error}");
}

fn round_trips(name: &str, bytes: &[u8]) {
    let path = Path::new(name);
    let Ok(file) = PointFile::from_memory(path, bytes.to_vec()).inspect_err(is_format) else {
        return;
    };
    assert_eq!(file.points().len(), file.len());

    // Unchanged points are an unchanged file; packing anew may come out otherwise, and means the same. LAS corrects the
    // bounds in its header.
    let same = file.to_memory(path, file.points()).unwrap();
    let again = PointFile::from_memory(path, same.clone()).unwrap();
    equal(file.points(), again.points());
    if name != "a.las" && !bytes.windows(17).any(|words| words == b"binary_compressed") {
        assert_eq!(same, bytes);
    }

    // What was moved is there, and as finite as it was.
    let moved: Vec<[f64; 3]> = file.points().iter().map(|point| point.map(|c| c + 1.0)).collect();
    if let Some(written) = composed(&file, path, &moved) {
        let read = PointFile::from_memory(path, written).unwrap();
        assert_eq!(read.len(), file.len());
        let finite = |point: &[f64; 3]| point.map(f64::is_finite);
        for (read, old) in read.points().iter().zip(file.points()) {
            assert_eq!(finite(read), finite(old));
        }
    }

    for other in FORMATS.into_iter().filter(|other| *other != name) {
        let path = Path::new(other);
        let Some(converted) = composed(&file, path, file.points()) else {
            continue;
        };
        if file.is_empty() && other == "a.xyz" {
            continue; // a text without a point is no cloud
        }
        let read = PointFile::from_memory(path, converted).unwrap_or_else(|error| panic!("{other}: {error}"));
        assert_eq!(read.len(), file.len(), "{other}");
    }
    let error = file.to_memory(path, &vec![[0.0; 3]; file.len() + 1]).unwrap_err();
    assert!(matches!(error, Error::Cloud(_)));
}

/// The bytes of a file; nothing where the format, LAS, can't hold such points.
fn composed(file: &PointFile, path: &Path, points: &[[f64; 3]]) -> Option<Vec<u8>> {
    let result = file.to_memory(path, points).inspect_err(is_format);
    let las = path
        .extension()
        .is_some_and(|extension| extension == "las" || extension == "laz");
    assert!(las || result.is_ok(), "{result:?}");
    result.ok()
}

fn equal(a: &[[f64; 3]], b: &[[f64; 3]]) {
    let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
    assert_eq!(a.len(), b.len());
    assert!(a.as_flattened().iter().zip(b.as_flattened()).all(same));
}
