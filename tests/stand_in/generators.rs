//! The analytic generators of `tests/data/make_generators.py`, and the laws of their data.

use std::path::{Path, PathBuf};

use quietcloud::{Device, Model};

/// Every generator's folder.
pub const ALL: [&str; 8] = [
    "ddpm-gaussian",
    "ddpm-mixture",
    "vdm-gaussian",
    "vdm-mixture",
    "langevin-gaussian",
    "langevin-mixture",
    "vae",
    "lion",
];

/// Mean and deviation of the normal data.
pub const MEAN: [f64; 3] = [0.5, -0.3, 0.2];
pub const DEVIATION: [f64; 3] = [0.6, 1.0, 1.2];

/// Weight of the mixture's component with the smaller x.
pub const WEIGHT: f64 = 0.3;

/// The mean of lion's shape latent, which is the deviation of its clouds.
pub const SHAPE: [f64; 3] = [1.5, 1.0, 0.5];

pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/generators")
        .join(name)
}

pub fn open(name: &str) -> Model {
    super::need_runtime();
    Model::open(&folder(name), Device::Cpu).unwrap()
}

/// Mean and (biased) covariance.
pub fn moments(samples: &[[f64; 3]]) -> ([f64; 3], [[f64; 3]; 3]) {
    let n = samples.len() as f64;
    let mean: [f64; 3] = std::array::from_fn(|a| samples.iter().map(|p| p[a]).sum::<f64>() / n);
    let entry = |a: usize, b: usize| {
        samples
            .iter()
            .map(|p| (p[a] - mean[a]) * (p[b] - mean[b]))
            .sum::<f64>()
            / n
    };
    (
        mean,
        std::array::from_fn(|a| std::array::from_fn(|b| entry(a, b))),
    )
}

/// Mean and covariance within three standard errors of a normal law with independent axes.
#[track_caller]
pub fn assert_law(what: &str, samples: &[[f64; 3]], mean: [f64; 3], variance: [f64; 3]) {
    let n = samples.len() as f64;
    let (found, covariance) = moments(samples);
    for a in 0..3 {
        let error = (variance[a] / n).sqrt();
        let off = (found[a] - mean[a]) / error;
        assert!(
            off.abs() < 3.0,
            "{what}: mean {a} is {off:.2} standard errors off"
        );
        for b in a..3 {
            let expected = if a == b { variance[a] } else { 0.0 };
            let error = ((variance[a] * variance[b] + expected * expected) / n).sqrt();
            let off = (covariance[a][b] - expected) / error;
            assert!(
                off.abs() < 3.0,
                "{what}: covariance {a}{b} is {off:.2} standard errors off"
            );
        }
    }
}
