//! Which points of a denoised cloud can be trusted, and which are strays that no denoiser saves.

use rayon::prelude::*;

use crate::cloud::CloudView;
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::normalize::normalize;
use crate::surface;

/// Neighbours from which a point's isolation is measured.
const NEIGHBORS: usize = 20;

/// How far the logarithm of an ordinary point's isolation strays from 0. Measured on noisy scans of closed surfaces:
/// 99 % stay below a ratio of 1.2 and 99.9 % below 1.35, which this rates .07 and .003.
const ISOLATION: f64 = 0.1;

/// How ordinary each point is: close to 0 where it is hardly a measurement of the surface, else spread over 0 to 1.
///
/// `scan` is the cloud that went into [`denoise`](crate::denoise) and `cleaned` what came out, in the same order and
/// units; `noise` is the run's standard deviation ([`Report::noise`](crate::Report::noise)), in the same units. One
/// number for every point, the tail probability `erfc(sqrt((m^2 + a^2) / 2))` of two things that noise rarely does:
///
/// - its way across the surface, `m = |(1 - M) (cleaned - scan)| / noise`, in standard deviations: M, twice the covariance
///   of its neighbourhood over its trace, takes out what it was moved along the surface for evenness;
/// - its isolation `a = max(ln q, 0) / 0.1`, `q` the distance to its 20 nearest neighbours (root mean square) over the
///   median of theirs.
///
/// So of a scan with nothing but its noise about one point in a hundred is rated below 0.01, and dropping those costs no
/// more than that; a point six standard deviations out is among them nearly always. Without noise (`noise` 0) only
/// isolation counts. Strays in a clump, nearer to each other than to anything else, look like a surface of their own. Points
/// that are not finite have confidence 0.
///
/// # Errors
/// [`Error::Argument`] where the clouds differ in length, or `noise` is negative or not finite; [`Error::Cloud`] as from
/// [`normalize`].
pub fn confidence(scan: CloudView<'_>, cleaned: CloudView<'_>, noise: f64) -> Result<Vec<f32>> {
    if scan.len() != cleaned.len() {
        return Err(Error::Argument(format!(
            "the scan has {} points and the cleaned cloud {}",
            scan.len(),
            cleaned.len()
        )));
    }
    if !(noise.is_finite() && noise >= 0.0) {
        return Err(Error::Argument(format!(
            "noise is {noise}, expected a finite number, at least 0"
        )));
    }
    let cloud = normalize(cleaned)?;
    let graph = Graph::knn(&cloud.points, NEIGHBORS);
    let isolation = isolation(&cloud.points, &graph);
    let mut rated = vec![0f32; scan.len()];
    for (row, (&i, isolation)) in cloud.source.iter().zip(&isolation).enumerate() {
        let (before, after) = (scan.get(i as usize), cleaned.get(i as usize));
        let way: [f64; 3] = std::array::from_fn(|a| after[a] - before[a]);
        let along = surface::apply(&surface::within(&cloud.points, &graph, row), way);
        let across = surface::norm(std::array::from_fn(|a| way[a] - along[a]));
        let moved = if noise > 0.0 { across / noise } else { 0.0 };
        let alone = isolation.ln().max(0.0) / ISOLATION;
        let rating = tail(moved.hypot(alone));
        // A point that was finite only afterwards has no way: nothing is known of it.
        rated[i as usize] = if rating.is_nan() { 0.0 } else { rating as f32 };
    }
    Ok(rated)
}

/// How often a standard normal number lies farther from 0 than `x` >= 0.
fn tail(x: f64) -> f64 {
    libm::erfc(x * std::f64::consts::FRAC_1_SQRT_2)
}

/// For each point, how much farther its neighbours lie than theirs do; 1 where neither is any distance away.
fn isolation(points: &[[f64; 3]], graph: &Graph) -> Vec<f64> {
    let reach: Vec<f64> = (0..points.len())
        .into_par_iter()
        .map(|i| {
            let square = |&j: &u32| {
                let q = points[j as usize];
                (0..3).map(|a| (q[a] - points[i][a]).powi(2)).sum::<f64>()
            };
            graph.row(i).iter().map(square).sum::<f64>().sqrt()
        })
        .collect();
    (0..points.len())
        .into_par_iter()
        .map(|i| {
            let mut around: Vec<f64> = graph.row(i).iter().map(|&j| reach[j as usize]).collect();
            let middle = around.len() / 2;
            let (_, median, _) = around.select_nth_unstable_by(middle, f64::total_cmp);
            if reach[i] > 0.0 { reach[i] / *median } else { 1.0 }
        })
        .collect()
}
