//! `quietcloud describe [MODEL]`: needs no ONNX Runtime.

use std::fmt::Write;
use std::path::PathBuf;

use quietcloud::Result;
use quietcloud::bundle::{Bundle, Capability, Manifest, Method, ScheduleSpec, StageInput};

use crate::say;

#[derive(clap::Args)]
pub struct Args {
    /// Model folder, or a zip archive of one [default: the built-in model]
    model: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<()> {
    let bundle = match &args.model {
        Some(path) => Bundle::open(path)?,
        None => Bundle::builtin()?,
    };
    let model = &bundle.manifest;
    let schedule = model
        .schedule
        .as_ref()
        .map_or("none".into(), ScheduleSpec::describe);
    let mut text = format!(
        "name        {}\nfrom        {}\n",
        model.name,
        bundle.path.display()
    );
    let predicts = match model.prediction.as_str() {
        "" => String::new(),
        what => format!(", predicts {what}"),
    };
    let _ = writeln!(
        text,
        "method      {} (format {}){predicts}",
        model.method, model.format
    );
    let abilities: Vec<_> = model.capabilities().into_iter().map(Capability::name).collect();
    let _ = writeln!(text, "can         {}", abilities.join(", "));
    let _ = writeln!(text, "schedule    {schedule}");
    if model.can(Capability::Denoise) {
        denoiser(model, &mut text);
    } else {
        generator(model, &mut text);
    }
    for (stage, file) in model.stages.iter().zip(&bundle.stages) {
        let inputs: Vec<_> = stage
            .inputs
            .iter()
            .map(|input| StageInput::name(*input))
            .collect();
        let (role, bytes) = (stage.role.name(), file.bytes.len());
        let (inputs, outputs) = (inputs.join(", "), stage.outputs.join(", "));
        let _ = writeln!(
            text,
            "stage       {role}: {} ({bytes} bytes), {} hops, {inputs} -> {outputs}",
            stage.file, stage.hops
        );
    }
    let _ = writeln!(text, "licence     {}", model.license);
    for (title, entries) in [("provenance", &model.provenance), ("score", &model.scores)] {
        for (name, value) in entries {
            let _ = writeln!(text, "{title:<11} {name}: {value}");
        }
    }
    say(&text);
    Ok(())
}

fn denoiser(model: &Manifest, text: &mut String) {
    let refresh = match model.graph.refresh {
        0 => "built once".to_owned(),
        steps => format!("built anew every {steps} steps"),
    };
    let (sampling, steps) = (model.sampling, model.sampling.steps);
    let [low, high] = model.trained_noise;
    let _ = writeln!(text, "graph       {} neighbours, {refresh}", model.graph.k);
    let unit = match model.method {
        Method::ScoreDenoise => "",
        _ => " at a noise of one spacing",
    };
    let _ = writeln!(
        text,
        "steps       fast {}, balanced {}, high {}{unit}",
        steps.fast, steps.balanced, steps.high
    );
    let _ = match model.method {
        Method::ScoreDenoise => writeln!(
            text,
            "sampler     ascent on {} scores ({:?}), rate {}, decay {}",
            sampling.ensemble, sampling.contributions, sampling.rate, sampling.decay
        ),
        Method::Langevin => writeln!(
            text,
            "sampler     Langevin, {} steps a level, rate {}, heat {}, {} final step",
            sampling.inner,
            sampling.rate,
            sampling.heat,
            if sampling.last { "a noise-free" } else { "no" }
        ),
        _ => Ok(()),
    };
    let _ = writeln!(text, "noise       {low} to {high} spacings");
}

fn generator(model: &Manifest, text: &mut String) {
    let (points, sampling) = (model.points, model.sampling);
    let _ = writeln!(
        text,
        "points      {} to {}, trained on {}",
        points.low, points.high, points.trained
    );
    match (model.latent.global, model.latent.point) {
        (0, _) => {}
        (global, 0) => drop(writeln!(text, "latent      {global} numbers")),
        (global, point) => drop(writeln!(
            text,
            "latent      {global} numbers, and {point} for each point"
        )),
    }
    if model.schedule.is_some() {
        let steps = sampling.steps;
        let _ = writeln!(
            text,
            "steps       fast {}, balanced {}, high {}",
            steps.fast, steps.balanced, steps.high
        );
    }
    let _ = match model.method {
        Method::Vae => Ok(()),
        Method::Langevin => writeln!(
            text,
            "sampler     Langevin, {} steps a level, rate {}, {} final step",
            sampling.inner,
            sampling.rate,
            if sampling.last { "a noise-free" } else { "no" }
        ),
        Method::Ddpm => writeln!(
            text,
            "sampler     eta {}, variance {}",
            sampling.eta,
            sampling.variance.name()
        ),
        _ => writeln!(text, "sampler     eta {}", sampling.eta),
    };
}
