//! Langevin dynamics over a falling list of noise levels.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::{Draws, ascend};
use crate::error::{Error, Result};

/// Points per parallel task.
const CHUNK: usize = 4096;

/// How a score is climbed at each level of noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Climb {
    /// Steps at each level.
    pub inner: usize,
    /// `eps^2 / 2` of a step, in units of the level's `sigma^2`.
    pub rate: f64,
    /// Share of Langevin's noise that a step adds: 0 none, 1 all.
    pub heat: f64,
    /// Whether a noise-free step of `sigma^2` from the last level ends the run, to the mean of what may lie there
    /// (Tweedie's formula).
    pub last: bool,
}

/// Annealed Langevin dynamics (Song & Ermon, 2019): at each of the falling `sigmas`, `inner` steps
/// `x + rate sigma^2 score + heat sqrt(2 rate) sigma noise`.
///
/// `score` gets the state (rescaled: `x0 + sigma z`), the level's noise and the number of the call; draws come from
/// `noise` by (call, point) number. `watch` is told the share of calls done, after each, and may stop the run.
///
/// With heat 1, a Gaussian of variance `v` at a level is left with `v / (1 - rate sigma^2 / (2 v))` in the limit of many
/// steps: a bias of first order in `rate`, see [`ascend`].
///
/// # Errors
/// [`Error::Cancelled`] when `watch` breaks, [`Error::Network`] where a score isn't finite, [`Error::Internal`] where
/// there is not one score per point, and whatever `score` returns.
pub fn anneal<const D: usize>(
    points: Vec<[f64; D]>,
    sigmas: &[f64],
    climb: Climb,
    noise: &impl Draws<D>,
    watch: &mut dyn FnMut(f64) -> ControlFlow<()>,
    mut score: impl FnMut(&[[f64; D]], f64, usize) -> Result<Vec<[f64; D]>>,
) -> Result<Vec<[f64; D]>> {
    let Climb {
        inner,
        rate,
        heat,
        last,
    } = climb;
    let mut steps: Vec<(f64, f64, f64)> = Vec::with_capacity(sigmas.len() * inner + 1);
    for &sigma in sigmas {
        steps.extend(std::iter::repeat_n((sigma, rate, heat), inner));
    }
    if let (true, Some(&sigma)) = (last, sigmas.last()) {
        steps.push((sigma, 1.0, 0.0));
    }
    let mut state = points;
    for (call, &(sigma, rate, heat)) in steps.iter().enumerate() {
        let scores = score(&state, sigma, call)?;
        if scores.len() != state.len() {
            let reason = format!("{} scores for {} points", scores.len(), state.len());
            return Err(Error::Internal(reason));
        }
        if let Some(bad) = scores.iter().position(|s| s.iter().any(|c| !c.is_finite())) {
            return Err(Error::Network {
                role: "score".into(),
                reason: format!("the score of point {bad} at call {call} is not finite"),
            });
        }
        state
            .par_iter_mut()
            .zip(&scores)
            .enumerate()
            .with_min_len(CHUNK)
            .for_each(|(i, (p, score))| {
                let draw = if heat > 0.0 {
                    noise.draw(call as u32, i as u64)
                } else {
                    [0.0; D]
                };
                *p = ascend(*p, *score, rate * sigma * sigma, heat, draw);
            });
        if watch((call + 1) as f64 / steps.len() as f64).is_break() {
            return Err(Error::Cancelled);
        }
    }
    Ok(state)
}
