//! Every generator's sampler, through ONNX Runtime and the whole pipeline, against laws that are known exactly: mean and
//! covariance of normal data, weights of a mixture, 100 000 samples each.
//!
//! A chain of finitely many steps does not return the data's law but one nearby. Under a linear score the chain's own law
//! is a recursion of two numbers for each axis: the samples are held against that, within three standard errors, and the
//! recursion against the data's law, which it approaches as the steps grow in number.

mod stand_in;

use quietcloud::sampler::Variance;
use quietcloud::{GenerateParams, generate};
use stand_in::generators::{DEVIATION, MEAN, SHAPE, WEIGHT, assert_law, moments, open};

const SAMPLES: usize = 100_000;

/// What sigma^2 is relative to alpha^2, and alpha itself, at each step.
type Chain = Vec<(f64, f64)>;

fn cosine(steps: usize) -> Chain {
    let f = |t: usize| {
        (((t as f64 / steps as f64 + 0.008) / 1.008) * std::f64::consts::FRAC_PI_2)
            .cos()
            .powi(2)
    };
    let mut signal = 1.0;
    let mut chain = vec![(1.0, 0.0)];
    for t in 1..=steps {
        signal *= 1.0 - (1.0 - f(t) / f(t - 1)).min(0.999);
        chain.push((f64::sqrt(signal), f64::sqrt(1.0 - signal)));
    }
    chain
}

/// Alpha and sigma of the vdm stand-in's table of gammas, noisiest first, on every `stride`-th entry, and clean.
fn gammas(stride: usize) -> Chain {
    let sigmoid = |g: f64| 1.0 / (1.0 + (-g).exp());
    let at = |i: usize| -9.0 + 18.0 * i as f64 / 400.0;
    let mut chain: Chain = (0..=400)
        .rev()
        .step_by(stride)
        .map(|i| (sigmoid(-at(i)).sqrt(), sigmoid(at(i)).sqrt()))
        .collect();
    chain.push((1.0, 0.0));
    chain
}

/// Every `stride`-th step from the top down to clean.
fn visited(chain: &Chain, stride: usize) -> Chain {
    let visited: Chain = chain.iter().rev().step_by(stride).copied().collect();
    assert_eq!(visited.last(), Some(&(1.0, 0.0)));
    visited
}

/// Mean and variance of what leaves the chain on normal data, in the notation of Ho et al. and Song et al.
fn law(chain: &Chain, eta: f64, variance: Variance) -> ([f64; 3], [f64; 3]) {
    let axis = |axis: usize| {
        let (m, s2) = (MEAN[axis], DEVIATION[axis].powi(2));
        let (mut mean, mut spread) = (0.0, 1.0);
        for pair in chain.windows(2) {
            let ((a, s), (b, r)) = (pair[0], pair[1]);
            let beta = 1.0 - (a / b).powi(2);
            let tilde = beta * (r / s).powi(2);
            // The noise that is expected at x is s (x - a m) / (a^2 s2 + s^2).
            let slope = s / (a * a * s2 + s * s);
            let fresh = eta * eta * tilde;
            let direction = (r * r - fresh).max(0.0).sqrt();
            // x -> (b / a) (x - s z) + direction z
            let factor = b / a - slope * (b / a * s - direction);
            mean = factor * mean + (b / a * s - direction) * slope * a * m;
            let added = if variance == Variance::Beta && r > 0.0 {
                beta
            } else {
                fresh
            };
            spread = factor * factor * spread + added;
        }
        (mean, spread)
    };
    let axes = [axis(0), axis(1), axis(2)];
    (axes.map(|a| a.0), axes.map(|a| a.1))
}

/// The furthest that mean and variance are from the data's, in standard errors of the samples.
fn bias((mean, variance): ([f64; 3], [f64; 3])) -> f64 {
    let n = (SAMPLES as f64).sqrt();
    (0..3)
        .flat_map(|a| {
            let (s, relative) = (DEVIATION[a], variance[a] / DEVIATION[a].powi(2) - 1.0);
            [(mean[a] - MEAN[a]) * n / s, relative * n / 2f64.sqrt()]
        })
        .fold(0.0, |most: f64, off| most.max(off.abs()))
}

fn samples(model: &str, params: GenerateParams) -> Vec<[f64; 3]> {
    generate(&open(model), SAMPLES, 1, &params, &mut ())
        .unwrap()
        .points
}

#[track_caller]
fn ddpm(eta: f64, variance: Variance, seed: u64) {
    let params = GenerateParams {
        steps: 100,
        eta,
        variance: Some(variance),
        seed,
        ..GenerateParams::default()
    };
    let (mean, spread) = law(&visited(&cosine(1000), 10), eta, variance);
    assert_law("ddpm", &samples("ddpm-gaussian", params), mean, spread);
    // The bias vanishes with the steps, at first order.
    let at = |steps: usize| bias(law(&visited(&cosine(steps), 1), eta, variance));
    assert!(at(16_000) < 0.2, "{}", at(16_000));
    assert!(
        (1.7..2.3).contains(&(at(4000) / at(8000))),
        "{}",
        at(4000) / at(8000)
    );
}

#[test]
fn ddpm_with_beta_returns_mean_and_covariance() {
    ddpm(1.0, Variance::Beta, 1);
}

#[test]
fn ddpm_with_beta_tilde_returns_mean_and_covariance() {
    ddpm(1.0, Variance::BetaTilde, 2);
}

#[test]
fn ddim_returns_mean_and_covariance_for_any_eta() {
    ddpm(0.0, Variance::BetaTilde, 3);
    ddpm(0.5, Variance::BetaTilde, 4);
}

#[test]
fn vdm_returns_mean_and_covariance() {
    let params = GenerateParams {
        steps: 100,
        seed: 5,
        ..GenerateParams::default()
    };
    let (mean, spread) = law(&gammas(4), 1.0, Variance::BetaTilde);
    assert_law("vdm", &samples("vdm-gaussian", params), mean, spread);
    assert!(bias(law(&gammas(1), 1.0, Variance::BetaTilde)) < bias((mean, spread)) / 3.0);
}

/// The law that `inner` steps on each of `levels` levels from 3 down to 0.05 leave behind, with the last clean step.
fn annealed(levels: usize, inner: usize, rate: f64) -> ([f64; 3], [f64; 3]) {
    let axis = |axis: usize| {
        let (m, s2) = (MEAN[axis], DEVIATION[axis].powi(2));
        let (mut mean, mut spread) = (0.0, 10.0);
        let mut sigma = 0.0;
        for i in 0..levels {
            sigma = 3.0 * f64::powf(0.05 / 3.0, i as f64 / (levels - 1) as f64);
            let pull = 1.0 - rate * sigma * sigma / (s2 + sigma * sigma);
            for _ in 0..inner {
                mean = m + pull * (mean - m);
                spread = pull * pull * spread + 2.0 * rate * sigma * sigma;
            }
        }
        let keep = s2 / (s2 + sigma * sigma);
        (m + keep * (mean - m), keep * keep * spread)
    };
    let axes = [axis(0), axis(1), axis(2)];
    (axes.map(|a| a.0), axes.map(|a| a.1))
}

#[test]
fn annealed_langevin_returns_mean_and_covariance() {
    let params = GenerateParams {
        steps: 20,
        seed: 6,
        ..GenerateParams::default()
    };
    let (mean, spread) = annealed(20, 5, 0.2);
    assert_law("langevin", &samples("langevin-gaussian", params), mean, spread);
    assert!(
        bias(annealed(100, 40, 0.4)) < 3.0,
        "{}",
        bias(annealed(100, 40, 0.4))
    );
}

#[test]
fn mixture_weights_are_those_of_the_data() {
    let beta = Some(Variance::Beta);
    for (model, steps, eta, variance) in [
        ("ddpm-mixture", 50, 1.0, beta),
        ("ddpm-mixture", 50, 1.0, None),
        ("ddpm-mixture", 50, 0.0, None),
        // Even steps of gamma are large where the weights are decided.
        ("vdm-mixture", 400, -1.0, None),
        ("langevin-mixture", 20, -1.0, None),
    ] {
        let params = GenerateParams {
            steps,
            eta,
            variance,
            seed: 7,
            ..GenerateParams::default()
        };
        let found = samples(model, params);
        let left: Vec<[f64; 3]> = found.iter().copied().filter(|p| p[0] < -0.4).collect();
        let weight = left.len() as f64 / SAMPLES as f64;
        let error = (WEIGHT * (1.0 - WEIGHT) / SAMPLES as f64).sqrt();
        let off = (weight - WEIGHT) / error;
        assert!(
            off.abs() < 3.0,
            "{model} eta {eta}: weight {weight}, {off:.2} standard errors off"
        );
        let (mean, _) = moments(&left);
        assert!((mean[0] + 1.4).abs() < 0.02, "{model} eta {eta}: {mean:?}");
    }
}

/// Given its shape latent, which hardly varies here, lion's cloud is normal with that spread; beta is exact for latents
/// of unit variance, but for the step to the clean end.
#[test]
fn lion_returns_the_law_of_both_latents() {
    let params = GenerateParams {
        steps: 50,
        variance: Some(Variance::Beta),
        seed: 8,
        ..GenerateParams::default()
    };
    let found = samples("lion", params);
    let (_, covariance) = moments(&found);
    for a in 0..3 {
        let deviation = covariance[a][a].sqrt();
        assert!((deviation / SHAPE[a] - 1.0).abs() < 0.04, "axis {a}: {deviation}");
        // In units of the latent that this cloud got, what is left is the point latent's law.
        let unit: Vec<f64> = found.iter().map(|p| p[a] / deviation).collect();
        let fourth = unit.iter().map(|u| u.powi(4)).sum::<f64>() / SAMPLES as f64;
        assert!(
            (fourth - 3.0).abs() < 3.0 * (96.0 / SAMPLES as f64).sqrt(),
            "axis {a}: {fourth}"
        );
    }
}
