//! Proves an install: the golden vectors that came with a model, run through everything there is.

use super::denoise::{Denoised, Tuning, denoise_tuned};
use crate::cloud::CloudView;
use crate::error::Result;
use crate::model::Model;
use crate::params::Params;

/// Largest difference to the reference in model units (spacings): METHOD's bound for a trajectory in f32 networks.
const TOLERANCE: f64 = 1e-4;

/// What a check found: largest differences to the reference's recorded runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Check {
    /// Points of the golden scan.
    pub points: usize,
    /// Steps taken.
    pub steps: usize,
    /// Of a coordinate after the deterministic run, in units of the local spacing.
    pub deterministic: f64,
    /// Of a coordinate after the ancestral run with the recorded draws, in the same units.
    pub stochastic: f64,
    /// Of the estimated noise, relative; nothing for a model that can't estimate.
    pub estimate: Option<f64>,
    /// The largest difference that passes.
    pub tolerance: f64,
}

impl Check {
    /// True where the model gives here what it gave where it was made.
    pub fn passed(&self) -> bool {
        let differences = [Some(self.deterministic), Some(self.stochastic), self.estimate];
        differences
            .into_iter()
            .flatten()
            .all(|difference| difference <= self.tolerance)
    }
}

/// Runs the model's golden vectors and compares with what the reference made of them.
///
/// # Errors
/// [`Error::Bundle`](crate::Error::Bundle) where the model has no golden vectors, or those of
/// [`denoise`](crate::denoise); a difference is no error, but [`Check::passed`] is false then.
pub fn check(model: &Model) -> Result<Check> {
    let golden = model.golden()?;
    let run = |noise: f64, tuning: Tuning| {
        let params = Params {
            noise,
            steps: golden.steps,
            ..Params::default()
        };
        denoise_tuned(
            model,
            CloudView::from_f64(&golden.points),
            &params,
            &mut (),
            tuning,
        )
    };
    let plain = run(
        golden.sigma,
        Tuning {
            eta: Some(0.0),
            ..Tuning::default()
        },
    )?;
    let draws = Some(golden.draws.clone());
    let ancestral = run(
        golden.sigma,
        Tuning {
            eta: Some(1.0),
            draws,
            ..Tuning::default()
        },
    )?;
    let estimate = match golden.estimate {
        Some(expected) => Some((run(0.0, Tuning::default())?.report.noise / expected - 1.0).abs()),
        None => None,
    };
    Ok(Check {
        points: golden.points.len(),
        steps: plain.report.steps,
        deterministic: difference(&plain, &golden.clean),
        stochastic: difference(&ancestral, &golden.stochastic),
        estimate,
        tolerance: TOLERANCE,
    })
}

/// Largest difference of a coordinate in units of the spacing; NaN, which no bound admits, where one is not finite.
fn difference(done: &Denoised, expected: &[[f64; 3]]) -> f64 {
    let pairs = done.points.iter().flatten().zip(expected.iter().flatten());
    pairs
        .map(|(a, b)| (a - b).abs())
        .max_by(f64::total_cmp)
        .unwrap_or(0.0)
        / done.report.spacing
}
