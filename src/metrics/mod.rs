//! How good a result is: distances to a clean cloud and to the true surface, as the literature reports them.
//!
//! All are taken after the reference has been moved and scaled to the unit sphere (centre: midpoint of its bounding
//! box, scale: distance of its farthest point), with the same motion applied to the result, after score-denoise
//! (Luo & Hu, ICCV 2021). Tables print Chamfer and point-to-mesh distances times 10 000. Non-finite points are left
//! out.

mod boxes;
mod chamfer;
mod mesh;
mod p2m;
mod triangle;

pub use chamfer::{chamfer, hausdorff};
pub use mesh::Mesh;
pub use p2m::{P2m, p2m};

use crate::{Error, Result};

/// Moves a reference to the unit sphere and everything else with it.
struct Sphere {
    center: [f64; 3],
    radius: f64,
}

impl Sphere {
    fn around(points: &[[f64; 3]], what: &str) -> Result<Self> {
        let finite = || points.iter().filter(|point| is_finite(point));
        let bound = |start: f64, pick: fn(f64, f64) -> f64| {
            finite().fold([start; 3], |bound, point| {
                [0, 1, 2].map(|axis| pick(bound[axis], point[axis]))
            })
        };
        let (low, high) = (bound(f64::INFINITY, f64::min), bound(f64::NEG_INFINITY, f64::max));
        let center = [0, 1, 2].map(|axis| (low[axis] + high[axis]) / 2.0);
        let radius = finite()
            .map(|point| squared(point, &center))
            .fold(0.0, f64::max)
            .sqrt();
        if radius > 0.0 && radius.is_finite() {
            return Ok(Self { center, radius });
        }
        Err(Error::Cloud(format!(
            "{what} has no extent: expected at least two different finite points"
        )))
    }

    /// The finite ones of `points`, in units of the sphere's radius.
    fn normalize(&self, points: &[[f64; 3]], what: &str) -> Result<Vec<[f64; 3]>> {
        let unit = |point: &[f64; 3]| [0, 1, 2].map(|axis| (point[axis] - self.center[axis]) / self.radius);
        let points: Vec<_> = points.iter().map(unit).filter(is_finite).collect();
        if points.is_empty() {
            return Err(Error::Cloud(format!("{what} has no finite point to compare")));
        }
        Ok(points)
    }
}

fn is_finite(point: &[f64; 3]) -> bool {
    point.iter().all(|value| value.is_finite())
}

fn squared(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
