//! The story of a run: normalize, noise level, schedule, graph, tiles, steps, and back.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::budget::{Budget, Need};
use super::job::{self, Job, Watch};
use super::report::Report;
use crate::bundle::{Capability, Method};
use crate::cloud::CloudView;
use crate::error::Result;
use crate::model::Model;
use crate::normalize::{Frame, Normalized, normalize_while};
use crate::params::{ByName, Params};

/// Shares of a run's time, roughly, for its progress.
const NORMALIZED: f64 = 0.03;
pub(super) const GRAPH: f64 = 0.12;
pub(super) const NOISE: f64 = 0.18;

/// A clean cloud, and how it came about.
#[derive(Clone, Debug)]
pub struct Denoised {
    /// One point for each that came in, in the same order and unit; non-finite ones as they were.
    pub points: Vec<[f64; 3]>,
    /// What was done.
    pub report: Report,
}

/// How a run departs from what the model and the parameters say; for tests and for [`check`](super::check).
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct Tuning {
    /// Core points of a tile.
    pub tile: Option<usize>,
    /// The sampler's eta, or the share of Langevin's noise.
    pub eta: Option<f64>,
    /// Draws for each step and point, in the cloud's order, in the place of seeded ones.
    pub draws: Option<Vec<Vec<[f64; 3]>>>,
}

/// Moves every finite point of `cloud` towards the surface that it was sampled from.
///
/// The same cloud, model, parameters and seed give the same bytes at any number of threads. A cloud of no more
/// finite points than the model's graph has neighbours, or with less noise than the model knows, comes back as it is
/// and the report says so.
///
/// # Errors
/// [`Error::Unsupported`](crate::Error::Unsupported) for a model that can't denoise;
/// [`Error::Argument`](crate::Error::Argument) for parameters out of bounds, or where the noise has to be estimated
/// by a model that can't; [`Error::Cloud`](crate::Error::Cloud) for a cloud whose extent overflows;
/// [`Error::Memory`](crate::Error::Memory) where `max_memory_mb` is too small;
/// [`Error::Network`](crate::Error::Network) where ONNX Runtime fails;
/// [`Error::Cancelled`](crate::Error::Cancelled) where `watch` breaks.
pub fn denoise(
    model: &Model,
    cloud: CloudView<'_>,
    params: &Params,
    watch: &mut dyn Watch,
) -> Result<Denoised> {
    denoise_tuned(model, cloud, params, watch, Tuning::default())
}

/// [`denoise`] with the insides turned out.
///
/// # Errors
/// As [`denoise`].
#[doc(hidden)]
pub fn denoise_tuned(
    model: &Model,
    cloud: CloudView<'_>,
    params: &Params,
    watch: &mut dyn Watch,
    tuning: Tuning,
) -> Result<Denoised> {
    params.check()?;
    model.manifest().expect(Capability::Denoise)?;
    let need = Need::of(model, params, cloud.len());
    let threads = need.threads;
    let mut budget = need.budget(params.max_memory_mb)?;
    if let Some(tile) = tuning.tile {
        budget.tile = tile.max(1);
    }
    job::run(threads, watch, |job| {
        let report = Report {
            points: cloud.len(),
            ..Report::blank(model, params)
        };
        let frame = Frame {
            center: [0.0; 3],
            scale: 1.0,
        };
        Run {
            model,
            params,
            tuning,
            budget,
            piece: None,
            job,
            frame,
            factors: Arc::default(),
            report,
        }
        .denoise(cloud)
    })
}

/// One run at work.
pub(super) struct Run<'a> {
    pub(super) model: &'a Model,
    pub(super) params: &'a Params,
    pub(super) tuning: Tuning,
    pub(super) budget: Budget,
    /// Of a piece of a cloud with its surroundings, the piece: what becomes of the others is of no interest.
    pub(super) piece: Option<Range<usize>>,
    pub(super) job: &'a Job,
    /// The way back from model units.
    pub(super) frame: Frame,
    /// Of each point's noise to that of the run; empty where they are the same.
    pub(super) factors: Arc<[f32]>,
    pub(super) report: Report,
}

impl Run<'_> {
    fn denoise(mut self, cloud: CloudView<'_>) -> Result<Denoised> {
        let start = Instant::now();
        let Normalized {
            points,
            source,
            frame,
        } = normalize_while(cloud, &|| self.job.check().is_ok())?;
        self.report.finite = points.len();
        self.report.spacing = frame.scale;
        self.frame = frame;
        self.report.milliseconds.normalize = milliseconds(start.elapsed());
        self.step(NORMALIZED)?;

        let cleaned = self.clean(points, &source)?;

        let start = Instant::now();
        let mut points: Vec<[f64; 3]> = cloud.iter().collect();
        if let Some(cleaned) = cleaned {
            for (&at, point) in source.iter().zip(cleaned) {
                points[at as usize] = self.frame.restore(point);
            }
        }
        self.report.milliseconds.restore = milliseconds(start.elapsed());
        Ok(Denoised {
            points,
            report: self.report,
        })
    }

    /// The clean points in model units; nothing where there is nothing to do.
    fn clean(&mut self, mut points: Vec<[f64; 3]>, source: &[u32]) -> Result<Option<Vec<[f64; 3]>>> {
        let k = self.model.manifest().graph.k;
        if points.len() <= k {
            return self.leave(format!(
                "{} points are too few: the model looks at {k} neighbours",
                points.len()
            ));
        }
        if self.model.manifest().normalization == "sphere" {
            self.report.spacing = self.frame.scale;
            self.sphere(&mut points);
            return self.ascend(points, source, None).map(Some);
        }
        let graph = self.graph(&mut points)?;
        self.report.spacing = self.frame.scale;
        self.step(GRAPH)?;
        let method = self.model.manifest().method;
        if method == Method::ScoreDenoise {
            return self.ascend(points, source, Some(&graph)).map(Some);
        }
        if self.params.noise > 0.0 {
            self.report.noise_spacing = self.params.noise / self.frame.scale;
        } else {
            self.report.noise_spacing = self.estimate(&points, &graph)?;
            self.report.noise = self.report.noise_spacing * self.frame.scale;
            self.report.estimated = true;
        }
        if self.report.noise_spacing < self.model.manifest().trained_noise[0] / 2.0 {
            return self.leave_clean();
        }
        self.step(NOISE)?;

        let levels = self.levels()?;
        if levels.len() < 2 {
            return self.leave_clean();
        }
        self.report.steps = levels.len() - 1;
        if method == Method::Langevin {
            return self.climb(points, source, graph, &levels).map(Some);
        }
        let (clean, graph) = self.walk(points, source, graph, &levels, 0)?;
        self.even(clean, graph).map(Some)
    }

    fn leave_clean(&mut self) -> Result<Option<Vec<[f64; 3]>>> {
        self.leave(format!(
            "the noise is {:.4} spacings, less than the model knows",
            self.report.noise_spacing
        ))
    }

    fn leave(&mut self, why: String) -> Result<Option<Vec<[f64; 3]>>> {
        self.report.notes.push(format!("nothing was done: {why}"));
        Ok(None)
    }

    /// Which of so many points a network has to be asked about, where no answer depends on another's.
    pub(super) fn rows(&self, points: usize) -> Range<usize> {
        self.piece.clone().unwrap_or(0..points)
    }

    pub(super) fn step(&self, done: f64) -> Result<()> {
        self.job.advance(done);
        self.job.check()
    }
}

pub(super) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
