//! `bundle.json`: its fields, and the bounds that each must keep.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::Result;
use crate::sampler::Prediction;
use crate::schedule::Schedule;

const FORMAT: u64 = 1;
const METHODS: [&str; 1] = ["sbd"];
const MAX_SCHEDULE: usize = 100_000;

/// What a model is and how it wants to be run.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    /// Version of this format: 1.
    pub format: u32,
    /// The model's name, for people.
    pub name: String,
    /// The diffusion system: `sbd`.
    pub method: String,
    /// What the score stage's output means: `noise`, `clean`, `velocity`, `score` or `offset`.
    pub prediction: String,
    /// The noise levels that the network knows.
    pub schedule: ScheduleSpec,
    /// The neighbour graph that the network was trained on.
    pub graph: GraphSpec,
    /// How a cloud is brought to model units: `spacing` (centred, median local spacing = 1).
    pub normalization: String,
    /// How the sampler walks through the schedule.
    pub sampling: Sampling,
    /// The networks.
    pub stages: Vec<Stage>,
    /// Smallest and largest noise seen in training, standard deviations in units of the local spacing.
    pub trained_noise: [f64; 2],
    /// Where the model comes from: data, minutes, hardware.
    #[serde(default)]
    pub provenance: Map<String, Value>,
    /// Licence of the weights, an SPDX expression.
    #[serde(default)]
    pub license: String,
    /// Measured scores.
    #[serde(default)]
    pub scores: Map<String, Value>,
}

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
        /// gamma_1 ..= gamma_T.
        gammas: Vec<f64>,
    },
}

/// The neighbour graph.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct GraphSpec {
    /// Neighbours of each point, 1 to 128.
    pub k: usize,
    /// The graph is built anew from the moved points every so many steps; 0 never.
    #[serde(default)]
    pub refresh: usize,
}

/// The sampler's settings.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Sampling {
    /// 0 deterministic (probability flow), 1 ancestral.
    pub eta: f64,
    /// How the steps crowd towards the clean end; 1 even.
    pub rho: f64,
    /// Number of steps for each quality.
    pub steps: Steps,
}

/// Number of steps for each quality, 1 to 1000, at a noise as wide as the local spacing; other noise takes more or
/// fewer in proportion, see [`Steps::at`].
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Steps {
    /// The fewest.
    pub fast: usize,
    /// Recommended.
    pub balanced: usize,
    /// The most that still pay.
    pub high: usize,
}

impl Steps {
    /// Steps at `noise` spacings where a noise of one spacing takes `given`: in proportion, from half to one and a half
    /// times that.
    ///
    /// A nearly clean scan takes few steps; where noise hides the neighbourhood, each step uncovers some of it.
    pub fn at(given: usize, noise: f64) -> usize {
        let wanted = (given as f64 * noise).ceil();
        wanted.clamp(given.div_ceil(2) as f64, (given + given / 2) as f64) as usize
    }
}

/// What a stage is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Runs every step: what the noise of each point is.
    Score,
    /// Runs once: how noisy the scan is.
    Noise,
}

impl Role {
    /// The name in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Role::Score => "score",
            Role::Noise => "noise",
        }
    }

    fn outputs(self) -> &'static [&'static str] {
        match self {
            Role::Score => &["noise", "clean", "velocity", "score", "offset"],
            Role::Noise => &["log_sigma"],
        }
    }
}

/// A tensor that a stage may ask for; `n` rows of a tile, `core` of which are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageInput {
    /// f32 `[n,k,3]`: `(x_j - x_i) / s_i`.
    Edges,
    /// i32 `[n,k]`: the row of each neighbour.
    Neighbors,
    /// f32 `[n,1]`: the level's noise in units of the point's local spacing.
    Sigma,
    /// i64 `[hops]`: rows that each layer has to compute.
    Rings,
}

impl StageInput {
    /// The name in a manifest and in the network.
    pub fn name(self) -> &'static str {
        match self {
            StageInput::Edges => "edges",
            StageInput::Neighbors => "neighbors",
            StageInput::Sigma => "sigma",
            StageInput::Rings => "rings",
        }
    }
}

/// One network of a bundle.
#[derive(Clone, Debug, Deserialize)]
pub struct Stage {
    /// What it is for.
    pub role: Role,
    /// Its ONNX file, inside the bundle.
    pub file: String,
    /// The file's SHA-256, hexadecimal.
    pub sha256: String,
    /// How many neighbour hops its receptive field is deep, 0 to 16.
    pub hops: usize,
    /// What it asks for.
    pub inputs: Vec<StageInput>,
    /// What it gives: one tensor.
    pub outputs: Vec<String>,
}

impl Manifest {
    /// Reads and verifies a manifest; the error is a sentence for [`Error::Bundle`](crate::Error::Bundle).
    pub(super) fn parse(text: &[u8]) -> Result<Manifest, String> {
        let value: Value =
            serde_json::from_slice(text).map_err(|e| format!("bundle.json is not JSON: {e}"))?;
        // Format and method first: a newer format's other fields are nobody's fault.
        let format = &value["format"];
        if format.as_u64() != Some(FORMAT) {
            return Err(format!(
                "format is {format}, this version reads format {FORMAT}; get a newer quietcloud"
            ));
        }
        let method = &value["method"];
        if !method.as_str().is_some_and(|method| METHODS.contains(&method)) {
            return Err(format!(
                "method is {method}, this version runs {}",
                METHODS.join(", ")
            ));
        }
        let manifest: Manifest = serde_json::from_value(value).map_err(|e| format!("bundle.json: {e}"))?;
        manifest.verify()?;
        Ok(manifest)
    }

    fn verify(&self) -> Result<(), String> {
        if self.normalization != "spacing" {
            return Err(format!(
                "normalization is '{}', expected 'spacing'",
                self.normalization
            ));
        }
        within("graph.k", self.graph.k as f64, 1.0, 128.0)?;
        within("graph.refresh", self.graph.refresh as f64, 0.0, 1000.0)?;
        within("sampling.eta", self.sampling.eta, 0.0, 1.0)?;
        within("sampling.rho", self.sampling.rho, 0.05, 20.0)?;
        let Steps { fast, balanced, high } = self.sampling.steps;
        for (name, steps) in [("fast", fast), ("balanced", balanced), ("high", high)] {
            within(&format!("sampling.steps.{name}"), steps as f64, 1.0, 1000.0)?;
        }
        let [low, high] = self.trained_noise;
        within("trained_noise[0]", low, 1e-6, 1e6)?;
        within("trained_noise[1]", high, low, 1e6)?;
        self.prediction()?;
        self.schedule()?;
        self.verify_stages()
    }

    fn verify_stages(&self) -> Result<(), String> {
        for role in [Role::Score, Role::Noise] {
            let count = self.stages.iter().filter(|stage| stage.role == role).count();
            if count > 1 || (count == 0 && role == Role::Score) {
                let wanted = if role == Role::Score {
                    "exactly one"
                } else {
                    "at most one"
                };
                return Err(format!(
                    "{count} stages have the role '{}', expected {wanted}",
                    role.name()
                ));
            }
        }
        for stage in &self.stages {
            let role = stage.role.name();
            within(&format!("hops of stage '{role}'"), stage.hops as f64, 0.0, 16.0)?;
            if let [output] = &stage.outputs[..]
                && stage.role.outputs().contains(&output.as_str())
            {
            } else {
                let allowed = stage.role.outputs().join(", ");
                return Err(format!(
                    "stage '{role}' has the outputs {:?}, expected one of {allowed}",
                    stage.outputs
                ));
            }
            if stage.role == Role::Noise && stage.inputs.contains(&StageInput::Sigma) {
                return Err("stage 'noise' asks for sigma, which is what it has to find".into());
            }
        }
        Ok(())
    }

    /// The stage of a role, if the model has it.
    pub fn stage(&self, role: Role) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.role == role)
    }

    /// What the score stage's output means.
    pub(crate) fn prediction(&self) -> Result<Prediction, String> {
        Ok(match self.prediction.as_str() {
            "noise" => Prediction::Noise,
            "clean" => Prediction::Clean,
            "velocity" => Prediction::Velocity,
            "score" => Prediction::Score,
            "offset" => Prediction::Offset,
            other => {
                return Err(format!(
                    "prediction is '{other}', expected noise, clean, velocity, score or offset"
                ));
            }
        })
    }

    /// The schedule, in f64.
    pub(crate) fn schedule(&self) -> Result<Schedule, String> {
        let (values, steps) = match &self.schedule {
            ScheduleSpec::Sigma { sigmas: values }
            | ScheduleSpec::Beta { betas: values }
            | ScheduleSpec::Gamma { gammas: values } => (values.as_slice(), values.len()),
            ScheduleSpec::Linear { steps, .. } | ScheduleSpec::Cosine { steps, .. } => (&[][..], *steps),
        };
        within("length of the schedule", steps as f64, 1.0, MAX_SCHEDULE as f64)?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err("schedule: a value is not finite".into());
        }
        match &self.schedule {
            ScheduleSpec::Sigma { sigmas } => Schedule::sigmas(sigmas),
            ScheduleSpec::Beta { betas } => Schedule::betas(betas),
            ScheduleSpec::Linear { start, end, steps } => Schedule::linear_beta(*start, *end, *steps),
            ScheduleSpec::Cosine { steps, s } => Schedule::cosine(*steps, *s),
            ScheduleSpec::Gamma { gammas } => Schedule::gammas(gammas),
        }
        .map_err(|error| format!("schedule: {error}"))
    }
}

fn within(name: &str, value: f64, low: f64, high: f64) -> Result<(), String> {
    if value >= low && value <= high {
        return Ok(());
    }
    Err(format!("{name} is {value}, expected {low} to {high}"))
}

#[cfg(test)]
mod tests {
    use super::Steps;

    #[test]
    fn steps_follow_the_noise_within_bounds() {
        let steps: Vec<_> = [0.0, 0.4, 0.5, 0.9, 1.0, 1.3, 2.0, 50.0]
            .map(|noise| Steps::at(4, noise))
            .into();
        assert_eq!(steps, [2, 2, 2, 4, 4, 6, 6, 6]);
        assert_eq!([0.1, 1.0, 9.0].map(|noise| Steps::at(1, noise)), [1, 1, 1]);
    }
}
