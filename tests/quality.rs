//! A bundle may give quality `high` a network of its own; every other quality does without it.

mod networks;
mod stand_in;

use networks::{attribute_integer, attribute_integers, network, node};
use quietcloud::params::Quality;
use quietcloud::pipeline::{Tuning, check, denoise_tuned};
use quietcloud::{CloudView, Device, Error, Model, Params, denoise};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

type Points = Vec<[f64; 3]>;

/// A network whose answer is the mean, or the largest, of the edges.
fn answers(with: &str) -> Vec<u8> {
    let attributes = [attribute_integers("axes", &[1]), attribute_integer("keepdims", 0)];
    network(&[node(with, &["edges"], &["noise"], &attributes)], &[])
}

/// A bundle of `score` with `high` beside it.
fn bundle(score: &[u8], high: &[u8]) -> TempDir {
    let folder = networks::folder(score);
    let path = folder.path().join("bundle.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let mut stage = manifest["stages"][0].clone();
    let digest = Sha256::digest(high);
    stage["role"] = "score_high".into();
    stage["file"] = "high.onnx".into();
    let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    stage["sha256"] = hexadecimal.into();
    manifest["stages"].as_array_mut().unwrap().push(stage);
    std::fs::write(path, manifest.to_string()).unwrap();
    std::fs::write(folder.path().join("high.onnx"), high).unwrap();
    folder
}

fn run(folder: &TempDir, quality: Quality) -> Result<Points, Error> {
    let model = Model::open(folder.path(), Device::Cpu).unwrap();
    let turn = |i: usize| (i as f64 * 0.618_034).fract() * 9.0;
    let points: Points = (0..500)
        .map(|i| [turn(i), turn(i * i), 0.3 * turn(7 * i)])
        .collect();
    let params = Params {
        noise: 0.3,
        steps: 3,
        quality,
        ..Params::default()
    };
    denoise(&model, CloudView::from_f64(&points), &params, &mut ()).map(|clean| clean.points)
}

#[test]
fn high_walks_by_its_own_network_and_the_others_by_the_common_one() {
    stand_in::need_runtime();
    let (mean, largest) = (answers("ReduceMean"), answers("ReduceMax"));
    let alone = |network: &[u8]| run(&networks::folder(network), Quality::High).unwrap();
    let both = bundle(&mean, &largest);
    assert_ne!(alone(&mean), alone(&largest));
    assert_eq!(run(&both, Quality::High).unwrap(), alone(&largest));
    assert_eq!(run(&both, Quality::Balanced).unwrap(), alone(&mean));
    assert_eq!(run(&both, Quality::Fast).unwrap(), alone(&mean));
}

#[test]
fn a_network_for_high_that_can_not_run_is_an_error_of_high_alone() {
    stand_in::need_runtime();
    let strange = network(&[node("NoSuchOperator", &["edges"], &["noise"], &[])], &[]);
    let both = bundle(&answers("ReduceMean"), &strange);
    run(&both, Quality::Balanced).unwrap();
    match run(&both, Quality::High) {
        Err(Error::Network { role, reason }) => {
            assert!(
                role == "score_high" && reason.contains("NoSuchOperator"),
                "{role}: {reason}"
            );
        }
        other => panic!("{other:?}"),
    }
}

/// Windows and neighbours of neighbours, which the default model does without: as PyTorch has it, and in tiles as in one.
#[test]
fn a_network_with_windows_gives_what_it_gave_where_it_was_made() {
    stand_in::need_runtime();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/high");
    let model = Model::open(&folder, Device::Cpu).unwrap();
    let found = check(&model).unwrap();
    assert!(found.passed(), "{found:?}");
    assert!(format!("{found:?}").contains("quality high"), "{found:?}");
    let turn = |i: usize| (i as f64 * 0.618_034).fract() * 60.0;
    let points: Points = (0..8_000)
        .map(|i| [turn(i), i as f64 * 60.0 / 8_000.0, 0.1 * turn(7 * i)])
        .collect();
    let run = |tile: usize| {
        let params = Params {
            noise: 0.3,
            steps: 2,
            quality: Quality::High,
            ..Params::default()
        };
        let tuning = Tuning {
            tile: Some(tile),
            ..Tuning::default()
        };
        denoise_tuned(&model, CloudView::from_f64(&points), &params, &mut (), tuning).unwrap()
    };
    let (tiled, whole) = (run(900), run(100_000));
    assert!(tiled.report.tiles > 5 && whole.report.tiles == 1);
    let apart = std::iter::zip(tiled.points.as_flattened(), whole.points.as_flattened());
    let largest = apart.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / whole.report.spacing;
    assert!(largest < 1e-5, "{largest} spacings apart");
}
