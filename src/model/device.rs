//! The devices that a network can run on, and what asking for one means.

use std::fmt;
use std::str::FromStr;

use ort::ep::{CUDA, ExecutionProvider, TensorRT};
use ort::session::builder::SessionBuilder;

use crate::error::{Error, Result};

/// Where the networks run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The first that works of CUDA and the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU through CUDA.
    Cuda,
    /// An NVIDIA GPU through TensorRT; the first run of each tile size builds an engine, which takes long.
    TensorRt,
}

impl Device {
    /// Every device, in the order of their names' list.
    pub const ALL: [Device; 4] = [Device::Auto, Device::Cpu, Device::Cuda, Device::TensorRt];

    /// The name: `auto`, `cpu`, `cuda` or `tensorrt`.
    pub fn name(self) -> &'static str {
        match self {
            Device::Auto => "auto",
            Device::Cpu => "cpu",
            Device::Cuda => "cuda",
            Device::TensorRt => "tensorrt",
        }
    }

    /// The devices to try, best first. ONNX Runtime must be loaded.
    pub(super) fn attempts(self) -> &'static [Device] {
        match self {
            // A library without CUDA is no failure to tell of. TensorRT is left out: building its engines takes
            // minutes, which nobody asked for.
            Device::Auto if CUDA::is_available().unwrap_or(false) => &[Device::Cuda, Device::Cpu],
            Device::Auto | Device::Cpu => &[Device::Cpu],
            Device::Cuda => &[Device::Cuda],
            Device::TensorRt => &[Device::TensorRt],
        }
    }

    /// Registers the device with a session to be, or says why it can't be.
    pub(super) fn register(self, builder: &mut SessionBuilder) -> Result<(), String> {
        fn add<E: ExecutionProvider>(provider: &E, builder: &mut SessionBuilder) -> Result<(), String> {
            match E::is_available() {
                Ok(true) => provider.register(builder).map_err(|e| e.to_string()),
                Ok(false) => Err("this ONNX Runtime was built without it".into()),
                Err(e) => Err(e.to_string()),
            }
        }
        match self {
            Device::Auto | Device::Cpu => Ok(()),
            Device::Cuda => add(&CUDA::default(), builder),
            Device::TensorRt => add(&TensorRT::default(), builder),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(name: &str) -> Result<Device> {
        Device::ALL
            .into_iter()
            .find(|device| device.name() == name)
            .ok_or_else(|| {
                let names = Device::ALL.map(Device::name).join(", ");
                Error::Argument(format!("there is no device '{name}'; the devices are {names}"))
            })
    }
}
