//! Annealed Langevin dynamics on scores that are known exactly.

use std::ops::ControlFlow;

use quietcloud::Error;
use quietcloud::random::Noise;
use quietcloud::sampler::{Climb, anneal};

type Points = Vec<[f64; 3]>;

const HOT: Climb = Climb {
    inner: 1,
    rate: 0.1,
    heat: 1.0,
    last: false,
};

fn go_on(_: f64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn starts(n: usize, spread: f64) -> Points {
    let noise = Noise::new(5);
    (0..n)
        .map(|i| noise.normal(9999, i as u64).map(|z| spread * z))
        .collect()
}

fn moments(points: &Points, axis: usize) -> (f64, f64) {
    let n = points.len() as f64;
    let mean = points.iter().map(|p| p[axis]).sum::<f64>() / n;
    let variance = points.iter().map(|p| (p[axis] - mean).powi(2)).sum::<f64>() / n;
    (mean, variance)
}

/// One level, held: the stationary law with the bias that `anneal` states.
#[test]
fn a_gaussian_comes_out_with_its_mean_and_covariance() {
    let (n, center, s, sigma): (usize, [f64; 3], f64, f64) = (100_000, [0.5, -2.0, 3.0], 0.8, 0.5);
    let v = s * s + sigma * sigma;
    let climb = Climb {
        inner: 60,
        rate: 1.0,
        ..HOT
    };
    let score = |x: &[[f64; 3]], _: f64, _: usize| {
        Ok(x.iter()
            .map(|x| std::array::from_fn(|a| (center[a] - x[a]) / v))
            .collect::<Points>())
    };
    let found = anneal(starts(n, 1.0), &[sigma], climb, &Noise::new(1), &mut go_on, score).unwrap();
    let expected = v / (1.0 - climb.rate * sigma * sigma / (2.0 * v));
    for (a, center) in center.iter().enumerate() {
        let (mean, variance) = moments(&found, a);
        assert!(
            (mean - center).abs() < 3.0 * (expected / n as f64).sqrt(),
            "{mean}"
        );
        assert!(
            (variance - expected).abs() < 3.0 * expected * (2.0 / n as f64).sqrt(),
            "{variance} {expected}"
        );
    }
}

/// Two narrow lumps far apart: annealing shares the points between them as the mixture does.
#[test]
fn a_mixture_comes_out_with_its_weights() {
    let (n, share, far, s): (usize, f64, f64, f64) = (20_000, 0.3, 3.0, 0.3);
    let sigmas: Vec<f64> = (0..24).map(|i| 8.0 * 0.8f64.powi(i)).collect();
    let score = |x: &[[f64; 3]], sigma: f64, _: usize| {
        let v = s * s + sigma * sigma;
        let at = |x: &[f64; 3]| {
            // The share of the lump at -far, given where x lies.
            let left = 1.0 / (1.0 + (1.0 - share) / share * (2.0 * far * x[0] / v).exp());
            let center = far * (1.0 - 2.0 * left);
            [(center - x[0]) / v, -x[1] / v, -x[2] / v]
        };
        Ok(x.iter().map(at).collect::<Points>())
    };
    // Slow enough that points still change sides while the lumps part.
    let climb = Climb {
        inner: 150,
        rate: 0.2,
        ..HOT
    };
    let found = anneal(
        starts(n, sigmas[0]),
        &sigmas,
        climb,
        &Noise::new(2),
        &mut go_on,
        score,
    )
    .unwrap();
    let left = found.iter().filter(|x| x[0] < 0.0).count() as f64 / n as f64;
    assert!(
        (left - share).abs() < 3.0 * (share * (1.0 - share) / n as f64).sqrt(),
        "{left}"
    );
}

/// Without heat every step is a known contraction; the last goes to the mean of the posterior.
#[test]
fn a_cold_run_is_the_closed_form() {
    let (s, sigmas): (f64, [f64; 2]) = (0.8, [0.5, 0.2]);
    let climb = Climb {
        inner: 2,
        rate: 0.3,
        heat: 0.0,
        last: true,
    };
    let mut calls = Vec::new();
    let found = anneal(
        starts(10, 1.0),
        &sigmas,
        climb,
        &Noise::new(3),
        &mut go_on,
        |x, sigma, call| {
            calls.push((sigma, call));
            Ok(x.iter()
                .map(|x| x.map(|c| -c / (s * s + sigma * sigma)))
                .collect())
        },
    )
    .unwrap();
    let shrink = |sigma: f64, rate: f64| 1.0 - rate * sigma * sigma / (s * s + sigma * sigma);
    let factor = shrink(0.5, 0.3).powi(2) * shrink(0.2, 0.3).powi(2) * shrink(0.2, 1.0);
    for (found, start) in found.iter().flatten().zip(starts(10, 1.0).iter().flatten()) {
        assert!((found - factor * start).abs() < 1e-12);
    }
    assert_eq!(calls, [(0.5, 0), (0.5, 1), (0.2, 2), (0.2, 3), (0.2, 4)]);
}

#[test]
fn what_goes_wrong_is_told() {
    let run = |watch: &mut dyn FnMut(f64) -> ControlFlow<()>, scores: Points| {
        anneal(starts(2, 1.0), &[1.0], HOT, &Noise::new(0), watch, |_, _, _| {
            Ok(scores.clone())
        })
    };
    let fine = vec![[0.0; 3]; 2];
    assert!(run(&mut go_on, fine.clone()).is_ok());
    assert!(matches!(run(&mut go_on, vec![[0.0; 3]]), Err(Error::Internal(_))));
    let nan = vec![[0.0; 3], [0.0, f64::NAN, 0.0]];
    assert!(matches!(run(&mut go_on, nan), Err(Error::Network { .. })));
    assert!(matches!(
        run(&mut |_| ControlFlow::Break(()), fine),
        Err(Error::Cancelled)
    ));
    let none = anneal(starts(2, 1.0), &[], HOT, &Noise::new(0), &mut go_on, |_, _, _| {
        Ok(Vec::new())
    });
    assert_eq!(none.unwrap(), starts(2, 1.0));
}
