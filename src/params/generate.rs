//! The options of generating, reconstructing and likelihoods.

use super::{ByName, Kind, Param, Quality};
use crate::sampler::Variance;

/// Every option of a generator. What a model allows may be less: [`bounds`](crate::pipeline::bounds) tells.
pub const GENERATOR_TABLE: &[Param] = &[
    Param {
        name: "steps",
        kind: Kind::Integer,
        low: 0.0,
        high: 100_000.0,
        initial: 0.0,
        unit: "steps",
        help: "number of sampling steps, at most those of the model's schedule; 0 or auto: what the model gives for the \
               quality, and for a likelihood the whole schedule",
        choices: &["auto"],
    },
    Param {
        name: "quality",
        kind: Kind::Choice,
        low: 0.0,
        high: 2.0,
        initial: 1.0,
        unit: "",
        help: "trades time for quality",
        choices: &["fast", "balanced", "high"],
    },
    Param {
        name: "eta",
        kind: Kind::Number,
        low: -1.0,
        high: 1.0,
        initial: -1.0,
        unit: "",
        help: "randomness of the steps: 0 deterministic (DDIM), 1 ancestral (DDPM); below 0: the model's own",
        choices: &[],
    },
    Param {
        name: "variance",
        kind: Kind::Choice,
        low: 0.0,
        high: 2.0,
        initial: 0.0,
        unit: "",
        help: "variance of ddpm's ancestral step; auto: the model's own",
        choices: &["auto", "beta", "beta_tilde"],
    },
    Param {
        name: "tau",
        kind: Kind::Integer,
        low: 0.0,
        high: 100_000.0,
        initial: 0.0,
        unit: "steps",
        help: "steps of noise that diffuse-denoise adds to a cloud's latents; 0 or auto: half of the schedule",
        choices: &["auto"],
    },
    Param {
        name: "seed",
        kind: Kind::Integer,
        low: 0.0,
        high: 9_007_199_254_740_991.0, // 2^53 - 1: every whole number up to here is exact as a double
        initial: 0.0,
        unit: "",
        help: "seed of all draws; the same seed gives the same bytes",
        choices: &[],
    },
    Param {
        name: "first",
        kind: Kind::Integer,
        low: 0.0,
        high: 4_294_967_295.0,
        initial: 0.0,
        unit: "",
        help: "number of the first cloud in the seed's sequence of clouds",
        choices: &[],
    },
    Param {
        name: "threads",
        kind: Kind::Integer,
        low: 0.0,
        high: 1024.0,
        initial: 0.0,
        unit: "threads",
        help: "number of working threads; 0 or auto: one for each core",
        choices: &["auto"],
    },
];

/// The options of a generator; see [`GENERATOR_TABLE`] for bounds and meaning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GenerateParams {
    /// Number of steps; 0 leaves it to the quality.
    pub steps: usize,
    /// Steps as the model recommends for this quality.
    pub quality: Quality,
    /// 0 deterministic to 1 ancestral; below 0 as the model says.
    pub eta: f64,
    /// Variance of ddpm's ancestral step; as the model says where there is none.
    pub variance: Option<Variance>,
    /// Steps of noise that diffuse-denoise adds; 0 is half of the schedule.
    pub tau: usize,
    /// Seed of all draws.
    pub seed: u64,
    /// Number of the first cloud in the seed's sequence of clouds.
    pub first: u32,
    /// Number of working threads; 0 takes one for each core.
    pub threads: usize,
}

impl Default for GenerateParams {
    fn default() -> Self {
        GenerateParams {
            steps: 0,
            quality: Quality::default(),
            eta: -1.0,
            variance: None,
            tau: 0,
            seed: 0,
            first: 0,
            threads: 0,
        }
    }
}

/// In the order of their words.
const VARIANCES: [Option<Variance>; 3] = [None, Some(Variance::Beta), Some(Variance::BetaTilde)];

impl ByName for GenerateParams {
    const TABLE: &'static [Param] = GENERATOR_TABLE;

    fn field(&self, name: &str) -> Option<f64> {
        Some(match name {
            "steps" => self.steps as f64,
            "quality" => f64::from(self.quality as u8),
            "eta" => self.eta,
            "variance" => VARIANCES.iter().position(|v| *v == self.variance)? as f64,
            "tau" => self.tau as f64,
            "seed" => self.seed as f64,
            "first" => f64::from(self.first),
            "threads" => self.threads as f64,
            _ => return None,
        })
    }

    fn set_field(&mut self, name: &str, value: f64) -> bool {
        match name {
            "steps" => self.steps = value as usize,
            "quality" => self.quality = Quality::ALL[value as usize],
            "eta" => self.eta = value,
            "variance" => self.variance = VARIANCES[value as usize],
            "tau" => self.tau = value as usize,
            "seed" => self.seed = value as u64,
            "first" => self.first = value as u32,
            "threads" => self.threads = value as usize,
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_what_is_allowed_and_change_nothing() {
        let mut params = GenerateParams::default();
        for (name, value) in [
            ("steps", -1.0),
            ("eta", f64::NAN),
            ("seed", 0.5),
            ("variance", 3.0),
        ] {
            let error = params.set_number(name, value).unwrap_err();
            assert!(error.code() == 1 && error.to_string().contains(name), "{error}");
        }
        let error = params.set_string("variance", "gamma").unwrap_err().to_string();
        assert!(error.contains("auto, beta, beta_tilde"), "{error}");
        let error = params.set_number("noise", 1.0).unwrap_err().to_string();
        assert!(error.contains("steps, quality, eta"), "{error}");
        assert_eq!(params, GenerateParams::default());
        params.eta = f64::NAN;
        assert_eq!(params.check().unwrap_err().code(), 1);
    }
}
