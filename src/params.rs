//! THE table of what can be set, and the typed options that it fills.
//!
//! Command-line flags, the C interface's options by name, Python keywords and ROS parameters with their ranges all
//! come from [`TABLE`]: an option is added here and nowhere else.

mod by_name;
mod generate;

pub use by_name::ByName;
pub use generate::{GENERATOR_TABLE, GenerateParams};

use crate::bundle::{Manifest, Role, Steps};
use crate::error::{Error, Result};

/// What kind of value an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A real number between `low` and `high`.
    Number,
    /// A whole number between `low` and `high`.
    Integer,
    /// One of `choices`; as a number, its position in them.
    Choice,
}

/// One option: its name, its bounds and what it means.
#[derive(Debug)]
pub struct Param {
    /// The name, in every interface.
    pub name: &'static str,
    /// The kind of value.
    pub kind: Kind,
    /// The smallest value allowed.
    pub low: f64,
    /// The largest value allowed.
    pub high: f64,
    /// The value when nothing is set.
    pub initial: f64,
    /// The unit, empty where there is none.
    pub unit: &'static str,
    /// One sentence for a person.
    pub help: &'static str,
    /// The words that stand for 0, 1, 2 ...; a number that may also be `auto` lists that word.
    pub choices: &'static [&'static str],
}

/// Every option of [`denoise`](crate::denoise).
pub const TABLE: &[Param] = &[
    Param {
        name: "noise",
        kind: Kind::Number,
        low: 0.0,
        high: 1e30,
        initial: 0.0,
        unit: "the cloud's own",
        help: "standard deviation of the noise along each axis; 0 or auto: estimated from the cloud",
        choices: &["auto"],
    },
    Param {
        name: "steps",
        kind: Kind::Integer,
        low: 0.0,
        high: 1000.0,
        initial: 0.0,
        unit: "steps",
        help: "number of denoising steps; 0 or auto: what the model gives for the quality",
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
        name: "seed",
        kind: Kind::Integer,
        low: 0.0,
        high: 9_007_199_254_740_991.0, // 2^53 - 1: every whole number up to here is exact as a double
        initial: 0.0,
        unit: "",
        help: "seed of the sampler's noise; the same seed gives the same bytes",
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
    Param {
        name: "max_memory_mb",
        kind: Kind::Integer,
        low: 0.0,
        high: 16_777_216.0,
        initial: 0.0,
        unit: "MiB",
        help: "bound on the memory of one run; a file that needs more is worked on in pieces; 0 or auto: 1280 for \
               files, what it takes for a cloud in memory",
        choices: &["auto"],
    },
    Param {
        name: "spacing",
        kind: Kind::Number,
        low: 0.0,
        high: 1e30,
        initial: 0.0,
        unit: "the cloud's own",
        help: "distance between neighbouring points, the median; 0 or auto: measured; what a piece of a larger cloud \
               needs to be told, besides the noise, to be treated as that",
        choices: &["auto"],
    },
];

/// How much time to spend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quality {
    /// The fewest steps.
    Fast,
    /// The model's recommended number of steps.
    #[default]
    Balanced,
    /// The most steps that still pay, by a network of its own where the model has one.
    High,
}

impl Quality {
    /// In the order of their words.
    pub(crate) const ALL: [Quality; 3] = [Quality::Fast, Quality::Balanced, Quality::High];

    /// The number of steps that a model gives for this quality.
    pub(crate) fn of(self, steps: &Steps) -> usize {
        match self {
            Quality::Fast => steps.fast,
            Quality::Balanced => steps.balanced,
            Quality::High => steps.high,
        }
    }

    /// Which of a model's networks walks at this quality.
    pub(crate) fn score(self, manifest: &Manifest) -> Role {
        match self {
            Quality::High if manifest.stage(Role::ScoreHigh).is_some() => Role::ScoreHigh,
            _ => Role::Score,
        }
    }
}

/// The options of one run; see [`TABLE`] for bounds and meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Params {
    /// Standard deviation of the noise along each axis, in the cloud's own unit; 0 estimates it.
    pub noise: f64,
    /// Median distance between neighbouring points, in the cloud's own unit; 0 measures it.
    pub spacing: f64,
    /// Number of steps; 0 leaves it to the quality.
    pub steps: usize,
    /// Steps as the model recommends for this quality.
    pub quality: Quality,
    /// Seed of the sampler's noise.
    pub seed: u64,
    /// Number of working threads; 0 takes one for each core.
    pub threads: usize,
    /// Bound on the memory of one run in MiB; 0 sets none.
    pub max_memory_mb: usize,
}

impl Param {
    /// The table's entry for `name`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a name that is not in the table; it lists those that are.
    pub fn find(name: &str) -> Result<&'static Param> {
        Param::find_in(TABLE, name)
    }

    /// The entry for `name` of some table.
    ///
    /// # Errors
    /// As [`find`](Param::find).
    pub fn find_in(table: &'static [Param], name: &str) -> Result<&'static Param> {
        table.iter().find(|param| param.name == name).ok_or_else(|| {
            let names: Vec<_> = table.iter().map(|param| param.name).collect();
            Error::Argument(format!(
                "there is no option '{name}'; the options are {}",
                names.join(", ")
            ))
        })
    }

    /// The number that `text` stands for: one of the words in `choices`, or digits.
    ///
    /// # Errors
    /// [`Error::Argument`] where it is neither, or out of bounds.
    pub fn parse(&self, text: &str) -> Result<f64> {
        let word = self
            .choices
            .iter()
            .position(|choice| *choice == text)
            .map(|at| at as f64);
        let number = || text.trim().parse().ok().filter(|_| self.kind != Kind::Choice);
        let value = word
            .or_else(number)
            .ok_or_else(|| self.refuse(&format!("'{text}'")))?;
        self.check(value)
    }

    /// `value`, if it is allowed.
    ///
    /// # Errors
    /// [`Error::Argument`] that names the bounds.
    pub fn check(&self, value: f64) -> Result<f64> {
        let whole = self.kind == Kind::Number || value.fract() == 0.0;
        if whole && value >= self.low && value <= self.high {
            Ok(value)
        } else {
            Err(self.refuse(&value.to_string()))
        }
    }

    /// A value as text: its word where it has one, else digits.
    pub fn text(&self, value: f64) -> String {
        let word = self
            .choices
            .get(value as usize)
            .filter(|_| value >= 0.0 && value.fract() == 0.0);
        word.map_or_else(|| value.to_string(), |word| (*word).to_owned())
    }

    fn refuse(&self, found: &str) -> Error {
        let number = match self.kind {
            Kind::Number => "a number",
            _ => "a whole number",
        };
        let range = format!("{number} from {} to {}", self.low, self.high);
        let allowed = match (self.kind, self.choices) {
            (Kind::Choice, words) => words.join(", "),
            (_, []) => range,
            (_, words) => format!("{} or {range}", words.join(", ")),
        };
        Error::Argument(format!("{} can't be {found}; allowed: {allowed}", self.name))
    }
}

impl ByName for Params {
    const TABLE: &'static [Param] = TABLE;

    fn field(&self, name: &str) -> Option<f64> {
        Some(match name {
            "noise" => self.noise,
            "spacing" => self.spacing,
            "steps" => self.steps as f64,
            "quality" => f64::from(self.quality as u8),
            "seed" => self.seed as f64,
            "threads" => self.threads as f64,
            "max_memory_mb" => self.max_memory_mb as f64,
            _ => return None,
        })
    }

    fn set_field(&mut self, name: &str, value: f64) -> bool {
        match name {
            "noise" => self.noise = value,
            "spacing" => self.spacing = value,
            "steps" => self.steps = value as usize,
            "quality" => self.quality = Quality::ALL[value as usize],
            "seed" => self.seed = value as u64,
            "threads" => self.threads = value as usize,
            "max_memory_mb" => self.max_memory_mb = value as usize,
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_for_their_position() {
        let mut params = Params::default();
        params.set_string("quality", "fast").unwrap();
        params.set_string("noise", "0.25").unwrap();
        assert_eq!((params.quality, params.noise), (Quality::Fast, 0.25));
        params.set_string("noise", "auto").unwrap();
        assert_eq!(params.noise, 0.0);
        assert_eq!(params.get_string("noise").unwrap(), "auto");
    }

    #[test]
    fn refusals_name_what_is_allowed_and_change_nothing() {
        let mut params = Params::default();
        for (name, value) in [
            ("noise", -1.0),
            ("noise", f64::NAN),
            ("steps", 1.5),
            ("threads", 1e9),
            ("quality", 3.0),
        ] {
            let error = params.set_number(name, value).unwrap_err();
            assert_eq!(error.code(), 1);
            assert!(error.to_string().contains(name), "{error}");
        }
        assert!(
            params
                .set_string("quality", "best")
                .unwrap_err()
                .to_string()
                .contains("fast, balanced, high")
        );
        assert!(
            params
                .set_string("steps", "many")
                .unwrap_err()
                .to_string()
                .contains("from 0 to 1000")
        );
        assert!(
            params
                .set_number("nois", 1.0)
                .unwrap_err()
                .to_string()
                .contains("noise, steps")
        );
        assert_eq!(params, Params::default());
        let wild = Params {
            noise: f64::INFINITY,
            ..Params::default()
        };
        assert_eq!(wild.check().unwrap_err().code(), 1);
    }
}
