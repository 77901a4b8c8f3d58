//! Generators: the options of a run, and what is done with a generative model.

mod codes;
mod handle;
mod options;
mod report;
mod run;

pub use codes::*;
pub use handle::*;
pub use options::*;
pub use report::*;
pub use run::*;
