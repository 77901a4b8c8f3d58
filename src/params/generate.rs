//! The options of generating, reconstructing and likelihoods.

use super::{Kind, Param, Quality};
use crate::error::{Error, Result};
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

impl GenerateParams {
    /// Sets an option by its name.
    ///
    /// # Errors
    /// [`Error::Argument`] for an unknown name or a value out of bounds; nothing is changed then.
    pub fn set_number(&mut self, name: &str, value: f64) -> Result<()> {
        let value = Param::find_in(GENERATOR_TABLE, name)?.check(value)?;
        match name {
            "steps" => self.steps = value as usize,
            "quality" => self.quality = Quality::ALL[value as usize],
            "eta" => self.eta = value,
            "variance" => {
                self.variance = [None, Some(Variance::Beta), Some(Variance::BetaTilde)][value as usize];
            }
            "tau" => self.tau = value as usize,
            "seed" => self.seed = value as u64,
            "first" => self.first = value as u32,
            "threads" => self.threads = value as usize,
            _ => return Err(Error::Internal(format!("option '{name}' has no field"))),
        }
        Ok(())
    }

    /// Sets an option by its name from text: a word such as `fast` or `auto`, or digits.
    ///
    /// # Errors
    /// As [`set_number`](GenerateParams::set_number).
    pub fn set_string(&mut self, name: &str, text: &str) -> Result<()> {
        let value = Param::find_in(GENERATOR_TABLE, name)?.parse(text)?;
        self.set_number(name, value)
    }

    /// The value of an option as a number.
    ///
    /// # Errors
    /// [`Error::Argument`] for an unknown name.
    pub fn get_number(&self, name: &str) -> Result<f64> {
        Ok(match Param::find_in(GENERATOR_TABLE, name)?.name {
            "steps" => self.steps as f64,
            "quality" => f64::from(self.quality as u8),
            "eta" => self.eta,
            "variance" => match self.variance {
                None => 0.0,
                Some(Variance::Beta) => 1.0,
                Some(Variance::BetaTilde) => 2.0,
            },
            "tau" => self.tau as f64,
            "seed" => self.seed as f64,
            "first" => f64::from(self.first),
            "threads" => self.threads as f64,
            _ => return Err(Error::Internal(format!("option '{name}' has no field"))),
        })
    }

    /// The value of an option as text: its word where it has one, else digits.
    ///
    /// # Errors
    /// [`Error::Argument`] for an unknown name.
    pub fn get_string(&self, name: &str) -> Result<String> {
        let value = self.get_number(name)?;
        Ok(Param::find_in(GENERATOR_TABLE, name)?.text(value))
    }

    /// Proves that every option is within its bounds (the fields are public and may hold anything).
    ///
    /// # Errors
    /// [`Error::Argument`] for the first that is not.
    pub fn check(&self) -> Result<()> {
        for param in GENERATOR_TABLE {
            param.check(self.get_number(param.name)?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_values_are_the_default_and_within_bounds() {
        let params = GenerateParams::default();
        for param in GENERATOR_TABLE {
            assert_eq!(
                params.get_number(param.name).unwrap(),
                param.initial,
                "{}",
                param.name
            );
        }
        params.check().unwrap();
    }

    #[test]
    fn every_option_is_set_by_number_and_by_text_and_read_back() {
        for param in GENERATOR_TABLE {
            let mut params = GenerateParams::default();
            params.set_number(param.name, param.high).unwrap();
            assert_eq!(
                params.get_number(param.name).unwrap(),
                param.high,
                "{}",
                param.name
            );
            let text = params.get_string(param.name).unwrap();
            let mut again = GenerateParams::default();
            again.set_string(param.name, &text).unwrap();
            assert_eq!(again, params, "{}", param.name);
        }
    }

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
