//! Systems that make clouds: what they are asked for, and how a run of them is set up.

mod anneal;
mod codes;
mod draws;
mod generate;
mod likelihood;
mod plan;
mod replay;
mod report;
mod shape;
mod work;

use std::time::Instant;

pub use generate::{Made, diffuse_denoise, generate, interpolate, reconstruct};
pub use likelihood::likelihood;
pub use plan::bounds;
pub(super) use replay::replay;
pub use report::{GenerateReport, Likelihood};

use super::job::{self, Watch};
use crate::error::Result;
use crate::model::Model;
use crate::params::GenerateParams;
use plan::Plan;
use work::Work;

/// Does `task` on threads of its own; the report says what it took. `calls`: of networks, for the progress.
fn run<T: Send>(
    model: &Model,
    params: &GenerateParams,
    plan: &Plan,
    calls: usize,
    watch: &mut dyn Watch,
    task: impl FnOnce(&Work<'_>) -> Result<T> + Send,
) -> Result<(T, GenerateReport)> {
    let threads = match params.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    job::run(threads, watch, |job| {
        let start = Instant::now();
        let work = Work::new(model, plan, job, calls);
        let result = task(&work)?;
        let report = GenerateReport {
            points: 0,
            clouds: 0,
            steps: plan.steps,
            calls,
            device: model.device(),
            total_ms: start.elapsed().as_secs_f64() * 1e3,
            runtime_ms: work.inside(),
            notes: model.notes().to_vec(),
        };
        Ok((result, report))
    })
}
