//! `sampling.turned`: every step shows the network the cloud in another orientation, and turns its answer back.

mod networks;
mod stand_in;

use networks::{Message, attribute_integer, attribute_integers, network, node, tensor};
use quietcloud::{CloudView, Device, Model, Params, denoise};
use serde_json::Value;

type Points = Vec<[f64; 3]>;

/// A network whose answer is the mean of the edges, each coordinate so many times.
fn mean(times: [f32; 3]) -> Message {
    let attributes = [attribute_integers("axes", &[1]), attribute_integer("keepdims", 0)];
    let raw: Vec<u8> = times.iter().flat_map(|value| value.to_le_bytes()).collect();
    network(
        &[
            node("ReduceMean", &["edges"], &["mean"], &attributes),
            node("Mul", &["mean", "times"], &["noise"], &[]),
        ],
        &[tensor("times", 1, &[3], &raw)],
    )
}

/// By how much `steps` steps move the points of a noisy sphere.
fn ways(network: &[u8], turned: bool, steps: usize) -> Points {
    stand_in::need_runtime();
    let folder = networks::folder(network);
    let path = folder.path().join("bundle.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    manifest["sampling"]["turned"] = turned.into();
    std::fs::write(path, manifest.to_string()).unwrap();
    let model = Model::open(folder.path(), Device::Cpu).unwrap();
    let points = stand_in::noisy_sphere(500, 1.0, [0.0; 3], 0.05);
    let params = Params {
        noise: 0.05,
        steps,
        ..Params::default()
    };
    let clean = denoise(&model, CloudView::from_f64(&points), &params, &mut ()).unwrap();
    assert_eq!(clean.report.steps, steps);
    let moved = clean.points.iter().zip(&points);
    moved.map(|(a, b)| [0, 1, 2].map(|c| a[c] - b[c])).collect()
}

fn length(v: [f64; 3]) -> f64 {
    v.iter().map(|c| c * c).sum::<f64>().sqrt()
}

/// Mean share of each way that doesn't lie along the longest of them.
fn aside(ways: &Points) -> f64 {
    let longest = ways
        .iter()
        .copied()
        .max_by(|a, b| length(*a).total_cmp(&length(*b)))
        .unwrap();
    let share = |way: &[f64; 3]| {
        let cross = [0, 1, 2].map(|a| {
            let (b, c) = ((a + 1) % 3, (a + 2) % 3);
            way[b] * longest[c] - way[c] * longest[b]
        });
        length(cross) / (length(longest) * length(*way).max(1e-12))
    };
    ways.iter().map(share).sum::<f64>() / ways.len() as f64
}

#[test]
fn an_answer_that_turns_with_the_cloud_stays_what_it_was() {
    let network = mean([1.0; 3]);
    let (plain, turned) = (ways(&network, false, 5), ways(&network, true, 5));
    let apart = plain
        .iter()
        .zip(&turned)
        .map(|(a, b)| length([0, 1, 2].map(|c| a[c] - b[c])));
    let typical = plain.iter().map(|way| length(*way)).sum::<f64>() / plain.len() as f64;
    let worst = apart.fold(0.0, f64::max);
    assert!(typical > 0.001 && worst < 1e-4 * typical, "{worst} of {typical}");
}

#[test]
fn an_answer_along_one_axis_moves_points_along_another_in_every_step() {
    let network = mean([1.0, 0.0, 0.0]);
    for steps in [1, 2] {
        for way in ways(&network, false, steps) {
            assert!(way[1].abs() + way[2].abs() < 1e-12, "{way:?}");
        }
    }
    let once = ways(&network, true, 1);
    assert!(aside(&once) < 1e-5, "one direction: {}", aside(&once));
    assert!(
        once.iter()
            .any(|way| way[1].abs() + way[2].abs() > 0.1 * length(*way))
    );
    let twice = ways(&network, true, 2);
    assert!(aside(&twice) > 0.1, "two directions: {}", aside(&twice));
}
