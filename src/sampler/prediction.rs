//! What a network says, turned into where it believes the clean point is.

use crate::schedule::Level;

/// The quantity a network predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prediction {
    /// The noise `z` in `x = alpha x0 + sigma z` (DDPM, SBD's `z_theta`).
    Noise,
    /// The clean point `x0` itself.
    Clean,
    /// `v = alpha z - sigma x0` (Salimans & Ho, 2022).
    Velocity,
    /// The score of the rescaled state, `-z / sigma_rel` with `sigma_rel = sigma / alpha` (SBD's `s_theta`).
    Score,
    /// The displacement from the rescaled state `x / alpha` to the clean point.
    Offset,
}

impl Prediction {
    /// The clean estimate from a state `x` (in (alpha, sigma) form) at `level` and the network's output there.
    pub fn clean<const D: usize>(self, x: [f64; D], out: [f64; D], level: &Level) -> [f64; D] {
        let (alpha, sigma) = (level.alpha, level.sigma);
        let each = |f: &dyn Fn(f64, f64) -> f64| std::array::from_fn(|a| f(x[a], out[a]));
        match self {
            Prediction::Noise => each(&|x, z| (x - sigma * z) / alpha),
            Prediction::Clean => out,
            Prediction::Velocity => each(&|x, v| alpha * x - sigma * v),
            // Tweedie's formula.
            Prediction::Score => each(&|x, s| x / alpha + level.relative().powi(2) * s),
            Prediction::Offset => each(&|x, d| x / alpha + d),
        }
    }
}
