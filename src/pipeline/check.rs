//! Proves an install: the golden vectors that came with a model, run through everything there is.

use super::denoise::{Denoised, Tuning, denoise_tuned};
use super::generator::replay;
use crate::bundle::Capability;
use crate::cloud::CloudView;
use crate::error::Result;
use crate::model::Model;
use crate::params::{Params, Quality};

/// Largest difference to the reference in model units (spacings): METHOD's bound for a trajectory in f32 networks.
const TOLERANCE: f64 = 1e-4;

/// What a check found: largest differences to the reference's recorded runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Points of the golden cloud.
    pub points: usize,
    /// Steps taken.
    pub steps: usize,
    /// Of each recorded run its name and the largest difference: of a coordinate in model units, or of an estimate,
    /// relative. NaN where something was not finite.
    pub differences: Vec<(&'static str, f64)>,
    /// The largest difference that passes.
    pub tolerance: f64,
}

impl Check {
    /// True where the model gives here what it gave where it was made.
    pub fn passed(&self) -> bool {
        self.differences
            .iter()
            .all(|difference| difference.1 <= self.tolerance)
    }
}

/// Runs the model's golden vectors and compares with what the reference made of them.
///
/// # Errors
/// [`Error::Bundle`](crate::Error::Bundle) where the model has no golden vectors, or those of a run; a difference is no
/// error, but [`Check::passed`] is false then.
pub fn check(model: &Model) -> Result<Check> {
    if model.manifest().can(Capability::Denoise) {
        denoiser(model)
    } else {
        generator(model)
    }
}

fn generator(model: &Model) -> Result<Check> {
    let recorded = model.recorded()?;
    let done = replay(model, &recorded)?;
    let mut differences = vec![("generated", largest(&done.points, &recorded.expected))];
    if let Some(reconstruction) = &done.reconstruction {
        differences.push((
            "reconstruction",
            largest(reconstruction, &recorded.reconstruction),
        ));
    }
    Ok(Check {
        points: recorded.expected.len(),
        steps: done.steps,
        differences,
        tolerance: TOLERANCE,
    })
}

fn denoiser(model: &Model) -> Result<Check> {
    let golden = model.golden()?;
    let run = |noise: f64, quality: Quality, tuning: Tuning| {
        let params = Params {
            noise,
            quality,
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
    let still = || Tuning {
        eta: Some(0.0),
        ..Tuning::default()
    };
    let plain = run(golden.sigma, Quality::Balanced, still())?;
    let mut differences = vec![("deterministic", difference(&plain, &golden.clean))];
    if let Some(expected) = &golden.high {
        let high = run(golden.sigma, Quality::High, still())?;
        differences.push(("quality high", difference(&high, expected)));
    }
    if let Some(recorded) = &golden.stochastic {
        let draws = Some(recorded.draws.clone());
        let tuning = Tuning {
            eta: Some(1.0),
            draws,
            ..Tuning::default()
        };
        let drawn = run(golden.sigma, Quality::Balanced, tuning)?;
        differences.push(("ancestral", difference(&drawn, &recorded.clean)));
    }
    if let Some(expected) = golden.estimate {
        let found = run(0.0, Quality::Balanced, Tuning::default())?.report.noise;
        differences.push(("noise estimate", (found / expected - 1.0).abs()));
    }
    Ok(Check {
        points: golden.points.len(),
        steps: plain.report.steps,
        differences,
        tolerance: TOLERANCE,
    })
}

/// In units of the local spacing.
fn difference(done: &Denoised, expected: &[[f64; 3]]) -> f64 {
    largest(&done.points, expected) / done.report.spacing
}

/// Largest difference of a coordinate; NaN, which no bound admits, where one is not finite or there are not as many.
fn largest(found: &[[f64; 3]], expected: &[[f64; 3]]) -> f64 {
    if found.len() != expected.len() {
        return f64::NAN;
    }
    let pairs = found.iter().flatten().zip(expected.iter().flatten());
    pairs
        .map(|(a, b)| (a - b).abs())
        .max_by(f64::total_cmp)
        .unwrap_or(0.0)
}
