//! New clouds, and clouds from the codes of others.

use rayon::prelude::*;

use super::super::job::Watch;
use super::codes::Code;
use super::draws::{Source, Stream};
use super::plan::Plan;
use super::report::GenerateReport;
use super::run;
use super::shape::normalize;
use super::work::Work;
use crate::bundle::{Capability, Method, Role};
use crate::cloud::CloudView;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::normalize::Frame;
use crate::params::{ByName, GenerateParams};

/// The most points of all clouds of one run: 1.5 GiB of coordinates.
const MAX_TOTAL: usize = 1 << 26;

/// Clouds that a generator made, and how.
#[derive(Clone, Debug)]
pub struct Made {
    /// The clouds one after the other, `report.points` points each.
    pub points: Vec<[f64; 3]>,
    /// What was done.
    pub report: GenerateReport,
}

/// Makes `clouds` clouds of `points` points each, in model units: about centred, with a root mean square of about 1 over
/// all coordinates. 0 points are as many as in training.
///
/// Cloud i of a run is cloud `params.first + i` of the seed's sequence and depends on nothing else: neither on how many
/// are made at once nor on the number of threads.
///
/// # Errors
/// [`Error::Unsupported`] for a model that can't generate; [`Error::Argument`] for parameters out of bounds, a number of
/// points that the model does not make, more steps than its schedule has, or more than 67 108 864 points in all;
/// [`Error::Network`] where ONNX Runtime fails or a network gives a number that is not finite; [`Error::Cancelled`] where
/// `watch` breaks.
pub fn generate(
    model: &Model,
    points: usize,
    clouds: usize,
    params: &GenerateParams,
    watch: &mut dyn Watch,
) -> Result<Made> {
    params.check()?;
    model.manifest().expect(Capability::Generate)?;
    let points = count(model, points)?;
    let last = u64::from(params.first).saturating_add(clouds as u64);
    if clouds > MAX_TOTAL / points || last > 1 << 32 {
        return Err(Error::Argument(format!(
            "{clouds} clouds of {points} points from cloud {} are too many: the limits of a run are {MAX_TOTAL} points and \
             cloud 4294967295",
            params.first
        )));
    }
    let plan = Plan::generate(model, params)?;
    let calls = clouds * calls(model, &plan);
    let (made, report) = run(model, params, &plan, calls, watch, |work| {
        let cloud = |i: usize| {
            let number = params.first + i as u32;
            let draws = Source::seeded(params.seed, Stream::Points, number);
            let latent = Source::seeded(params.seed, Stream::Latent, number);
            work.cloud(points, &draws, &latent)
        };
        let made: Vec<_> = (0..clouds).into_par_iter().map(cloud).collect::<Result<_>>()?;
        Ok(made.into_iter().flatten().collect())
    })?;
    Ok(finish(made, points, clouds, report))
}

/// Encodes a cloud and decodes the mean of its code: as many points as came in, in the cloud's own unit and place. A vae
/// gives them no order.
///
/// # Errors
/// As [`generate`], with [`Error::Cloud`] for a cloud of a size that the model does not take, or with a point that is not
/// finite.
pub fn reconstruct(
    model: &Model,
    cloud: CloudView<'_>,
    params: &GenerateParams,
    watch: &mut dyn Watch,
) -> Result<Made> {
    params.check()?;
    model.manifest().expect(Capability::Reconstruct)?;
    let (points, frame) = normalize(model.manifest(), cloud)?;
    let plan = Plan::none(model, params)?;
    let (made, report) = run(model, params, &plan, encoders(model) + 1, watch, |work| {
        let code = work.encode(&points)?;
        let seeds = Source::seeded(params.seed, Stream::Points, params.first);
        Ok(restore(work.decode(&code, points.len(), &seeds)?, &frame))
    })?;
    Ok(finish(made, points.len(), 1, report))
}

/// The cloud whose code lies between those of two clouds: `share` 0 is the first, 1 the second. `points` points (0: as
/// many as in training), in a unit and place between theirs.
///
/// # Errors
/// As [`reconstruct`]; [`Error::Argument`] for a share outside of 0 to 1.
pub fn interpolate(
    model: &Model,
    clouds: [CloudView<'_>; 2],
    share: f64,
    points: usize,
    params: &GenerateParams,
    watch: &mut dyn Watch,
) -> Result<Made> {
    params.check()?;
    model.manifest().expect(Capability::Interpolate)?;
    if !(0.0..=1.0).contains(&share) {
        return Err(Error::Argument(format!(
            "share can't be {share}; allowed: 0 to 1"
        )));
    }
    let count = count(model, points)?;
    let [(from, first), (to, second)] = [
        normalize(model.manifest(), clouds[0])?,
        normalize(model.manifest(), clouds[1])?,
    ];
    let mix = |a: f64, b: f64| a + share * (b - a);
    let frame = Frame {
        center: std::array::from_fn(|a| mix(first.center[a], second.center[a])),
        scale: mix(first.scale, second.scale),
    };
    let plan = Plan::none(model, params)?;
    let (made, report) = run(model, params, &plan, 2 * encoders(model) + 1, watch, |work| {
        let (from, to) = (work.encode(&from)?, work.encode(&to)?);
        let latent = from
            .latent
            .iter()
            .zip(&to.latent)
            .map(|(&a, &b)| mix(a, b))
            .collect();
        let code = Code {
            latent,
            points: Vec::new(),
        };
        let seeds = Source::seeded(params.seed, Stream::Points, params.first);
        Ok(restore(work.decode(&code, count, &seeds)?, &frame))
    })?;
    Ok(finish(made, count, 1, report))
}

/// Encodes a cloud, noises its latents for `params.tau` steps, denoises and decodes them: a cloud like the one that came
/// in, the less so the larger tau is. As many points as came in, in the cloud's own unit and place.
///
/// # Errors
/// As [`reconstruct`]; [`Error::Argument`] for a tau beyond the schedule, or more steps than tau.
pub fn diffuse_denoise(
    model: &Model,
    cloud: CloudView<'_>,
    params: &GenerateParams,
    watch: &mut dyn Watch,
) -> Result<Made> {
    params.check()?;
    model.manifest().expect(Capability::DiffuseDenoise)?;
    let (points, frame) = normalize(model.manifest(), cloud)?;
    let plan = Plan::diffuse(model, params)?;
    let calls = encoders(model) + calls(model, &plan);
    let (made, report) = run(model, params, &plan, calls, watch, |work| {
        let code = work.encode(&points)?;
        let draws = Source::seeded(params.seed, Stream::Points, params.first);
        let latent = Source::seeded(params.seed, Stream::Latent, params.first);
        let start = [
            work.noised(&code.latent, &latent),
            work.noised(&code.points, &draws),
        ];
        let code = work.prior(start, &latent, &draws)?;
        Ok(restore(work.decode(&code, points.len(), &draws)?, &frame))
    })?;
    Ok(finish(made, points.len(), 1, report))
}

impl Work<'_> {
    /// One new cloud in model units.
    pub(super) fn cloud(
        &self,
        points: usize,
        draws: &Source<'_>,
        latent: &Source<'_>,
    ) -> Result<Vec<[f64; 3]>> {
        let manifest = self.model.manifest();
        let sizes = manifest.latent;
        match manifest.method {
            Method::Vae => {
                let latent = latent.start::<1>(sizes.global).into_flattened();
                let code = Code {
                    latent,
                    points: Vec::new(),
                };
                self.decode(&code, points, draws)
            }
            Method::Lion => {
                let start = [latent.start(sizes.global), draws.start(points * sizes.point)];
                let code = self.prior(start, latent, draws)?;
                self.decode(&code, points, draws)
            }
            Method::Langevin => {
                // The noisy law of data with unit variance.
                let top = self.plan.levels.first().map_or(0.0, |level| level.relative());
                let scale = draws.start_scale(1f64.hypot(top));
                let start = draws.start::<3>(points).into_iter();
                self.anneal(start.map(|row| row.map(|c| scale * c)).collect(), draws)
            }
            _ => self.chain(Role::Score, draws.start::<3>(points), 3, draws, &[]),
        }
    }

    /// A latent at the plan's first level.
    fn noised(&self, latent: &[f64], draws: &Source<'_>) -> Vec<[f64; 1]> {
        let (alpha, sigma) = self
            .plan
            .levels
            .first()
            .map_or((1.0, 0.0), |level| (level.alpha, level.sigma));
        let noise = draws.start::<1>(latent.len());
        latent
            .iter()
            .zip(noise)
            .map(|(c, [z])| [alpha * c + sigma * z])
            .collect()
    }
}

/// The number of points asked for, if the model makes clouds of it.
fn count(model: &Model, points: usize) -> Result<usize> {
    let spec = model.manifest().points;
    match points {
        0 => Ok(spec.trained),
        points if (spec.low..=spec.high).contains(&points) => Ok(points),
        points => Err(Error::Argument(format!(
            "points can't be {points}: the model {} makes clouds of {} to {} points",
            model.manifest().name,
            spec.low,
            spec.high
        ))),
    }
}

/// Calls of networks for one new cloud.
fn calls(model: &Model, plan: &Plan) -> usize {
    match model.manifest().method {
        Method::Vae => 1,
        Method::Lion => 2 * plan.calls(model) + 1,
        _ => plan.calls(model),
    }
}

fn encoders(model: &Model) -> usize {
    match model.manifest().method {
        Method::Lion => 2,
        _ => 1,
    }
}

fn restore(points: Vec<[f64; 3]>, frame: &Frame) -> Vec<[f64; 3]> {
    points.into_iter().map(|p| frame.restore(p)).collect()
}

fn finish(made: Vec<[f64; 3]>, points: usize, clouds: usize, report: GenerateReport) -> Made {
    Made {
        points: made,
        report: GenerateReport {
            points,
            clouds,
            ..report
        },
    }
}
