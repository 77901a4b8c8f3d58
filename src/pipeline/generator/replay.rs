//! Runs of another implementation, done again with its draws.

use super::draws::Source;
use super::plan::Plan;
use super::run;
use crate::bundle::{Capability, Recorded};
use crate::error::Result;
use crate::model::Model;
use crate::params::{ByName, GenerateParams};

/// What this implementation makes of a recording.
pub(in crate::pipeline) struct Replayed {
    pub points: Vec<[f64; 3]>,
    /// The reconstruction of its input, in model units, if it has one.
    pub reconstruction: Option<Vec<[f64; 3]>>,
    pub steps: usize,
}

/// # Errors
/// [`Error::Argument`](crate::Error::Argument) where the recording asks for what the model can't do.
pub(in crate::pipeline) fn replay(model: &Model, recorded: &Recorded) -> Result<Replayed> {
    let chain = model.manifest().method.is_chain();
    let params = GenerateParams {
        steps: if model.schedule().is_some() {
            recorded.steps
        } else {
            0
        },
        eta: if chain { recorded.eta } else { -1.0 },
        ..GenerateParams::default()
    };
    params.check()?;
    model.manifest().expect(Capability::Generate)?;
    let plan = Plan::generate(model, &params)?;
    let draws = Source::Recorded(&recorded.points);
    let latent = Source::Recorded(&recorded.latents);
    let ((points, reconstruction), report) = run(model, &params, &plan, 1, &mut (), |work| {
        let points = work.cloud(recorded.expected.len(), &draws, &latent)?;
        let again = match &recorded.input {
            Some(input) => Some(work.decode(&work.encode(input)?, input.len(), &draws)?),
            None => None,
        };
        Ok((points, again))
    })?;
    Ok(Replayed {
        points,
        reconstruction,
        steps: report.steps,
    })
}
