//! `quietcloud tile IN DIR` and `quietcloud merge IN DIR OUT`.

use std::path::PathBuf;

use quietcloud::{Params, Result, pipeline};

use crate::options::Options;
use crate::progress::Progress;
use crate::{ModelArgs, say};

#[derive(clap::Args)]
pub struct Args {
    /// The scan: .las, .laz or a binary .ply
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The folder for the tiles and their manifest.json
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Points of a tile, without its halo
    #[arg(long, value_name = "VALUE", default_value_t = 1 << 20, value_parser = clap::value_parser!(u64).range(1..))]
    points: u64,
    #[command(flatten)]
    options: Options<Params>,
    #[command(flatten)]
    model: ModelArgs,
}

#[derive(clap::Args)]
pub struct MergeArgs {
    /// The scan that was cut
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The folder with the denoised tiles
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Where the clean cloud goes, with every other property of the scan
    #[arg(value_name = "OUT")]
    output: PathBuf,
}

pub fn run(args: &Args) -> Result<()> {
    let progress = Progress::new();
    let model = args.model.place.open(args.model.model.as_ref())?;
    let mut watch = progress.whole();
    let options = &args.options.0;
    let cut = pipeline::cut(
        &model,
        &args.input,
        &args.folder,
        args.points,
        options,
        &mut watch,
    );
    progress.finish();
    let cut = cut?;
    let pipeline::Cut {
        noise,
        spacing,
        steps,
        ..
    } = cut;
    say(&format!(
        "{} points in {} tiles\nnow, for each of them: quietcloud denoise NNNNN.ply NNNNN.clean.ply --noise {noise} \
         --spacing {spacing} --steps {steps}\nand then: quietcloud merge {} {} OUT\n",
        cut.points,
        cut.tiles.len(),
        args.input.display(),
        args.folder.display()
    ));
    Ok(())
}

pub fn merge(args: &MergeArgs) -> Result<()> {
    let progress = Progress::new();
    quietcloud::io::can_write(&args.output)?;
    let mut watch = progress.whole();
    let cut = pipeline::join(&args.input, &args.folder, &args.output, &mut watch);
    progress.finish();
    let cut = cut?;
    say(&format!(
        "{} tiles of {} points -> {}\n",
        cut.tiles.len(),
        cut.points,
        args.output.display()
    ));
    Ok(())
}
