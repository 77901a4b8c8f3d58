//! What the model that ships promises: the noise is seen and taken away, edges stay, a clean scan is left alone,
//! and tiles never show.

mod stand_in;

use quietcloud::pipeline::{Tuning, check, denoise_tuned};
use quietcloud::random::Noise;
use quietcloud::{CloudView, Denoised, Device, Model, Params, denoise};
use stand_in::{moved, need_runtime, noisy_sphere, off_sphere};

fn model() -> Model {
    need_runtime();
    Model::builtin(Device::Cpu).unwrap()
}

fn run(model: &Model, points: &[[f64; 3]]) -> Denoised {
    denoise(model, CloudView::from_f64(points), &Params::default(), &mut ()).unwrap()
}

#[test]
fn no_moment_is_told_twice() {
    let (model, points) = (model(), noisy(&cube(40), 0.03));
    let start = std::time::Instant::now();
    let report = run(&model, &points).report;
    assert!(report.steps > 1 && report.milliseconds.spread > 0.0);
    assert!(report.milliseconds.total() <= start.elapsed().as_secs_f64() * 1e3);
}

/// The surface of the cube [-1, 1]^3: blue-ish noise by a jittered lattice of `side`^2 points on each face.
fn cube(side: usize) -> Vec<[f64; 3]> {
    let jitter = Noise::new(3);
    let mut points = Vec::new();
    for face in 0..6 {
        for i in 0..side * side {
            let draw = jitter.normal(face as u32, i as u64);
            let at = |cell: usize, d: f64| {
                ((cell as f64 + 0.5 + 0.2 * d) / side as f64 * 2.0 - 1.0).clamp(-1.0, 1.0)
            };
            let (u, v) = (at(i / side, draw[0]), at(i % side, draw[1]));
            let w = if face % 2 == 0 { 1.0 } else { -1.0 };
            points.push(match face / 2 {
                0 => [w, u, v],
                1 => [u, w, v],
                _ => [u, v, w],
            });
        }
    }
    points
}

fn noisy(clean: &[[f64; 3]], sigma: f64) -> Vec<[f64; 3]> {
    let noise = Noise::new(8);
    let moved = |(i, p): (usize, &[f64; 3])| {
        let draw = noise.normal(0, i as u64);
        [0, 1, 2].map(|a| p[a] + sigma * draw[a])
    };
    clean.iter().enumerate().map(moved).collect()
}

/// Distance from the surface of the cube [-1, 1]^3.
fn off_cube(p: &[f64; 3]) -> f64 {
    let outside = p.map(|c| (c.abs() - 1.0).max(0.0));
    let reach = p.iter().fold(0.0, |m: f64, c| m.max(c.abs()));
    if reach > 1.0 {
        outside.iter().map(|c| c * c).sum::<f64>().sqrt()
    } else {
        1.0 - reach
    }
}

fn rms(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0), |(sum, n), v| (sum + v * v, n + 1));
    (sum / f64::from(n)).sqrt()
}

#[test]
fn it_gives_what_it_gave_where_it_was_made() {
    let found = check(&model()).unwrap();
    assert!(found.passed(), "{found:?}");
}

#[test]
fn noise_is_seen_within_a_fifth_and_taken_away() {
    let model = model();
    for (n, sigma) in [(10_000, 0.01), (10_000, 0.02), (10_000, 0.03), (50_000, 0.02)] {
        let scan = noisy_sphere(n, 1.0, [0.0; 3], sigma);
        let done = run(&model, &scan);
        let seen = done.report.noise / sigma;
        assert!(
            (0.8..1.2).contains(&seen),
            "{n} points: noise {sigma} seen {seen} times as large"
        );
        let (before, after) = (
            off_sphere(&scan, 1.0, [0.0; 3]),
            off_sphere(&done.points, 1.0, [0.0; 3]),
        );
        assert!(
            after < before / 3.0,
            "{n} points, noise {sigma}: {before} off the surface before, {after} after"
        );
    }
}

#[test]
fn edges_stay() {
    let clean = cube(60);
    let scan = noisy(&clean, 0.02);
    let done = run(&model(), &scan);
    let spacing = done.report.spacing;
    // Within two spacings of an edge: two coordinates near the faces.
    let near: Vec<usize> = (0..clean.len())
        .filter(|&i| clean[i].iter().filter(|c| c.abs() > 1.0 - 2.0 * spacing).count() >= 2)
        .collect();
    assert!(near.len() > 500);
    let before = rms(near.iter().map(|&i| off_cube(&scan[i])));
    let after = rms(near.iter().map(|&i| off_cube(&done.points[i])));
    assert!(
        after < 0.6 * before,
        "at the edges {before} off the surface before, {after} after"
    );
    let all = rms(done.points.iter().map(off_cube));
    assert!(all < 0.4 * rms(scan.iter().map(off_cube)), "{all}");
}

#[test]
fn a_clean_scan_is_left_alone() {
    let model = model();
    for clean in [noisy_sphere(20_000, 3.0, [7.0, 0.0, -2.0], 0.0), cube(60)] {
        let done = run(&model, &clean);
        let shift = moved(&clean, &done.points) / done.report.spacing;
        assert!(shift < 0.2, "moved by {shift} spacings");
    }
}

#[test]
fn one_tile_and_many_tiles_agree() {
    let model = model();
    let scan = noisy_sphere(50_000, 1.0, [0.0; 3], 0.015);
    let params = Params {
        steps: 2,
        ..Params::default()
    };
    let tiled = |tile| {
        let tuning = Tuning {
            tile: Some(tile),
            ..Tuning::default()
        };
        denoise_tuned(&model, CloudView::from_f64(&scan), &params, &mut (), tuning).unwrap()
    };
    let (one, many) = (tiled(50_000), tiled(1500));
    assert!(one.report.tiles == 1 && many.report.tiles > 30);
    let apart = one
        .points
        .iter()
        .zip(&many.points)
        .flat_map(|(a, b)| [0, 1, 2].map(|c| (a[c] - b[c]).abs()));
    let largest = apart.fold(0.0, f64::max) / one.report.spacing;
    assert!(largest < 1e-5, "{largest} spacings apart");
}
