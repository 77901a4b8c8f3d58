//! What the tests share: the stand-in model, clouds, and a clear word where ONNX Runtime is missing.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod command;
pub mod generators;

use std::path::{Path, PathBuf};

use quietcloud::model::runtime;
use quietcloud::random::Noise;
use quietcloud::{Device, Model};

/// The analytic model of `tests/data/make_bundle.py`.
pub fn bundle() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bundle")
}

/// The analytic model, opened; fails with what to do where there is no ONNX Runtime.
pub fn model() -> Model {
    need_runtime();
    Model::open(&bundle(), Device::Cpu).unwrap()
}

/// A test that needs ONNX Runtime must not pass without it.
pub fn need_runtime() {
    if let Err(error) = runtime::load() {
        panic!("{error}\n\nthis test needs ONNX Runtime: run `cargo xtask setup`");
    }
}

/// n points spread evenly over a sphere around `center`, displaced by `sigma` along each axis.
pub fn noisy_sphere(n: usize, radius: f64, center: [f64; 3], sigma: f64) -> Vec<[f64; 3]> {
    let noise = Noise::new(42);
    let golden = std::f64::consts::PI * (3.0 - 5f64.sqrt());
    let point = |i: usize| {
        let z = 1.0 - (2 * i + 1) as f64 / n as f64;
        let (around, ring) = (golden * i as f64, (1.0 - z * z).sqrt());
        let draw = noise.normal(0, i as u64);
        let clean = [ring * around.cos(), ring * around.sin(), z];
        std::array::from_fn(|a| center[a] + radius * clean[a] + sigma * draw[a])
    };
    (0..n).map(point).collect()
}

/// Root mean square distance from the sphere.
pub fn off_sphere(points: &[[f64; 3]], radius: f64, center: [f64; 3]) -> f64 {
    let square = |p: &[f64; 3]| {
        let r = (0..3).map(|a| (p[a] - center[a]).powi(2)).sum::<f64>().sqrt();
        (r - radius).powi(2)
    };
    (points.iter().map(square).sum::<f64>() / points.len() as f64).sqrt()
}

/// Root mean square distance between corresponding points.
pub fn moved(a: &[[f64; 3]], b: &[[f64; 3]]) -> f64 {
    let square = |(p, q): (&[f64; 3], &[f64; 3])| (0..3).map(|c| (p[c] - q[c]).powi(2)).sum::<f64>();
    (a.iter().zip(b).map(square).sum::<f64>() / a.len() as f64).sqrt()
}
