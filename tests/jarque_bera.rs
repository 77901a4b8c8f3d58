//! METHOD 1: which targets keep the intermediate variables of the chain normal. With `origin`, the point's own clean
//! position, they pass the Jarque-Bera test; generated with `nearest`, the mean of the m nearest clean points as
//! ScoreDenoise takes it, they do not.

use std::num::NonZero;

use kiddo::{ImmutableKdTree, SquaredEuclidean};
use quietcloud::random::Noise;
use quietcloud::sampler::posterior;
use quietcloud::schedule::{Level, Schedule};

/// The 99.9 % quantile of the statistic's law where the sample is normal: chi-squared with two degrees of freedom.
const CRITICAL: f64 = 13.816;

const POINTS: usize = 6000;
const NEAREST: usize = 8;

/// `n / 6 (S^2 + (K - 3)^2 / 4)` with the sample's skewness S and kurtosis K (Jarque & Bera, 1980).
fn jarque_bera(sample: &[f64]) -> f64 {
    let n = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / n;
    let moment = |k| sample.iter().map(|x| (x - mean).powi(k)).sum::<f64>() / n;
    let (skewness, kurtosis) = (moment(3) / moment(2).powf(1.5), moment(4) / moment(2).powi(2));
    n / 6.0 * (skewness.powi(2) + (kurtosis - 3.0).powi(2) / 4.0)
}

/// A torus with about one point per unit of area.
fn torus() -> Vec<[f64; 3]> {
    // Area 4 pi^2 R r with R = 2 r.
    let r = (POINTS as f64 / 8.0).sqrt() / std::f64::consts::PI;
    let angles = |i: usize| {
        let z = Noise::new(1).normal(0, i as u64);
        (z[0].atan2(z[1]), z[2].atan2(Noise::new(1).normal(1, i as u64)[0]))
    };
    (0..POINTS)
        .map(angles)
        .map(|(u, v)| {
            let ring = 2.0 * r + r * v.cos();
            [ring * u.cos(), ring * u.sin(), r * v.sin()]
        })
        .collect()
}

/// Walks a state along `levels`, each step taking what `target` says of the rescaled state for the clean point, and
/// returns the statistic of each coordinate's residual `x_a - x0` at every level but the first.
fn residual_statistics(
    clean: &[[f64; 3]],
    levels: &[Level],
    eta: f64,
    target: impl Fn(usize, &[f64; 3]) -> [f64; 3],
) -> Vec<[f64; 3]> {
    let start = levels[0].relative();
    let mut state: Vec<[f64; 3]> = (0..POINTS)
        .map(|i| {
            let z = Noise::new(2).normal(0, i as u64);
            std::array::from_fn(|a| clean[i][a] + start * z[a])
        })
        .collect();
    let step = |(number, pair): (usize, &[Level])| {
        for (i, x) in state.iter_mut().enumerate() {
            let aim = target(i, x);
            let draw = Noise::new(3).normal(number as u32, i as u64);
            let next = posterior(x.map(|c| c * pair[0].alpha), aim, &pair[0], &pair[1], eta, draw);
            *x = next.map(|c| c / pair[1].alpha);
        }
        std::array::from_fn(|a| {
            let residuals: Vec<f64> = state.iter().zip(clean).map(|(x, x0)| x[a] - x0[a]).collect();
            jarque_bera(&residuals)
        })
    };
    levels.windows(2).enumerate().map(step).collect()
}

/// Mean of the clean points nearest to a state.
fn nearest_mean(tree: &ImmutableKdTree<f64, 3>, clean: &[[f64; 3]], x: &[f64; 3]) -> [f64; 3] {
    let near = tree
        .query(x)
        .nearest_n::<SquaredEuclidean<f64>>(NonZero::new(NEAREST).unwrap())
        .execute();
    std::array::from_fn(|a| near.iter().map(|p| clean[p.item as usize][a]).sum::<f64>() / near.len() as f64)
}

/// Noise from half a spacing to three, in steps of a quarter.
fn levels() -> Vec<Level> {
    let sigmas: Vec<f64> = (2..=12).map(|i| 0.25 * f64::from(i)).collect();
    Schedule::sigmas(&sigmas).unwrap().levels()[1..].to_vec()
}

/// The note's generation: out from x^0, each x^t a step along the target gradient at x^{t-1}.
#[test]
fn stepping_out_keeps_normality_with_origin_and_not_with_nearest() {
    let clean = torus();
    let tree = ImmutableKdTree::new_from_slice(&clean).unwrap();
    let origin = residual_statistics(&clean, &levels(), 0.0, |i, _| clean[i]);
    assert!(origin.iter().flatten().all(|&jb| jb < CRITICAL), "{origin:?}");
    let nearest = residual_statistics(&clean, &levels(), 0.0, |_, x| nearest_mean(&tree, &clean, x));
    assert!(
        nearest.iter().skip(3).flatten().all(|&jb| jb > 3.0 * CRITICAL),
        "{nearest:?}"
    );
}

/// And back: x^{t-1} drawn from `q(x^{t-1} | x^t, target)`.
#[test]
fn drawing_back_keeps_normality_with_origin_and_not_with_nearest() {
    let clean = torus();
    let tree = ImmutableKdTree::new_from_slice(&clean).unwrap();
    let falling: Vec<Level> = levels().into_iter().rev().collect();
    let origin = residual_statistics(&clean, &falling, 1.0, |i, _| clean[i]);
    assert!(origin.iter().flatten().all(|&jb| jb < CRITICAL), "{origin:?}");
    let nearest = residual_statistics(&clean, &falling, 1.0, |_, x| nearest_mean(&tree, &clean, x));
    // The start is normal: the wrong target has to act for a while.
    assert!(
        nearest.iter().skip(5).flatten().all(|&jb| jb > CRITICAL),
        "{nearest:?}"
    );
}

#[test]
fn the_statistic_is_right() {
    // Skewness 0, kurtosis 6.8 / 4.
    assert!((jarque_bera(&[1.0, 2.0, 3.0, 4.0, 5.0]) - 5.0 / 24.0 * 1.3f64.powi(2)).abs() < 1e-12);
    let uniform: Vec<f64> = (0..1000).map(f64::from).collect();
    assert!(jarque_bera(&uniform) > 3.0 * CRITICAL);
}
