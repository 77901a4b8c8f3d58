//! METHOD's identities of one chain in three views (DDPM's beta, SBD's sigma, VDM's gamma), and the step between
//! its levels, which is the same in all of them.

use quietcloud::Error;
use quietcloud::random::Noise;
use quietcloud::sampler::{Prediction, posterior};
use quietcloud::schedule::{Level, Schedule};

fn schedules() -> Vec<Schedule> {
    let sigmas: Vec<f64> = (0..50).map(|i| 0.02 * 1.15f64.powi(i)).collect();
    let gammas: Vec<f64> = (0..=100).map(|i| -13.3 + 0.183 * f64::from(i)).collect();
    vec![
        Schedule::linear_beta(1e-4, 0.02, 1000).unwrap(),
        Schedule::linear_beta(1e-6, 1e-4, 30).unwrap(),
        Schedule::cosine(200, 0.008).unwrap(),
        Schedule::betas(&[0.3, 0.01, 0.9, 0.5]).unwrap(),
        Schedule::sigmas(&sigmas).unwrap(),
        Schedule::gammas(&gammas).unwrap(),
        Schedule::sigmas(&[0.5]).unwrap(),
    ]
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-6 * expected.abs().max(1e-12),
        "{found} {expected}"
    );
}

#[test]
fn the_closed_form_is_the_chain_of_steps() {
    for schedule in schedules() {
        let (mut signal, mut variance) = (1.0, 0.0);
        for t in 1..=schedule.len() {
            let beta = schedule.beta(t);
            assert!(beta > 0.0 && beta < 1.0);
            signal *= (1.0 - beta).sqrt();
            variance = (1.0 - beta) * variance + beta;
            let level = schedule.level(t);
            close(level.alpha, signal);
            close(level.sigma.powi(2), variance);
            close(schedule.alpha_bar(t), signal * signal);
            assert_eq!(level.clock, t as f64);
        }
    }
}

#[test]
fn the_three_views_are_one_to_one() {
    let sigmoid = |g: f64| 1.0 / (1.0 + (-g).exp());
    for schedule in schedules() {
        for t in 1..=schedule.len() {
            let Level { alpha, sigma, .. } = schedule.level(t);
            let (signal, noise) = (schedule.alpha_bar(t), sigma * sigma);
            close(alpha * alpha + noise, 1.0);
            close(schedule.relative(t), (noise / signal).sqrt());
            close(schedule.snr(t), signal / noise);
            close(schedule.snr(t), schedule.relative(t).powi(-2));
            close(schedule.gamma(t), -schedule.snr(t).ln());
            close(schedule.gamma(t), 2.0 * schedule.relative(t).ln());
            close(noise, sigmoid(schedule.gamma(t)));
            close(signal, sigmoid(-schedule.gamma(t)));
        }
        let steps = 1..=schedule.len();
        let views = [
            Schedule::betas(&steps.clone().map(|t| schedule.beta(t)).collect::<Vec<_>>()).unwrap(),
            Schedule::sigmas(&steps.clone().map(|t| schedule.relative(t)).collect::<Vec<_>>()).unwrap(),
            Schedule::gammas(&steps.clone().map(|t| schedule.gamma(t)).collect::<Vec<_>>()).unwrap(),
        ];
        for view in views {
            for t in steps.clone() {
                close(view.level(t).alpha, schedule.level(t).alpha);
                close(view.level(t).sigma, schedule.level(t).sigma);
                close(view.beta(t), schedule.beta(t));
            }
        }
    }
}

#[test]
fn step_zero_is_clean() {
    for schedule in schedules() {
        assert_eq!(schedule.level(0), Level::CLEAN);
        assert_eq!(
            (schedule.beta(0), schedule.beta_tilde(0), schedule.beta_tilde(1)),
            (0.0, 0.0, 0.0)
        );
        assert_eq!(
            (schedule.alpha_bar(0), schedule.relative(0), schedule.snr(0)),
            (1.0, 0.0, f64::INFINITY)
        );
        assert_eq!(schedule.gamma(0), f64::NEG_INFINITY);
    }
}

#[test]
fn linear_and_cosine_are_those_of_their_papers() {
    let linear = Schedule::linear_beta(1e-4, 0.02, 1000).unwrap();
    close(linear.beta(1), 1e-4);
    close(linear.beta(500), 1e-4 + (0.02 - 1e-4) * 499.0 / 999.0);
    close(linear.beta(1000), 0.02);
    // The product of all 1 - beta, the figure that Ho et al. give as about 4e-5.
    close(linear.alpha_bar(1000), 4.035829763e-5);

    let (steps, s) = (1000, 0.008);
    let cosine = Schedule::cosine(steps, s).unwrap();
    let f = |t: usize| {
        ((t as f64 / steps as f64 + s) / (1.0 + s) * std::f64::consts::FRAC_PI_2)
            .cos()
            .powi(2)
    };
    for t in 1..steps - 1 {
        close(cosine.alpha_bar(t), f(t) / f(0));
    }
    close(cosine.beta(steps), 0.999);
}

/// The posterior from Bayes' rule on Gaussians: precisions add, means weigh with them.
#[test]
fn the_ancestral_step_is_bayes_ddpm_sbd_and_vdm() {
    let draws = Noise::new(1);
    for schedule in schedules() {
        for t in 1..=schedule.len() {
            let (from, to) = (schedule.level(t), schedule.level(t - 1));
            let beta = schedule.beta(t);
            let (alpha_bar, last_alpha_bar) = (schedule.alpha_bar(t), schedule.alpha_bar(t - 1));
            let (beta_bar, last_beta_bar) = (from.sigma.powi(2), to.sigma.powi(2));
            let (x0, z, draw) = (
                draws.normal(0, t as u64),
                draws.normal(1, t as u64),
                draws.normal(2, t as u64),
            );
            let x: [f64; 3] = std::array::from_fn(|a| from.alpha * x0[a] + from.sigma * z[a]);
            let step = posterior(x, x0, &from, &to, 1.0, draw);

            let deviation = schedule.beta_tilde(t).sqrt();
            close(schedule.beta_tilde(t), last_beta_bar / beta_bar * beta);
            if t > 1 {
                let precision = (1.0 - beta) / beta + 1.0 / last_beta_bar;
                close(schedule.beta_tilde(t), 1.0 / precision);
            }
            let c = -(schedule.gamma(t - 1) - schedule.gamma(t)).exp_m1();
            close(schedule.beta_tilde(t), last_beta_bar * c);

            for a in 0..3 {
                let near = |mean: f64| {
                    let expected = mean + deviation * draw[a];
                    assert!((step[a] - expected).abs() < 1e-6, "t {t}: {} {expected}", step[a]);
                };
                if t > 1 {
                    let precision = (1.0 - beta) / beta + 1.0 / last_beta_bar;
                    near(((1.0 - beta).sqrt() * x[a] / beta + to.alpha * x0[a] / last_beta_bar) / precision);
                }
                // METHOD 1: the posterior mean in x^t and x^0, and in x^t and z.
                near(
                    (1.0 - beta).sqrt() * last_beta_bar / beta_bar * x[a]
                        + last_alpha_bar.sqrt() * beta / beta_bar * x0[a],
                );
                near((x[a] - beta / beta_bar.sqrt() * z[a]) / (1.0 - beta).sqrt());
                // METHOD 4, Ho et al. algorithm 2, with alpha_t = 1 - beta_t.
                let alpha_t = alpha_bar / last_alpha_bar;
                near((x[a] - (1.0 - alpha_t) / (1.0 - alpha_bar).sqrt() * z[a]) / alpha_t.sqrt());
                // METHOD 7.
                near(to.alpha / from.alpha * (x[a] - c * from.sigma * z[a]));
            }
        }
    }
}

#[test]
fn the_deterministic_step_is_sbd_s_over_any_gap() {
    let draws = Noise::new(2);
    for schedule in schedules() {
        for (t, s) in [(schedule.len(), 0), (schedule.len(), schedule.len() / 2), (1, 0)] {
            let (from, to) = (schedule.level(t), schedule.level(s));
            let (x0, z) = (draws.normal(t as u32, 0), draws.normal(t as u32, 1));
            let x: [f64; 3] = std::array::from_fn(|a| from.alpha * x0[a] + from.sigma * z[a]);
            let step = posterior(x, x0, &from, &to, 0.0, [9.0; 3]);
            for a in 0..3 {
                let rescaled = x[a] / from.alpha + (to.relative() - from.relative()) * z[a];
                assert!((step[a] / to.alpha - rescaled).abs() < 1e-6);
            }
        }
    }
}

/// Whatever eta, a state `alpha x0 + sigma z` becomes one of the lower level's mean and variance.
#[test]
fn every_eta_keeps_the_marginals() {
    let schedule = Schedule::cosine(100, 0.008).unwrap();
    let (from, to) = (schedule.level(80), schedule.level(30));
    for eta in [0.0, 0.3, 1.0] {
        let at = |x0: f64, z: f64, draw: f64| {
            posterior(
                [from.alpha * x0 + from.sigma * z; 3],
                [x0; 3],
                &from,
                &to,
                eta,
                [draw; 3],
            )[0]
        };
        close(at(1.0, 0.0, 0.0), to.alpha);
        close(at(0.0, 1.0, 0.0).hypot(at(0.0, 0.0, 1.0)), to.sigma);
    }
    assert_eq!(
        posterior([1.0; 3], [2.0; 3], &Level::CLEAN, &Level::CLEAN, 1.0, [1.0; 3]),
        [2.0; 3]
    );
}

#[test]
fn every_prediction_gives_the_same_clean_point() {
    let (x0, z) = ([0.3, -2.0, 5.0], [1.0, 0.2, -0.7]);
    for level in [Level::from_relative(3.0, 0.05), Level::from_relative(9.0, 40.0)] {
        let (alpha, sigma) = (level.alpha, level.sigma);
        let each = |f: &dyn Fn(f64, f64) -> f64| -> [f64; 3] { std::array::from_fn(|a| f(x0[a], z[a])) };
        let x = each(&|x0, z| alpha * x0 + sigma * z);
        let outputs = [
            (Prediction::Noise, z),
            (Prediction::Clean, x0),
            (Prediction::Velocity, each(&|x0, z| alpha * z - sigma * x0)),
            (Prediction::Score, z.map(|z| -z / level.relative())),
            (Prediction::Offset, z.map(|z| -level.relative() * z)),
        ];
        for (prediction, out) in outputs {
            let clean = prediction.clean(x, out, &level);
            assert!(
                (0..3).all(|a| (clean[a] - x0[a]).abs() < 1e-9),
                "{prediction:?} {clean:?}"
            );
        }
    }
}

#[test]
fn a_run_starts_at_the_scan_s_noise_and_ends_clean() {
    let sigmas: Vec<f64> = (1..=100).map(|i| 0.05 * f64::from(i)).collect();
    let schedule = Schedule::sigmas(&sigmas).unwrap();
    let relative = |noise, steps, rho| -> Vec<f64> {
        schedule
            .levels_from(noise, steps, rho)
            .iter()
            .map(Level::relative)
            .collect()
    };
    let near = |found: Vec<f64>, expected: &[f64]| {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        assert!(
            found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9),
            "{found:?} {expected:?}"
        );
    };
    near(relative(2.0, 4, 1.0), &[2.0, 1.5, 1.0, 0.5, 0.0]);
    near(relative(1.56, 4, 2.0), &[1.6, 0.9, 0.4, 0.1, 0.0]);
    near(relative(2.0, 1, 1.0), &[2.0, 0.0]);
    near(relative(2.0, 0, 1.0), &[2.0, 0.0]);
    // Fewer steps in the schedule than asked for, or a rho that crowds them: each at most once.
    near(relative(0.12, 50, 1.0), &[0.15, 0.10, 0.05, 0.0]);
    near(
        relative(0.5, 9, 30.0),
        &[0.5, 0.40, 0.35, 0.30, 0.25, 0.20, 0.15, 0.10, 0.05, 0.0],
    );
    // More noise than the schedule knows: its last level.
    near(relative(1e9, 2, 1.0), &[5.0, 2.5, 0.0]);
    near(relative(f64::INFINITY, 1, 1.0), &[5.0, 0.0]);
    // Nearly clean.
    near(relative(0.03, 3, 1.0), &[0.05, 0.0]);
    for clean in [0.0, 0.02, -1.0, f64::NAN] {
        assert!(schedule.levels_from(clean, 5, 1.0).is_empty());
    }
    for schedule in schedules() {
        for steps in [1, 3, 10, 1000] {
            let levels = schedule.levels_from(schedule.relative(schedule.len()) / 2.0, steps, 1.0);
            assert!(levels.windows(2).all(|w| w[0].relative() > w[1].relative()));
            assert_eq!(levels.last().copied(), Some(Level::CLEAN));
            assert_eq!(levels.len() - 1, steps.min(levels[0].clock as usize));
        }
    }
}

#[test]
fn impossible_schedules_are_refused() {
    let refused = [
        Schedule::betas(&[]),
        Schedule::betas(&[0.1, 0.0]),
        Schedule::betas(&[1.0]),
        Schedule::betas(&[f64::NAN]),
        Schedule::linear_beta(1e-4, 0.02, 0),
        Schedule::linear_beta(0.5, 1.5, 10),
        Schedule::linear_beta(0.5, 0.6, usize::MAX),
        Schedule::cosine(0, 0.008),
        Schedule::cosine(10, f64::NAN),
        Schedule::cosine(10, -0.5),
        Schedule::sigmas(&[]),
        Schedule::sigmas(&[0.0, 1.0]),
        Schedule::sigmas(&[1.0, 1.0]),
        Schedule::sigmas(&[2.0, 1.0]),
        Schedule::sigmas(&[1.0, f64::INFINITY]),
        Schedule::gammas(&[-1.0, -2.0]),
        Schedule::gammas(&[-800.0, 0.0]),
        Schedule::gammas(&[0.0, f64::NAN]),
    ];
    for result in refused {
        assert!(matches!(result, Err(Error::Argument(_))), "{result:?}");
    }
}
