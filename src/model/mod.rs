//! A model ready to run: a verified bundle, ONNX Runtime, and networks on a device.

mod call;
mod device;
mod elf;
mod find;
mod operators;
mod predict;
pub mod runtime;
mod session;
mod shape;

use std::path::Path;

pub(crate) use call::Matrix;
pub use device::Device;
pub use find::cache_folder;
pub(crate) use predict::{Sigma, View};
pub(crate) use session::Network;

use crate::bundle::{Bundle, Capability, Golden, Manifest, Recorded, Role, Stage, StageFile};
use crate::error::{Error, Result};
use crate::sampler::Prediction;
use crate::schedule::Schedule;
use runtime::Runtime;
use session::Failure;

/// A model. Immutable: any number of threads may denoise with it at once.
pub struct Model {
    bundle: Bundle,
    schedule: Option<Schedule>,
    prediction: Prediction,
    device: Device,
    notes: Vec<String>,
    runtime: &'static Runtime,
    networks: Vec<Network>,
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
    pub fn from_bundle(bundle: Bundle, device: Device) -> Result<Model> {
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
        for attempt in device.attempts() {
            match networks(&bundle, attempt, runtime) {
                Ok(networks) => {
                    return Ok(Model {
                        bundle,
                        schedule,
                        prediction,
                        device: attempt,
                        notes,
                        runtime,
                        networks,
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

    /// The golden vectors that came with a denoiser.
    ///
    /// # Errors
    /// [`Error::Bundle`] where there are none, or they can't be read.
    pub fn golden(&self) -> Result<Golden> {
        self.bundle.golden()
    }

    /// The golden vectors that came with a generator.
    ///
    /// # Errors
    /// As [`golden`](Model::golden).
    pub fn recorded(&self) -> Result<Recorded> {
        self.bundle.recorded()
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

    /// The noise levels that the networks know; none in a model whose method has no use for them.
    pub fn schedule(&self) -> Option<&Schedule> {
        self.schedule.as_ref()
    }

    /// What the model can do.
    pub fn capabilities(&self) -> Vec<Capability> {
        self.manifest().capabilities()
    }

    /// The noise levels of a method that was verified to have some.
    pub(crate) fn levels(&self) -> Result<&Schedule> {
        self.schedule()
            .ok_or_else(|| Error::Internal("the model has no schedule".into()))
    }

    pub(crate) fn prediction(&self) -> Prediction {
        self.prediction
    }

    /// The network of a stage that the method was verified to have.
    pub(crate) fn network(&self, role: Role) -> Result<&Network> {
        self.optional(role)
            .ok_or_else(|| Error::Internal(format!("the model has no stage '{}'", role.name())))
    }

    /// The network of a stage that the method may have.
    pub(crate) fn optional(&self, role: Role) -> Option<&Network> {
        self.networks.iter().find(|network| network.role() == role)
    }
}

fn networks(bundle: &Bundle, device: Device, runtime: &'static Runtime) -> Result<Vec<Network>, Failure> {
    let manifest = &bundle.manifest;
    let stages = manifest.stages.iter().zip(&bundle.stages);
    let open = |(stage, file): (&Stage, &StageFile)| {
        let network = Network::open(stage, &manifest.latent, file.bytes.clone(), device, runtime);
        network.map_err(|failure| match failure {
            Failure::Network(reason) => Failure::Network(format!("{} {reason}", stage.file)),
            device => device,
        })
    };
    let networks: Vec<Network> = stages.map(open).collect::<Result<_, _>>()?;
    let of = |role| networks.iter().find(|network: &&Network| network.role() == role);
    if let (Some(features), Some(score)) = (of(Role::Features), of(Role::Score)) {
        match (features.features(), score.features()) {
            (Some(given), Some(asked)) if given == asked => {}
            (given, asked) => {
                let width = |w: Option<usize>| w.map_or("an open number of".into(), |w| w.to_string());
                return Err(Failure::Network(format!(
                    "stage 'features' gives {} numbers for a point, 'score' asks for {}; expected the same fixed number",
                    width(given),
                    width(asked)
                )));
            }
        }
    }
    Ok(networks)
}
