//! A variational bound on the likelihood of a cloud (Ho et al., 2020; Kingma et al., 2021).

use rayon::prelude::*;

use super::super::job::Watch;
use super::draws::{Source, Stream};
use super::plan::Plan;
use super::report::Likelihood;
use super::run;
use super::shape::normalize;
use super::work::Work;
use crate::bundle::{Capability, Method, Role};
use crate::cloud::CloudView;
use crate::error::Result;
use crate::model::Model;
use crate::params::{ByName, GenerateParams};
use crate::sampler::{Draws, Variance};
use crate::schedule::Level;

/// Bounds the negative log likelihood of a cloud, estimated with one seeded draw for each step: prior term, one
/// divergence for each step between levels, and the last step to the cloud.
///
/// Without a number of steps it is the bound of the whole schedule; with one, of the ancestral chain of those steps, a
/// looser bound in less time.
///
/// # Errors
/// As [`reconstruct`](super::reconstruct).
pub fn likelihood(
    model: &Model,
    cloud: CloudView<'_>,
    params: &GenerateParams,
    watch: &mut dyn Watch,
) -> Result<Likelihood> {
    params.check()?;
    model.manifest().expect(Capability::Likelihood)?;
    let (points, _) = normalize(model.manifest(), cloud)?;
    let plan = Plan::likelihood(model, params)?;
    let (found, _) = run(model, params, &plan, plan.calls(model), watch, |work| {
        let draws = Source::seeded(params.seed, Stream::Likelihood, params.first);
        work.bound(&points, &draws)
    })?;
    Ok(found)
}

impl Work<'_> {
    fn bound(&self, points: &[[f64; 3]], draws: &Source<'_>) -> Result<Likelihood> {
        let count = points.len() as f64;
        let method = self.model.manifest().method;
        // Of a gamma table the first level is where the cloud itself is read off, without a network.
        let levels = match method {
            Method::Vdm => &self.plan.levels[..self.plan.levels.len() - 1],
            _ => &self.plan.levels[..],
        };
        let step = |(i, pair): (usize, &[Level])| self.step(points, i, &pair[0], &pair[1], draws);
        // Collected first: a parallel sum would depend on the threads.
        let terms: Vec<f64> = levels
            .windows(2)
            .collect::<Vec<_>>()
            .into_par_iter()
            .enumerate()
            .map(|(i, pair)| step((i, pair)))
            .collect::<Result<_>>()?;
        let last = terms.len() - 1;
        let (diffusion, reconstruction) = match method {
            Method::Vdm => {
                let at = levels[levels.len() - 1];
                let z = noise(points.len(), levels.len() - 1, draws);
                let square: f64 = z.iter().flatten().map(|z| z * z).sum();
                (
                    terms.iter().sum::<f64>(),
                    square / 2.0 + 3.0 * count * log_normal(at.relative()),
                )
            }
            _ => (terms[..last].iter().sum(), terms[last]),
        };
        let prior = prior(points, &levels[0]);
        Ok(Likelihood {
            prior: prior / count,
            diffusion: diffusion / count,
            reconstruction: reconstruction / count,
            points: points.len(),
            steps: self.plan.steps,
        })
    }

    /// The divergence of the sampler's step from the posterior, or, of the last step, what it says of the cloud; in nats.
    fn step(
        &self,
        points: &[[f64; 3]],
        i: usize,
        from: &Level,
        to: &Level,
        draws: &Source<'_>,
    ) -> Result<f64> {
        let z = noise(points.len(), i, draws);
        let state = |(p, z): (&[f64; 3], &[f64; 3])| -> [f64; 3] {
            std::array::from_fn(|a| from.alpha * p[a] + from.sigma * z[a])
        };
        let x: Vec<[f64; 3]> = points.iter().zip(&z).map(state).collect();
        let clean = self.clean(Role::Score, &x, 3, from, &[])?;
        let pairs = points.iter().flatten().zip(clean.iter().flatten());
        let square: f64 = pairs.map(|(p, clean)| (p - clean).powi(2)).sum();
        let dimensions = 3.0 * points.len() as f64;
        if to.sigma == 0.0 {
            // -log N(cloud; clean, beta I), beta = 1 - alpha^2 = sigma^2 of the last step.
            return Ok(square / (2.0 * from.sigma.powi(2)) + dimensions * log_normal(from.sigma));
        }
        // KL of two normals whose means are (alpha_to c) (cloud - clean) apart, c = 1 - SNR_from / SNR_to, and whose
        // variances are both sigma_to^2 c: half of (SNR_to - SNR_from) |cloud - clean|^2.
        let apart = (to.snr() - from.snr()) / 2.0 * square;
        Ok(match self.model.manifest().method {
            Method::Ddpm if self.plan.spread.variance == Variance::Beta => {
                // The sampler's variance is k times the posterior's.
                let k = (from.sigma / to.sigma).powi(2);
                apart / k + dimensions / 2.0 * (k.ln() + 1.0 / k - 1.0)
            }
            _ => apart,
        })
    }
}

fn noise(points: usize, step: usize, draws: &Source<'_>) -> Vec<[f64; 3]> {
    (0..points).map(|i| draws.draw(step as u32, i as u64)).collect()
}

/// `log(sigma sqrt(2 pi))`.
fn log_normal(sigma: f64) -> f64 {
    sigma.ln() + 0.5 * std::f64::consts::TAU.ln()
}

/// KL of the noisiest level's law, given the cloud, from N(0, I), in nats.
fn prior(points: &[[f64; 3]], level: &Level) -> f64 {
    let variance = level.sigma.powi(2);
    let rest = variance - 1.0 - variance.ln();
    points
        .iter()
        .flatten()
        .map(|c| ((level.alpha * c).powi(2) + rest) / 2.0)
        .sum()
}
