//! The story of a run: normalize, noise level, schedule, graph, tiles, steps, and back.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::budget::{Budget, Need};
use super::job::{self, Job, Watch};
use super::predict::{Span, Tiles};
use super::report::{Milliseconds, Report};
use crate::cloud::CloudView;
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::model::{Device, Model};
use crate::normalize::{Frame, Normalized, normalize};
use crate::params::{Params, Quality};
use crate::random::Noise;
use crate::sampler;
use crate::schedule::Level;

/// Shares of a run's time, roughly, for its progress.
const NORMALIZED: f64 = 0.03;
const GRAPH: f64 = 0.12;
const NOISE: f64 = 0.18;

/// A clean cloud, and how it came about.
#[derive(Clone, Debug)]
pub struct Denoised {
    /// One point for each that came in, in the same order and unit; non-finite ones as they were.
    pub points: Vec<[f64; 3]>,
    /// What was done.
    pub report: Report,
}

/// How a run departs from what the model and the parameters say; for tests and for [`check`](super::check()).
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct Tuning {
    /// Core points of a tile.
    pub tile: Option<usize>,
    /// The sampler's eta.
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
/// [`Error::Argument`] for parameters out of bounds, or where the noise has to be estimated by a model that can't;
/// [`Error::Cloud`] for a cloud whose extent overflows; [`Error::Memory`] where `max_memory_mb` is too small;
/// [`Error::Network`] where ONNX Runtime fails; [`Error::Cancelled`] where `watch` breaks.
pub fn denoise(model: &Model, cloud: CloudView<'_>, params: &Params, watch: &mut dyn Watch) -> Result<Denoised> {
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
    let threads = match params.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let hops = model.score().hops().max(model.noise().map_or(0, |noise| noise.hops()));
    let k = model.manifest().graph.k;
    let need = Need { points: cloud.len(), k, hops, threads, gpu: model.device() != Device::Cpu };
    let mut budget = need.budget(params.max_memory_mb)?;
    if let Some(tile) = tuning.tile {
        budget.tile = tile.max(1);
    }
    job::run(threads, watch, |job| {
        let report = Report {
            points: cloud.len(),
            finite: 0,
            spacing: 0.0,
            noise: params.noise,
            noise_spacing: 0.0,
            estimated: false,
            steps: 0,
            device: model.device(),
            tiles: 0,
            workers: 0,
            milliseconds: Milliseconds::default(),
            notes: model.notes().to_vec(),
        };
        let frame = Frame { center: [0.0; 3], scale: 1.0 };
        Run { model, params, tuning, budget, job, frame, report }.denoise(cloud)
    })
}

/// One run at work.
struct Run<'a> {
    model: &'a Model,
    params: &'a Params,
    tuning: Tuning,
    budget: Budget,
    job: &'a Job,
    /// The way back from model units.
    frame: Frame,
    report: Report,
}

impl Run<'_> {
    fn denoise(mut self, cloud: CloudView<'_>) -> Result<Denoised> {
        let start = Instant::now();
        let Normalized { points, source, frame } = normalize(cloud)?;
        self.report.finite = points.len();
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
        self.report.spacing = self.frame.scale;
        self.report.milliseconds.restore = milliseconds(start.elapsed());
        Ok(Denoised { points, report: self.report })
    }

    /// The clean points in model units; nothing where there is nothing to do.
    fn clean(&mut self, mut points: Vec<[f64; 3]>, source: &[u32]) -> Result<Option<Vec<[f64; 3]>>> {
        let k = self.model.manifest().graph.k;
        if points.len() <= k {
            return self.leave(format!("{} points are too few: the model looks at {k} neighbours", points.len()));
        }
        let graph = self.graph(&mut points);
        self.step(GRAPH)?;
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

        let levels = self.levels();
        if levels.len() < 2 {
            return self.leave_clean();
        }
        self.report.steps = levels.len() - 1;
        self.walk(points, source, graph, &levels).map(Some)
    }

    /// Leads the points through the levels.
    fn walk(
        &mut self,
        points: Vec<[f64; 3]>,
        source: &[u32],
        mut graph: Graph,
        levels: &[Level],
    ) -> Result<Vec<[f64; 3]>> {
        let (model, job, budget) = (self.model, self.job, self.budget);
        let manifest = model.manifest();
        let eta = self.tuning.eta.unwrap_or(manifest.sampling.eta);
        let share = (1.0 - NOISE) / (levels.len() - 1) as f64;
        let mut tiles = Tiles::new(points.len(), model.score(), &budget);
        (self.report.tiles, self.report.workers) = (tiles.len(), tiles.workers());

        let start = Instant::now();
        let (mut inside, mut refreshing, mut predicting) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        let mut step = 0;
        let predict = |state: &[[f64; 3]], level: &Level| -> Result<Vec<[f64; 3]>> {
            let start = Instant::now();
            if step > 0 && manifest.graph.refresh > 0 && step % manifest.graph.refresh == 0 {
                graph = Graph::knn(state, manifest.graph.k);
                tiles = Tiles::new(state.len(), model.score(), &budget);
                refreshing += start.elapsed();
            }
            let start = Instant::now();
            let from = NOISE + share * step as f64;
            let span = Span { job, from, to: from + share };
            let mut clean = vec![[0.0; 3]; state.len()];
            inside += tiles.run(state, &graph, level.relative(), span, &mut clean, |i, answer: [f32; 3]| {
                let x = state[i];
                let clean = model.prediction().clean(x.map(|c| c * level.alpha), answer.map(f64::from), level);
                // A point so far out that the network has no number for it stays where it is.
                if clean.iter().all(|c| c.is_finite()) { clean } else { x }
            })?;
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

    /// Median over the points of the noise that the model sees around each, in model units.
    fn estimate(&mut self, points: &[[f64; 3]], graph: &Graph) -> Result<f64> {
        let Some(network) = self.model.noise() else {
            let name = &self.model.manifest().name;
            let reason = format!("the model {name} can't estimate the noise; give its standard deviation as noise");
            return Err(Error::Argument(reason));
        };
        let start = Instant::now();
        let tiles = Tiles::new(points.len(), network, &Budget { keep: false, ..self.budget });
        let span = Span { job: self.job, from: GRAPH, to: NOISE };
        let mut sigmas = vec![0.0; points.len()];
        let inside = tiles.run(points, graph, 0.0, span, &mut sigmas, |i, [log]: [f32; 1]| {
            f64::from(log).exp() * f64::from(graph.spacing[i])
        })?;
        self.report.milliseconds.runtime += milliseconds(inside);
        sigmas.retain(|sigma| sigma.is_finite());
        if sigmas.is_empty() {
            let reason = "gave no finite estimate for any point".into();
            return Err(Error::Network { role: network.role().name().into(), reason });
        }
        let median = median(sigmas);
        self.report.milliseconds.noise = milliseconds(start.elapsed());
        Ok(median)
    }

    fn levels(&mut self) -> Vec<Level> {
        let manifest = self.model.manifest();
        let given = manifest.sampling.steps;
        let steps = match (self.params.steps, self.params.quality) {
            (0, Quality::Fast) => given.fast,
            (0, Quality::Balanced) => given.balanced,
            (0, Quality::High) => given.high,
            (steps, _) => steps,
        };
        let noise = self.report.noise_spacing;
        let known = manifest.trained_noise[1].min(self.model.schedule().relative(self.model.schedule().len()));
        if noise > known {
            self.report.notes.push(format!("the noise is {noise:.2} spacings, the model knows up to {known:.2}"));
        }
        self.model.schedule().levels_from(noise, steps, manifest.sampling.rho)
    }

    /// The first graph. It knows the local spacing of every point, where `normalize` looked at a sample: from here on
    /// the model unit is its exact median, as in training.
    fn graph(&mut self, points: &mut [[f64; 3]]) -> Graph {
        let start = Instant::now();
        let mut graph = Graph::knn(points, self.model.manifest().graph.k);
        let unit = median(graph.spacing.iter().map(|&s| f64::from(s)).collect());
        points.par_iter_mut().for_each(|p| *p = p.map(|c| c / unit));
        graph.spacing.par_iter_mut().for_each(|s| *s = (f64::from(*s) / unit) as f32);
        self.frame.scale *= unit;
        self.report.milliseconds.graph = milliseconds(start.elapsed());
        graph
    }

    fn leave_clean(&mut self) -> Result<Option<Vec<[f64; 3]>>> {
        self.leave(format!("the noise is {:.4} spacings, less than the model knows", self.report.noise_spacing))
    }

    fn leave(&mut self, why: String) -> Result<Option<Vec<[f64; 3]>>> {
        self.report.notes.push(format!("nothing was done: {why}"));
        Ok(None)
    }

    fn step(&self, done: f64) -> Result<()> {
        self.job.advance(done);
        self.job.check()
    }
}

/// The middle of a non-empty list, or the mean of its two middles.
fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    let even = values.len() % 2 == 0;
    let (lower, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    match lower.iter().copied().max_by(f64::total_cmp) {
        Some(below) if even => (below + *upper) / 2.0,
        _ => *upper,
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
