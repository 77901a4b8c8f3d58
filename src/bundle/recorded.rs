//! Golden vectors of a generator: the draws of a reference implementation, and what it made of them.
//!
//! `golden.npz`, arrays of f64 or f32 stored uncompressed: `point_draws` `[S+1,n,D]`, row 0 the initial state and row
//! i + 1 the draw of transition i; `latent_draws` `[S+1,1,dz]`, likewise, where the model has latents; `expected` `[n,3]`;
//! `eta` and `steps`. For a model with encoders `input` and `reconstruction`, `[n,3]`, all in model units.

use std::io::Cursor;

use ndarray::{Array, Array2, Array3, Axis, Dimension, Ix0, OwnedRepr};
use ndarray_npy::NpzReader;

use super::archive;

/// A recorded run of a reference implementation.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The draws for the points, the initial state first; rows one after the other.
    pub points: Vec<Vec<f64>>,
    /// Those for the code.
    pub latents: Vec<Vec<f64>>,
    /// The cloud that came out.
    pub expected: Vec<[f64; 3]>,
    /// The sampler's eta.
    pub eta: f64,
    /// Steps taken.
    pub steps: usize,
    /// A cloud to encode.
    pub input: Option<Vec<[f64; 3]>>,
    /// What came out when it was decoded.
    pub reconstruction: Vec<[f64; 3]>,
}

type Npz<'a> = NpzReader<Cursor<&'a [u8]>>;

impl Recorded {
    pub(super) fn read(bytes: &[u8]) -> Result<Recorded, String> {
        let unreadable = |e: ndarray_npy::ReadNpzError| format!("golden.npz can't be read: {e}");
        let mut npz = archive::golden(bytes)?;
        let names = npz.names().map_err(unreadable)?;
        let has = |name: &str| names.iter().any(|found| found == name);
        let points = steps(&mut npz, "point_draws")?;
        let latents = if has("latent_draws") {
            steps(&mut npz, "latent_draws")?
        } else {
            Vec::new()
        };
        let expected = cloud(&mut npz, "expected")?;
        let (input, reconstruction) = if has("input") {
            (
                Some(cloud(&mut npz, "input")?),
                cloud(&mut npz, "reconstruction")?,
            )
        } else {
            (None, Vec::new())
        };
        let eta: Array<f64, Ix0> = array(&mut npz, "eta")?;
        let count: Array<f64, Ix0> = array(&mut npz, "steps")?;
        Ok(Recorded {
            points,
            latents,
            expected,
            eta: eta.into_scalar(),
            steps: count.into_scalar().max(0.0) as usize,
            input,
            reconstruction,
        })
    }
}

fn steps(npz: &mut Npz<'_>, name: &str) -> Result<Vec<Vec<f64>>, String> {
    let draws: Array3<f64> = array(npz, name)?;
    Ok(draws
        .axis_iter(Axis(0))
        .map(|step| step.iter().copied().collect())
        .collect())
}

fn cloud(npz: &mut Npz<'_>, name: &str) -> Result<Vec<[f64; 3]>, String> {
    let rows: Array2<f64> = array(npz, name)?;
    if rows.ncols() != 3 {
        return Err(format!(
            "golden.npz: {name} has the shape {:?}, expected [n, 3]",
            rows.shape()
        ));
    }
    Ok(rows
        .rows()
        .into_iter()
        .map(|row| [row[0], row[1], row[2]])
        .collect())
}

/// An array of whatever kind of number it is.
fn array<D: Dimension>(npz: &mut Npz<'_>, name: &str) -> Result<Array<f64, D>, String> {
    if let Ok(found) = npz.by_name::<OwnedRepr<f64>, D>(name) {
        return Ok(found);
    }
    if let Ok(found) = npz.by_name::<OwnedRepr<f32>, D>(name) {
        return Ok(found.mapv(f64::from));
    }
    let found = npz.by_name::<OwnedRepr<i64>, D>(name);
    found
        .map(|found| found.mapv(|value| value as f64))
        .map_err(|e| format!("golden.npz: {name}: {e}"))
}
