//! Model bundles: a folder, or one archive in memory, with a manifest, one ONNX file per stage and golden vectors.
//!
//! ```text
//! my-model/bundle.json   what the model is: method, schedule, graph, stages with their sha256 ...
//! my-model/*.onnx        one file per stage
//! my-model/golden.npz    input and expected output: proves an install
//! ```
//!
//! Everything here is data that may come from a stranger: it is verified before a network is made of it.

mod archive;
mod builtin;
mod golden;
pub(crate) mod manifest;
mod method;
mod onnx;
mod open;
mod recorded;
mod sampling;
mod schedule;
mod stage;

pub use golden::Golden;
pub use manifest::{GraphSpec, LatentSpec, Manifest, PatchSpec, PointsSpec};
pub use method::{Capability, Method};
pub use open::{Bundle, StageFile};
pub use recorded::Recorded;
pub use sampling::{Contributions, Sampling, Steps};
pub use schedule::ScheduleSpec;
pub use stage::{Role, Stage, StageInput};
