//! What a generator did.

use crate::model::Device;

/// What a run of a generator did.
#[derive(Clone, Debug, PartialEq)]
pub struct GenerateReport {
    /// Points of each cloud.
    pub points: usize,
    /// Clouds.
    pub clouds: usize,
    /// Steps of each chain; 0 where the method takes none.
    pub steps: usize,
    /// Calls of networks.
    pub calls: usize,
    /// The device that the networks ran on.
    pub device: Device,
    /// Wall time in milliseconds.
    pub total_ms: f64,
    /// Time inside ONNX Runtime in milliseconds, over all threads.
    pub runtime_ms: f64,
    /// What the caller should know, one sentence each.
    pub notes: Vec<String>,
}

impl GenerateReport {
    /// Every number of the report by name; times in milliseconds carry the suffix `_ms`.
    pub fn numbers(&self) -> [(&'static str, f64); 6] {
        [
            ("points", self.points as f64),
            ("clouds", self.clouds as f64),
            ("steps", self.steps as f64),
            ("calls", self.calls as f64),
            ("total_ms", self.total_ms),
            ("runtime_ms", self.runtime_ms),
        ]
    }
}

/// A bound on how unlikely a cloud is under a model: less is better. Densities are those of a cloud in model units
/// (centred, root mean square of all coordinates 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likelihood {
    /// What is left of the cloud at the noisiest level, in nats per point.
    pub prior: f64,
    /// What the network does not know of the steps between, in nats per point.
    pub diffusion: f64,
    /// The last step to the cloud itself, in nats per point.
    pub reconstruction: f64,
    /// Points of the cloud.
    pub points: usize,
    /// Steps of the chain that the bound is of.
    pub steps: usize,
}

impl Likelihood {
    /// The bound on the negative log likelihood, in nats per point.
    pub fn nats_per_point(&self) -> f64 {
        self.prior + self.diffusion + self.reconstruction
    }

    /// The bound in bits per dimension, of which a point has three.
    pub fn bits_per_dimension(&self) -> f64 {
        self.nats_per_point() / (3.0 * std::f64::consts::LN_2)
    }
}
