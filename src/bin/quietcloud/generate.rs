//! `quietcloud generate OUT`.

use std::path::{Path, PathBuf};

use quietcloud::pipeline::GenerateReport;
use quietcloud::{Error, GenerateParams, Model, Result, generate, io};

use crate::options::Options;
use crate::progress::Progress;
use crate::{PlaceArgs, say};

#[derive(clap::Args)]
pub struct Args {
    /// Where the clouds go: with a count above 1, OUT's name gets a number, as in chair_0007.ply
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// Model folder, or a zip archive of one
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Points of each cloud [default: as many as in training]
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        allow_negative_numbers = true
    )]
    points: usize,
    /// How many clouds
    #[arg(long, value_name = "C", default_value_t = 1, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,
    #[command(flatten)]
    options: Options<GenerateParams>,
    #[command(flatten)]
    place: PlaceArgs,
}

pub fn run(args: &Args) -> Result<()> {
    let count = args.count as usize;
    let path = |i: usize| {
        if count == 1 {
            args.output.clone()
        } else {
            numbered(&args.output, i, count)
        }
    };
    let progress = Progress::new();
    io::can_write(&path(0))?;
    let model = args.place.open(Some(&args.model))?;
    // A few at a time: memory stays flat, and what is done is on the disk.
    let together = std::thread::available_parallelism().map_or(1, usize::from);
    let mut last = None;
    for start in (0..count).step_by(together) {
        let clouds = together.min(count - start);
        let first = u64::from(args.options.0.first) + start as u64;
        let params = GenerateParams {
            first: u32::try_from(first)
                .map_err(|_| Error::Argument(format!("there is no cloud {first} in a seed's sequence")))?,
            ..args.options.0
        };
        let mut watch = progress.part(start, clouds, count);
        let made = generate(&model, args.points, clouds, &params, &mut watch)?;
        progress.check()?;
        for (i, cloud) in made.points.chunks(made.report.points).enumerate() {
            io::write(&path(start + i), cloud)?;
        }
        last = Some(made.report);
    }
    progress.finish();
    if let Some(report) = last {
        let name = if count == 1 {
            args.output.display().to_string()
        } else {
            format!("{} to {}", path(0).display(), path(count - 1).display())
        };
        say(&format!(
            "{name}\nclouds   {count} of {} points, in model units\n{}",
            report.points,
            summary(&report, &model)
        ));
    }
    Ok(())
}

/// `chair.ply` is `chair_0007.ply`; enough digits for all.
fn numbered(path: &Path, i: usize, count: usize) -> PathBuf {
    let digits = (count - 1).to_string().len().max(4);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("{stem}_{i:0digits$}");
    match path.extension() {
        Some(extension) => path.with_file_name(format!("{name}.{}", extension.to_string_lossy())),
        None => path.with_file_name(name),
    }
}

/// Steps, device and time, a line each.
pub fn summary(report: &GenerateReport, model: &Model) -> String {
    let mut text = format!(
        "steps    {}\ndevice   {}, ONNX Runtime {}\ntime     {:.0} ms\n",
        report.steps,
        report.device,
        model.runtime().version,
        report.total_ms
    );
    for note in &report.notes {
        text += &format!("note     {note}\n");
    }
    text
}
