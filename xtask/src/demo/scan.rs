//! A real scan to show: one frame of a Kinect looking at a book shelf, recorded for the Mobile Robot Programming
//! Toolkit (BSD licence) and shipped in Debian's package mrpt-common.

use super::nearest::Point;
use crate::paths;
use crate::setup::debian;
use crate::shell;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: &str = "mrpt-common";
const FILE: &str = "usr/share/mrpt/datasets/tests_rgbd.rawlog";

/// Every third column and row of the sensor is kept: 30 000 points about 1.5 cm apart, with steps of 1 cm in depth that
/// are then noise from point to point, and not terraces.
const STRIDE: u16 = 3;

/// The scan's points in metres: x away from the sensor, y left, z up.
pub fn read() -> Result<Vec<Point>> {
    let kept = paths::cache()?.join("scans/kinect_shelf.rawlog");
    if !kept.exists() {
        fetch(&kept)?;
    }
    let file = fs::File::open(&kept).with_context(|| kept.display().to_string())?;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file)
        .read_to_end(&mut bytes)
        .with_context(|| kept.display().to_string())?;
    parse(&bytes).with_context(|| kept.display().to_string())
}

fn fetch(kept: &Path) -> Result<()> {
    let folder = kept.parent().expect("the scan lies in a folder");
    let temporary = folder.join(format!(".fetch-{}", std::process::id()));
    fs::create_dir_all(&temporary).with_context(|| temporary.display().to_string())?;
    let result = (|| {
        let package = download(&temporary)?;
        shell::capture(
            Command::new("dpkg-deb")
                .arg("-x")
                .arg(package)
                .arg(temporary.join("tree")),
        )?;
        fs::rename(temporary.join("tree").join(FILE), kept)
            .with_context(|| format!("{PACKAGE} has no {FILE}"))
    })();
    fs::remove_dir_all(&temporary).ok();
    result
}

/// The package as a file; any user may download one, only root may refresh the lists.
fn download(folder: &Path) -> Result<PathBuf> {
    let apt = || {
        shell::capture(
            Command::new("apt-get")
                .args(["download", "-qq", PACKAGE])
                .current_dir(folder),
        )
    };
    if let Err(error) = apt() {
        if !debian::is_root() {
            return Err(error);
        }
        debian::update()?;
        apt()?;
    }
    let mut entries = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    entries
        .find(|path| path.extension().is_some_and(|e| e == "deb"))
        .context("apt-get downloaded nothing")
}

/// Takes the points out of a serialised `CObservation3DRangeScan` (mrpt-obs, CObservation3DRangeScan.cpp): after the
/// sensor's pose come a flag, the count, all x, all y, all z as float32, then the pixel columns and rows as uint16.
fn parse(bytes: &[u8]) -> Result<Vec<Point>> {
    const POSE: &[u8] = b"mrpt::poses::CPose3D";
    let pose = bytes
        .windows(POSE.len())
        .position(|window| window == POSE)
        .context("no range scan")?;
    // Version, twelve numbers, an end mark; then the flag.
    let mut rest = bytes.get(pose + POSE.len() + 1 + 96..).context("cut short")?;
    let mut take = |count: usize| -> Result<&[u8]> {
        let (head, tail) = rest.split_at_checked(count).context("cut short")?;
        rest = tail;
        Ok(head)
    };
    if take(2)? != [0x88, 1] {
        bail!("a range scan without points");
    }
    let count = u32::from_le_bytes(take(4)?.try_into()?) as usize;
    let [x, y, z] = [
        floats(take(4 * count)?),
        floats(take(4 * count)?),
        floats(take(4 * count)?),
    ];
    let [columns, rows] = [shorts(take(2 * count)?), shorts(take(2 * count)?)];
    let points: Vec<Point> = (0..count)
        .filter(|&i| columns[i] % STRIDE == 0 && rows[i] % STRIDE == 0)
        .map(|i| [x[i], y[i], z[i]].map(f64::from))
        .collect();
    ensure!(points.len() > 1000, "only {} points", points.len());
    Ok(points)
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes(b.try_into().expect("four bytes")))
        .collect()
}

fn shorts(bytes: &[u8]) -> Vec<u16> {
    bytes
        .chunks_exact(2)
        .map(|b| u16::from_le_bytes(b.try_into().expect("two bytes")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(count: u32) -> Vec<u8> {
        let mut bytes =
            b"\xa2mrpt::obs::CObservation3DRangeScan\x09\0\0\xa0\x40\x94mrpt::poses::CPose3D\x03".to_vec();
        bytes.extend([0; 96]);
        bytes.extend([0x88, 1]);
        bytes.extend(count.to_le_bytes());
        for axis in 0..3 {
            (0..count).for_each(|i| bytes.extend(((i + axis) as f32).to_le_bytes()));
        }
        (0..count).for_each(|i| bytes.extend((i as u16 % 100).to_le_bytes()));
        (0..count).for_each(|i| bytes.extend((i as u16 / 100).to_le_bytes()));
        bytes
    }

    #[test]
    fn takes_every_third_column_and_row() {
        let points = parse(&scan(18_000)).unwrap();
        assert_eq!(points.len(), 34 * 60);
        assert_eq!(points[..2], [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]);
        assert_eq!(points[34], [300.0, 301.0, 302.0]);
    }

    #[test]
    fn a_cut_file_is_an_error() {
        let whole = scan(8000);
        for length in [0, 60, 130, 160, 2000, whole.len() - 1] {
            assert!(parse(&whole[..length]).is_err(), "{length}");
        }
    }
}
