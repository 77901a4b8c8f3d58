//! The way through the levels, from the scan to the clean cloud.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use super::denoise::{Run, milliseconds};
use crate::bundle::Steps;
use crate::error::Result;
use crate::graph::{Floor, Graph, least_spacing};
use crate::model::Sigma;
use crate::sampler;
use crate::schedule::Level;
use crate::spread::{Folds, spread};
use crate::turn::Turn;

impl Run<'_> {
    /// The levels that suit the noise and the number of steps.
    pub(super) fn levels(&mut self) -> Result<Vec<Level>> {
        let manifest = self.model.manifest();
        let schedule = self.model.levels()?;
        let given = self.params.quality.of(&manifest.sampling.steps);
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

    /// Leads the points through the levels, of which `before` are behind them.
    pub(super) fn walk(
        &mut self,
        points: Vec<[f64; 3]>,
        source: &[u32],
        graph: Graph,
        levels: &[Level],
        before: usize,
    ) -> Result<(Vec<[f64; 3]>, Graph)> {
        let (model, job) = (self.model, self.job);
        let eta = self.tuning.eta.unwrap_or(model.manifest().sampling.eta);
        let start = Instant::now();
        let mut follow = self.follow(graph, levels.len() - 1)?;
        let (noise, factors) = (self.draws(source), Arc::clone(&self.factors));
        let evens = model.manifest().sampling.spread > 0.0;
        let turned = model.manifest().sampling.turned;
        let mut turns = (before..).map(|step| turned.then(|| Turn::of(step)));
        let mut watch = |_: f64| job.check().map_or(ControlFlow::Break(()), ControlFlow::Continue);
        let clean = sampler::run_moved(points, levels, eta, &noise, &mut watch, |state, level| {
            let sigma = Sigma {
                level: level.relative(),
                factors: &factors,
            };
            // What a step leaves in clumps and gaps is evened out before the next one looks at it.
            if let Some(graph) = follow.outdated().filter(|_| evens) {
                let begun = Instant::now();
                self.spread(state, graph, Folds::Like)?;
                follow.beside += begun.elapsed();
            }
            follow.ask(state, sigma, turns.next().flatten(), |i, _, answer| {
                let x = state[i];
                let own = factors.get(i).map_or(*level, |&f| Level {
                    sigma: level.sigma * f64::from(f),
                    ..*level
                });
                let clean = model.prediction().clean(x.map(|c| c * level.alpha), answer, &own);
                // A point so far out that the network has no number for it stays where it is.
                if clean.iter().all(|c| c.is_finite()) {
                    clean
                } else {
                    x
                }
            })
        })?;
        self.followed(&follow, start);
        Ok((clean, follow.graph()))
    }

    /// Evens the clean points out within the surface, as far as the model says; `graph` is that of the last step.
    pub(super) fn even(&mut self, mut points: Vec<[f64; 3]>, graph: Graph) -> Result<Vec<[f64; 3]>> {
        if self.model.manifest().sampling.spread > 0.0 {
            self.spread(&mut points, graph, Folds::Spared)?;
        }
        Ok(points)
    }

    /// Evens points out, on the graph of the step that moved them.
    pub(super) fn spread(&mut self, points: &mut Vec<[f64; 3]>, graph: Graph, folds: Folds) -> Result<()> {
        let start = Instant::now();
        let graph = graph.followed(points, Floor::At(least_spacing(Some(1.0))));
        self.report.milliseconds.graph += milliseconds(start.elapsed());
        let start = Instant::now();
        let noise = Sigma {
            level: self.report.noise_spacing,
            factors: &self.factors,
        };
        let (share, job) = (self.model.manifest().sampling.spread, self.job);
        spread(points, &graph, folds, |i| share * noise.of(i), &|| {
            job.check().is_ok()
        });
        job.check()?;
        self.report.milliseconds.spread += milliseconds(start.elapsed());
        Ok(())
    }
}
