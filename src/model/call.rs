//! Runs a network on a whole set of points, or on a code: matrices in, matrices out.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use ort::session::{RunOptions, SessionInputValue};
use ort::value::TensorRef;

use super::session::Network;
use crate::bundle::StageInput;
use crate::error::{Error, Result};

/// A matrix, row by row.
pub(crate) struct Matrix<'a> {
    pub(crate) input: StageInput,
    pub(crate) width: usize,
    pub(crate) values: &'a [f32],
}

impl Network {
    /// The stage's outputs in the manifest's order, each of the shape `expected`, and the time inside ONNX Runtime.
    ///
    /// Of `inputs` those go in that the stage asks for.
    pub(crate) fn call(
        &self,
        inputs: &[Matrix<'_>],
        expected: [usize; 2],
        options: &RunOptions,
    ) -> Result<(Vec<Vec<f32>>, Duration)> {
        let mut given: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::with_capacity(3);
        for &wanted in &self.stage.inputs {
            let matrix = inputs
                .iter()
                .find(|matrix| matrix.input == wanted)
                .ok_or_else(|| Error::Internal(format!("nobody gives {}", wanted.name())))?;
            let shape = [matrix.values.len() / matrix.width, matrix.width];
            let tensor = TensorRef::from_array_view((shape, matrix.values)).map_err(|e| self.error(e))?;
            given.push((wanted.name().into(), tensor.into()));
        }
        let mut session = self.take()?;
        let start = Instant::now();
        let outcome = session
            .run_with_options(given, options)
            .map_err(|e| self.error(e));
        let spent = start.elapsed();
        let outputs = outcome.and_then(|outputs| {
            let names = self.stage.outputs.iter();
            names
                .map(|name| {
                    let output = outputs.get(name).ok_or_else(|| self.error("gave no output"))?;
                    let (shape, values) = output.try_extract_tensor::<f32>().map_err(|e| self.error(e))?;
                    if shape[..] != expected.map(|size| size as i64) {
                        let found = &shape[..];
                        return Err(self.error(format!(
                            "gave {name} in the shape {found:?}, expected {expected:?}"
                        )));
                    }
                    Ok(values.to_vec())
                })
                .collect::<Result<Vec<_>>>()
        });
        self.put_back(session);
        Ok((outputs?, spent))
    }
}
