//! How much fresh noise a step between levels draws.

use serde::Deserialize;

use crate::schedule::Level;

/// The variance of DDPM's ancestral step (Ho et al., 2020): the two ends of what a reverse step may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variance {
    /// That of the posterior `q(x_to | x_from, clean)`, right for data that is one point.
    #[default]
    BetaTilde,
    /// That of the forward step, `1 - alpha_from^2 / alpha_to^2`, right for data that is normal.
    Beta,
}

impl Variance {
    /// The name in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Variance::BetaTilde => "beta_tilde",
            Variance::Beta => "beta",
        }
    }
}

/// The fresh noise of a chain's steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// 0 deterministic, 1 ancestral; see [`posterior`](super::posterior).
    pub eta: f64,
    /// Of the step with eta 1; with any other eta it is the posterior's share, as DDIM has it.
    pub variance: Variance,
}

impl From<f64> for Spread {
    fn from(eta: f64) -> Spread {
        Spread {
            eta,
            variance: Variance::BetaTilde,
        }
    }
}

impl Spread {
    /// What a draw is multiplied with before [`posterior`](super::posterior) gets it: with its eta of 1 that adds
    /// `beta_tilde = beta sigma_to^2 / sigma_from^2`.
    pub(super) fn scale(&self, from: &Level, to: &Level) -> f64 {
        if self.variance == Variance::Beta && self.eta == 1.0 && to.sigma > 0.0 {
            from.sigma / to.sigma
        } else {
            1.0
        }
    }
}
