//! Every sampler against laws whose score is known exactly: METHOD's "how each is proved right".

use std::ops::ControlFlow;

use quietcloud::Error;
use quietcloud::random::Noise;
use quietcloud::sampler::{ascend, run};
use quietcloud::schedule::{Level, Schedule};

const SAMPLES: u64 = 100_000;

/// `x0 ~ N(m, diag(s^2))` in each coordinate of its own.
const MEAN: [f64; 3] = [1.5, -2.0, 0.25];
const DEVIATION: [f64; 3] = [0.5, 1.0, 2.0];

fn quiet(_done: f64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// `E[x0 | x_a]` of that Gaussian: Tweedie's formula with its exact score.
fn gaussian_clean(x: &[f64; 3], level: &Level) -> [f64; 3] {
    let noise = level.relative().powi(2);
    std::array::from_fn(|a| {
        let score = -(x[a] - MEAN[a]) / (DEVIATION[a].powi(2) + noise);
        x[a] + noise * score
    })
}

fn predict_gaussian(x: &[[f64; 3]], level: &Level) -> quietcloud::Result<Vec<[f64; 3]>> {
    Ok(x.iter().map(|p| gaussian_clean(p, level)).collect())
}

/// A chain whose steps are even in relative noise, from `top` down.
fn even(top: f64, steps: usize) -> Vec<Level> {
    let sigmas: Vec<f64> = (1..=steps).map(|i| top * i as f64 / steps as f64).collect();
    Schedule::sigmas(&sigmas).unwrap().levels_from(top, steps, 1.0)
}

/// A chain whose steps grow with the noise, `top (i / steps)^2`.
fn quadratic(top: f64, steps: usize) -> Vec<Level> {
    let sigmas: Vec<f64> = (1..=steps)
        .map(|i| top * (i as f64 / steps as f64).powi(2))
        .collect();
    Schedule::sigmas(&sigmas).unwrap().levels_from(top, steps, 1.0)
}

/// Mean and covariance within three standard errors of N(MEAN, variance), off-diagonals of zero.
fn assert_moments(samples: &[[f64; 3]], variance: [f64; 3]) {
    let n = samples.len() as f64;
    let mean: [f64; 3] = std::array::from_fn(|a| samples.iter().map(|p| p[a]).sum::<f64>() / n);
    for a in 0..3 {
        let error = (variance[a] / n).sqrt();
        assert!(
            (mean[a] - MEAN[a]).abs() < 3.0 * error,
            "mean {mean:?}, axis {a}, standard error {error}"
        );
        for b in a..3 {
            let found = samples
                .iter()
                .map(|p| (p[a] - mean[a]) * (p[b] - mean[b]))
                .sum::<f64>()
                / n;
            let expected = if a == b { variance[a] } else { 0.0 };
            let error = ((variance[a] * variance[b] + expected * expected) / n).sqrt();
            assert!(
                (found - expected).abs() < 3.0 * error,
                "covariance {a}{b} {found}, not {expected} +- {error}"
            );
        }
    }
}

#[test]
fn eta_0_converges_to_the_closed_form_flow_at_first_order() {
    let top: f64 = 3.0;
    let start: Vec<[f64; 3]> = (0..200)
        .map(|i| Noise::new(1).normal(0, i).map(|z| 4.0 * z))
        .collect();
    let flow = |p: &[f64; 3]| -> [f64; 3] {
        std::array::from_fn(|a| {
            let (s2, top2) = (DEVIATION[a].powi(2), top.powi(2));
            MEAN[a] + (p[a] - MEAN[a]) * (s2 / (s2 + top2)).sqrt()
        })
    };
    let errors: Vec<f64> = [25, 50, 100, 200, 400]
        .into_iter()
        .map(|steps| {
            let result = run(
                start.clone(),
                &even(top, steps),
                0.0,
                &Noise::new(0),
                &mut quiet,
                predict_gaussian,
            );
            let worst = |(p, q): (&[f64; 3], &[f64; 3])| {
                (0..3).map(|a| (p[a] - flow(q)[a]).abs()).fold(0.0, f64::max)
            };
            result.unwrap().iter().zip(&start).map(worst).fold(0.0, f64::max)
        })
        .collect();
    for pair in errors.windows(2) {
        let ratio = pair[0] / pair[1];
        assert!(
            (1.8..2.2).contains(&ratio),
            "halved steps divide the error by {ratio}: {errors:?}"
        );
    }
    assert!(errors[4] < 0.02, "{errors:?}");
}

/// A point mass is the case in which the deterministic step is exact, however few steps there are.
#[test]
fn eta_0_is_exact_for_a_point_mass() {
    let start: Vec<[f64; 3]> = (0..50).map(|i| Noise::new(2).normal(0, i)).collect();
    for steps in [1, 2, 7] {
        let result = run(
            start.clone(),
            &even(2.0, steps),
            0.0,
            &Noise::new(0),
            &mut quiet,
            |x, _| Ok(vec![MEAN; x.len()]),
        );
        assert!(
            result
                .unwrap()
                .iter()
                .flatten()
                .zip(MEAN.iter().cycle())
                .all(|(p, m)| (p - m).abs() < 1e-12)
        );
    }
}

/// The scan's law at the first level, so that what comes out is the sampler's doing and not the start's.
fn noisy_start(top: f64) -> Vec<[f64; 3]> {
    let draw = |i| {
        let z = Noise::new(3).normal(0, i);
        std::array::from_fn(|a| MEAN[a] + (DEVIATION[a].powi(2) + top * top).sqrt() * z[a])
    };
    (0..SAMPLES).map(draw).collect()
}

/// The variance's discretisation bias is of first order in the step. Its exact value, from the recursion that a
/// linear score allows, is -1.0, -0.7 and -0.4 standard errors on the three axes: less than what is tested for.
#[test]
fn eta_1_returns_mean_and_covariance() {
    let levels = quadratic(2.0, 1250);
    let samples = run(
        noisy_start(2.0),
        &levels,
        1.0,
        &Noise::new(4),
        &mut quiet,
        predict_gaussian,
    )
    .unwrap();
    assert_moments(&samples, DEVIATION.map(|s| s * s));
}

/// Bias here: -0.8, -0.6 and -0.3 standard errors.
#[test]
fn eta_between_returns_mean_and_covariance_too() {
    let levels = quadratic(2.0, 800);
    let samples = run(
        noisy_start(2.0),
        &levels,
        0.5,
        &Noise::new(5),
        &mut quiet,
        predict_gaussian,
    )
    .unwrap();
    assert_moments(&samples, DEVIATION.map(|s| s * s));
}

/// Langevin's stationary variance is `s^2 / (1 - eps^2 / (4 s^2))` and not s^2: a bias of order eps^2, which is
/// 7 % here where s is smallest, some fifteen standard errors.
#[test]
fn langevin_returns_mean_and_covariance_with_its_bias() {
    let step: f64 = 0.25;
    let noise = Noise::new(6);
    let sample = |i: u64| {
        let mut x = [0.0; 3];
        for k in 0..1000 {
            let score = std::array::from_fn(|a| -(x[a] - MEAN[a]) / DEVIATION[a].powi(2));
            x = ascend(x, score, step * step / 2.0, 1.0, noise.normal(k, i));
        }
        x
    };
    use rayon::prelude::*;
    let samples: Vec<[f64; 3]> = (0..SAMPLES).into_par_iter().map(sample).collect();
    assert_moments(
        &samples,
        DEVIATION.map(|s| s * s / (1.0 - step * step / (4.0 * s * s))),
    );
}

/// Without heat the ascent converges to the mode instead.
#[test]
fn ascent_without_heat_climbs_to_the_mode() {
    let mut x = [9.0, 9.0, 9.0];
    for _ in 0..400 {
        let score = std::array::from_fn(|a| -(x[a] - MEAN[a]) / DEVIATION[a].powi(2));
        x = ascend(x, score, 0.1, 0.0, [1e9; 3]);
    }
    assert!((0..3).all(|a| (x[a] - MEAN[a]).abs() < 1e-3), "{x:?}");
}

/// Two components of weight 0.3 and 0.7: the weights survive the chain, from noise that hides them.
#[test]
fn mixture_weights_are_those_of_the_law() {
    let (centers, weights, deviation) = ([[-3.0, 0.0, 0.0], [3.0, 1.0, 0.0]], [0.3, 0.7], 0.4f64);
    let clean = |x: &[f64; 3], level: &Level| -> [f64; 3] {
        let noise = level.relative().powi(2);
        let variance = deviation.powi(2) + noise;
        let square = |c: &[f64; 3]| (0..3).map(|a| (x[a] - c[a]).powi(2)).sum::<f64>();
        let log = [0, 1].map(|i: usize| f64::ln(weights[i]) - square(&centers[i]) / (2.0 * variance));
        let second = 1.0 / (1.0 + (log[0] - log[1]).exp());
        std::array::from_fn(|a| {
            let mean = (1.0 - second) * centers[0][a] + second * centers[1][a];
            x[a] + noise * (mean - x[a]) / variance
        })
    };
    let top = 10.0;
    let start: Vec<[f64; 3]> = (0..SAMPLES)
        .map(|i| {
            let draws = Noise::new(7);
            // A uniform number from a pair of normal ones.
            let pick = draws.normal(0, i);
            let uniform = 0.5 + pick[0].atan2(pick[1]) / std::f64::consts::TAU;
            let center = centers[usize::from(uniform > weights[0])];
            let z = draws.normal(1, i);
            std::array::from_fn(|a| center[a] + deviation.hypot(top) * z[a])
        })
        .collect();
    for eta in [0.0, 1.0] {
        let samples = run(
            start.clone(),
            &quadratic(top, 400),
            eta,
            &Noise::new(8),
            &mut quiet,
            |x, level| Ok(x.iter().map(|p| clean(p, level)).collect()),
        )
        .unwrap();
        let first: Vec<&[f64; 3]> = samples.iter().filter(|p| p[0] < 0.0).collect();
        let weight = first.len() as f64 / SAMPLES as f64;
        let error = (weights[0] * weights[1] / SAMPLES as f64).sqrt();
        assert!(
            (weight - weights[0]).abs() < 3.0 * error,
            "eta {eta}: weight {weight} +- {error}"
        );
        let mean = first.iter().map(|p| p[0]).sum::<f64>() / first.len() as f64;
        let deviation_of_mean = deviation / (first.len() as f64).sqrt();
        assert!(
            (mean - centers[0][0]).abs() < 4.0 * deviation_of_mean,
            "eta {eta}: mean {mean}"
        );
    }
}

#[test]
fn a_run_is_the_same_on_any_number_of_threads_and_differs_by_seed() {
    let start: Vec<[f64; 3]> = noisy_start(5.0)[..20_000].to_vec();
    let at = |threads, seed| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            run(
                start.clone(),
                &even(5.0, 8),
                1.0,
                &Noise::new(seed),
                &mut quiet,
                predict_gaussian,
            )
            .unwrap()
        })
    };
    let one = at(1, 1);
    assert_eq!(one, at(2, 1));
    assert_ne!(one, at(1, 2));
}

#[test]
fn a_run_reports_progress_and_stops_when_told() {
    let levels = even(1.0, 4);
    let mut told = Vec::new();
    let mut watch = |done| {
        told.push(done);
        if told.len() == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let result = run(
        vec![[0.0; 3]; 5],
        &levels,
        0.0,
        &Noise::new(0),
        &mut watch,
        predict_gaussian,
    );
    assert!(matches!(result, Err(Error::Cancelled)));
    assert_eq!(told, [0.25, 0.5, 0.75]);
}

#[test]
fn a_run_refuses_what_is_no_estimate() {
    let levels = even(1.0, 2);
    let with = |clean: Vec<[f64; 3]>| {
        run(
            vec![[0.0; 3]; 2],
            &levels,
            0.0,
            &Noise::new(0),
            &mut quiet,
            |_, _| Ok(clean.clone()),
        )
    };
    assert!(matches!(with(vec![[0.0; 3]]), Err(Error::Internal(_))));
    assert!(matches!(
        with(vec![[0.0; 3], [0.0, f64::NAN, 0.0]]),
        Err(Error::Network { .. })
    ));
    let unmoved = run(
        vec![[4.0; 3]],
        &[],
        1.0,
        &Noise::new(0),
        &mut quiet,
        predict_gaussian,
    )
    .unwrap();
    assert_eq!(unmoved, [[4.0; 3]]);
}
