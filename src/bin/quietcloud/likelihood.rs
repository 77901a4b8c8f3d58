//! `quietcloud likelihood IN`.

use std::path::PathBuf;

use quietcloud::{CloudView, GenerateParams, Result, io, likelihood};

use crate::options::Options;
use crate::progress::Progress;
use crate::{PlaceArgs, say};

#[derive(clap::Args)]
pub struct Args {
    /// The cloud
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Model folder, or a zip archive of one
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    #[command(flatten)]
    options: Options<GenerateParams>,
    #[command(flatten)]
    place: PlaceArgs,
}

pub fn run(args: &Args) -> Result<()> {
    let progress = Progress::new();
    let file = io::read(&args.input)?;
    let model = args.place.open(Some(&args.model))?;
    let cloud = CloudView::from_f64(file.points());
    let found = likelihood(&model, cloud, &args.options.0, &mut progress.whole());
    progress.finish();
    let found = found?;
    say(&format!(
        "at most  {:.4} nats per point, {:.4} bits per dimension (negative log likelihood, model units)\n\
         terms    prior {:.4}, diffusion {:.4}, reconstruction {:.4} nats per point\nsteps    {}\n",
        found.nats_per_point(),
        found.bits_per_dimension(),
        found.prior,
        found.diffusion,
        found.reconstruction,
        found.steps
    ));
    Ok(())
}
