//! Schedules given as DDPM's beta or alpha bar.

use super::{Schedule, check_length};
use crate::error::{Error, Result};

/// Largest beta of a cosine schedule: keeps the last step from being singular (Nichol & Dhariwal, 2021).
const COSINE_LIMIT: f64 = 0.999;

impl Schedule {
    /// T values of beta, evenly from `start` to `end`, both in (0, 1) (Ho et al., 2020, use 1e-4, 0.02 and 1000).
    ///
    /// # Errors
    /// [`Error::Argument`] for a T of 0 or values outside of (0, 1).
    pub fn linear_beta(start: f64, end: f64, steps: usize) -> Result<Schedule> {
        check_length(steps)?;
        let stride = (end - start) / (steps - 1).max(1) as f64;
        let betas: Vec<f64> = (0..steps).map(|t| start + stride * t as f64).collect();
        Schedule::betas(&betas)
    }

    /// `alpha_bar_t = f(t) / f(0)`, `f(t) = cos^2((t / T + s) / (1 + s) pi / 2)`, each beta at most 0.999
    /// (Nichol & Dhariwal, 2021, use an s of 0.008).
    ///
    /// # Errors
    /// [`Error::Argument`] for a T of 0 or a negative or non-finite s.
    pub fn cosine(steps: usize, s: f64) -> Result<Schedule> {
        check_length(steps)?;
        if !(0.0..=1e6).contains(&s) {
            return Err(Error::Argument(format!(
                "the cosine schedule's offset is {s}, expected 0 or more"
            )));
        }
        let angle = |t: usize| (t as f64 / steps as f64 + s) / (1.0 + s) * std::f64::consts::FRAC_PI_2;
        let betas: Vec<f64> = (1..=steps)
            .map(|t| {
                let (before, after) = (angle(t - 1), angle(t));
                // 1 - cos^2 b / cos^2 a without cancellation: sin(b - a) sin(b + a) / cos^2 a.
                let beta = (after - before).sin() * (after + before).sin() / before.cos().powi(2);
                beta.min(COSINE_LIMIT)
            })
            .collect();
        Schedule::betas(&betas)
    }

    /// `beta_1 .. beta_T`, each in (0, 1).
    ///
    /// # Errors
    /// [`Error::Argument`] for an empty list or values outside of (0, 1).
    pub fn betas(betas: &[f64]) -> Result<Schedule> {
        check_length(betas.len())?;
        let mut log_signal = 0.0;
        let mut relative = Vec::with_capacity(betas.len());
        for (i, &beta) in betas.iter().enumerate() {
            if !(beta > 0.0 && beta < 1.0) {
                return Err(Error::Argument(format!(
                    "beta {} is {beta}, expected between 0 and 1",
                    i + 1
                )));
            }
            // In logarithms: 1 - alpha_bar would lose most digits where the noise is small.
            log_signal += (-beta).ln_1p();
            relative.push((-log_signal).exp_m1().sqrt());
        }
        Schedule::sigmas(&relative)
    }
}
