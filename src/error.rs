//! Everything that can go wrong, each with one stable code.

use std::path::PathBuf;

/// Shorthand for a result with this crate's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, and what to do about it.
///
/// Each variant has a [code](Error::code) that the C interface hands out; codes are never reused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option has an unknown name or a value out of its bounds.
    #[error("{0}")]
    Argument(String),
    /// The cloud itself can't be worked on (wrong stride, overlapping buffers ...).
    #[error("{0}")]
    Cloud(String),
    /// The operating system refused to read or write a file.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A point cloud or mesh file breaks its format.
    #[error("{path}: {reason}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        reason: String,
    },
    /// A model folder is incomplete, altered or of an unknown kind.
    #[error("model {path}: {reason}")]
    Bundle {
        /// The model's folder, or `built-in`.
        path: PathBuf,
        /// What was found and what was expected.
        reason: String,
    },
    /// ONNX Runtime's shared library was not found or could not be used.
    #[error("ONNX Runtime: {0}")]
    Runtime(String),
    /// A network failed while it ran, or gave a tensor of the wrong shape.
    #[error("network {role}: {reason}")]
    Network {
        /// The stage of the bundle.
        role: String,
        /// The reason.
        reason: String,
    },
    /// The requested device is not there.
    #[error("device {device}: {reason}")]
    Device {
        /// The device as asked for.
        device: String,
        /// Why it can't be used.
        reason: String,
    },
    /// The caller's progress callback asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// The memory bound is too small for this cloud.
    #[error("{0}")]
    Memory(String),
    /// The model can't do what was asked of it, such as denoise with a generator.
    #[error("{0}")]
    Unsupported(String),
    /// A defect of this library, caught before it could reach the host.
    #[error("internal error: {0}; please report it")]
    Internal(String),
}

impl Error {
    /// The stable code of this error; 0 is reserved for success.
    pub fn code(&self) -> i32 {
        match self {
            Error::Argument(_) => 1,
            Error::Cloud(_) => 2,
            Error::Io { .. } => 3,
            Error::Format { .. } => 4,
            Error::Bundle { .. } => 5,
            Error::Runtime(_) => 6,
            Error::Network { .. } => 7,
            Error::Device { .. } => 8,
            Error::Cancelled => 9,
            Error::Memory(_) => 10,
            Error::Internal(_) => 11,
            Error::Unsupported(_) => 12,
        }
    }
}
