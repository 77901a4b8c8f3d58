//! The C interface: the outermost layer, no logic of its own.
//!
//! Plain `extern "C"` functions, from which cbindgen writes `include/quietcloud/quietcloud.h`; their comments are the
//! reference that a C programmer reads, so they speak C. Every entry runs inside `guard`, and `crossing` proves at
//! compile time that only C types cross.

// The names are C's.
#![allow(non_camel_case_types)]
// Every pointer is NULL or as its function's comment describes it, and stays so during the call.
#![allow(clippy::missing_safety_doc)]

// In the header's order, for cbindgen follows it: rustfmt sorts only what stands together.
mod version;

mod status;

mod model;

mod filter;

mod report;

mod confidence;

mod options;

mod generator;

mod process;

mod crossing;
mod guard;
mod memory;
#[cfg(test)]
mod memory_tests;
mod state;

pub use confidence::*;
pub use filter::*;
pub use generator::*;
pub use model::*;
pub use options::*;
pub use process::*;
pub use report::*;
pub use status::*;
pub use version::*;
