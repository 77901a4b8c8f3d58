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
    let differences: Vec<_> = found
        .differences
        .iter()
        .map(|(name, difference)| format!("{name} {difference:.1e}"))
        .collect();
    say(&format!(
        "{verdict}: {} ({}) on {}, ONNX Runtime {} from {}\n{} points, {} steps; largest differences: {}; allowed \
         {:.0e}\n",
        model.manifest().name,
        model.path().display(),
        model.device(),
        model.runtime().version,
        model.runtime().path.display(),
        found.points,
        found.steps,
        differences.join(", "),
        found.tolerance
    ));
    Ok(if found.passed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
