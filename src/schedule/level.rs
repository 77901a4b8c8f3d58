//! One level of noise, in the three views that the methods take of it.

/// A state `x = alpha x0 + sigma z`, `z ~ N(0, I)`, with `alpha^2 + sigma^2 = 1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Step number t in the schedule, 0 for clean; VDM's continuous time is `clock / T`.
    pub clock: f64,
    /// Signal scale: `sqrt(alpha_bar)` of DDPM.
    pub alpha: f64,
    /// Noise standard deviation: `sqrt(1 - alpha_bar)` of DDPM.
    pub sigma: f64,
}

impl Level {
    /// Step 0: no noise.
    pub const CLEAN: Level = Level {
        clock: 0.0,
        alpha: 1.0,
        sigma: 0.0,
    };

    /// The level of step `clock` whose noise relative to the signal is `relative` >= 0 (SBD's sigma_t).
    pub fn from_relative(clock: f64, relative: f64) -> Level {
        let scale = 1.0f64.hypot(relative);
        Level {
            clock,
            alpha: 1.0 / scale,
            sigma: relative / scale,
        }
    }

    /// Noise relative to the signal, in the units of the cloud: SBD's `sigma_t = sqrt(beta_bar / alpha_bar)`.
    pub fn relative(&self) -> f64 {
        self.sigma / self.alpha
    }

    /// Signal-to-noise ratio `alpha^2 / sigma^2`; infinite where clean.
    pub fn snr(&self) -> f64 {
        self.relative().powi(-2)
    }

    /// VDM's gamma, `-log SNR`; negative infinity where clean.
    pub fn gamma(&self) -> f64 {
        2.0 * self.relative().ln()
    }
}
