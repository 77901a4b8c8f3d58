//! What a run is going to do: the levels that it visits, and how random its steps are.

use crate::bundle::Method;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::params::{GENERATOR_TABLE, GenerateParams, Param};
use crate::sampler::{Spread, Variance};
use crate::schedule::Level;

/// The way through a schedule.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// From the noisiest; chains end with what is clean, Langevin's with the last level that has noise.
    pub levels: Vec<Level>,
    pub spread: Spread,
    /// Steps asked for; 0 where the method has none.
    pub steps: usize,
}

impl Plan {
    /// From the top of the schedule to its end.
    pub(super) fn generate(model: &Model, params: &GenerateParams) -> Result<Plan> {
        if model.manifest().method == Method::Vae {
            return Plan::none(model, params);
        }
        let top = top(model)?;
        let steps = steps(
            model,
            params,
            top,
            params.quality.of(&model.manifest().sampling.steps),
        )?;
        Plan::from(model, params, top, steps)
    }

    /// Every step, or as many as were asked for.
    pub(super) fn likelihood(model: &Model, params: &GenerateParams) -> Result<Plan> {
        let top = top(model)?;
        let steps = steps(model, params, top, top)?;
        Plan::from(model, params, top, steps)
    }

    /// From step tau.
    pub(super) fn diffuse(model: &Model, params: &GenerateParams) -> Result<Plan> {
        let top = top(model)?;
        let tau = if params.tau == 0 {
            top.div_ceil(2)
        } else {
            params.tau
        };
        if tau > top {
            return Err(beyond("tau", tau, model, top));
        }
        let given = params.quality.of(&model.manifest().sampling.steps);
        // As fine as the whole way would be.
        let steps = steps(model, params, tau, (given * tau).div_ceil(top))?;
        Plan::from(model, params, tau, steps)
    }

    /// For what takes no steps.
    pub(super) fn none(model: &Model, params: &GenerateParams) -> Result<Plan> {
        spread(model, params)?;
        if params.steps > 0 && model.schedule().is_none() {
            return Err(Error::Argument(format!(
                "steps can't be {}: {} has no schedule, it decodes in one go",
                params.steps,
                model.manifest().method
            )));
        }
        Ok(Plan {
            levels: Vec::new(),
            spread: 0.0.into(),
            steps: 0,
        })
    }

    fn from(model: &Model, params: &GenerateParams, from: usize, steps: usize) -> Result<Plan> {
        let (schedule, manifest) = (model.levels()?, model.manifest());
        let clocks = schedule.clocks(from, steps, manifest.sampling.rho)?;
        let mut levels: Vec<Level> = match manifest.method {
            // Its table begins with gamma(0), which is not clean: one step more, whose mean is the clean estimate.
            Method::Vdm => clocks.iter().map(|t| schedule.level(t + 1)).collect(),
            _ => clocks.iter().map(|&t| schedule.level(t)).collect(),
        };
        match manifest.method {
            Method::Vdm => levels.push(Level::CLEAN),
            Method::Langevin => drop(levels.pop()),
            _ => {}
        }
        Ok(Plan {
            levels,
            spread: spread(model, params)?,
            steps,
        })
    }

    /// Calls of one network on the way.
    pub(super) fn calls(&self, model: &Model) -> usize {
        let sampling = &model.manifest().sampling;
        match model.manifest().method {
            Method::Langevin => self.levels.len() * sampling.inner + usize::from(sampling.last),
            _ => self.levels.len().saturating_sub(1),
        }
    }
}

/// The noisiest step that a chain starts from.
pub(super) fn top(model: &Model) -> Result<usize> {
    Ok(model.manifest().steps(model.levels()?))
}

fn steps(model: &Model, params: &GenerateParams, most: usize, auto: usize) -> Result<usize> {
    match params.steps {
        0 => Ok(auto.clamp(1, most)),
        steps if steps > most => Err(beyond("steps", steps, model, most)),
        steps => Ok(steps),
    }
}

fn beyond(name: &str, found: usize, model: &Model, most: usize) -> Error {
    Error::Argument(format!(
        "{name} can't be {found}: the schedule of the model {} has {most} steps to take",
        model.manifest().name
    ))
}

/// The randomness of the steps, as given or as the model has it.
fn spread(model: &Model, params: &GenerateParams) -> Result<Spread> {
    let (method, sampling) = (model.manifest().method, &model.manifest().sampling);
    let refuse = |what: &str| {
        Err(Error::Argument(format!(
            "{what} has no meaning for a model of the method {method}"
        )))
    };
    if params.eta >= 0.0 && !method.is_chain() {
        return refuse("eta");
    }
    if params.variance.is_some() && !matches!(method, Method::Ddpm | Method::Lion) {
        return refuse("variance");
    }
    let eta = if params.eta >= 0.0 {
        params.eta
    } else {
        sampling.eta
    };
    if params.variance == Some(Variance::Beta) && eta != 1.0 {
        return Err(Error::Argument(format!(
            "variance can't be beta where eta is {eta}: it belongs to the ancestral step, eta 1"
        )));
    }
    let variance = match method {
        Method::Vdm => Variance::BetaTilde,
        _ => params.variance.unwrap_or(sampling.variance),
    };
    Ok(Spread { eta, variance })
}

/// The smallest, largest and initial value that an option has with this model: those of [`GENERATOR_TABLE`], and
/// `steps` and `tau` up to the schedule's length. `points` is a generated cloud's number of points; initial is that of
/// training.
///
/// # Errors
/// [`Error::Argument`] for an unknown name, [`Error::Unsupported`] for a model that generates nothing.
pub fn bounds(model: &Model, name: &str) -> Result<[f64; 3]> {
    let manifest = model.manifest();
    manifest.expect(crate::bundle::Capability::Generate)?;
    let points = manifest.points;
    if name == "points" {
        return Ok([points.low, points.high, points.trained].map(|count| count as f64));
    }
    let param = Param::find_in(GENERATOR_TABLE, name)?;
    let high = match name {
        "steps" | "tau" if model.schedule().is_none() => 0.0,
        "steps" | "tau" => top(model)? as f64,
        _ => param.high,
    };
    Ok([param.low, high, param.initial])
}
