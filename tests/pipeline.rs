//! The whole way of a cloud, with the analytic stand-in model.

mod stand_in;

use std::ops::ControlFlow;
use std::time::Instant;

use quietcloud::bundle::Steps;
use quietcloud::params::Quality;
use quietcloud::pipeline::{Denoised, Tuning, check, denoise_tuned};
use quietcloud::{CloudView, Model, Params, denoise};
use stand_in::{model, moved, noisy_sphere, off_sphere};

const CENTER: [f64; 3] = [10.0, -20.0, 30.0];

fn run(model: &Model, points: &[[f64; 3]], params: &Params) -> Denoised {
    denoise(model, CloudView::from_f64(points), params, &mut ()).unwrap()
}

fn tuned(model: &Model, points: &[[f64; 3]], params: &Params, tile: usize) -> Denoised {
    let tuning = Tuning {
        tile: Some(tile),
        ..Tuning::default()
    };
    denoise_tuned(model, CloudView::from_f64(points), params, &mut (), tuning).unwrap()
}

#[test]
fn golden_vectors_agree_with_python() {
    for model in [model(), Model::builtin(quietcloud::Device::Cpu).unwrap()] {
        let found = check(&model).unwrap();
        assert!(found.points > 0 && found.steps > 1);
        assert!(found.passed(), "{}: {found:?}", model.manifest().name);
    }
}

#[test]
fn noise_is_estimated_and_taken_away() {
    let model = model();
    let (radius, sigma) = (5.0, 0.06);
    let noisy = noisy_sphere(20_000, radius, CENTER, sigma);
    let done = run(&model, &noisy, &Params::default());
    let report = &done.report;
    assert!(
        report.estimated
            && report.steps == Steps::at(model.manifest().sampling.steps.balanced, report.noise_spacing),
        "{report:?}"
    );
    assert!(
        (report.noise / sigma - 1.0).abs() < 0.3,
        "estimated {}",
        report.noise
    );
    assert!((report.noise_spacing * report.spacing - report.noise).abs() < 1e-12);
    let (before, after) = (
        off_sphere(&noisy, radius, CENTER),
        off_sphere(&done.points, radius, CENTER),
    );
    assert!(after < before / 2.0, "{before} -> {after}");
}

#[test]
fn tiling_changes_no_answer() {
    let model = model();
    let noisy = noisy_sphere(50_000, 5.0, CENTER, 0.05);
    let params = Params {
        quality: Quality::Fast,
        ..Params::default()
    };
    let one = tuned(&model, &noisy, &params, noisy.len());
    assert_eq!(one.report.tiles, 1);
    for tile in [700, 4096] {
        let many = tuned(&model, &noisy, &params, tile);
        assert!(many.report.tiles > 10);
        let apart = one
            .points
            .iter()
            .flatten()
            .zip(many.points.iter().flatten())
            .map(|(a, b)| (a - b).abs());
        let worst = apart.fold(0.0, f64::max) / one.report.spacing;
        assert!(worst < 1e-5, "tiles of {tile}: {worst} spacings apart");
    }
}

#[test]
fn threads_and_memory_change_no_byte() {
    let model = model();
    let noisy = noisy_sphere(20_000, 5.0, CENTER, 0.05);
    let expected = run(
        &model,
        &noisy,
        &Params {
            threads: 1,
            ..Params::default()
        },
    );
    for threads in [2, 5] {
        let done = run(
            &model,
            &noisy,
            &Params {
                threads,
                ..Params::default()
            },
        );
        assert_eq!(done.points, expected.points, "{threads} threads");
    }
    // Enough for one worker with the usual tile; tiles are not kept then.
    let tight = Params {
        threads: 2,
        max_memory_mb: 210,
        ..Params::default()
    };
    let done = run(&model, &noisy, &tight);
    assert_eq!(
        (done.report.workers, done.report.tiles),
        (1, expected.report.tiles)
    );
    assert_eq!(done.points, expected.points);
    let error = denoise(
        &model,
        CloudView::from_f64(&noisy),
        &Params {
            max_memory_mb: 1,
            ..tight
        },
        &mut (),
    );
    assert_eq!(error.unwrap_err().code(), 10);
}

#[test]
fn order_and_unit_of_the_input_do_not_matter() {
    let model = model();
    let noisy = noisy_sphere(5_000, 5.0, [0.0; 3], 0.1);
    let expected = run(&model, &noisy, &Params::default());
    let reversed: Vec<_> = noisy.iter().rev().copied().collect();
    let back: Vec<_> = run(&model, &reversed, &Params::default())
        .points
        .into_iter()
        .rev()
        .collect();
    assert_eq!(back, expected.points);
    for unit in [1e-9, 1e9] {
        let scaled: Vec<[f64; 3]> = noisy.iter().map(|p| p.map(|c| c * unit)).collect();
        let done = run(&model, &scaled, &Params::default());
        let back: Vec<[f64; 3]> = done.points.iter().map(|p| p.map(|c| c / unit)).collect();
        assert!(moved(&back, &expected.points) < 1e-5, "unit {unit}");
        assert!((done.report.noise / unit / expected.report.noise - 1.0).abs() < 1e-4);
    }
}

#[test]
fn quality_and_steps_set_the_number_of_steps() {
    let model = model();
    let noisy = noisy_sphere(2_000, 5.0, CENTER, 0.2);
    let given = model.manifest().sampling.steps;
    for (quality, given) in [(Quality::Fast, given.fast), (Quality::High, given.high)] {
        let report = run(
            &model,
            &noisy,
            &Params {
                quality,
                ..Params::default()
            },
        )
        .report;
        assert_eq!(report.steps, Steps::at(given, report.noise_spacing));
    }
    assert_eq!(
        run(
            &model,
            &noisy,
            &Params {
                steps: 3,
                ..Params::default()
            }
        )
        .report
        .steps,
        3
    );
    let loud = run(
        &model,
        &noisy,
        &Params {
            noise: 50.0,
            ..Params::default()
        },
    );
    assert!(
        loud.report
            .notes
            .iter()
            .any(|note| note.contains("the model knows up to")),
        "{:?}",
        loud.report.notes
    );
    let wild = Params {
        noise: -1.0,
        ..Params::default()
    };
    assert_eq!(
        denoise(&model, CloudView::from_f64(&noisy), &wild, &mut ())
            .unwrap_err()
            .code(),
        1
    );
}

#[test]
fn progress_rises_and_a_break_cancels_soon() {
    let model = model();
    let noisy = noisy_sphere(100_000, 5.0, CENTER, 0.03);
    let params = Params {
        steps: 40,
        ..Params::default()
    };
    let mut seen = Vec::new();
    let mut asked = None;
    let started = Instant::now();
    let mut watch = |done: f64| {
        seen.push(done);
        if done < 0.3 {
            return ControlFlow::Continue(());
        }
        asked.get_or_insert_with(Instant::now);
        ControlFlow::Break(())
    };
    let result = denoise(&model, CloudView::from_f64(&noisy), &params, &mut watch);
    assert_eq!(result.unwrap_err().code(), 9);
    // Against the time that the first third took, so that a busy machine slows both: going on to the end of the run
    // would take more than twice as long, finishing the step that runs a tenth. tests/c/latency.c has milliseconds.
    let (before, after) = (asked.unwrap() - started, asked.unwrap().elapsed());
    assert!(
        after < before / 2,
        "{before:?} until it was asked, {after:?} after"
    );
    assert!(seen.is_sorted() && seen[0] == 0.0 && seen.len() > 3, "{seen:?}");

    let mut calls = 0;
    let mut never = |_: f64| {
        calls += 1;
        ControlFlow::Break(())
    };
    assert_eq!(
        denoise(&model, CloudView::from_f64(&noisy), &params, &mut never)
            .unwrap_err()
            .code(),
        9
    );
    assert_eq!(calls, 1);

    let mut last = 0.0;
    let mut all = |done: f64| {
        last = done;
        ControlFlow::Continue(())
    };
    denoise(
        &model,
        CloudView::from_f64(&noisy[..3000]),
        &Params::default(),
        &mut all,
    )
    .unwrap();
    assert_eq!(last, 1.0);
}

#[test]
fn one_model_serves_many_threads() {
    let model = model();
    let noisy = noisy_sphere(3_000, 5.0, CENTER, 0.1);
    let expected = run(&model, &noisy, &Params::default()).points;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..3 {
                    assert_eq!(
                        run(
                            &model,
                            &noisy,
                            &Params {
                                threads: 2,
                                ..Params::default()
                            }
                        )
                        .points,
                        expected
                    );
                }
            });
        }
    });
}
