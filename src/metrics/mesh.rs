//! Triangle meshes from OFF, OBJ and PLY files.

use std::path::Path;

use crate::io::{self, Polygons};
use crate::{Error, Result};

/// Vertices and triangles; every face refers to vertices that exist, and the vertices have an extent.
#[derive(Clone, Debug)]
pub struct Mesh {
    vertices: Vec<[f64; 3]>,
    faces: Vec<[u32; 3]>,
}

impl Mesh {
    /// A mesh of polygons, each cut into triangles; a polygon of more than four corners becomes a fan.
    ///
    /// # Errors
    /// [`Error::Cloud`] where there is no triangle, a corner is no vertex, or a vertex is not finite.
    pub fn new(vertices: Vec<[f64; 3]>, polygons: &[Vec<u64>]) -> Result<Self> {
        Self::build((vertices, polygons.to_vec())).map_err(Error::Cloud)
    }

    /// Reads a `.off`, `.obj` or `.ply` file; colours, normals and texture coordinates are passed over.
    ///
    /// # Errors
    /// [`Error::Io`] where the file can't be read; [`Error::Format`] where it breaks its format, has no face, or a
    /// face refers to a vertex that is not there.
    pub fn read(path: &Path) -> Result<Self> {
        let parse = parser(path);
        let bytes = std::fs::read(path).map_err(|source| Error::Io {
            path: path.into(),
            source,
        })?;
        Self::parsed(path, parse(bytes))
    }

    /// Reads a mesh that lies in memory, as [`read`](Mesh::read) does from a file; the extension of `name` says which
    /// format it has.
    ///
    /// # Errors
    /// [`Error::Format`], as [`read`](Mesh::read).
    pub fn from_memory(name: &Path, bytes: Vec<u8>) -> Result<Self> {
        Self::parsed(name, parser(name)(bytes))
    }

    fn parsed(path: &Path, polygons: Result<Polygons, String>) -> Result<Self> {
        polygons.and_then(Self::build).map_err(|reason| Error::Format {
            path: path.into(),
            reason,
        })
    }

    fn build((vertices, polygons): Polygons) -> Result<Self, String> {
        if let Some(at) = vertices.iter().position(|vertex| !super::is_finite(vertex)) {
            return Err(format!(
                "vertex {at} is {:?}, expected finite coordinates",
                vertices[at]
            ));
        }
        let corner = |&index: &u64| {
            let known = usize::try_from(index).is_ok_and(|index| index < vertices.len());
            let index = u32::try_from(index).ok().filter(|_| known);
            index.ok_or_else(|| {
                format!(
                    "a face refers to a vertex that is not among the {}",
                    vertices.len()
                )
            })
        };
        let mut faces = Vec::new();
        for polygon in &polygons {
            let corners = polygon.iter().map(corner).collect::<Result<Vec<u32>, String>>()?;
            match corners[..] {
                // the halves of a quadrilateral start at opposite corners, as trimesh cuts it:
                // P2m::P3d05 depends on where a triangle starts
                [a, b, c, d] => faces.extend([[a, b, c], [c, d, a]]),
                _ => faces.extend(fan(&corners).map(|[a, b, c]| [*a, *b, *c])),
            }
        }
        if faces.is_empty() {
            return Err("there is no face, expected a mesh".into());
        }
        super::Sphere::around(&vertices, "the mesh").map_err(|error| error.to_string())?;
        Ok(Self { vertices, faces })
    }

    /// The corners, in the file's order and units.
    pub fn vertices(&self) -> &[[f64; 3]] {
        &self.vertices
    }

    /// The triangles, as indices of vertices.
    pub fn faces(&self) -> &[[u32; 3]] {
        &self.faces
    }
}

fn parser(path: &Path) -> fn(Vec<u8>) -> Result<Polygons, String> {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    match extension.as_str() {
        "off" => |bytes| off(&String::from_utf8_lossy(&bytes)),
        "obj" => |bytes| obj(&String::from_utf8_lossy(&bytes)),
        "ply" => io::ply_mesh,
        _ => |_| Err("no known kind of mesh, expected .off, .obj or .ply".into()),
    }
}

/// The triangles of a polygon, all of them around its first corner.
fn fan<T>(corners: &[T]) -> impl Iterator<Item = [&T; 3]> {
    corners
        .windows(2)
        .skip(1)
        .map(|pair| [&corners[0], &pair[0], &pair[1]])
}

fn vertex<'a>(words: impl Iterator<Item = &'a str>) -> Option<[f64; 3]> {
    let mut numbers = words.map_while(|word| word.parse().ok());
    Some([numbers.next()?, numbers.next()?, numbers.next()?])
}

/// OFF, also with its counts on the first line, and with further columns as in COFF and NOFF.
fn off(text: &str) -> Result<Polygons, String> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    let mut lines = lines.filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let Some((kind, rest)) = first
        .split_once("OFF")
        .filter(|(kind, _)| ["", "C", "N", "CN", "ST"].contains(kind))
    else {
        return Err(format!("the file starts with {first:.20?}, expected OFF"));
    };
    let counts = if rest.trim().is_empty() {
        lines.next().unwrap_or_default()
    } else {
        rest
    };
    let counts: Vec<usize> = counts
        .split_whitespace()
        .map_while(|word| word.parse().ok())
        .collect();
    let [vertices, polygons, ..] = counts[..] else {
        return Err(format!(
            "{kind}OFF is not followed by the numbers of vertices and faces"
        ));
    };
    // every line takes two bytes or more: counts beyond that are a lie
    if vertices.saturating_add(polygons) > text.len() {
        return Err(format!(
            "{vertices} vertices and {polygons} faces can't stand in {} bytes",
            text.len()
        ));
    }
    let read = |i: usize, line: Option<&str>| {
        let line = line.ok_or_else(|| format!("the file ends after {i} of {vertices} vertices"))?;
        vertex(line.split_whitespace()).ok_or_else(|| format!("vertex {i} is {line:.40?}, expected x y z"))
    };
    let vertices = (0..vertices)
        .map(|i| read(i, lines.next()))
        .collect::<Result<_, _>>()?;
    let polygon = |i: usize, line: Option<&str>| {
        let line = line.ok_or_else(|| format!("the file ends after {i} of {polygons} faces"))?;
        let mut numbers = line.split_whitespace().map_while(|word| word.parse::<u64>().ok());
        let count = numbers.next().unwrap_or(u64::MAX);
        let corners: Vec<u64> = numbers
            .take(usize::try_from(count).unwrap_or(usize::MAX))
            .collect();
        if corners.len() as u64 == count {
            return Ok(corners);
        }
        Err(format!(
            "face {i} is {line:.40?}, expected a count and as many vertices"
        ))
    };
    let mut triangles = Vec::new();
    for i in 0..polygons {
        // cut here, since the literature's readers of OFF make a fan even of a quadrilateral
        triangles
            .extend(fan(&polygon(i, lines.next())?).map(|corners| corners.map(|&corner| corner).to_vec()));
    }
    Ok((vertices, triangles))
}

/// The `v` and `f` lines of OBJ; indices start at 1, negative ones count back from the last vertex.
fn obj(text: &str) -> Result<Polygons, String> {
    let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let (mut vertices, mut polygons) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        let broken = |expected| format!("line {} is {line:.40?}, expected {expected}", number + 1);
        let mut words = line.split_whitespace();
        match words.next() {
            Some("v") => vertices.push(vertex(words).ok_or_else(|| broken("v x y z"))?),
            Some("f") => {
                let corner = |word: &str| match word.split('/').next()?.parse::<i64>().ok()? {
                    0 => None,
                    index if index > 0 => Some(index as u64 - 1),
                    index => (vertices.len() as u64).checked_sub(index.unsigned_abs()),
                };
                let corners: Option<Vec<u64>> = words.map(corner).collect();
                polygons.push(corners.ok_or_else(|| broken("f with indices of vertices"))?);
            }
            _ => {}
        }
    }
    Ok((vertices, polygons))
}
