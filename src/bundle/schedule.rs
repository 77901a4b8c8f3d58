//! The noise levels as a manifest writes them.

use serde::Deserialize;

use super::manifest::within;
use crate::schedule::Schedule;

const MAX_SCHEDULE: usize = 100_000;

/// A noise schedule as a manifest writes it; see [`Schedule`] for each.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ScheduleSpec {
    /// Noise relative to the signal, ascending, in model units.
    Sigma {
        /// sigma_1 ..= sigma_T.
        sigmas: Vec<f64>,
    },
    /// Explicit variances.
    Beta {
        /// beta_1 ..= beta_T.
        betas: Vec<f64>,
    },
    /// Variances that rise on a line.
    Linear {
        /// beta_1.
        start: f64,
        /// beta_T.
        end: f64,
        /// T.
        steps: usize,
    },
    /// Nichol and Dhariwal's cosine.
    Cosine {
        /// T.
        steps: usize,
        /// Their offset s.
        s: f64,
    },
    /// A table of gamma = -log SNR.
    Gamma {
        /// gamma_1 ..= gamma_T; of the method vdm gamma(0), gamma(1/T) ..= gamma(1).
        gammas: Vec<f64>,
    },
}

impl ScheduleSpec {
    /// The schedule, in f64; the error is a sentence.
    pub(crate) fn build(&self) -> Result<Schedule, String> {
        let (values, steps) = match self {
            ScheduleSpec::Sigma { sigmas: values }
            | ScheduleSpec::Beta { betas: values }
            | ScheduleSpec::Gamma { gammas: values } => (values.as_slice(), values.len()),
            ScheduleSpec::Linear { steps, .. } | ScheduleSpec::Cosine { steps, .. } => (&[][..], *steps),
        };
        within("length of the schedule", steps as f64, 1.0, MAX_SCHEDULE as f64)?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err("schedule: a value is not finite".into());
        }
        match self {
            ScheduleSpec::Sigma { sigmas } => Schedule::sigmas(sigmas),
            ScheduleSpec::Beta { betas } => Schedule::betas(betas),
            ScheduleSpec::Linear { start, end, steps } => Schedule::linear_beta(*start, *end, *steps),
            ScheduleSpec::Cosine { steps, s } => Schedule::cosine(*steps, *s),
            ScheduleSpec::Gamma { gammas } => Schedule::gammas(gammas),
        }
        .map_err(|error| format!("schedule: {error}"))
    }

    /// A few words for people.
    pub fn describe(&self) -> String {
        match self {
            ScheduleSpec::Sigma { sigmas: list } => format!("sigma, {} levels", list.len()),
            ScheduleSpec::Beta { betas: list } => format!("beta, {} levels", list.len()),
            ScheduleSpec::Gamma { gammas: list } => format!("gamma, {} levels", list.len()),
            ScheduleSpec::Linear { start, end, steps } => {
                format!("linear beta {start} to {end}, {steps} levels")
            }
            ScheduleSpec::Cosine { steps, .. } => format!("cosine, {steps} levels"),
        }
    }
}
