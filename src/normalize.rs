//! Into the sampler's units and back: finite points only, local spacing 1, neighbours in space close in memory.

use rayon::prelude::*;

use crate::cloud::CloudView;
use crate::curve;
use crate::error::{Error, Result};
use crate::graph;

/// Neighbours from which the local spacing is measured.
pub(crate) const NEIGHBORS: usize = 20;

/// Points at which the local spacing is measured; its median is then good to about 1 %.
pub(crate) const SAMPLES: usize = 2048;

/// How model units lie in the caller's: `model = (x - center) / scale`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Frame {
    /// Midpoint of the bounding box, in the caller's units.
    pub center: [f64; 3],
    /// Length of one model unit in the caller's units, positive: the median local spacing.
    pub scale: f64,
}

impl Frame {
    /// A point of the caller's cloud in model units.
    pub fn apply(&self, p: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|a| (p[a] - self.center[a]) / self.scale)
    }

    /// A point in model units back in the caller's.
    pub fn restore(&self, p: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|a| p[a] * self.scale + self.center[a])
    }
}

/// A cloud in model units.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalized {
    /// The finite points, in model units, in the order of a Hilbert curve through their bounding box.
    pub points: Vec<[f64; 3]>,
    /// Index of each of them in the caller's cloud.
    pub source: Vec<u32>,
    /// The way back.
    pub frame: Frame,
}

/// Drops non-finite points, sorts the others along a Hilbert curve, centres them and scales them to unit spacing.
///
/// The order depends on positions only, never on the order in which they came (identical points keep theirs).
/// Clouds without extent, empty ones included, have scale 1. Where most points are duplicates the spacing between
/// distinct ones counts.
///
/// # Errors
/// [`Error::Cloud`] for more than `i32::MAX` points, or a bounding box whose extent is not a finite number.
pub fn normalize(cloud: CloudView<'_>) -> Result<Normalized> {
    normalize_while(cloud, &|| true)
}

/// [`normalize`], given up with [`Error::Cancelled`] soon after `go_on`, asked between its parts, has said no.
pub(crate) fn normalize_while(cloud: CloudView<'_>, go_on: &(dyn Fn() -> bool + Sync)) -> Result<Normalized> {
    let check = || if go_on() { Ok(()) } else { Err(Error::Cancelled) };
    if cloud.len() > i32::MAX as usize {
        return Err(Error::Cloud(format!(
            "{} points are too many: the limit is {}",
            cloud.len(),
            i32::MAX
        )));
    }
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    let mut finite: Vec<([f64; 3], u32)> = Vec::with_capacity(cloud.len());
    for (i, p) in cloud.iter().enumerate() {
        if p.iter().all(|c| c.is_finite()) {
            low = std::array::from_fn(|a| low[a].min(p[a]));
            high = std::array::from_fn(|a| high[a].max(p[a]));
            finite.push((p, i as u32));
        }
    }
    if finite.is_empty() {
        let frame = Frame {
            center: [0.0; 3],
            scale: 1.0,
        };
        return Ok(Normalized {
            points: Vec::new(),
            source: Vec::new(),
            frame,
        });
    }
    let extent = (0..3).map(|a| high[a] - low[a]).fold(0.0, f64::max);
    if !extent.is_finite() {
        return Err(Error::Cloud("the cloud's extent overflows a 64-bit float".into()));
    }

    check()?;
    let (order, points) = along_curve(&finite, low, extent);
    check()?;
    let center = std::array::from_fn(|a| low[a] + (high[a] - low[a]) / 2.0);
    // Measured in a unit box, where no square overflows or vanishes whatever the caller's units are.
    let unit = Frame {
        center,
        scale: if extent > 0.0 { extent } else { 1.0 },
    };
    let boxed: Vec<[f64; 3]> = points.iter().map(|&p| unit.apply(p)).collect();
    let scale = match unit.scale * spacing(boxed, go_on) {
        scale if scale.is_normal() => scale,
        _ => 1.0,
    };
    check()?;
    let frame = Frame { center, scale };
    let points = points.into_iter().map(|p| frame.apply(p)).collect();
    Ok(Normalized {
        points,
        source: order,
        frame,
    })
}

/// Edge of the curve's cells in a box of that extent.
pub(crate) fn cell(extent: f64) -> f64 {
    extent / 2_097_152.0
}

/// Sorts points along the curve; equal keys by coordinates, equal coordinates by index.
fn along_curve(finite: &[([f64; 3], u32)], low: [f64; 3], extent: f64) -> (Vec<u32>, Vec<[f64; 3]>) {
    let cell = cell(extent);
    let mut keyed: Vec<(u64, u32)> = finite
        .par_iter()
        .zip(0u32..finite.len() as u32)
        .map(|((p, _), i)| (curve::hilbert(*p, low, cell), i))
        .collect();
    keyed.par_sort_unstable_by(|&(key_a, a), &(key_b, b)| {
        key_a.cmp(&key_b).then_with(|| {
            let (p, q) = (finite[a as usize].0, finite[b as usize].0);
            let unequal = (0..3).map(|c| p[c].total_cmp(&q[c])).find(|order| order.is_ne());
            unequal.unwrap_or_else(|| a.cmp(&b))
        })
    });
    keyed
        .iter()
        .map(|&(_, i)| (finite[i as usize].1, finite[i as usize].0))
        .unzip()
}

/// Median local spacing at some points, evenly spread along the curve; NaN where all points coincide.
fn spacing(mut points: Vec<[f64; 3]>, go_on: &(dyn Fn() -> bool + Sync)) -> f64 {
    let measure = |points: &[[f64; 3]]| {
        let samples = points.len().min(SAMPLES);
        let rows: Vec<u32> = (0..samples)
            .map(|s| (s * points.len() / samples) as u32)
            .collect();
        graph::median_spacing(points, &rows, NEIGHBORS, go_on)
    };
    measure(&points)
        .or_else(|| {
            points.dedup();
            measure(&points)
        })
        .unwrap_or(f64::NAN)
}
