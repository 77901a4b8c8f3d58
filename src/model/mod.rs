//! A model ready to run: a verified bundle, ONNX Runtime, and networks on a device.

mod device;
mod elf;
mod find;
mod predict;
pub mod runtime;
mod session;

use std::path::Path;

pub use device::Device;
pub use find::cache_folder;
pub(crate) use session::Network;

use crate::bundle::{Bundle, Golden, Manifest, Role};
use crate::error::{Error, Result};
use crate::sampler::Prediction;
use crate::schedule::Schedule;
use runtime::Runtime;
use session::Failure;

/// A model. Immutable: any number of threads may denoise with it at once.
pub struct Model {
    bundle: Bundle,
    schedule: Schedule,
    prediction: Prediction,
    device: Device,
    notes: Vec<String>,
    runtime: &'static Runtime,
    score: Network,
    noise: Option<Network>,
}

impl Model {
    /// Opens a model folder (or a zip archive of one).
    ///
    /// # Errors
    /// [`Error::Bundle`] for a folder that is incomplete or altered, [`Error::Runtime`] without ONNX Runtime,
    /// [`Error::Device`] for a device that is not there.
    pub fn open(path: &Path, device: Device) -> Result<Model> {
        Model::from_bundle(Bundle::open(path)?, device)
    }

    /// Opens a zip archive of a model folder that lies in memory; its files must be stored uncompressed.
    ///
    /// # Errors
    /// As [`open`](Model::open).
    pub fn from_memory(archive: &[u8], device: Device) -> Result<Model> {
        Model::from_bundle(Bundle::from_memory(archive)?, device)
    }

    /// The model that is compiled into the library.
    ///
    /// # Errors
    /// As [`open`](Model::open).
    pub fn builtin(device: Device) -> Result<Model> {
        Model::from_bundle(Bundle::builtin()?, device)
    }

    /// Makes the networks of a verified bundle.
    ///
    /// # Errors
    /// As [`open`](Model::open).
    pub fn from_bundle(mut bundle: Bundle, device: Device) -> Result<Model> {
        let reject = |path: &Path, reason| Error::Bundle {
            path: path.to_owned(),
            reason,
        };
        let schedule = bundle
            .manifest
            .schedule()
            .map_err(|reason| reject(&bundle.path, reason))?;
        let prediction = bundle
            .manifest
            .prediction()
            .map_err(|reason| reject(&bundle.path, reason))?;
        let runtime = runtime::load()?;
        let mut notes = Vec::new();
        for &attempt in device.attempts() {
            match networks(&mut bundle, attempt, runtime) {
                Ok((score, noise)) => {
                    return Ok(Model {
                        bundle,
                        schedule,
                        prediction,
                        device: attempt,
                        notes,
                        runtime,
                        score,
                        noise,
                    });
                }
                Err(Failure::Device(reason)) => notes.push(format!("{attempt} can't be used: {reason}")),
                Err(Failure::Network(reason)) => return Err(reject(&bundle.path, reason)),
            }
        }
        Err(Error::Device {
            device: device.to_string(),
            reason: notes.join("; "),
        })
    }

    /// What the model is.
    pub fn manifest(&self) -> &Manifest {
        &self.bundle.manifest
    }

    /// The golden vectors that came with it.
    ///
    /// # Errors
    /// [`Error::Bundle`] where there are none, or they can't be read.
    pub fn golden(&self) -> Result<Golden> {
        self.bundle.golden()
    }

    /// The folder that the model came from, or `built-in` or `memory`.
    pub fn path(&self) -> &Path {
        &self.bundle.path
    }

    /// The device that the networks really run on; never [`Device::Auto`].
    pub fn device(&self) -> Device {
        self.device
    }

    /// What did not go as it might have when the model was opened, such as a device that `auto` had to pass over.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The ONNX Runtime that runs it.
    pub fn runtime(&self) -> &'static Runtime {
        self.runtime
    }

    /// The noise levels that the score network knows.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    pub(crate) fn prediction(&self) -> Prediction {
        self.prediction
    }

    pub(crate) fn score(&self) -> &Network {
        &self.score
    }

    pub(crate) fn noise(&self) -> Option<&Network> {
        self.noise.as_ref()
    }
}

fn networks(
    bundle: &mut Bundle,
    device: Device,
    runtime: &'static Runtime,
) -> Result<(Network, Option<Network>), Failure> {
    let (mut score, mut noise) = (None, None);
    for (stage, file) in bundle.manifest.stages.iter().zip(&bundle.stages) {
        let network =
            Network::open(stage, file.bytes.clone(), device, runtime).map_err(|failure| match failure {
                Failure::Network(reason) => Failure::Network(format!("{} {reason}", stage.file)),
                device => device,
            })?;
        match stage.role {
            Role::Score => score = Some(network),
            Role::Noise => noise = Some(network),
        }
    }
    // The manifest was verified to have one.
    let score = score.ok_or_else(|| Failure::Network("has no score stage".into()))?;
    Ok((score, noise))
}
