//! Clouds that no scanner should give, and options that don't fit them: points come back, or an error says why.

mod stand_in;

use quietcloud::pipeline::Denoised;
use quietcloud::{CloudView, Error, Model, Params, denoise};
use stand_in::{model, moved, noisy_sphere, off_sphere};

const CENTER: [f64; 3] = [10.0, -20.0, 30.0];

fn run(model: &Model, points: &[[f64; 3]], params: &Params) -> Denoised {
    denoise(model, CloudView::from_f64(points), params, &mut ()).unwrap()
}

#[test]
fn non_finite_points_pass_untouched_and_hold_their_places() {
    let model = model();
    let clean = noisy_sphere(3_000, 5.0, CENTER, 0.1);
    let holes = [[f64::NAN; 3], [1.0, f64::INFINITY, 2.0]];
    let mut organised = Vec::new();
    for (i, point) in clean.iter().enumerate() {
        if i % 100 == 7 {
            organised.push(holes[i / 100 % 2]);
        }
        organised.push(*point);
    }
    let done = run(&model, &organised, &Params::default());
    assert_eq!(
        (done.report.points, done.report.finite),
        (organised.len(), clean.len())
    );
    let bits = |p: &[f64; 3]| p.map(f64::to_bits);
    let mut finite = Vec::new();
    for (before, after) in organised.iter().zip(&done.points) {
        if before.iter().all(|c| c.is_finite()) {
            finite.push(*after);
        } else {
            assert_eq!(bits(before), bits(after));
        }
    }
    assert_eq!(finite, run(&model, &clean, &Params::default()).points);
}

#[test]
fn small_and_degenerate_clouds_are_no_errors() {
    let model = model();
    let k = model.manifest().graph.k;
    let line = |n: usize| -> Vec<[f64; 3]> { (0..n).map(|i| [i as f64, 0.0, 0.0]).collect() };
    let grid: Vec<[f64; 3]> = (0..400)
        .map(|i| [f64::from(i % 20), f64::from(i / 20), 3.0])
        .collect();
    let mut clouds = vec![
        vec![],
        vec![[f64::NAN; 3]; 3],
        vec![[1.0, 2.0, 3.0]; 5_000],
        grid.clone(),
        line(500),
    ];
    clouds.extend([1, 2, k - 1, k, k + 1, k + 2].map(line));
    clouds.push(
        noisy_sphere(500, 1.0, CENTER, 0.03)
            .iter()
            .flat_map(|p| [*p; 40])
            .collect(),
    );
    for noise in [0.0, 0.1] {
        for cloud in &clouds {
            let done = run(
                &model,
                cloud,
                &Params {
                    noise,
                    ..Params::default()
                },
            );
            assert_eq!(done.points.len(), cloud.len());
            let finite = |p: &[f64; 3]| p.iter().all(|c| c.is_finite());
            assert!(
                cloud
                    .iter()
                    .zip(&done.points)
                    .all(|(a, b)| finite(a) == finite(b)),
                "{} points",
                cloud.len()
            );
        }
    }
    let untouched = run(&model, &grid, &Params::default());
    assert_eq!((untouched.points, untouched.report.steps), (grid, 0));
    assert!(
        untouched.report.notes[0].contains("nothing was done"),
        "{:?}",
        untouched.report.notes
    );
}

#[test]
fn a_spacing_that_cannot_be_the_clouds_is_refused() {
    let (model, points) = (model(), noisy_sphere(500, 1.0, CENTER, 0.03));
    let told = |spacing| Params {
        spacing,
        ..Params::default()
    };
    for spacing in [5e-144, 1e-20] {
        let error = denoise(&model, CloudView::from_f64(&points), &told(spacing), &mut ()).unwrap_err();
        assert!(
            matches!(&error, Error::Argument(what) if what.contains("spacing")),
            "{error}"
        );
    }
    let same = vec![[1.0; 3]; 40];
    assert_eq!(run(&model, &same, &told(1e-20)).points, same);
    let error = denoise(&model, CloudView::from_f64(&same), &told(5e-126), &mut ()).unwrap_err();
    assert!(matches!(error, Error::Argument(_)), "{error}");
}

/// Most points fall together beside such an extent, and the distances of the others are no numbers of single precision.
#[test]
fn points_all_over_the_range_of_numbers_come_back() {
    let mut points: Vec<[f64; 3]> = noisy_sphere(38, 100.0, [0.0; 3], 5.0);
    points.extend([[3.0, 8e165, 98.0], [1e217, 20.0, 50.0], [2.0, 210.0, -3.4e305]]);
    assert_eq!(
        run(&model(), &points, &Params::default()).points.len(),
        points.len()
    );
}

#[test]
fn a_far_outlier_disturbs_nobody() {
    let model = model();
    let noisy = noisy_sphere(10_000, 5.0, [0.0; 3], 0.06);
    let expected = run(&model, &noisy, &Params::default());
    let mut with = noisy.clone();
    with.extend([[1e7, 0.0, 0.0], [0.0, -1e7, 5.0]]);
    let done = run(&model, &with, &Params::default());
    assert!((done.report.noise / expected.report.noise - 1.0).abs() < 0.02);
    let after = off_sphere(&done.points[..noisy.len()], 5.0, [0.0; 3]);
    assert!(
        after < 1.05 * off_sphere(&expected.points, 5.0, [0.0; 3]),
        "{after}"
    );
    assert!(moved(&done.points[noisy.len()..], &with[noisy.len()..]) < 10.0 * done.report.noise);
}
