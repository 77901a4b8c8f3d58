//! Cloud against surface: the point-to-mesh distance.

use rayon::prelude::*;

use super::boxes::{Bounds, Boxes, squared_gap};
use super::triangle::Triangle;
use super::{Mesh, Sphere, mean};
use crate::Result;

/// What "the distance to a face" means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum P2m {
    /// The true distance between a point and a triangle.
    Exact,
    /// As pytorch3d up to 0.6.1 computes it, and with it the published tables: a face smaller than 1e-5 counts as its
    /// three edges only, and an epsilon of 1e-8 widens the others.
    P3d05,
}

/// The point-to-mesh distance: mean squared distance from points to the nearest face, plus from faces to the nearest
/// point.
///
/// In squared radii of the sphere around the mesh's vertices.
///
/// # Errors
/// [`crate::Error::Cloud`] where the result has no finite point.
pub fn p2m(result: &[[f64; 3]], mesh: &Mesh, sense: P2m) -> Result<f64> {
    let sphere = Sphere::around(mesh.vertices(), "the mesh")?;
    let points = sphere.normalize(result, "the result")?;
    let vertices = sphere.normalize(mesh.vertices(), "the mesh")?;
    let corners = |face: &[u32; 3]| face.map(|index| vertices[index as usize]);
    let faces: Vec<Triangle> = mesh
        .faces()
        .iter()
        .map(|face| Triangle::new(corners(face), sense))
        .collect();
    let face_bounds: Vec<Bounds> = faces.iter().map(Triangle::bounds).collect();
    let point_bounds: Vec<Bounds> = points.iter().map(|&point| [point, point]).collect();

    let face_tree = Boxes::new(&face_bounds);
    let to_faces = points.par_iter().map(|point| {
        let bound = |bounds: &Bounds| squared_gap(bounds, &[*point, *point]);
        face_tree.nearest(bound, |face| faces[face].squared_distance(point))
    });
    let point_tree = Boxes::new(&point_bounds);
    let to_points = faces.par_iter().zip(&face_bounds).map(|(face, reach)| {
        let bound = |bounds: &Bounds| squared_gap(bounds, reach);
        point_tree.nearest(bound, |point| face.squared_distance(&points[point]))
    });
    Ok(mean(&to_faces.collect::<Vec<_>>()) + mean(&to_points.collect::<Vec<_>>()))
}
