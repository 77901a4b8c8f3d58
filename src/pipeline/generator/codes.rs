//! From clouds to codes and back: the stages of vae and lion.

use super::draws::Source;
use super::work::Work;
use crate::bundle::{Method, Role, StageInput};
use crate::error::{Error, Result};
use crate::model::Matrix;

/// The code of a cloud.
#[derive(Clone, Debug)]
pub(super) struct Code {
    /// `[dz]`.
    pub latent: Vec<f64>,
    /// lion: `[n, 3 + dh]`, row by row.
    pub points: Vec<f64>,
}

pub(super) fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

fn wide(values: Vec<f32>) -> Vec<f64> {
    values.into_iter().map(f64::from).collect()
}

impl Work<'_> {
    /// The mean of the code of `points`, which are in model units.
    pub(super) fn encode(&self, points: &[[f64; 3]]) -> Result<Code> {
        let manifest = self.model.manifest();
        let dz = manifest.latent.global;
        let cloud = narrow(points.as_flattened());
        let cloud = || Matrix {
            input: StageInput::Points,
            width: 3,
            values: &cloud,
        };
        let mean = |outputs: Vec<Vec<f32>>| {
            let first = outputs.into_iter().next();
            first.ok_or_else(|| Error::Internal("an encoder without outputs".into()))
        };
        if manifest.method == Method::Vae {
            let latent = wide(mean(self.ask(Role::Encoder, &[cloud()], [1, dz])?)?);
            return Ok(Code {
                latent,
                points: Vec::new(),
            });
        }
        let latent = mean(self.ask(Role::GlobalEncoder, &[cloud()], [1, dz])?)?;
        let given = Matrix {
            input: StageInput::Latent,
            width: dz,
            values: &latent,
        };
        let shape = [points.len(), manifest.latent.point];
        let inner = mean(self.ask(Role::PointEncoder, &[cloud(), given], shape)?)?;
        Ok(Code {
            latent: wide(latent),
            points: wide(inner),
        })
    }

    /// `points` points from a code; a vae makes them of draws.
    pub(super) fn decode(&self, code: &Code, points: usize, seeds: &Source<'_>) -> Result<Vec<[f64; 3]>> {
        let manifest = self.model.manifest();
        let latent = narrow(&code.latent);
        let (input, width, values) = if manifest.method == Method::Vae {
            (
                StageInput::Seeds,
                3,
                narrow(seeds.start::<3>(points).as_flattened()),
            )
        } else {
            (
                StageInput::PointLatent,
                manifest.latent.point,
                narrow(&code.points),
            )
        };
        let inputs = [
            Matrix {
                input,
                width,
                values: &values,
            },
            Matrix {
                input: StageInput::Latent,
                width: latent.len(),
                values: &latent,
            },
        ];
        let answer = self.answer(Role::Decoder, &inputs, [points, 3])?;
        Ok(answer
            .as_chunks::<3>()
            .0
            .iter()
            .map(|row| row.map(f64::from))
            .collect())
    }

    /// A code from lion's priors: the shape latent, then latent points that go with it. `start` says where both chains
    /// begin, in rows of one number.
    pub(super) fn prior(
        &self,
        start: [Vec<[f64; 1]>; 2],
        latent: &Source<'_>,
        points: &Source<'_>,
    ) -> Result<Code> {
        let sizes = self.model.manifest().latent;
        let [shape, inner] = start;
        let code = self
            .chain(Role::GlobalPrior, shape, sizes.global, latent, &[])?
            .into_flattened();
        let inner = self.chain(Role::PointPrior, inner, sizes.point, points, &narrow(&code))?;
        Ok(Code {
            latent: code,
            points: inner.into_flattened(),
        })
    }
}
