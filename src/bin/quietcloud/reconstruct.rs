//! `quietcloud reconstruct IN OUT`: through a model's code and back, on the way to another cloud's or through noise.

use std::path::PathBuf;

use quietcloud::{CloudView, GenerateParams, Result, diffuse_denoise, interpolate, io, reconstruct};

use crate::generate::summary;
use crate::options::Options;
use crate::progress::Progress;
use crate::{PlaceArgs, say};

#[derive(clap::Args)]
pub struct Args {
    /// The cloud to encode: all of its points, none of its other properties
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where the decoded cloud goes
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// Model folder, or a zip archive of one
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Noise the code for tau steps and denoise it again (lion)
    #[arg(long, conflicts_with_all = ["towards", "share"])]
    diffuse: bool,
    /// Another cloud, whose code the code is led to (vae)
    #[arg(long, value_name = "CLOUD")]
    towards: Option<PathBuf>,
    /// How far: 0 stays, 1 arrives
    #[arg(
        long,
        value_name = "SHARE",
        requires = "towards",
        default_value_t = 0.5,
        allow_negative_numbers = true
    )]
    share: f64,
    #[command(flatten)]
    options: Options<GenerateParams>,
    #[command(flatten)]
    place: PlaceArgs,
}

pub fn run(args: &Args) -> Result<()> {
    let progress = Progress::new();
    io::can_write(&args.output)?;
    let file = io::read(&args.input)?;
    let other = args.towards.as_ref().map(|path| io::read(path)).transpose()?;
    let model = args.place.open(Some(&args.model))?;
    let (cloud, params) = (CloudView::from_f64(file.points()), &args.options.0);
    let mut watch = progress.whole();
    let made = match &other {
        Some(other) => {
            let clouds = [cloud, CloudView::from_f64(other.points())];
            interpolate(&model, clouds, args.share, file.len(), params, &mut watch)
        }
        None if args.diffuse => diffuse_denoise(&model, cloud, params, &mut watch),
        None => reconstruct(&model, cloud, params, &mut watch),
    };
    progress.finish();
    let made = made?;
    progress.check()?;
    io::write(&args.output, &made.points)?;
    say(&format!(
        "{} -> {}\npoints   {}\n{}",
        args.input.display(),
        args.output.display(),
        made.report.points,
        summary(&made.report, &model)
    ));
    Ok(())
}
