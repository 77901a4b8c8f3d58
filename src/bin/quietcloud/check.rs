//! `quietcloud check [MODEL]`.

use std::path::PathBuf;
use std::process::ExitCode;

use quietcloud::Result;
use quietcloud::pipeline::check;

use crate::{PlaceArgs, say};

#[derive(clap::Args)]
pub struct Args {
    /// Model folder, or a zip archive of one [default: the built-in model]
    model: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArgs,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let model = args.place.open(args.model.as_ref())?;
    let found = check(&model)?;
    let verdict = if found.passed() { "passed" } else { "FAILED" };
    let estimate = found
        .estimate
        .map_or("none".into(), |difference| format!("{difference:.1e}"));
    say(&format!(
        "{verdict}: {} ({}) on {}, ONNX Runtime {} from {}\n{} points, {} steps; largest differences: deterministic \
         {:.1e}, ancestral {:.1e}, noise estimate {estimate}; allowed {:.0e}\n",
        model.manifest().name,
        model.path().display(),
        model.device(),
        model.runtime().version,
        model.runtime().path.display(),
        found.points,
        found.steps,
        found.deterministic,
        found.stochastic,
        found.tolerance
    ));
    Ok(if found.passed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
