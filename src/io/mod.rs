//! Point cloud files: PLY, PCD, XYZ, LAS and LAZ in, the same file with other coordinates out.
//!
//! A file is kept as its own bytes plus the places of its x, y and z. Writing replaces those and nothing else, so
//! normals, colours, rings, faces, comments, padding and even the spelling of numbers go through unchanged.

mod column;
mod field;
mod las;
mod lzf;
mod pcd;
mod ply;
mod save;
mod stream;
mod value;
mod xyz;

use std::path::Path;

use crate::{Error, Result};
use column::Output;
use field::Table;
pub(crate) use stream::Stream;
use value::Coding;

/// The formats, by family: members of one family share everything but the coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Ply,
    Pcd,
    Xyz,
    Las,
}

impl Family {
    fn of(path: &Path) -> Result<Self> {
        let extension = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        match extension.as_str() {
            "ply" => Ok(Family::Ply),
            "pcd" => Ok(Family::Pcd),
            "xyz" | "txt" | "asc" => Ok(Family::Xyz),
            "las" | "laz" => Ok(Family::Las),
            _ => Err(broken(
                path,
                format!(
                    "'.{extension}' is no known kind of point file, expected .ply, .pcd, .xyz, .txt, .asc, .las or .laz"
                ),
            )),
        }
    }
}

/// What is around the points of a file whose table holds these alone.
#[derive(Debug)]
enum Envelope {
    Pcd(pcd::Envelope),
    Las(Box<las::Envelope>),
}

/// A point cloud file in memory, ready to be written again with other coordinates.
#[derive(Debug)]
pub struct PointFile {
    family: Family,
    table: Table,
    envelope: Option<Envelope>,
    points: Vec<[f64; 3]>,
}

/// Reads a cloud; the extension names the format: `.ply`, `.pcd`, `.las`, `.laz`, or `.xyz`, `.txt`, `.asc`
/// for plain text.
///
/// # Errors
/// [`Error::Io`] where the file can't be read, [`Error::Format`] where it breaks its format: what was found and what
/// was expected. A header's claims are checked against the size of the file before anything is allocated for them.
pub fn read(path: &Path) -> Result<PointFile> {
    let family = Family::of(path)?;
    let bytes = std::fs::read(path).map_err(|source| Error::Io {
        path: path.into(),
        source,
    })?;
    PointFile::parse(family, bytes).map_err(|reason| broken(path, reason))
}

/// Writes a new cloud of x y z in the format that the extension names: float32, or float64 far from the origin; PLY and
/// PCD binary; LAS on a grid of a billionth of the extent. The file appears whole or not at all.
///
/// # Errors
/// [`Error::Format`] for an unknown extension or a point that the format can't hold, [`Error::Io`] where the file can't
/// be written.
pub fn write(path: &Path, points: &[[f64; 3]]) -> Result<()> {
    let family = Family::of(path)?;
    let table = Table::bare();
    let bytes = compose(family, path, &Output::new(points, &table, family == Family::Xyz))?;
    store(path, &bytes)
}

/// Proves, before any long work, that a cloud could be written to `path`.
///
/// # Errors
/// [`Error::Format`] for an unknown extension, [`Error::Io`] where the folder is not there.
pub fn can_write(path: &Path) -> Result<()> {
    Family::of(path)?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    match folder.metadata() {
        Ok(meta) if meta.is_dir() => Ok(()),
        Ok(_) => Err(Error::Io {
            path: folder.into(),
            source: std::io::ErrorKind::NotADirectory.into(),
        }),
        Err(source) => Err(Error::Io {
            path: folder.into(),
            source,
        }),
    }
}

impl PointFile {
    fn parse(family: Family, bytes: Vec<u8>) -> Result<Self, String> {
        if bytes.is_empty() {
            return Err("the file is empty".into());
        }
        let (mut table, envelope) = match family {
            Family::Ply => (ply::parse(bytes)?, None),
            Family::Pcd => {
                let (table, envelope) = pcd::parse(bytes)?;
                (table, envelope.map(Envelope::Pcd))
            }
            Family::Las => {
                let (table, envelope) = las::parse(&bytes)?;
                (table, Some(Envelope::Las(Box::new(envelope))))
            }
            Family::Xyz => (xyz::parse(bytes)?, None),
        };
        let points = table.points()?;
        Ok(Self {
            family,
            table,
            envelope,
            points,
        })
    }

    /// The coordinates in the file's order and units, non-finite ones included.
    pub fn points(&self) -> &[[f64; 3]] {
        &self.points
    }

    /// The number of points.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether the file holds no point.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Writes the cloud with `points` in the place of its own, in the format that the extension of `path` names.
    ///
    /// In the same format (LAS and LAZ are one) the file keeps its header, its coding and every other byte; a coordinate that did not
    /// change keeps its bytes too, a changed one gets the nearest value that the file's type holds (integers round).
    /// LAS keeps its scale, offset and records; the header's bounds follow the points.
    /// Another format gets x y z and all scalar columns, colours and normals under its own names; lists, faces,
    /// padding and texts stay behind, and float32 coordinates far from the origin become float64.
    /// The file appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::Cloud`] where the number of points differs, [`Error::Format`] for an unknown extension,
    /// [`Error::Io`] where the file can't be written.
    pub fn write(&self, path: &Path, points: &[[f64; 3]]) -> Result<()> {
        if points.len() != self.points.len() {
            return Err(Error::Cloud(format!(
                "{} points can't replace the {} of the file",
                points.len(),
                self.points.len()
            )));
        }
        let family = Family::of(path)?;
        let bytes = if family == self.family {
            let patched = self.table.patched(&self.points, points);
            match &self.envelope {
                Some(Envelope::Pcd(envelope)) => {
                    envelope.seal(&patched).map_err(|reason| broken(path, reason))?
                }
                Some(Envelope::Las(envelope)) => {
                    let sealed = envelope.seal(&patched, las::packs(path));
                    sealed.map_err(|reason| broken(path, reason))?
                }
                None => patched,
            }
        } else {
            let text = family == Family::Xyz || self.table.coding == Coding::Text;
            let output = Output::new(points, &self.table, text);
            compose(family, path, &output)?
        };
        store(path, &bytes)
    }
}

fn compose(family: Family, path: &Path, output: &Output) -> Result<Vec<u8>> {
    Ok(match family {
        Family::Ply => ply::compose(output),
        Family::Pcd => pcd::compose(output),
        Family::Xyz => xyz::compose(output),
        Family::Las => las::compose(output, las::packs(path)).map_err(|reason| broken(path, reason))?,
    })
}

fn store(path: &Path, bytes: &[u8]) -> Result<()> {
    save::whole(path, bytes).map_err(|source| Error::Io {
        path: path.into(),
        source,
    })
}

/// Vertices, and faces as indices of as many of them as they have corners.
pub(crate) type Polygons = (Vec<[f64; 3]>, Vec<Vec<u64>>);

/// The vertices and polygons of a PLY mesh.
pub(crate) fn ply_mesh(bytes: Vec<u8>) -> Result<Polygons, String> {
    let polygons = ply::polygons(&bytes)?;
    Ok((ply::parse(bytes)?.points()?, polygons))
}

fn broken(path: &Path, reason: String) -> Error {
    Error::Format {
        path: path.into(),
        reason,
    }
}
