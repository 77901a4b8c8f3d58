//! Two kernels carry every method: a step between levels of noise, and a step along a score.

mod anneal;
mod ascend;
mod posterior;
mod prediction;
mod run;
mod variance;

pub use anneal::{Climb, anneal};
pub use ascend::ascend;
pub use posterior::posterior;
pub use prediction::Prediction;
pub(crate) use run::run_moved;
pub use run::{Draws, run};
pub use variance::{Spread, Variance};
