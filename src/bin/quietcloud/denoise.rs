//! `quietcloud denoise IN OUT`.

use std::fmt::Write;
use std::io::{IsTerminal, stderr};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use quietcloud::pipeline::Report;
use quietcloud::{CloudView, Error, Model, Result, io};

use crate::options::Options;
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
    options: Options,
    #[command(flatten)]
    model: ModelArgs,
}

/// Set by an interrupt. The run then ends like any other that is cancelled, so that no half-made file stays behind.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

pub fn run(args: &Args) -> Result<()> {
    // Without a handler an interrupt kills the process, which is only less tidy.
    let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
    io::can_write(&args.output)?;
    let file = io::read(&args.input)?;
    let model = args.model.place.open(args.model.model.as_ref())?;

    let bar = progress_bar();
    let mut watch = |done: f64| {
        bar.set_position((done * 1000.0) as u64);
        if INTERRUPTED.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let cloud = CloudView::from_f64(file.points());
    let done = quietcloud::denoise(&model, cloud, &args.options.0, &mut watch);
    bar.finish_and_clear();
    let done = done?;
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Err(Error::Cancelled);
    }
    file.write(&args.output, &done.points)?;
    say(&format!(
        "{} -> {}\n{}",
        args.input.display(),
        args.output.display(),
        summary(&done.report, &model)
    ));
    Ok(())
}

fn progress_bar() -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {eta}")
        .unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(1000).with_style(style)
}

fn summary(report: &Report, model: &Model) -> String {
    let Report {
        points,
        finite,
        noise,
        noise_spacing,
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
        "\ntime     {:.0} ms: normalize {:.0}, graph {:.0}, noise {:.0}, network {:.0}, sampler {:.0}, restore {:.0} \
         (inside ONNX Runtime {:.0})\n",
        ms.total(),
        ms.normalize,
        ms.graph,
        ms.noise,
        ms.network,
        ms.sampler,
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
