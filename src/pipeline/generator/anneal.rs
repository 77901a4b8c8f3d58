//! Langevin dynamics on a score as a generator: from wide noise down, a few steps at each level.

use std::ops::ControlFlow;

use super::draws::Source;
use super::work::Work;
use crate::bundle::{Role, StageInput};
use crate::error::Result;
use crate::model::Matrix;
use crate::sampler::{self, Climb};
use crate::schedule::Level;

impl Work<'_> {
    /// Leads `x` through the plan's levels. The state is `x0 + sigma z`, its score that of its own noisy law.
    pub(super) fn anneal(&self, x: Vec<[f64; 3]>, draws: &Source<'_>) -> Result<Vec<[f64; 3]>> {
        let sampling = self.model.manifest().sampling;
        let climb = Climb {
            inner: sampling.inner,
            rate: sampling.rate,
            // Less than all of Langevin's noise would leave the samples narrower than the law.
            heat: 1.0,
            last: sampling.last,
        };
        let sigmas: Vec<f64> = self.plan.levels.iter().map(Level::relative).collect();
        let mut watch = |_: f64| self.check().map_or(ControlFlow::Break(()), ControlFlow::Continue);
        sampler::anneal(x, &sigmas, climb, draws, &mut watch, |x, sigma, _| {
            self.score(x, sigma)
        })
    }

    fn score(&self, x: &[[f64; 3]], sigma: f64) -> Result<Vec<[f64; 3]>> {
        let values: Vec<f32> = x.as_flattened().iter().map(|&c| c as f32).collect();
        let sigma = [sigma as f32];
        let inputs = [
            Matrix {
                input: StageInput::Points,
                width: 3,
                values: &values,
            },
            Matrix {
                input: StageInput::Sigma,
                width: 1,
                values: &sigma,
            },
        ];
        let answer = self.answer(Role::Score, &inputs, [x.len(), 3])?;
        let rows = answer.as_chunks().0;
        Ok(rows.iter().map(|row: &[f32; 3]| row.map(f64::from)).collect())
    }
}
