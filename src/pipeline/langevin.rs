//! Annealed Langevin dynamics as a denoiser: from the scan's noise down, a few steps at each level.

use std::ops::ControlFlow;
use std::time::Instant;

use super::denoise::Run;
use crate::error::Result;
use crate::graph::Graph;
use crate::model::Sigma;
use crate::sampler::{self, Climb};
use crate::schedule::Level;

impl Run<'_> {
    /// Leads the points through the levels; the last of them, clean, is where the others lead to.
    pub(super) fn climb(
        &mut self,
        points: Vec<[f64; 3]>,
        source: &[u32],
        graph: Graph,
        levels: &[Level],
    ) -> Result<Vec<[f64; 3]>> {
        let sampling = &self.model.manifest().sampling;
        let climb = Climb {
            inner: sampling.inner,
            rate: sampling.rate,
            heat: self.tuning.eta.unwrap_or(sampling.heat),
            last: sampling.last,
        };
        let sigmas: Vec<f64> = levels[..levels.len() - 1].iter().map(Level::relative).collect();
        let start = Instant::now();
        let mut follow = self.follow(graph, sigmas.len() * climb.inner + usize::from(climb.last))?;
        let noise = self.draws(source);
        let job = self.job;
        let mut watch = |_: f64| job.check().map_or(ControlFlow::Break(()), ControlFlow::Continue);
        let clean = sampler::anneal(points, &sigmas, climb, &noise, &mut watch, |state, sigma, _| {
            let sigma = Sigma {
                level: sigma,
                factors: &[],
            };
            follow.ask(state, sigma, None, |_, spacing, score| {
                // As its inputs, the network's score is in units of the local spacing.
                let score = score.map(|c| c / spacing);
                // A point so far out that the network has no number for it stays where it is.
                if score.iter().all(|c| c.is_finite()) {
                    score
                } else {
                    [0.0; 3]
                }
            })
        })?;
        self.followed(&follow, start);
        Ok(clean)
    }
}
