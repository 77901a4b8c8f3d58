//! Noise that differs from place to place: each point is treated by what is seen around it.

mod common;
mod stand_in;

use common::Scratch;
use quietcloud::pipeline::{denoise_file, denoise_in_pieces};
use quietcloud::random::Noise;
use quietcloud::{CloudView, Device, Model, Params, denoise, io};

const SIDE: u64 = 160;

/// A plane, a unit between its points, whose noise grows along x from a tenth of that to more than it.
fn growing() -> Vec<[f64; 3]> {
    let noise = Noise::new(4);
    let points = (0..SIDE * SIDE).map(|i| {
        let (x, y) = ((i % SIDE) as f64, (i / SIDE) as f64);
        let sigma = 0.1 * (2.5 * x / SIDE as f64).exp();
        let d = noise.normal(0, i);
        [x + sigma * d[0], y + sigma * d[1], sigma * d[2]]
    });
    points.collect()
}

/// RMS height over the plane of those that came from x in `range`, away from the rims.
fn height(points: &[[f64; 3]], range: std::ops::Range<u64>) -> f64 {
    let rows = (10..SIDE - 10).flat_map(|y| range.clone().map(move |x| (y * SIDE + x) as usize));
    let squares: Vec<f64> = rows.map(|i| points[i][2].powi(2)).collect();
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}

#[test]
fn each_place_gets_its_own_noise_in_memory_and_in_pieces() {
    stand_in::need_runtime();
    let model = Model::builtin(Device::Cpu).unwrap();
    let points = growing();
    let run = |noise: f64| {
        let params = Params {
            noise,
            ..Params::default()
        };
        denoise(&model, CloudView::from_f64(&points), &params, &mut ()).unwrap()
    };
    let (found, told) = (run(0.0), run(0.1 * 1.25_f64.exp()));
    let [low, high] = found.report.noise_range;
    assert!(low < 0.6 && high > 1.7, "{low} {high}");
    // Who tells the noise tells it for every point.
    assert_eq!(told.report.noise_range, [1.0; 2]);
    // The loud side, against one level for both; the quiet one, which on a plane has nothing to gain from less smoothing (a
    // level too high leaves it flatter), against its own noise.
    let (quiet, loud) = (10..40, SIDE - 40..SIDE - 10);
    let gain = height(&found.points, loud.clone()) / height(&told.points, loud);
    assert!(gain < 0.7, "{gain}");
    let noise = quiet
        .clone()
        .map(|x| (0.1 * (2.5 * x as f64 / SIDE as f64).exp()).powi(2))
        .sum::<f64>();
    let left = height(&found.points, quiet.clone()) / (noise / quiet.count() as f64).sqrt();
    assert!(left < 0.25, "{left}");

    let scratch = Scratch::new("varying");
    let [scan, whole, pieces] = ["a.ply", "w.ply", "p.ply"].map(|name| scratch.path(name));
    io::write(&scan, &points).unwrap();
    let params = Params::default();
    let expected = denoise_file(&model, &scan, &whole, &params, &mut ()).unwrap();
    let cut = denoise_in_pieces(&model, &scan, &pieces, &params, 6000, &mut ()).unwrap();
    assert!(cut.tiles > expected.tiles, "{cut:?}");
    assert_eq!(cut.noise_range, expected.noise_range);
    let (whole, pieces) = (io::read(&whole).unwrap(), io::read(&pieces).unwrap());
    for (p, q) in whole.points().iter().zip(pieces.points()) {
        assert!((0..3).all(|a| (p[a] - q[a]).abs() < 1e-5), "{p:?} {q:?}");
    }
}

/// One level for all of a cloud whose noise is the same everywhere, to the last bit: what is seen around points differs by
/// chance and by the shape.
#[test]
fn the_same_noise_everywhere_stays_one_number() {
    stand_in::need_runtime();
    let model = Model::builtin(Device::Cpu).unwrap();
    let noise = Noise::new(6);
    let points: Vec<[f64; 3]> = (0..12_000)
        .map(|i| {
            let d = noise.normal(1, i);
            let place = noise.normal(0, i);
            let length = place.iter().map(|c| c * c).sum::<f64>().sqrt();
            std::array::from_fn(|a| 30.0 * place[a] / length + 0.4 * d[a])
        })
        .collect();
    let run = |params: &Params| denoise(&model, CloudView::from_f64(&points), params, &mut ()).unwrap();
    let found = run(&Params::default());
    assert_eq!(found.report.noise_range, [1.0; 2]);
    let told = run(&Params {
        noise: found.report.noise,
        ..Params::default()
    });
    assert_eq!(found.points, told.points);
}
