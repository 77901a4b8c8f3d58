//! The devices that a network can run on, and what asking for one means.

use std::fmt;
use std::str::FromStr;

use ort::ep::{CUDA, ExecutionProvider, TensorRT};
use ort::session::builder::SessionBuilder;

use super::find::cache_folder;
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
    Cuda {
        /// Which of the GPUs, from 0.
        id: u32,
    },
    /// An NVIDIA GPU through TensorRT, through CUDA where TensorRT can't. The first run of each tile size builds an engine,
    /// which takes long; engines are kept in the user's cache folder.
    TensorRt {
        /// Which of the GPUs, from 0.
        id: u32,
        /// Half precision where TensorRT finds it faster: three digits instead of seven.
        half: bool,
    },
}

/// What may be asked for by name; a GPU's number may follow the last three.
const NAMES: &str = "auto, cpu, cuda, tensorrt, tensorrt-fp16 (cuda:1 is the second GPU)";

impl Device {
    /// The devices to try, best first. ONNX Runtime must be loaded.
    pub(super) fn attempts(self) -> Vec<Device> {
        match self {
            // A library without CUDA is no failure to tell of. TensorRT is left out: building its engines takes
            // minutes, which nobody asked for.
            Device::Auto if CUDA::is_available().unwrap_or(false) => {
                vec![Device::Cuda { id: 0 }, Device::Cpu]
            }
            Device::Auto => vec![Device::Cpu],
            asked => vec![asked],
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
        let number = |id: u32| i32::try_from(id).map_err(|_| format!("there is no GPU {id}"));
        match self {
            Device::Auto | Device::Cpu => Ok(()),
            Device::Cuda { id } => add(&CUDA::default().with_device_id(number(id)?), builder),
            Device::TensorRt { id, half } => {
                let id = number(id)?;
                let mut provider = TensorRT::default().with_device_id(id).with_fp16(half);
                if let Some(folder) = cache_folder().map(|cache| cache.join("tensorrt")) {
                    let path = folder.display();
                    provider = provider
                        .with_engine_cache(true)
                        .with_engine_cache_path(path)
                        .with_timing_cache(true)
                        .with_timing_cache_path(folder.display());
                }
                add(&provider, builder)?;
                add(&CUDA::default().with_device_id(id), builder)
            }
        }
    }
}

/// The name, and a GPU's number where it is not the first: what [`FromStr`] reads.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, id) = match self {
            Device::Auto => ("auto", 0),
            Device::Cpu => ("cpu", 0),
            Device::Cuda { id } => ("cuda", *id),
            Device::TensorRt { id, half: false } => ("tensorrt", *id),
            Device::TensorRt { id, half: true } => ("tensorrt-fp16", *id),
        };
        f.write_str(name)?;
        if id > 0 { write!(f, ":{id}") } else { Ok(()) }
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(name: &str) -> Result<Device> {
        let (kind, number) = match name.split_once(':') {
            Some((kind, number)) => (kind, number.parse().ok()),
            None => (name, Some(0)),
        };
        match (kind, number) {
            ("auto", Some(0)) if kind == name => Ok(Device::Auto),
            ("cpu", Some(0)) if kind == name => Ok(Device::Cpu),
            ("cuda", Some(id)) => Ok(Device::Cuda { id }),
            ("tensorrt", Some(id)) => Ok(Device::TensorRt { id, half: false }),
            ("tensorrt-fp16", Some(id)) => Ok(Device::TensorRt { id, half: true }),
            _ => Err(Error::Argument(format!(
                "there is no device '{name}'; the devices are {NAMES}"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_devices_and_back() {
        for name in [
            "auto",
            "cpu",
            "cuda",
            "cuda:1",
            "tensorrt",
            "tensorrt:3",
            "tensorrt-fp16",
            "tensorrt-fp16:12",
        ] {
            assert_eq!(name.parse::<Device>().unwrap().to_string(), name);
        }
        assert_eq!("cuda:0".parse::<Device>().unwrap(), Device::Cuda { id: 0 });
        for name in [
            "",
            "gpu",
            "cuda:",
            "cuda:-1",
            "cuda:x",
            "cpu:0",
            "auto:1",
            "cuda:1:2",
            "CUDA",
            "cuda:99999999999",
        ] {
            let error = name.parse::<Device>().unwrap_err();
            assert!(error.to_string().contains("tensorrt-fp16"), "{error}");
        }
    }
}
