//! quietcloud removes the noise from point clouds.
//!
//! One run, as a story:
//!
//! ```text
//! cloud -> normalize -> noise level -> schedule -> graph (kNN + EdgeFeature) -> tiles
//!       -> [ score.onnx per step -> sampler step ] -> denormalize -> cloud
//! ```

pub mod bundle;
pub mod capi;
pub mod cloud;
mod confidence;
pub mod curve;
pub mod error;
pub mod graph;
pub mod io;
pub mod log;
pub mod metrics;
pub mod model;
pub mod normalize;
pub mod params;
pub mod pipeline;
pub mod random;
pub mod sampler;
pub mod schedule;
mod spread;
mod surface;
pub mod tile;
mod turn;
mod widest;

pub use cloud::CloudView;
pub use confidence::confidence;
pub use error::{Error, Result};
pub use model::{Device, Model};
pub use params::{GenerateParams, Params};
pub use pipeline::{
    Denoised, Report, Watch, denoise, denoise_file, diffuse_denoise, generate, interpolate, likelihood,
    reconstruct,
};
