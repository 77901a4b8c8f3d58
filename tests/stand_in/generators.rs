//! The analytic generators of `tests/data/make_generators.py`, and the laws of their data.

use std::fs;
use std::path::{Path, PathBuf};

use quietcloud::{Device, Error, GenerateParams, Model};
use serde_json::Value;
use tempfile::TempDir;

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

/// A copy of a generator whose manifest a test may spoil.
pub fn edited(name: &str, change: impl FnOnce(&mut Value)) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(folder(name)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    let path = copy.path().join("bundle.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    fs::write(path, manifest.to_string()).unwrap();
    copy
}

#[track_caller]
pub fn tells<T>(result: Result<T, Error>, code: i32, parts: &[&str]) {
    let error = result.err().expect("was not refused");
    let text = error.to_string();
    assert_eq!(error.code(), code, "{text}");
    assert!(
        parts.iter().all(|part| text.contains(part)),
        "'{text}' does not tell {parts:?}"
    );
}

pub fn quick() -> GenerateParams {
    GenerateParams {
        threads: 2,
        ..GenerateParams::default()
    }
}

/// A cloud with its own place and unit.
pub fn ellipsoid(points: usize) -> Vec<[f64; 3]> {
    let sphere = super::noisy_sphere(points, 1.0, [0.0; 3], 0.3);
    sphere
        .iter()
        .map(|p| [1000.0 + 70.0 * p[0], -20.0 + 30.0 * p[1], 5.0 + 10.0 * p[2]])
        .collect()
}
