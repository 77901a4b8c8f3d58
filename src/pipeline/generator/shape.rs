//! Model units of generators: a cloud centred on its mean, with a root mean square of 1 over all coordinates.

use crate::bundle::Manifest;
use crate::cloud::CloudView;
use crate::error::{Error, Result};
use crate::normalize::Frame;

/// A cloud in model units, and the way back.
///
/// # Errors
/// [`Error::Cloud`] for a number of points that the model does not take, a point that is not finite, or an extent that
/// overflows.
pub(super) fn normalize(manifest: &Manifest, cloud: CloudView<'_>) -> Result<(Vec<[f64; 3]>, Frame)> {
    let (low, high) = (manifest.points.low, manifest.points.high);
    if !(low..=high).contains(&cloud.len()) {
        return Err(Error::Cloud(format!(
            "{} points: the model {} takes clouds of {low} to {high} points",
            cloud.len(),
            manifest.name
        )));
    }
    let points: Vec<[f64; 3]> = cloud.iter().collect();
    if let Some(bad) = points.iter().position(|p| p.iter().any(|c| !c.is_finite())) {
        return Err(Error::Cloud(format!(
            "point {bad} is not finite: a code is that of a whole cloud, leave such points out"
        )));
    }
    // Relative to a point of the cloud, so that a large offset costs no digits.
    let origin = points[0];
    let count = points.len() as f64;
    let mean: [f64; 3] =
        std::array::from_fn(|a| points.iter().map(|p| (p[a] - origin[a]) / count).sum::<f64>());
    let center: [f64; 3] = std::array::from_fn(|a| origin[a] + mean[a]);
    let away = |p: &[f64; 3]| -> [f64; 3] { std::array::from_fn(|a| (p[a] - origin[a]) - mean[a]) };
    let largest = points
        .iter()
        .flat_map(away)
        .fold(0.0, |most: f64, c| most.max(c.abs()));
    if !largest.is_finite() {
        return Err(Error::Cloud("the cloud's extent overflows a 64-bit float".into()));
    }
    // In units of the largest coordinate no square overflows or vanishes.
    let unit = if largest > 0.0 { largest } else { 1.0 };
    let square = points
        .iter()
        .flat_map(away)
        .map(|c| (c / unit).powi(2))
        .sum::<f64>()
        / (3.0 * count);
    let scale = match unit * square.sqrt() {
        scale if scale.is_normal() => scale,
        _ => 1.0,
    };
    let units = points.iter().map(|p| away(p).map(|c| c / scale)).collect();
    Ok((units, Frame { center, scale }))
}
