//! The systems of METHOD.md, and what a model of each can do.

use std::fmt;

use serde::Deserialize;

use super::stage::{Role, Stage, StageInput};

/// A diffusion system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Score-based diffusion denoiser with edge features (METHOD 1).
    Sbd,
    /// Ascent on a local score (METHOD 2; Luo & Hu, 2021).
    ScoreDenoise,
    /// A score walked by Langevin dynamics, annealed over a falling noise (METHOD 3).
    Langevin,
    /// Denoising diffusion (METHOD 4; Ho et al., 2020; Song et al., 2021).
    Ddpm,
    /// Variational autoencoder over clouds (METHOD 5).
    Vae,
    /// Hierarchical latent diffusion (METHOD 6; Zeng et al., 2022).
    Lion,
    /// Variational diffusion with a learned gamma (METHOD 7; Kingma et al., 2021).
    Vdm,
}

/// Something that a user may ask of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// Move the points of a scan to the surface.
    Denoise,
    /// Make new clouds.
    Generate,
    /// Encode a cloud and decode it.
    Reconstruct,
    /// Lead one cloud's code to another's.
    Interpolate,
    /// Encode a cloud, add noise to its code, take it out again and decode.
    DiffuseDenoise,
    /// Bound the likelihood of a cloud.
    Likelihood,
}

impl Method {
    /// Every method, in METHOD's order.
    pub const ALL: [Method; 7] = [
        Method::Sbd,
        Method::ScoreDenoise,
        Method::Langevin,
        Method::Ddpm,
        Method::Vae,
        Method::Lion,
        Method::Vdm,
    ];

    /// The name in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Method::Sbd => "sbd",
            Method::ScoreDenoise => "scoredenoise",
            Method::Langevin => "langevin",
            Method::Ddpm => "ddpm",
            Method::Vae => "vae",
            Method::Lion => "lion",
            Method::Vdm => "vdm",
        }
    }

    /// True where the states are linked by a schedule's posterior, false where a score is climbed or nothing is.
    pub(crate) fn is_chain(self) -> bool {
        matches!(self, Method::Sbd | Method::Ddpm | Method::Lion | Method::Vdm)
    }

    /// True where the method can't do without a schedule.
    pub(crate) fn needs_schedule(self) -> bool {
        self.is_chain() || self == Method::Langevin
    }

    /// What a model with these stages can do.
    pub(crate) fn capabilities(self, stages: &[Stage]) -> Vec<Capability> {
        use Capability::{Denoise, DiffuseDenoise, Generate, Interpolate, Likelihood, Reconstruct};
        let has = |role| stages.iter().any(|stage| stage.role == role);
        match self {
            Method::Sbd | Method::ScoreDenoise => vec![Denoise],
            Method::Langevin | Method::Ddpm if is_conditional(stages) => vec![Denoise],
            Method::Langevin => vec![Generate],
            Method::Ddpm | Method::Vdm => vec![Generate, Likelihood],
            Method::Vae if has(Role::Encoder) => vec![Generate, Reconstruct, Interpolate],
            Method::Lion if has(Role::GlobalEncoder) => vec![Generate, Reconstruct, DiffuseDenoise],
            Method::Vae | Method::Lion => vec![Generate],
        }
    }
}

/// Whether the score looks at the graph of a scan, and not at a set of points.
pub(super) fn is_conditional(stages: &[Stage]) -> bool {
    let score = stages.iter().find(|stage| stage.role == Role::Score);
    score.is_some_and(|stage| !stage.inputs.contains(&StageInput::Points))
}

impl Capability {
    /// The verb, as a sentence uses it.
    pub fn name(self) -> &'static str {
        match self {
            Capability::Denoise => "denoise",
            Capability::Generate => "generate",
            Capability::Reconstruct => "reconstruct",
            Capability::Interpolate => "interpolate",
            Capability::DiffuseDenoise => "diffuse-denoise",
            Capability::Likelihood => "give a likelihood",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
