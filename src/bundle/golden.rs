//! Golden vectors: a small scan, and what a reference implementation made of it.
//!
//! `golden.npz`, arrays of f64 stored uncompressed: `points` `[n,3]`, the scan in its own unit; `sigma`, the noise
//! handed to the runs, and `estimate`, what the noise stage says it is, in the same unit; `levels` `[m+1]`, the
//! relative noise of the chain; `steps`, the number of steps, m unless given; `clean` `[n,3]`, the result at eta (of
//! Langevin: heat) 0; `clean_stochastic` `[n,3]`, the result at 1 with the standard normal `draws` `[m,n,3]`; `clean_high`
//! `[n,3]`, as `clean`, by the network of quality `high`. A model without a noise stage has no `estimate`, one that draws
//! nothing neither `clean_stochastic` nor `draws`, one with a single score network no `clean_high`.

use std::io::Cursor;

use ndarray::{Array0, Array2, Array3, ArrayView2, Axis, Ix0, OwnedRepr};
use ndarray_npy::NpzReader;

use super::archive;

/// A recorded run of a reference implementation.
#[derive(Clone, Debug, PartialEq)]
pub struct Golden {
    /// The scan.
    pub points: Vec<[f64; 3]>,
    /// Standard deviation of the noise that the runs were told, in the scan's unit.
    pub sigma: f64,
    /// What the reference estimated it to be.
    pub estimate: Option<f64>,
    /// Number of steps.
    pub steps: usize,
    /// Result of the deterministic run.
    pub clean: Vec<[f64; 3]>,
    /// The same by the network of quality `high`, of a model that has one.
    pub high: Option<Vec<[f64; 3]>>,
    /// The run that draws, of a model that does.
    pub stochastic: Option<Stochastic>,
}

/// A run with noise.
#[derive(Clone, Debug, PartialEq)]
pub struct Stochastic {
    /// Its result.
    pub clean: Vec<[f64; 3]>,
    /// Standard normal draws of each step for each point.
    pub draws: Vec<Vec<[f64; 3]>>,
}

impl Golden {
    pub(super) fn read(bytes: &[u8]) -> Result<Golden, String> {
        let mut npz = archive::golden(bytes)?;
        let names = npz
            .names()
            .map_err(|e| format!("golden.npz can't be read: {e}"))?;
        let has = |name: &str| names.iter().any(|found| found == name);
        let sigma: Array0<f64> = array(&mut npz, "sigma")?;
        let mut scalar = |name: &str| match has(name) {
            true => array::<Ix0>(&mut npz, name).map(|value| Some(value.into_scalar())),
            false => Ok(None),
        };
        let (estimate, steps) = (scalar("estimate")?, scalar("steps")?);
        let points: Array2<f64> = array(&mut npz, "points")?;
        let clean: Array2<f64> = array(&mut npz, "clean")?;
        let n = points.nrows();
        shaped("points", points.shape(), &[n, 3])?;
        shaped("clean", clean.shape(), &[n, 3])?;
        let high = if has("clean_high") {
            let high: Array2<f64> = array(&mut npz, "clean_high")?;
            shaped("clean_high", high.shape(), &[n, 3])?;
            Some(rows(high.view()))
        } else {
            None
        };
        let stochastic = if has("draws") || has("clean_stochastic") || steps.is_none() {
            let clean: Array2<f64> = array(&mut npz, "clean_stochastic")?;
            let draws: Array3<f64> = array(&mut npz, "draws")?;
            shaped("clean_stochastic", clean.shape(), &[n, 3])?;
            shaped("draws", draws.shape(), &[draws.len_of(Axis(0)), n, 3])?;
            Some(Stochastic {
                clean: rows(clean.view()),
                draws: draws.outer_iter().map(rows).collect(),
            })
        } else {
            None
        };
        let drawn = stochastic.as_ref().map_or(0, |run| run.draws.len());
        let steps = match steps {
            None => drawn,
            Some(steps) if (1.0..=1000.0).contains(&steps) && steps.fract() == 0.0 => steps as usize,
            Some(steps) => return Err(format!("golden.npz: steps is {steps}, expected 1 to 1000")),
        };
        Ok(Golden {
            sigma: sigma.into_scalar(),
            estimate,
            steps,
            points: rows(points.view()),
            clean: rows(clean.view()),
            high,
            stochastic,
        })
    }
}

fn shaped(name: &str, found: &[usize], expected: &[usize]) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!(
        "golden.npz: {name} has the shape {found:?}, expected {expected:?}"
    ))
}

fn array<D: ndarray::Dimension>(
    npz: &mut NpzReader<Cursor<&[u8]>>,
    name: &str,
) -> Result<ndarray::Array<f64, D>, String> {
    npz.by_name::<OwnedRepr<f64>, D>(name)
        .map_err(|e| format!("golden.npz: {name}: {e}"))
}

fn rows(array: ArrayView2<'_, f64>) -> Vec<[f64; 3]> {
    array
        .rows()
        .into_iter()
        .map(|row| [row[0], row[1], row[2]])
        .collect()
}
