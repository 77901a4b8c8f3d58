//! The last dimension of each tensor that a stage on a set of points asks for or gives.

use ort::session::Session;
use ort::value::ValueType;

use crate::bundle::{LatentSpec, Role, StageInput};

/// Numbers in a row of `input`; nothing where only the network knows, or the graph says it.
pub(super) fn of_input(input: StageInput, latent: &LatentSpec) -> Option<usize> {
    match input {
        StageInput::Points | StageInput::Seeds | StageInput::Offsets => Some(3),
        StageInput::Time | StageInput::Gamma => Some(1),
        StageInput::Latent | StageInput::LatentState => Some(latent.global),
        StageInput::PointState | StageInput::PointLatent => Some(latent.point),
        _ => None,
    }
}

/// Numbers in a row of what the role gives.
pub(super) fn of_output(role: Role, latent: &LatentSpec) -> Option<usize> {
    match role {
        Role::Encoder | Role::GlobalEncoder | Role::GlobalPrior => Some(latent.global),
        Role::PointEncoder | Role::PointPrior => Some(latent.point),
        Role::Decoder => Some(3),
        Role::Score | Role::ScoreHigh | Role::Noise | Role::Features => None,
    }
}

/// Numbers in a row of the tensor `features`, given or asked for; nothing where there is none, or its width is left open.
pub(super) fn features(session: &Session) -> Option<usize> {
    let tensors = session.inputs().iter().chain(session.outputs());
    let mut named = tensors.filter(|tensor| tensor.name() == StageInput::Features.name());
    let &last = named.next()?.dtype().tensor_shape()?.last()?;
    usize::try_from(last).ok().filter(|&width| width > 0)
}

/// Refuses a tensor that is declared with another last dimension; one left open may be anything.
pub(super) fn verify(name: &str, declared: &ValueType, width: Option<usize>) -> Result<(), String> {
    let (Some(width), Some(shape)) = (width, declared.tensor_shape()) else {
        return Ok(());
    };
    match shape.last() {
        Some(&last) if last >= 0 && last != width as i64 => Err(format!(
            "has the shape {:?} for {name}, expected {width} numbers in a row",
            &shape[..]
        )),
        _ => Ok(()),
    }
}
