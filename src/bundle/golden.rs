//! Golden vectors: a small scan, and what a reference implementation made of it.
//!
//! `golden.npz`, arrays of f64 stored uncompressed: `points` `[n,3]`, the scan in its own unit; `sigma`, the noise
//! handed to both runs, and `estimate`, what the noise stage says it is, in the same unit; `levels` `[m+1]`, the
//! relative noise of the chain; `clean` `[n,3]`, the result at eta 0; `clean_stochastic` `[n,3]`, the result at eta 1
//! with the standard normal `draws` `[m,n,3]`. A model without a noise stage has no `estimate`.

use std::io::Cursor;

use ndarray::{Array0, Array2, Array3, ArrayView2, Axis, OwnedRepr};
use ndarray_npy::NpzReader;

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
    /// Result of the ancestral run with `draws`.
    pub stochastic: Vec<[f64; 3]>,
    /// Standard normal draws of each step for each point.
    pub draws: Vec<Vec<[f64; 3]>>,
}

impl Golden {
    pub(super) fn read(bytes: &[u8]) -> Result<Golden, String> {
        let mut npz =
            NpzReader::new(Cursor::new(bytes)).map_err(|e| format!("golden.npz can't be read: {e}"))?;
        let names = npz
            .names()
            .map_err(|e| format!("golden.npz can't be read: {e}"))?;
        let sigma: Array0<f64> = array(&mut npz, "sigma")?;
        let estimate = match names.iter().any(|name| name == "estimate") {
            true => Some(array::<ndarray::Ix0>(&mut npz, "estimate")?.into_scalar()),
            false => None,
        };
        let points: Array2<f64> = array(&mut npz, "points")?;
        let clean: Array2<f64> = array(&mut npz, "clean")?;
        let stochastic: Array2<f64> = array(&mut npz, "clean_stochastic")?;
        let draws: Array3<f64> = array(&mut npz, "draws")?;
        let n = points.nrows();
        for (name, shape) in [("clean", clean.shape()), ("clean_stochastic", stochastic.shape())] {
            if shape != [n, 3] {
                return Err(format!(
                    "golden.npz: {name} has the shape {shape:?}, expected {:?}",
                    [n, 3]
                ));
            }
        }
        let steps = draws.len_of(Axis(0));
        if points.ncols() != 3 || draws.shape() != [steps, n, 3] {
            let found = (points.shape(), draws.shape());
            return Err(format!(
                "golden.npz: points and draws have the shapes {found:?}, expected [n, 3] and [m, n, 3]"
            ));
        }
        Ok(Golden {
            sigma: sigma.into_scalar(),
            estimate,
            steps,
            points: rows(points.view()),
            clean: rows(clean.view()),
            stochastic: rows(stochastic.view()),
            draws: draws.outer_iter().map(rows).collect(),
        })
    }
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
