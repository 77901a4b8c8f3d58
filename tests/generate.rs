//! Generators as a user meets them: recorded runs, the same bytes always, codes, likelihoods.

mod stand_in;

use std::ops::ControlFlow;

use quietcloud::pipeline::{bounds, check};
use quietcloud::sampler::Variance;
use quietcloud::{
    CloudView, Device, GenerateParams, Model, diffuse_denoise, generate, interpolate, likelihood, reconstruct,
};
use serde_json::json;
use stand_in::generators::{ALL, DEVIATION, MEAN, SHAPE, edited, ellipsoid, moments, open, quick, tells};

#[test]
fn recorded_runs_of_the_reference_replay() {
    for name in ALL {
        let found = check(&open(name)).unwrap();
        assert!(found.passed(), "{name}: {found:?}");
        assert!(
            found
                .differences
                .iter()
                .any(|difference| difference.0 == "generated")
        );
        let encodes = matches!(name, "vae" | "lion");
        assert_eq!(found.differences.len(), if encodes { 2 } else { 1 }, "{name}");
    }
    // The check sees what it should: the other variance, one step more, another clean end.
    for (name, change) in [
        ("ddpm-gaussian", ("variance", json!("beta_tilde"))),
        ("vdm-gaussian", ("rho", json!(1.5))),
        ("langevin-gaussian", ("final", json!(false))),
        ("langevin-gaussian", ("rate", json!(0.21))),
    ] {
        let copy = edited(name, |m| m["sampling"][change.0] = change.1);
        let found = check(&Model::open(copy.path(), Device::Cpu).unwrap()).unwrap();
        assert!(!found.passed(), "{name}: {found:?}");
    }
}

#[test]
fn a_cloud_depends_on_its_number_and_seed_and_on_nothing_else() {
    for name in ALL {
        let model = open(name);
        let made = |first, clouds, threads, seed| {
            let params = GenerateParams {
                first,
                threads,
                seed,
                steps: if name == "vae" { 0 } else { 4 },
                ..GenerateParams::default()
            };
            generate(&model, 100, clouds, &params, &mut ()).unwrap().points
        };
        let all = made(0, 5, 3, 1);
        assert_eq!(all, made(0, 5, 1, 1), "{name}");
        assert_eq!(all[300..400], made(3, 1, 2, 1)[..], "{name}");
        assert_ne!(all[..100], all[100..200], "{name}");
        assert_ne!(all, made(0, 5, 3, 2), "{name}");
        assert!(all.iter().flatten().all(|c| c.is_finite()), "{name}");
    }
}

#[test]
fn the_number_of_points_is_the_callers_within_the_models_limits() {
    let model = open("vdm-gaussian");
    let made = generate(&model, 0, 2, &quick(), &mut ()).unwrap();
    assert_eq!(
        (made.points.len(), made.report.points, made.report.clouds),
        (1024, 512, 2)
    );
    assert_eq!((made.report.steps, made.report.calls), (8, 18));
    assert!(
        generate(&model, 100, 0, &quick(), &mut ())
            .unwrap()
            .points
            .is_empty()
    );
    for points in [7, 131_073, usize::MAX] {
        tells(
            generate(&model, points, 1, &quick(), &mut ()),
            1,
            &["points", "8 to 131072"],
        );
    }
    tells(
        generate(&model, 131_072, 1 << 40, &quick(), &mut ()),
        1,
        &["too many", "67108864"],
    );
    let last = GenerateParams {
        first: u32::MAX,
        ..quick()
    };
    assert_eq!(generate(&model, 8, 1, &last, &mut ()).unwrap().points.len(), 8);
    tells(generate(&model, 8, 2, &last, &mut ()), 1, &["4294967295"]);
    assert_eq!(bounds(&model, "points").unwrap(), [8.0, 131_072.0, 512.0]);
    assert_eq!(bounds(&model, "steps").unwrap(), [0.0, 400.0, 0.0]);
    assert_eq!(bounds(&open("vae"), "steps").unwrap(), [0.0, 0.0, 0.0]);
    tells(bounds(&model, "noise"), 1, &["steps, quality"]);
}

/// lion's stand-in decodes exactly what it encodes; vae's keeps the deviation along each axis.
#[test]
fn reconstructions_are_in_the_clouds_own_unit_and_place() {
    let cloud = ellipsoid(5000);
    let view = CloudView::from_f64(&cloud);
    let again = reconstruct(&open("lion"), view, &quick(), &mut ()).unwrap();
    assert!(
        stand_in::moved(&again.points, &cloud) < 1e-4,
        "{}",
        stand_in::moved(&again.points, &cloud)
    );
    assert_eq!(
        (again.report.points, again.report.calls, again.report.steps),
        (5000, 3, 0)
    );
    let again = reconstruct(&open("vae"), view, &quick(), &mut ()).unwrap().points;
    let ((mean, spread), (wanted, deviation)) = (moments(&again), moments(&cloud));
    for a in 0..3 {
        let size = deviation[a][a].sqrt();
        assert!((mean[a] - wanted[a]).abs() < 0.06 * size, "{mean:?} {wanted:?}");
        assert!(
            (spread[a][a].sqrt() / size - 1.0).abs() < 0.05,
            "{spread:?} {deviation:?}"
        );
    }
}

#[test]
fn interpolation_leads_from_one_code_to_the_other() {
    let vae = open("vae");
    let (long, flat) = (
        ellipsoid(4000),
        stand_in::noisy_sphere(3000, 4.0, [8.0, 0.0, 0.0], 0.0),
    );
    let at = |share| {
        let clouds = [CloudView::from_f64(&long), CloudView::from_f64(&flat)];
        let made = interpolate(&vae, clouds, share, 20_000, &quick(), &mut ())
            .unwrap()
            .points;
        assert_eq!(made.len(), 20_000);
        let (mean, covariance) = moments(&made);
        (mean[0], [0, 1, 2].map(|a: usize| covariance[a][a].sqrt()))
    };
    let ends = [moments(&long), moments(&flat)];
    for (share, (mean, covariance)) in [(0.0, ends[0]), (1.0, ends[1])] {
        let (x, deviation) = at(share);
        assert!((x - mean[0]).abs() < 0.03 * deviation[0], "{share}: {x} {mean:?}");
        for a in 0..3 {
            assert!(
                (deviation[a] / covariance[a][a].sqrt() - 1.0).abs() < 0.03,
                "{share}: {deviation:?}"
            );
        }
    }
    let (x, deviation) = at(0.5);
    assert!((x - (ends[0].0[0] + ends[1].0[0]) / 2.0).abs() < 1.0, "{x}");
    // The middle of both shapes, each in its own unit: less long than one, more than the other.
    let share = |deviation: [f64; 3]| deviation[0] / deviation[2];
    assert!(share(at(0.0).1) > 1.5 * share(deviation) && share(deviation) > 1.5 * share(at(1.0).1));
}

#[test]
fn diffuse_denoise_forgets_the_more_the_larger_tau() {
    let lion = open("lion");
    let cloud = ellipsoid(2000);
    let at = |tau| {
        let params = GenerateParams {
            tau,
            steps: tau.min(50),
            ..quick()
        };
        diffuse_denoise(&lion, CloudView::from_f64(&cloud), &params, &mut ())
            .unwrap()
            .points
    };
    let moved: Vec<f64> = [1, 100, 300, 1000]
        .map(|tau| stand_in::moved(&at(tau), &cloud))
        .into();
    assert!(moved.windows(2).all(|pair| pair[0] < pair[1]), "{moved:?}");
    // At the top nothing is left of the cloud: its shape is the prior's.
    let (_, covariance) = moments(&at(1000));
    let ratio = (covariance[0][0] / covariance[2][2]).sqrt();
    assert!((ratio / (SHAPE[0] / SHAPE[2]) - 1.0).abs() < 0.1, "{ratio}");
    assert_eq!(at(300), at(300));
}

/// With the exact score a fine chain's bound is the likelihood itself, for every single cloud, where the variance of its
/// steps is that of the law's: `beta` for a law that is wide beside a step (Ho et al. 2020, section 3.2). `beta_tilde`, right
/// for a law that is a single cloud, costs more at the clean end, where the first steps are wide beside what came before
/// them; VDM's even steps of log SNR cost in proportion to their width.
#[test]
fn the_bound_is_the_likelihood_where_the_score_is_exact() {
    let cloud: Vec<[f64; 3]> = stand_in::noisy_sphere(12_000, 1.0, [0.0; 3], 0.3);
    let (mean, covariance) = moments(&cloud);
    let scale = ((covariance[0][0] + covariance[1][1] + covariance[2][2]) / 3.0).sqrt();
    let log = |p: &[f64; 3]| -> f64 {
        let axis = |a: usize| {
            let x = (p[a] - mean[a]) / scale;
            ((x - MEAN[a]) / DEVIATION[a]).powi(2) / 2.0 + (DEVIATION[a] * std::f64::consts::TAU.sqrt()).ln()
        };
        axis(0) + axis(1) + axis(2)
    };
    let exact = cloud.iter().map(log).sum::<f64>() / cloud.len() as f64;
    // One draw for each coordinate in the last step gives the estimate a standard error of 0.011 nats per point.
    for (name, variance, gap) in [
        ("ddpm-gaussian", Some(Variance::Beta), 0.0),
        ("ddpm-gaussian", Some(Variance::BetaTilde), 1.23),
        ("vdm-gaussian", None, 0.29),
    ] {
        let params = GenerateParams { variance, ..quick() };
        let at = |steps| {
            let params = GenerateParams { steps, ..params };
            likelihood(&open(name), CloudView::from_f64(&cloud), &params, &mut ()).unwrap()
        };
        let fine = at(0);
        let found = fine.nats_per_point();
        assert!(
            (found - exact - gap).abs() < 0.04,
            "{name}: {fine:?} sums to {found}, not {exact}"
        );
        if name == "vdm-gaussian" {
            // A quarter of the steps, four times as wide.
            let coarse = at(fine.steps / 4).nats_per_point() - exact;
            assert!((coarse / gap - 4.0).abs() < 1.0, "{coarse}");
        }
        assert!((fine.bits_per_dimension() - found / 3.0 / 2f64.ln()).abs() < 1e-12);
        assert!(fine.prior >= 0.0 && fine.diffusion > 0.0);
        assert_eq!((fine.points, at(5).steps), (12_000, 5));
        assert_eq!(at(20), {
            let params = GenerateParams {
                threads: 1,
                steps: 20,
                ..params
            };
            likelihood(&open(name), CloudView::from_f64(&cloud), &params, &mut ()).unwrap()
        });
    }
}

#[test]
fn a_run_tells_how_far_it_is_and_stops_when_told() {
    let model = open("ddpm-gaussian");
    let params = GenerateParams {
        steps: 1000,
        ..quick()
    };
    let mut told = Vec::new();
    let mut watch = |done: f64| {
        told.push(done);
        if done > 0.0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    tells(
        generate(&model, 20_000, 1, &params, &mut watch),
        9,
        &["cancelled"],
    );
    assert!(
        told[0] == 0.0 && told.windows(2).all(|pair| pair[0] <= pair[1]),
        "{told:?}"
    );
    assert!(*told.last().unwrap() < 1.0, "{told:?}");
    let mut last = 0.0;
    let mut watch = |done: f64| {
        last = done;
        ControlFlow::Continue(())
    };
    generate(&model, 20, 3, &quick(), &mut watch).unwrap();
    assert_eq!(last, 1.0);
}
