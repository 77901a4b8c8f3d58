//! The whole way of a cloud through a model.

mod budget;
mod check;
mod denoise;
mod estimate;
mod file;
mod follow;
mod generator;
mod job;
mod langevin;
mod local;
mod patches;
mod predict;
mod report;
mod stream;
mod thinned;
mod varying;
mod walk;

pub use check::{Check, check};
pub use denoise::{Denoised, denoise};
#[doc(hidden)]
pub use denoise::{Tuning, denoise_tuned};
pub use file::denoise_file;
#[doc(hidden)]
pub use file::denoise_in_pieces;
pub use generator::{
    GenerateReport, Likelihood, Made, bounds, diffuse_denoise, generate, interpolate, likelihood, reconstruct,
};
pub use job::Watch;
pub use report::{Milliseconds, Report};
pub use stream::{Cut, TileFile, cut, join};
