//! Models from strangers: the manifest, the archive, the networks themselves.

use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use quietcloud::bundle::Bundle;
use quietcloud::{CloudView, Device, Error, Model, Params, denoise};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::ledger::within;

const MANIFEST: &[u8] = include_bytes!("../../tests/data/bundle/bundle.json");
const SCORE: &[u8] = include_bytes!("../../tests/data/bundle/score.onnx");
const NOISE: &[u8] = include_bytes!("../../tests/data/bundle/noise.onnx");

/// No input here takes a second when all is well.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes as the bundle.json beside two good networks.
pub fn manifest(bytes: &[u8]) {
    let archive = zipped(&[
        ("bundle.json", bytes),
        ("score.onnx", SCORE),
        ("noise.onnx", NOISE),
    ]);
    within(most(&archive), || check(Bundle::from_memory(&archive)));
}

/// Bytes as the whole archive.
pub fn archive(bytes: &[u8]) {
    // A reader takes memory for as many files as an archive claims, 65 535 at most.
    let most = most(bytes) + (12 << 20);
    let Some(bundle) = within(most, || check(Bundle::from_memory(bytes))) else {
        return;
    };
    let _ = within(most, || (check(bundle.golden()), check(bundle.recorded())));
    if let Some(model) = check(Model::from_bundle(bundle, Device::Cpu)) {
        run(&model);
    }
}

/// Bytes as the network of an otherwise good bundle.
pub fn network(bytes: &[u8]) {
    let mut manifest: Value = serde_json::from_slice(MANIFEST).unwrap();
    let digest: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut stage = manifest["stages"][0].clone();
    stage["sha256"] = json!(digest);
    manifest["stages"] = json!([stage]);
    let archive = zipped(&[
        ("bundle.json", manifest.to_string().as_bytes()),
        ("score.onnx", bytes),
    ]);
    let Some(bundle) = check(Bundle::from_memory(&archive)) else {
        return;
    };
    if let Some(model) = check(Model::from_bundle(bundle, Device::Cpu)) {
        run(&model);
    }
}

fn most(bytes: &[u8]) -> usize {
    (4 << 20) + 100 * bytes.len()
}

fn check<T>(result: Result<T, Error>) -> Option<T> {
    result
        .inspect_err(|error| assert!(!matches!(error, Error::Internal(_)), "{error}"))
        .ok()
}

/// A run that is given up when it takes too long, as a host would.
fn run(model: &Model) {
    let cloud: Vec<[f64; 3]> = (0..40)
        .map(|i| [i % 7, i / 7 % 5, i * i % 11].map(f64::from))
        .collect();
    let params = Params {
        noise: 0.3,
        steps: 2,
        threads: 1,
        ..Params::default()
    };
    let start = Instant::now();
    let mut watch = |_: f64| match start.elapsed() > PATIENCE {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    if let Some(denoised) = check(denoise(model, CloudView::from_f64(&cloud), &params, &mut watch)) {
        assert_eq!(denoised.points.len(), cloud.len());
    }
}

/// An archive as a bundle wants it: nothing compressed.
pub fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, bytes) in files {
        zip.start_file(*name, stored).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
