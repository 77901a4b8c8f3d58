//! Golden vectors: a cloud, the noise level and what a reference implementation made of it.
//!
//! `golden.npz`, arrays stored uncompressed: `input` f32 or f64 `[n,3]`, `sigma` f64 `[1]` (in the input's unit),
//! `output` f32 or f64 `[n,3]`; optional `steps` i64 `[1]`, `seed` i64 `[1]`.

use std::io::Cursor;

use ndarray::{Array1, Array2};
use ndarray_npy::{NpzReader, ReadNpzError};

/// A recorded run of a reference implementation.
#[derive(Debug)]
pub struct Golden {
    /// The noisy cloud.
    pub input: Vec<[f64; 3]>,
    /// Standard deviation of the noise, in the cloud's unit.
    pub sigma: f64,
    /// Number of steps; 0 as the model's default quality says.
    pub steps: usize,
    /// The expected points.
    pub output: Vec<[f64; 3]>,
}

impl Golden {
    pub(super) fn read(bytes: &[u8]) -> Result<Golden, String> {
        let mut npz = NpzReader::new(Cursor::new(bytes)).map_err(|e| format!("golden.npz can't be read: {e}"))?;
        let names = npz.names().map_err(|e| format!("golden.npz can't be read: {e}"))?;
        let missing = |e: ReadNpzError, name: &str| format!("golden.npz: {name}: {e}");
        let sigma = npz.by_name::<ndarray::OwnedRepr<f64>, ndarray::Ix1>("sigma").map_err(|e| missing(e, "sigma"))?;
        let sigma = first(&sigma, "sigma")?;
        let steps = match names.iter().any(|name| name == "steps") {
            true => {
                let steps: Array1<i64> = npz.by_name("steps").map_err(|e| missing(e, "steps"))?;
                usize::try_from(first(&steps, "steps")?).map_err(|_| "golden.npz: steps is negative".to_string())?
            }
            false => 0,
        };
        let input = points(&mut npz, "input")?;
        let output = points(&mut npz, "output")?;
        if input.len() != output.len() {
            return Err(format!("golden.npz: {} input points but {} output points", input.len(), output.len()));
        }
        Ok(Golden { input, sigma, steps, output })
    }
}

fn first<T: Copy>(array: &Array1<T>, name: &str) -> Result<T, String> {
    array.first().copied().ok_or_else(|| format!("golden.npz: {name} is empty"))
}

fn points(npz: &mut NpzReader<Cursor<&[u8]>>, name: &str) -> Result<Vec<[f64; 3]>, String> {
    let wide: Result<Array2<f64>, _> = npz.by_name(name);
    let array = match wide {
        Ok(array) => array,
        Err(_) => {
            let narrow: Array2<f32> = npz.by_name(name).map_err(|e| format!("golden.npz: {name}: {e}"))?;
            narrow.mapv(f64::from)
        }
    };
    if array.ncols() != 3 {
        return Err(format!("golden.npz: {name} has {} columns, expected 3", array.ncols()));
    }
    Ok(array.rows().into_iter().map(|row| [row[0], row[1], row[2]]).collect())
}
