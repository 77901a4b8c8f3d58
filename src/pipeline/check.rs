//! Proves an install: the golden vectors that came with a model, run through everything there is.

use super::denoise::{Tuning, denoise_tuned};
use crate::cloud::CloudView;
use crate::error::Result;
use crate::model::Model;
use crate::params::Params;

/// Largest difference to the reference in model units (spacings): METHOD's bound for a trajectory in f32 networks.
const TOLERANCE: f64 = 1e-4;

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Check {
    /// Points of the golden cloud.
    pub points: usize,
    /// Steps taken.
    pub steps: usize,
    /// Largest distance of a coordinate from the reference's, in units of the local spacing.
    pub difference: f64,
    /// The largest difference that passes.
    pub tolerance: f64,
}

impl Check {
    /// True where the model gives here what it gave where it was made.
    pub fn passed(&self) -> bool {
        self.difference <= self.tolerance
    }
}

/// Runs the model's golden vectors, without random draws, and compares with the reference's output.
///
/// # Errors
/// [`Error::Bundle`](crate::Error::Bundle) where the model has no golden vectors, or those of
/// [`denoise`](crate::denoise); a difference is no error, but [`Check::passed`] is false then.
pub fn check(model: &Model) -> Result<Check> {
    let golden = model.golden()?;
    let params = Params { noise: golden.sigma, steps: golden.steps, ..Params::default() };
    let tuning = Tuning { deterministic: true, ..Tuning::default() };
    let done = denoise_tuned(model, CloudView::from_f64(&golden.input), &params, &mut (), tuning)?;
    let pairs = done.points.iter().flatten().zip(golden.output.iter().flatten());
    // A NaN on one side only must not pass, so the largest is taken by total order.
    let largest = pairs.map(|(a, b)| (a - b).abs()).max_by(f64::total_cmp).unwrap_or(0.0);
    let difference = largest / done.report.spacing;
    Ok(Check { points: golden.input.len(), steps: done.report.steps, difference, tolerance: TOLERANCE })
}
