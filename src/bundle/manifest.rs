//! `bundle.json`: its fields, and the bounds that each must keep.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::method::{Capability, Method};
use super::sampling::Sampling;
use super::schedule::ScheduleSpec;
use super::stage::{self, Role, Stage};
use crate::error::{Error, Result};
use crate::sampler::Prediction;
use crate::schedule::Schedule;

const FORMAT: u64 = 1;

/// The most points that a set network may be promised to take: its activations have to fit into memory at once.
pub(crate) const MAX_POINTS: usize = 1 << 20;

/// What a model is and how it wants to be run.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    /// Version of this format: 1.
    pub format: u32,
    /// The model's name, for people.
    pub name: String,
    /// The diffusion system.
    pub method: Method,
    /// What the score stage's output means: `noise`, `clean`, `velocity`, `score` or `offset`; empty where the method
    /// says it.
    #[serde(default)]
    pub prediction: String,
    /// The noise levels that the network knows; none for a method without.
    #[serde(default)]
    pub schedule: Option<ScheduleSpec>,
    /// The neighbour graph that the network was trained on; k is 0 in a model that looks at none.
    #[serde(default)]
    pub graph: GraphSpec,
    /// How a cloud is brought to model units: `spacing` (centred, median local spacing = 1), or `shape` (centred on its
    /// mean, root mean square of all coordinates = 1) in a generator, or `sphere` (bounding box centred, the farthest
    /// point at 1) in a model that looks at patches.
    pub normalization: String,
    /// How the sampler walks through the schedule.
    #[serde(default)]
    pub sampling: Sampling,
    /// The networks.
    pub stages: Vec<Stage>,
    /// Smallest and largest noise seen in training, standard deviations in units of the local spacing; zeros in a
    /// model that can't denoise.
    #[serde(default)]
    pub trained_noise: [f64; 2],
    /// How many points a generated cloud may have; zeros in a model that can't generate.
    #[serde(default)]
    pub points: PointsSpec,
    /// The patches that features are made of; zeros in a model that looks at a graph.
    #[serde(default)]
    pub patch: PatchSpec,
    /// Sizes of the latent variables; zeros in a model without.
    #[serde(default)]
    pub latent: LatentSpec,
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

/// The neighbour graph.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct GraphSpec {
    /// Neighbours of each point, 1 to 128.
    pub k: usize,
    /// The graph is built anew from the moved points every so many steps; 0 never.
    #[serde(default)]
    pub refresh: usize,
}

/// How many points a generated cloud may have.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct PointsSpec {
    /// As in training.
    pub trained: usize,
    /// The fewest, at least 1.
    pub low: usize,
    /// The most, up to 1 048 576.
    pub high: usize,
}

/// Patches of a scan for networks whose graph is not ours to cut (ScoreDenoise's dynamic graph).
///
/// In the caller's order, each finite point that has no features yet becomes a seed: the network sees the `points`
/// nearest to it, and the nearest `core` of these take their features from there, unless they have some. So each point's
/// features come from a patch in whose middle it lies, whatever the cloud's size.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct PatchSpec {
    /// Points of a patch, nearest first; as in training, up to 65 536.
    pub points: usize,
    /// How many of them take their features from it.
    pub core: usize,
}

/// Sizes of the latent variables, up to 4096.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LatentSpec {
    /// Of a cloud's code, dz.
    pub global: usize,
    /// Of each latent point, 3 + dh.
    pub point: usize,
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
        let known = Method::ALL.map(Method::name);
        if !method.as_str().is_some_and(|method| known.contains(&method)) {
            return Err(format!(
                "method is {method}, this version runs {}",
                known.join(", ")
            ));
        }
        let manifest: Manifest = serde_json::from_value(value).map_err(|e| format!("bundle.json: {e}"))?;
        manifest.verify()?;
        Ok(manifest)
    }

    fn verify(&self) -> Result<(), String> {
        stage::verify(self.method, &self.stages)?;
        let denoises = self.can(Capability::Denoise);
        let unit = match denoises {
            true if stage::looks_at_patches(&self.stages) => "sphere",
            true => "spacing",
            false => "shape",
        };
        if self.normalization != unit {
            return Err(format!(
                "normalization is '{}', expected '{unit}'",
                self.normalization
            ));
        }
        self.prediction()?;
        let schedule = self.schedule()?;
        if schedule.is_none() && self.method.needs_schedule() {
            return Err(format!("schedule is missing, which {} needs", self.method));
        }
        let steps = schedule
            .filter(|_| !denoises)
            .map(|schedule| self.steps(&schedule));
        if steps == Some(0) {
            return Err("length of the schedule is 1, expected gamma(0) and gamma(1) at least".into());
        }
        self.sampling.verify(self.method, steps)?;
        if denoises {
            self.verify_denoiser()
        } else {
            self.verify_generator()
        }
    }

    fn verify_denoiser(&self) -> Result<(), String> {
        within("graph.k", self.graph.k as f64, 1.0, 128.0)?;
        within("graph.refresh", self.graph.refresh as f64, 0.0, 1000.0)?;
        let most = self.graph.k as f64;
        within("sampling.ensemble", self.sampling.ensemble as f64, 1.0, most)?;
        if stage::looks_at_patches(&self.stages) {
            let PatchSpec { points, core } = self.patch;
            within("patch.points", points as f64, most + 1.0, 65_536.0)?;
            within("patch.core", core as f64, 1.0, points as f64)?;
        }
        let [low, high] = self.trained_noise;
        within("trained_noise[0]", low, 1e-6, 1e6)?;
        within("trained_noise[1]", high, low, 1e6)
    }

    fn verify_generator(&self) -> Result<(), String> {
        let PointsSpec { trained, low, high } = self.points;
        within("points.low", low as f64, 1.0, MAX_POINTS as f64)?;
        within("points.high", high as f64, low as f64, MAX_POINTS as f64)?;
        within("points.trained", trained as f64, low as f64, high as f64)?;
        let (low, high) = match self.method {
            Method::Vae | Method::Lion => (1.0, 4096.0),
            _ => (0.0, 0.0),
        };
        within("latent.global", self.latent.global as f64, low, high)?;
        let (low, high) = match self.method {
            Method::Lion => (3.0, 4096.0),
            _ => (0.0, 0.0),
        };
        within("latent.point", self.latent.point as f64, low, high)
    }

    /// The stage of a role, if the model has it.
    pub fn stage(&self, role: Role) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.role == role)
    }

    /// What the model can do.
    pub fn capabilities(&self) -> Vec<Capability> {
        self.method.capabilities(&self.stages)
    }

    /// Whether the model can do this.
    pub fn can(&self, what: Capability) -> bool {
        self.capabilities().contains(&what)
    }

    /// Steps that a generator's chain has: those of its schedule, of which vdm's begins with gamma(0), not noise-free.
    pub fn steps(&self, schedule: &Schedule) -> usize {
        schedule.len() - usize::from(self.method == Method::Vdm)
    }

    /// # Errors
    /// [`Error::Unsupported`] where the model can't do this; it says what the model can do.
    pub fn expect(&self, what: Capability) -> Result<()> {
        if self.can(what) {
            return Ok(());
        }
        let able: Vec<_> = self.capabilities().into_iter().map(Capability::name).collect();
        Err(Error::Unsupported(format!(
            "the model {} ({}) can't {what}; it can {}",
            self.name,
            self.method,
            able.join(", ")
        )))
    }

    /// What the score stage's output means.
    pub(crate) fn prediction(&self) -> Result<Prediction, String> {
        Ok(match (self.prediction.as_str(), self.method) {
            ("score", _) | ("", Method::ScoreDenoise | Method::Langevin) => Prediction::Score,
            ("noise", _) | ("", Method::Lion) => Prediction::Noise,
            ("clean", _) | ("", Method::Vae) => Prediction::Clean,
            ("velocity", _) => Prediction::Velocity,
            ("offset", _) => Prediction::Offset,
            (other, _) => {
                return Err(format!(
                    "prediction is '{other}', expected noise, clean, velocity, score or offset"
                ));
            }
        })
    }

    /// The schedule, in f64.
    pub(crate) fn schedule(&self) -> Result<Option<Schedule>, String> {
        self.schedule.as_ref().map(ScheduleSpec::build).transpose()
    }
}

pub(super) fn within(name: &str, value: f64, low: f64, high: f64) -> Result<(), String> {
    if value >= low && value <= high {
        return Ok(());
    }
    Err(format!("{name} is {value}, expected {low} to {high}"))
}
