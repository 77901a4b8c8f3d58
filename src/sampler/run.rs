//! The loop over levels that leads a scan to its clean cloud.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::{Spread, posterior};
use crate::error::{Error, Result};
use crate::random::Noise;
use crate::schedule::Level;

/// Points per parallel task.
const CHUNK: usize = 4096;

/// A source of standard normal draws, `D` for each point (or other row) in each step.
pub trait Draws<const D: usize>: Sync {
    /// Equal arguments give equal bytes.
    fn draw(&self, step: u32, row: u64) -> [f64; D];
}

impl Draws<3> for Noise {
    fn draw(&self, step: u32, row: u64) -> [f64; 3] {
        self.normal(step, row)
    }
}

/// Leads `points` from the first of `levels` to the last and returns the rescaled state `x / alpha` there.
///
/// The scan Y is taken for the rescaled state at the first level, `x = alpha Y` (SBD's prior: the noise of the scan
/// is the noise of that level). `predict` gets the rescaled state and the level and returns the estimate of the
/// clean points, all in model units. `spread` says how much noise each step draws (a number is the eta of
/// [`posterior`]); draws come from `noise` by (transition,
/// point) number. `watch` is told the share of transitions done, after each, and may stop the run. Without any
/// transition the points come back as they are.
///
/// # Errors
/// [`Error::Cancelled`] when `watch` breaks, [`Error::Network`] where an estimate isn't finite, [`Error::Internal`]
/// where there is not one estimate per point, and whatever `predict` returns.
pub fn run<const D: usize>(
    points: Vec<[f64; D]>,
    levels: &[Level],
    spread: impl Into<Spread>,
    noise: &impl Draws<D>,
    watch: &mut dyn FnMut(f64) -> ControlFlow<()>,
    mut predict: impl FnMut(&[[f64; D]], &Level) -> Result<Vec<[f64; D]>>,
) -> Result<Vec<[f64; D]>> {
    run_moved(points, levels, spread, noise, watch, |state, level| {
        predict(state, level)
    })
}

/// [`run`] where `predict` may move the state before it estimates.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_moved<const D: usize>(
    points: Vec<[f64; D]>,
    levels: &[Level],
    spread: impl Into<Spread>,
    noise: &impl Draws<D>,
    watch: &mut dyn FnMut(f64) -> ControlFlow<()>,
    mut predict: impl FnMut(&mut Vec<[f64; D]>, &Level) -> Result<Vec<[f64; D]>>,
) -> Result<Vec<[f64; D]>> {
    let spread = spread.into();
    let transitions = levels.len().saturating_sub(1);
    let mut state = points;
    for (step, pair) in levels.windows(2).enumerate() {
        let (from, to) = (&pair[0], &pair[1]);
        let clean = predict(&mut state, from)?;
        if clean.len() != state.len() {
            return Err(Error::Internal(format!(
                "{} estimates for {} points",
                clean.len(),
                state.len()
            )));
        }
        if let Some(bad) = clean.iter().position(|p| p.iter().any(|c| !c.is_finite())) {
            let reason = format!("the estimate for point {bad} at step {step} is not finite");
            return Err(Error::Network {
                role: "score".into(),
                reason,
            });
        }
        let scale = spread.scale(from, to);
        let random = spread.eta > 0.0 && to.sigma > 0.0;
        state
            .par_iter_mut()
            .zip(&clean)
            .enumerate()
            .with_min_len(CHUNK)
            .for_each(|(i, (p, clean))| {
                let draw = if random {
                    noise.draw(step as u32, i as u64).map(|z| scale * z)
                } else {
                    [0.0; D]
                };
                let x = posterior(p.map(|c| c * from.alpha), *clean, from, to, spread.eta, draw);
                *p = x.map(|c| c / to.alpha);
            });
        if watch((step + 1) as f64 / transitions as f64).is_break() {
            return Err(Error::Cancelled);
        }
    }
    Ok(state)
}
