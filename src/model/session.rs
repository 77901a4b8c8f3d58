//! One network and its pool of sessions.
//!
//! A session runs for one caller at a time, so each working thread borrows its own; all are made of the same bytes.
//! Inside a session everything happens on the calling thread: tiles are what runs in parallel.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::SessionBuilder;
use ort::value::TensorElementType;

use super::device::Device;
use super::operators;
use super::runtime::Runtime;
use super::shape;
use crate::bundle::{LatentSpec, Role, Stage, StageInput};
use crate::error::{Error, Result};

/// The network of one stage on one device.
pub(crate) struct Network {
    pub(super) stage: Stage,
    latent: LatentSpec,
    bytes: Cow<'static, [u8]>,
    device: Device,
    runtime: &'static Runtime,
    idle: Mutex<Vec<Session>>,
    /// Numbers in a row of the features that it gives or asks for, where it says so.
    features: Option<usize>,
}

/// Why a network could not be made: of the two, only a device's failure lets `auto` go on to the next device.
pub(super) enum Failure {
    Device(String),
    Network(String),
}

/// True until there is a session. ONNX Runtime looks whether a domain of operators is in the process's list and then adds
/// it, unguarded: of two sessions that are the first at once, one is refused. So the first is made alone.
static FIRST: Mutex<bool> = Mutex::new(true);

impl Network {
    /// Makes the first session, which proves that the bytes fit the manifest and that the device works; of a network that
    /// few runs need, the first of those makes it.
    pub(super) fn open(
        stage: &Stage,
        latent: &LatentSpec,
        bytes: Cow<'static, [u8]>,
        device: Device,
        runtime: &'static Runtime,
    ) -> Result<Network, Failure> {
        let mut network = Network {
            stage: stage.clone(),
            latent: *latent,
            bytes,
            device,
            runtime,
            idle: Mutex::default(),
            features: None,
        };
        if stage.role != Role::ScoreHigh {
            let session = network.create()?;
            network.features = shape::features(&session);
            network.put_back(session);
        }
        Ok(network)
    }

    pub(crate) fn role(&self) -> Role {
        self.stage.role
    }

    /// Depth of the receptive field in neighbour hops.
    pub(crate) fn hops(&self) -> usize {
        self.stage.hops
    }

    /// Numbers in a row of the features that it gives or asks for, where it says so.
    pub(crate) fn features(&self) -> Option<usize> {
        self.features
    }

    /// An idle session, or a new one.
    pub(super) fn take(&self) -> Result<Session> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(session) => Ok(session),
            None => self
                .create()
                .map_err(|(Failure::Device(reason) | Failure::Network(reason))| self.error(reason)),
        }
    }

    pub(super) fn put_back(&self, session: Session) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(session);
    }

    pub(super) fn error(&self, reason: impl ToString) -> Error {
        let reason = reason
            .to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        Error::Network {
            role: self.stage.role.name().to_owned(),
            reason,
        }
    }

    /// A session that fits the manifest.
    fn create(&self) -> Result<Session, Failure> {
        let session = self.commit()?;
        self.verify(&session).map_err(Failure::Network)?;
        Ok(session)
    }

    fn commit(&self) -> Result<Session, Failure> {
        let mut builder = self.builder().map_err(|e| Failure::Network(e.to_string()))?;
        self.device.register(&mut builder).map_err(Failure::Device)?;
        // What a CPU session refuses is the network's fault; elsewhere it is mostly a device that isn't there.
        let kind = if self.device == Device::Cpu {
            Failure::Network
        } else {
            Failure::Device
        };
        let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        if *first {
            let made = builder.commit_from_memory(&self.bytes);
            *first = made.is_err();
            made
        } else {
            drop(first);
            builder.commit_from_memory(&self.bytes)
        }
        .map_err(|e| kind(e.to_string()))
    }

    fn builder(&self) -> ort::Result<SessionBuilder> {
        let builder = SessionBuilder::new(&self.runtime.environment)?;
        let builder = builder.with_intra_threads(1)?.with_inter_threads(1)?;
        let builder = builder
            .with_intra_op_spinning(false)?
            .with_inter_op_spinning(false)?
            .with_log_level(LogLevel::Warning)?;
        let builder = match self.device {
            Device::Cpu => builder.with_operators(operators::domain()?)?,
            // There the standard operators stay on the device, where ours would fetch their inputs from it.
            _ => builder,
        };
        // Every tile has another size; a memory pattern would be kept for each of them.
        Ok(builder.with_memory_pattern(false)?)
    }

    /// The network must ask for what the manifest says, in the types that we give, and return what it says.
    fn verify(&self, session: &Session) -> Result<(), String> {
        let declared: Vec<_> = self.stage.inputs.iter().map(|input| input.name()).collect();
        let asked: Vec<_> = session.inputs().iter().map(|input| input.name()).collect();
        if declared.len() != asked.len() || !asked.iter().all(|name| declared.contains(name)) {
            return Err(format!(
                "asks for {}, but the manifest says {}",
                asked.join(", "),
                declared.join(", ")
            ));
        }
        for input in &self.stage.inputs {
            let wanted = element(*input);
            let declared = session.inputs().iter().find(|found| found.name() == input.name());
            if let Some(declared) = declared {
                shape::verify(
                    input.name(),
                    declared.dtype(),
                    shape::of_input(*input, &self.latent),
                )?;
            }
            let found = declared.and_then(|found| found.dtype().tensor_type());
            if found != Some(wanted) {
                return Err(format!(
                    "input {} has type {found:?}, expected {wanted:?}",
                    input.name()
                ));
            }
        }
        for name in &self.stage.outputs {
            let output = session.outputs().iter().find(|output| output.name() == name);
            let Some(output) = output else {
                return Err(format!("has no output {name}, which the manifest promises"));
            };
            let found = output.dtype().tensor_type();
            if found != Some(TensorElementType::Float32) {
                return Err(format!("output {name} has type {found:?}, expected Float32"));
            }
            shape::verify(
                name,
                output.dtype(),
                shape::of_output(self.stage.role, &self.latent),
            )?;
        }
        Ok(())
    }

    pub(super) fn output(&self) -> &str {
        &self.stage.outputs[0]
    }
}

fn element(input: StageInput) -> TensorElementType {
    match input {
        StageInput::Neighbors => TensorElementType::Int32,
        StageInput::Rings => TensorElementType::Int64,
        _ => TensorElementType::Float32,
    }
}
