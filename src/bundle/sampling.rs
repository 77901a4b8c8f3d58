//! The sampler's settings.

use serde::Deserialize;

use super::manifest::within;
use super::method::Method;
use crate::sampler::Variance;

/// How the sampler walks through the schedule. A method leaves out what it has no use for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// Chains: 0 deterministic (probability flow, DDIM), 1 ancestral.
    pub eta: f64,
    /// How the steps crowd towards the clean end; 1 even.
    pub rho: f64,
    /// Number of steps for each quality.
    pub steps: Steps,
    /// ddpm: the variance of the ancestral step.
    pub variance: Variance,
    /// langevin: steps at each level of noise.
    pub inner: usize,
    /// langevin: `eps^2 / 2` of a step in units of the level's `sigma^2`; scoredenoise: the first step, alpha_0.
    pub rate: f64,
    /// langevin: whether a noise-free step from the last level to the mean of what it may be ends the run.
    #[serde(rename = "final")]
    pub last: bool,
    /// sbd and ddpm denoisers: how far a point may be moved, at the end and before each new graph, so that points lie
    /// evenly within the surface, in standard deviations of the scan's noise; 0 not at all.
    pub spread: f64,
    /// sbd and ddpm denoisers: whether each step shows the network the cloud in another orientation, so that what it errs by
    /// in one doesn't add up; for networks that were trained in all of them.
    pub turned: bool,
    /// scoredenoise: lambda, by which the step shrinks from one to the next.
    pub decay: f64,
    /// langevin: how much of its noise a denoiser's step adds, 0 none (plain ascent) to 1 all; a generator adds all.
    pub heat: f64,
    /// scoredenoise: K, the local scores that an ensemble takes together; at most the graph's k.
    pub ensemble: usize,
    /// scoredenoise: which, and how.
    pub contributions: Contributions,
}

/// Which local scores of ScoreDenoise move a point, and how they are taken together (METHOD 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contributions {
    /// Every scan point adds its score to the K moved points nearest to it: the public implementation's way.
    #[default]
    Sum,
    /// The mean over the K scan points nearest to the point's own place in the scan: the paper's formula.
    Mean,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling {
            eta: 0.0,
            rho: 1.0,
            steps: Steps::default(),
            variance: Variance::default(),
            inner: 1,
            rate: 0.1,
            last: false,
            spread: 0.0,
            turned: false,
            decay: 1.0,
            heat: 1.0,
            ensemble: 1,
            contributions: Contributions::default(),
        }
    }
}

/// Number of steps for each quality, 1 to 1000, at a noise as wide as the local spacing; other noise takes more or
/// fewer, see [`Steps::at`]. A generator takes as many as it says.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Steps {
    /// The fewest.
    pub fast: usize,
    /// Recommended.
    pub balanced: usize,
    /// The most that still pay.
    pub high: usize,
}

impl Steps {
    /// Steps at `noise` spacings where a noise of one spacing takes `given`: on a line from half of that where there is
    /// no noise, up to one and a half times that.
    ///
    /// A nearly clean scan takes few steps; where noise hides the neighbourhood, each step uncovers some of it.
    pub fn at(given: usize, noise: f64) -> usize {
        let wanted = (given as f64 * (1.0 + noise) / 2.0).ceil();
        wanted.min((given + given / 2) as f64) as usize
    }

    /// The three with their names in a manifest.
    pub fn named(&self) -> [(&'static str, usize); 3] {
        [
            ("fast", self.fast),
            ("balanced", self.balanced),
            ("high", self.high),
        ]
    }
}

impl Sampling {
    /// `most`: the steps of the schedule that a generator's steps are taken from, if it is one with a schedule.
    pub(super) fn verify(&self, method: Method, most: Option<usize>) -> Result<(), String> {
        within("sampling.eta", self.eta, 0.0, 1.0)?;
        within("sampling.rho", self.rho, 0.05, 20.0)?;
        if method != Method::Vae {
            for (name, steps) in self.steps.named() {
                within(&format!("sampling.steps.{name}"), steps as f64, 1.0, 1000.0)?;
                if let Some(most) = most.filter(|&most| steps > most) {
                    return Err(format!(
                        "sampling.steps.{name} is {steps}, but the schedule has {most} steps"
                    ));
                }
            }
        }
        within("sampling.inner", self.inner as f64, 1.0, 1000.0)?;
        within("sampling.rate", self.rate, 1e-9, 10.0)?;
        within("sampling.spread", self.spread, 0.0, 10.0)?;
        within("sampling.decay", self.decay, 1e-3, 1.0)?;
        within("sampling.heat", self.heat, 0.0, 1.0)?;
        within("sampling.ensemble", self.ensemble as f64, 1.0, 128.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Steps;

    #[test]
    fn steps_follow_the_noise_within_bounds() {
        let steps: Vec<_> = [0.0, 0.4, 0.5, 0.9, 1.0, 1.3, 2.1, 50.0]
            .map(|noise| Steps::at(4, noise))
            .into();
        assert_eq!(steps, [2, 3, 3, 4, 4, 5, 6, 6]);
        assert_eq!([0.1, 1.0, 9.0].map(|noise| Steps::at(1, noise)), [1, 1, 1]);
    }
}
