//! How much noise each step carries: one type for DDPM's beta, SBD's sigma and VDM's gamma.
//!
//! With `alpha_bar_t = alpha^2` and `beta_bar_t = sigma^2` the three views are one-to-one:
//! `sigma_t = sqrt(beta_bar_t / alpha_bar_t)`, `SNR = 1 / sigma_t^2`, `gamma = -log SNR`.

mod beta;
mod gamma;
mod level;
mod sigma;

pub use level::Level;

use crate::error::{Error, Result};

/// Longest schedule that is taken for real.
const MAX_STEPS: usize = 1_000_000;

/// Levels of noise for the steps 0 (clean) to T, ascending.
///
/// Every `t` below is a step number from 0 to [`len`](Schedule::len); other numbers panic as an index does.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// T + 1 levels; the first is clean, the others strictly noisier one by one.
    levels: Vec<Level>,
}

impl Schedule {
    /// T, the number of noising steps; at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a schedule is never empty")]
    pub fn len(&self) -> usize {
        self.levels.len() - 1
    }

    /// All levels, 0 to T.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The level of step t.
    pub fn level(&self, t: usize) -> Level {
        self.levels[t]
    }

    /// `beta_t`, the variance that step t adds (0 at t = 0).
    pub fn beta(&self, t: usize) -> f64 {
        let (now, before) = (self.relative(t), self.relative(t.saturating_sub(1)));
        (now - before) * (now + before) / (1.0 + now * now)
    }

    /// `alpha_bar_t`, the share of the signal's variance that is left.
    pub fn alpha_bar(&self, t: usize) -> f64 {
        self.levels[t].alpha.powi(2)
    }

    /// Variance of `q(x^{t-1} | x^t, x^0)`: `(beta_bar_{t-1} / beta_bar_t) beta_t` (0 at t = 0 and 1).
    pub fn beta_tilde(&self, t: usize) -> f64 {
        if t == 0 {
            return 0.0;
        }
        (self.levels[t - 1].sigma / self.levels[t].sigma).powi(2) * self.beta(t)
    }

    /// Noise relative to the signal, SBD's `sigma_t`, in the units of the cloud.
    pub fn relative(&self, t: usize) -> f64 {
        self.levels[t].relative()
    }

    /// Signal-to-noise ratio; infinite at t = 0.
    pub fn snr(&self, t: usize) -> f64 {
        self.levels[t].snr()
    }

    /// VDM's `gamma = -log SNR`; negative infinity at t = 0.
    pub fn gamma(&self, t: usize) -> f64 {
        self.levels[t].gamma()
    }

    /// The levels through which a scan with relative noise `noise` (units of the cloud) is led to clean.
    ///
    /// Starts at `t*`, the first step at least that noisy, or at the last one where none is (its
    /// [`relative`](Level::relative) noise then tells), and takes `steps` transitions, or `t*` if that is fewer.
    /// Their noise follows `sigma* (1 - i / steps)^rho`, each at the nearest step of the schedule that is left.
    /// Empty where the scan is clean: `noise` less than half of the schedule's first level, or not a number.
    pub fn levels_from(&self, noise: f64, steps: usize, rho: f64) -> Vec<Level> {
        if noise.is_nan() || noise < self.relative(1) / 2.0 {
            return Vec::new();
        }
        let start = self
            .levels
            .partition_point(|level| level.relative() < noise)
            .min(self.len());
        let steps = steps.clamp(1, start);
        let mut chosen = vec![start];
        for i in 1..steps {
            let target = self.relative(start) * (1.0 - i as f64 / steps as f64).powf(rho);
            // Above: strictly less noise than the last. Below: one step is kept for each transition to come.
            let nearest = self.nearest(target).clamp(steps - i, chosen[i - 1] - 1);
            chosen.push(nearest);
        }
        chosen.push(0);
        chosen.into_iter().map(|t| self.levels[t]).collect()
    }

    /// The steps `t_0 = from > t_1 > ... > t_steps = 0` that a chain from step `from` visits:
    /// `t_i = from (1 - i / steps)^rho`, rounded, each at least one below the last; rho 1 is even.
    ///
    /// # Errors
    /// [`Error::Argument`] where `steps` is not within 1 and `from`, or `from` is beyond the schedule.
    pub fn clocks(&self, from: usize, steps: usize, rho: f64) -> Result<Vec<usize>> {
        if from > self.len() || !(1..=from).contains(&steps) {
            return Err(Error::Argument(format!(
                "{steps} steps from step {from} are beyond the schedule, which has {}",
                self.len()
            )));
        }
        let mut clocks = vec![from];
        for i in 1..=steps {
            let wanted = from as f64 * (1.0 - i as f64 / steps as f64).powf(rho);
            clocks.push(((wanted + 0.5) as usize).clamp(steps - i, clocks[i - 1] - 1));
        }
        Ok(clocks)
    }

    /// The step whose relative noise is nearest to `target`.
    fn nearest(&self, target: f64) -> usize {
        let above = self
            .levels
            .partition_point(|level| level.relative() < target)
            .clamp(1, self.len());
        let nearer_below = target - self.relative(above - 1) < self.relative(above) - target;
        if nearer_below { above - 1 } else { above }
    }
}

fn check_length(steps: usize) -> Result<()> {
    if (1..=MAX_STEPS).contains(&steps) {
        return Ok(());
    }
    Err(Error::Argument(format!(
        "the schedule has {steps} steps, expected 1 to {MAX_STEPS}"
    )))
}
