//! Cloud against cloud: Chamfer and Hausdorff distances.

use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rayon::prelude::*;

use super::{Sphere, mean};
use crate::{Error, Result};

/// The Chamfer distance: mean squared distance to the nearest reference point, plus the same the other way round.
///
/// In squared radii of the reference's sphere; 0 for equal sets of points.
///
/// # Errors
/// [`Error::Cloud`] where the result has no finite point or the reference no two different ones.
pub fn chamfer(result: &[[f64; 3]], reference: &[[f64; 3]]) -> Result<f64> {
    let [there, back] = nearest(result, reference)?;
    Ok(mean(&there) + mean(&back))
}

/// The Hausdorff distance: how far the worst point of either cloud is from the other cloud.
///
/// In radii of the reference's sphere, not squared.
///
/// # Errors
/// As [`chamfer`].
pub fn hausdorff(result: &[[f64; 3]], reference: &[[f64; 3]]) -> Result<f64> {
    let squared = nearest(result, reference)?;
    Ok(squared
        .iter()
        .flatten()
        .fold(0.0, |worst: f64, &value| worst.max(value))
        .sqrt())
}

/// Squared distances from each result point to the reference and from each reference point to the result.
fn nearest(result: &[[f64; 3]], reference: &[[f64; 3]]) -> Result<[Vec<f64>; 2]> {
    let sphere = Sphere::around(reference, "the reference")?;
    let result = sphere.normalize(result, "the result")?;
    let reference = sphere.normalize(reference, "the reference")?;
    Ok([distances(&result, &reference)?, distances(&reference, &result)?])
}

fn distances(from: &[[f64; 3]], to: &[[f64; 3]]) -> Result<Vec<f64>> {
    let tree = ImmutableKdTree::<f64, 3>::new_from_slice(to)
        .map_err(|error| Error::Cloud(format!("{} points are too many to search: {error}", to.len())))?;
    let nearest = |point: &[f64; 3]| {
        tree.query(point)
            .nearest_one::<SquaredEuclidean<f64>>()
            .execute()
            .distance
    };
    Ok(from.par_iter().map(nearest).collect())
}
