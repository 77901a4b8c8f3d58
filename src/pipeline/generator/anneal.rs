//! Langevin dynamics on a score, annealed over a falling noise (Song & Ermon, 2019; METHOD 3).

use rayon::prelude::*;

use super::draws::Source;
use super::work::{CHUNK, Work};
use crate::bundle::{Role, StageInput};
use crate::error::Result;
use crate::model::Matrix;
use crate::sampler::{Draws, ascend};

impl Work<'_> {
    /// Leads `x` through the plan's levels: at each, `inner` steps of `eps^2 / 2 = rate sigma^2`. The state is
    /// `x0 + sigma z`, its score that of its own noisy law.
    ///
    /// With `final` a last step without noise goes to the mean of what the state may be, `x + sigma^2 score`.
    pub(super) fn anneal(&self, mut x: Vec<[f64; 3]>, draws: &Source<'_>) -> Result<Vec<[f64; 3]>> {
        let sampling = self.model.manifest().sampling;
        let mut step = 0;
        for level in &self.plan.levels {
            let variance = level.relative().powi(2);
            for _ in 0..sampling.inner {
                let score = self.score(&x, level.relative())?;
                let rate = sampling.rate * variance;
                x.par_iter_mut()
                    .zip(&score)
                    .enumerate()
                    .with_min_len(CHUNK)
                    .for_each(|(i, (x, score))| {
                        let draw = Draws::<3>::draw(draws, step, i as u64);
                        *x = ascend(*x, score.map(f64::from), rate, 1.0, draw);
                    });
                step += 1;
            }
        }
        if let Some(level) = self.plan.levels.last().filter(|_| sampling.last) {
            let score = self.score(&x, level.relative())?;
            let rate = level.relative().powi(2);
            for (x, score) in x.iter_mut().zip(&score) {
                *x = ascend(*x, score.map(f64::from), rate, 0.0, [0.0; 3]);
            }
        }
        Ok(x)
    }

    fn score(&self, x: &[[f64; 3]], sigma: f64) -> Result<Vec<[f32; 3]>> {
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
        Ok(answer.as_chunks().0.to_vec())
    }
}
