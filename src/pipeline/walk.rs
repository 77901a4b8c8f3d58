//! The way through the levels, from the scan to the clean cloud.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::budget::Budget;
use super::denoise::{NOISE, Run, milliseconds};
use super::estimate::knn;
use super::predict::{Span, Tiles};
use crate::bundle::{Role, Steps};
use crate::error::Result;
use crate::graph::Graph;
use crate::params::Quality;
use crate::random::Noise;
use crate::sampler;
use crate::schedule::Level;

impl Run<'_> {
    /// The levels that suit the noise and the number of steps.
    pub(super) fn levels(&mut self) -> Result<Vec<Level>> {
        let manifest = self.model.manifest();
        let schedule = self.model.levels()?;
        let given = match self.params.quality {
            Quality::Fast => manifest.sampling.steps.fast,
            Quality::Balanced => manifest.sampling.steps.balanced,
            Quality::High => manifest.sampling.steps.high,
        };
        let noise = self.report.noise_spacing;
        let steps = if self.params.steps > 0 {
            self.params.steps
        } else {
            Steps::at(given, noise)
        };
        let known = manifest.trained_noise[1].min(schedule.relative(schedule.len()));
        if noise > known {
            self.report.notes.push(format!(
                "the noise is {noise:.2} spacings, the model knows up to {known:.2}"
            ));
        }
        Ok(schedule.levels_from(noise, steps, manifest.sampling.rho))
    }

    /// Leads the points through the levels.
    pub(super) fn walk(
        &mut self,
        points: Vec<[f64; 3]>,
        source: &[u32],
        mut graph: Graph,
        levels: &[Level],
    ) -> Result<Vec<[f64; 3]>> {
        let (model, job) = (self.model, self.job);
        let manifest = model.manifest();
        // Tiles that live for one step only are not worth their memory.
        let keep = self.budget.keep && manifest.graph.refresh != 1;
        let budget = Budget { keep, ..self.budget };
        let eta = self.tuning.eta.unwrap_or(manifest.sampling.eta);
        let share = (1.0 - NOISE) / (levels.len() - 1) as f64;
        let score = model.network(Role::Score)?;
        let mut tiles = Tiles::new(points.len(), score, &budget);
        (self.report.tiles, self.report.workers) = (tiles.len(), tiles.workers());

        let start = Instant::now();
        let (mut inside, mut refreshing, mut predicting) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        let mut step = 0;
        let predict = |state: &[[f64; 3]], level: &Level| -> Result<Vec<[f64; 3]>> {
            let start = Instant::now();
            if step > 0 && manifest.graph.refresh > 0 && step % manifest.graph.refresh == 0 {
                graph = knn(state, manifest.graph.k, job)?;
                tiles = Tiles::new(state.len(), score, &budget);
                refreshing += start.elapsed();
            }
            let start = Instant::now();
            let from = NOISE + share * step as f64;
            let span = Span {
                job,
                from,
                to: from + share,
            };
            let mut clean = vec![[0.0; 3]; state.len()];
            inside += tiles.run(
                state,
                &graph,
                level.relative(),
                span,
                &mut clean,
                |i, answer: [f32; 3]| {
                    let x = state[i];
                    let clean =
                        model
                            .prediction()
                            .clean(x.map(|c| c * level.alpha), answer.map(f64::from), level);
                    // A point so far out that the network has no number for it stays where it is.
                    if clean.iter().all(|c| c.is_finite()) {
                        clean
                    } else {
                        x
                    }
                },
            )?;
            step += 1;
            predicting += start.elapsed();
            Ok(clean)
        };
        let mut watch = |_: f64| job.check().map_or(ControlFlow::Break(()), ControlFlow::Continue);
        let sorted = |draws: &Vec<[f64; 3]>| source.iter().map(|&i| draws[i as usize]).collect();
        let noise = match &self.tuning.draws {
            Some(draws) => Noise::recorded(draws.iter().map(sorted).collect()),
            None => Noise::new(self.params.seed),
        };
        let clean = sampler::run(points, levels, eta, &noise, &mut watch, predict)?;

        let ms = &mut self.report.milliseconds;
        ms.graph += milliseconds(refreshing);
        ms.network += milliseconds(predicting);
        ms.runtime += milliseconds(inside);
        ms.sampler += milliseconds(start.elapsed().saturating_sub(refreshing + predicting));
        Ok(clean)
    }
}
