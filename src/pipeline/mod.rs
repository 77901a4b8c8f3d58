//! The whole way of a cloud through a model.

mod budget;
pub mod check;
pub mod denoise;
mod job;
mod predict;
mod report;

pub use check::{Check, check};
pub use denoise::{Denoised, denoise};
pub use job::Watch;
pub use report::{Milliseconds, Report};
