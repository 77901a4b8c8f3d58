//! What a scan says of itself: its spacing and its noise.

use std::time::Instant;

use rayon::prelude::*;

use super::budget::Budget;
use super::denoise::{GRAPH, NOISE, Run, milliseconds};
use super::job::Job;
use super::predict::{Span, Tiles};
use crate::bundle::Role;
use crate::error::{Error, Result};
use crate::graph::Graph;

impl Run<'_> {
    /// The first graph. It knows the local spacing of every point, where `normalize` looked at a sample: from here on
    /// the model unit is its exact median, as in training.
    pub(super) fn graph(&mut self, points: &mut [[f64; 3]]) -> Result<Graph> {
        let start = Instant::now();
        let mut graph = knn(points, self.model.manifest().graph.k, self.job)?;
        let unit = median(graph.spacing.iter().map(|&s| f64::from(s)).collect());
        points.par_iter_mut().for_each(|p| *p = p.map(|c| c / unit));
        graph
            .spacing
            .par_iter_mut()
            .for_each(|s| *s = (f64::from(*s) / unit) as f32);
        self.frame.scale *= unit;
        self.report.milliseconds.graph = milliseconds(start.elapsed());
        Ok(graph)
    }

    /// Median over the points of the noise that the model sees around each, in model units.
    pub(super) fn estimate(&mut self, points: &[[f64; 3]], graph: &Graph) -> Result<f64> {
        let Some(network) = self.model.optional(Role::Noise) else {
            let name = &self.model.manifest().name;
            let reason =
                format!("the model {name} can't estimate the noise; give its standard deviation as noise");
            return Err(Error::Argument(reason));
        };
        let start = Instant::now();
        let tiles = Tiles::new(
            points.len(),
            network,
            &Budget {
                keep: false,
                ..self.budget
            },
        );
        let span = Span {
            job: self.job,
            from: GRAPH,
            to: NOISE,
        };
        let mut sigmas = vec![0.0; points.len()];
        let inside = tiles.run(points, graph, 0.0, span, &mut sigmas, 1, |i, log| {
            f64::from(log[0]).exp() * f64::from(graph.spacing[i])
        })?;
        self.report.milliseconds.runtime += milliseconds(inside);
        sigmas.retain(|sigma| sigma.is_finite());
        if sigmas.is_empty() {
            let reason = "gave no finite estimate for any point".into();
            return Err(Error::Network {
                role: network.role().name().into(),
                reason,
            });
        }
        let median = median(sigmas);
        self.report.milliseconds.noise = milliseconds(start.elapsed());
        Ok(median)
    }
}

/// A graph, unless the job is cancelled first.
pub(super) fn knn(points: &[[f64; 3]], k: usize, job: &Job) -> Result<Graph> {
    Graph::knn_while(points, k, &|| job.check().is_ok()).ok_or(Error::Cancelled)
}

/// The middle of a non-empty list, or the mean of its two middles.
fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (lower, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    match lower.iter().copied().max_by(f64::total_cmp) {
        Some(below) if even => (below + *upper) / 2.0,
        _ => *upper,
    }
}
