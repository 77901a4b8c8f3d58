//! What a scan says of itself: its spacing and its noise.

use std::time::Instant;

use rayon::prelude::*;

use super::budget::Budget;
use super::denoise::{GRAPH, NOISE, Run, milliseconds};
use super::job::Job;
use super::predict::{Span, Tiles};
use super::thinned::Surroundings;
use super::varying::Seen;
use crate::bundle::Role;
use crate::error::{Error, Result};
use crate::graph::{Floor, Graph, Lists, least_spacing, nearest};
use crate::model::View;
use crate::normalize::Frame;

impl Run<'_> {
    /// The first graph. It knows the local spacing of every point, where `normalize` looked at a sample: from here on
    /// the model unit is its exact median, as in training.
    pub(super) fn graph(&mut self, points: &mut [[f64; 3]]) -> Result<Graph> {
        let start = Instant::now();
        let k = self.model.manifest().graph.k;
        let (mut graph, unit);
        if self.params.spacing > 0.0 {
            let given = own_unit(self.params.spacing, &self.frame, widest(points))?;
            graph = knn(points, k, Floor::At(least_spacing(Some(given))), self.job)?;
            unit = given;
        } else {
            graph = knn(points, k, Floor::Median, self.job)?;
            unit = median(graph.spacing.iter().map(|&s| f64::from(s)).collect());
        }
        in_units(points, &mut graph, unit);
        self.frame.scale *= unit;
        self.report.milliseconds.graph = milliseconds(start.elapsed());
        Ok(graph)
    }

    /// Median over the points of the noise that the model sees around each, in model units; over some of them, with fewer
    /// points around, where there is more noise than it sees.
    pub(super) fn estimate(&mut self, points: &[[f64; 3]], graph: &Graph) -> Result<f64> {
        let start = Instant::now();
        let sigmas = self.sigmas(points, graph)?;
        let finite: Vec<f64> = sigmas.iter().copied().filter(|sigma| sigma.is_finite()).collect();
        if finite.is_empty() {
            return Err(no_estimate());
        }
        let (job, first) = (self.job, median(finite));
        let noise = self.seen_thinner(first, points.len() as u64, |rows, count, halvings| {
            let rows: Vec<u32> = rows.iter().map(|&row| row as u32).collect();
            let (others, _) = nearest(points, &rows, count, &|| job.check().is_ok());
            job.check()?;
            let around = rows.iter().zip(others.chunks_exact(count));
            Ok(around
                .map(|(&row, others)| Surroundings::of(points, row, others, halvings))
                .collect())
        })?;
        // What is too wide to be seen around a point can't be told from what is wider.
        if noise == first && self.may_vary() {
            let mut seen = Seen::new(first);
            points
                .iter()
                .zip(&sigmas)
                .for_each(|(&p, &sigma)| seen.add(p, sigma));
            if let Some(varying) = seen.varying() {
                self.factors = points
                    .par_iter()
                    .map(|&p| varying.factor(p))
                    .collect::<Vec<_>>()
                    .into();
                self.report.noise_range = varying.range();
            }
        }
        self.report.milliseconds.noise = milliseconds(start.elapsed());
        Ok(noise)
    }

    /// The noise that the model sees around each point, in model units; not finite where it has no number for it.
    pub(super) fn sigmas(&mut self, points: &[[f64; 3]], graph: &Graph) -> Result<Vec<f64>> {
        let Some(network) = self.model.optional(Role::Noise) else {
            let name = &self.model.manifest().name;
            let reason =
                format!("the model {name} can't estimate the noise; give its standard deviation as noise");
            return Err(Error::Argument(reason));
        };
        let tiles = Tiles::new(
            self.rows(points.len()),
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
        let inside = tiles.run(View::plain(points, graph), span, &mut sigmas, 1, |i, log| {
            f64::from(log[0]).exp() * f64::from(graph.spacing[i])
        })?;
        self.report.milliseconds.runtime += milliseconds(inside);
        Ok(sigmas)
    }
}

pub(super) fn no_estimate() -> Error {
    Error::Network {
        role: Role::Noise.name().into(),
        reason: "gave no finite estimate for any point".into(),
    }
}

/// The caller's spacing in units of `frame`, for points that lie up to `widest` such units from its centre.
///
/// # Errors
/// [`Error::Argument`] where coordinates in that spacing can't be told apart, or overflow, in the networks' numbers.
pub(super) fn own_unit(spacing: f64, frame: &Frame, widest: f64) -> Result<f64> {
    let unit = spacing / frame.scale;
    let spacings = 2.0 * widest / unit;
    // Points at one place have no coordinates to lose, but each has a spacing, in that unit.
    if (1e-30..=1e30).contains(&unit) && (widest == 0.0 || (1e-30..=1e12).contains(&spacings)) {
        return Ok(unit);
    }
    let width = 2.0 * widest * frame.scale;
    Err(Error::Argument(format!(
        "spacing is {spacing:e}, but the cloud is {width:e} wide: {spacings:.0e} spacings"
    )))
}

/// The largest distance of a point to the origin along an axis.
fn widest(points: &[[f64; 3]]) -> f64 {
    let largest = points
        .par_iter()
        .map(|p| p.iter().fold(0.0, |most: f64, c| most.max(c.abs())));
    largest.reduce(|| 0.0, f64::max)
}

/// Brings points and spacings to another unit of length.
pub(super) fn in_units(points: &mut [[f64; 3]], graph: &mut Graph, unit: f64) {
    points.par_iter_mut().for_each(|p| *p = p.map(|c| c / unit));
    graph
        .spacing
        .par_iter_mut()
        .for_each(|s| *s = (f64::from(*s) / unit) as f32);
}

/// A graph, unless the job is cancelled first.
pub(super) fn knn(points: &[[f64; 3]], k: usize, floor: Floor, job: &Job) -> Result<Graph> {
    Graph::knn_while(points, k, floor, &|| job.check().is_ok()).ok_or(Error::Cancelled)
}

/// Neighbours before their spacing, unless the job is cancelled first.
pub(super) fn lists(points: &[[f64; 3]], k: usize, job: &Job) -> Result<Lists> {
    Lists::nearest(points, k, &|| job.check().is_ok()).ok_or(Error::Cancelled)
}

/// The middle of a non-empty list, or the mean of its two middles.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (lower, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    match lower.iter().copied().max_by(f64::total_cmp) {
        Some(below) if even => (below + *upper) / 2.0,
        _ => *upper,
    }
}
