//! `quietcloud denoise IN OUT`.

use std::fmt::Write;
use std::path::PathBuf;

use quietcloud::pipeline::Report;
use quietcloud::{Model, Params, Result, io};

use crate::options::Options;
use crate::progress::Progress;
use crate::{ModelArgs, say};

#[derive(clap::Args)]
pub struct Args {
    /// The noisy cloud
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where the clean cloud goes, with every other property of the noisy one
    #[arg(value_name = "OUT")]
    output: PathBuf,
    #[command(flatten)]
    options: Options<Params>,
    #[command(flatten)]
    model: ModelArgs,
}

pub fn run(args: &Args) -> Result<()> {
    let progress = Progress::new();
    io::can_write(&args.output)?;
    let model = args.model.place.open(args.model.model.as_ref())?;
    let mut watch = progress.whole();
    let report = quietcloud::denoise_file(&model, &args.input, &args.output, &args.options.0, &mut watch);
    progress.finish();
    say(&format!(
        "{} -> {}\n{}",
        args.input.display(),
        args.output.display(),
        summary(&report?, &model)
    ));
    Ok(())
}

fn summary(report: &Report, model: &Model) -> String {
    let Report {
        points,
        finite,
        noise,
        noise_spacing,
        noise_range,
        steps,
        tiles,
        workers,
        ..
    } = report;
    let ms = &report.milliseconds;
    let mut text = format!("points   {points}");
    if finite < points {
        let _ = write!(
            text,
            ", {} of them not finite and left as they are",
            points - finite
        );
    }
    let how = if report.estimated { "estimated" } else { "given" };
    let _ = write!(
        text,
        "\nnoise    {} ({noise_spacing:.3} spacings), {how}",
        digits(*noise)
    );
    if noise_range != &[1.0; 2] {
        let [low, high] = noise_range.map(|share| digits(noise * share));
        let _ = write!(text, "; {low} to {high} for four points of five");
    }
    let _ = write!(text, "\nsteps    {steps}");
    let _ = write!(
        text,
        "\ndevice   {}, ONNX Runtime {}",
        report.device,
        model.runtime().version
    );
    let _ = write!(text, "\ntiles    {tiles}, {workers} at once");
    let _ = write!(
        text,
        "\ntime     {:.0} ms: normalize {:.0}, graph {:.0}, noise {:.0}, network {:.0}, sampler {:.0}, spread {:.0}, \
         restore {:.0} (inside ONNX Runtime {:.0})\n",
        ms.total(),
        ms.normalize,
        ms.graph,
        ms.noise,
        ms.network,
        ms.sampler,
        ms.spread,
        ms.restore,
        ms.runtime
    );
    for note in &report.notes {
        let _ = writeln!(text, "note     {note}");
    }
    text
}

/// Four significant digits, in whatever unit the cloud has.
fn digits(value: f64) -> String {
    if value == 0.0 || (1e-3..1e6).contains(&value) {
        let decimals = (3.0 - value.max(1e-9).log10().floor()).clamp(0.0, 6.0) as usize;
        return format!("{value:.decimals$}");
    }
    format!("{value:.3e}")
}
