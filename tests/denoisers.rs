//! The denoisers that ship beside the default one: ScoreDenoise, Langevin, DDPM.

mod stand_in;

use std::path::Path;

use quietcloud::bundle::Bundle;
use quietcloud::pipeline::{Denoised, Tuning, check, denoise_tuned};
use quietcloud::{CloudView, Device, Error, Model, Params, denoise};
use serde_json::{Value, json};
use stand_in::{need_runtime, noisy_sphere, off_sphere};

const NAMES: [&str; 3] = ["scoredenoise", "langevin-denoiser", "ddpm-denoiser"];
const CENTER: [f64; 3] = [10.0, -20.0, 30.0];

fn open(name: &str) -> Model {
    need_runtime();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name);
    Model::open(&folder, Device::Cpu).unwrap()
}

fn tuned(model: &Model, points: &[[f64; 3]], params: &Params, tuning: Tuning) -> Denoised {
    denoise_tuned(model, CloudView::from_f64(points), params, &mut (), tuning).unwrap()
}

#[test]
fn golden_vectors_agree_with_python() {
    for name in NAMES {
        let found = check(&open(name)).unwrap();
        assert!(found.points > 0 && found.steps > 1, "{name}: {found:?}");
        assert!(found.passed(), "{name}: {found:?}");
    }
}

#[test]
fn noise_goes_away() {
    let (radius, sigma) = (5.0, 0.06);
    let noisy = noisy_sphere(6000, radius, CENTER, sigma);
    for name in NAMES {
        let done = tuned(&open(name), &noisy, &Params::default(), Tuning::default());
        let (before, after) = (
            off_sphere(&noisy, radius, CENTER),
            off_sphere(&done.points, radius, CENTER),
        );
        assert!(after < 0.75 * before, "{name}: {before} -> {after}");
        assert!(done.report.spacing > 0.0 && done.report.steps > 0);
    }
}

#[test]
fn tiles_and_threads_change_no_answer() {
    let noisy = noisy_sphere(6000, 5.0, CENTER, 0.06);
    for name in NAMES {
        let model = open(name);
        let run = |threads, tile| {
            let params = Params {
                threads,
                noise: 0.06,
                steps: 3,
                ..Params::default()
            };
            let tuning = Tuning {
                tile: Some(tile),
                eta: Some(1.0),
                ..Tuning::default()
            };
            tuned(&model, &noisy, &params, tuning)
        };
        let (one, many, threaded) = (run(1, 6000), run(1, 700), run(3, 700));
        assert!(one.report.tiles == 1 && many.report.tiles > 8, "{name}");
        assert_eq!(many.points, threaded.points, "{name}: threads");
        let apart = one.points.iter().flatten().zip(many.points.iter().flatten());
        let worst = apart.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / one.report.spacing;
        assert!(worst < 1e-4, "{name}: tiles {worst} spacings apart");
    }
}

#[test]
fn hostile_clouds_come_back() {
    let nan = [f64::NAN, 0.0, 0.0];
    for name in NAMES {
        let model = open(name);
        for points in [vec![], vec![[1.0; 3]; 5], vec![[1.0; 3]; 300], {
            let mut some = noisy_sphere(300, 1.0, CENTER, 0.02);
            some[7] = nan;
            some
        }] {
            let params = Params {
                noise: 0.02,
                ..Params::default()
            };
            let done = denoise(&model, CloudView::from_f64(&points), &params, &mut ()).unwrap();
            assert_eq!(done.points.len(), points.len());
            let finite = |p: &[f64; 3]| p.iter().all(|c| c.is_finite());
            assert!(
                done.points
                    .iter()
                    .zip(&points)
                    .all(|(a, b)| finite(a) == finite(b)),
                "{name}"
            );
        }
    }
}

/// What `change` makes of a shipped manifest, opened.
fn edited(name: &str, change: impl FnOnce(&mut Value)) -> Result<Bundle, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name);
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    let path = copy.path().join("bundle.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    std::fs::write(path, manifest.to_string()).unwrap();
    match Bundle::open(copy.path()) {
        Ok(bundle) => Ok(bundle),
        Err(Error::Bundle { reason, .. }) => Err(reason),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_manifest_that_makes_no_sense_is_refused() {
    let refused = |name: &str, path: &str, value: Value, parts: &[&str]| {
        let result = edited(name, |manifest| {
            *manifest.pointer_mut(path).unwrap() = value.clone()
        });
        let reason = result.expect_err(path);
        assert!(parts.iter().all(|part| reason.contains(part)), "{path}: {reason}");
    };
    assert!(edited("scoredenoise", |_| ()).is_ok());
    refused("scoredenoise", "/sampling/ensemble", json!(0), &["ensemble is 0"]);
    refused(
        "scoredenoise",
        "/sampling/ensemble",
        json!(21),
        &["ensemble is 21", "20"],
    );
    refused("scoredenoise", "/sampling/decay", json!(1.5), &["decay is 1.5"]);
    refused(
        "scoredenoise",
        "/sampling/contributions",
        json!("most"),
        &["most", "sum", "mean"],
    );
    refused(
        "scoredenoise",
        "/stages/0/inputs",
        json!(["points"]),
        &["normalization", "sphere"],
    );
    refused("langevin-denoiser", "/sampling/heat", json!(2), &["heat is 2"]);
    refused("langevin-denoiser", "/sampling/inner", json!(0), &["inner is 0"]);
    refused(
        "ddpm-denoiser",
        "/schedule/end",
        json!(1.5),
        &["schedule", "beta"],
    );
    refused("ddpm-denoiser", "/schedule/steps", json!(0), &["schedule"]);
    refused("ddpm-denoiser", "/normalization", json!("shape"), &["spacing"]);
}
