//! Confidence: calibrated where there is nothing but noise, near 0 for strays.

mod stand_in;

use quietcloud::random::Noise;
use quietcloud::{CloudView, Device, Model, Params, confidence, denoise};

const SIGMA: f64 = 0.02;
const POINTS: usize = 8000;

fn rated(cloud: &[[f64; 3]]) -> Vec<f32> {
    let model = Model::builtin(Device::Cpu).unwrap();
    let denoised = denoise(&model, CloudView::from_f64(cloud), &Params::default(), &mut ()).unwrap();
    let noise = denoised.report.noise;
    confidence(
        CloudView::from_f64(cloud),
        CloudView::from_f64(&denoised.points),
        noise,
    )
    .unwrap()
}

fn share(rated: &[f32], wanted: impl Fn(f32) -> bool) -> f64 {
    rated.iter().filter(|&&c| wanted(c)).count() as f64 / rated.len() as f64
}

#[test]
fn strays_stand_out_and_ordinary_points_do_not() {
    stand_in::need_runtime();
    let mut cloud = stand_in::noisy_sphere(POINTS, 1.0, [3.0, 1.0, 2.0], SIGMA);
    let plain = rated(&cloud);
    assert!(
        share(&plain, |c| c < 0.01) < 0.02,
        "{}",
        share(&plain, |c| c < 0.01)
    );
    assert!(share(&plain, |c| c > 0.5) > 0.3, "{}", share(&plain, |c| c > 0.5));

    let (noise, every) = (Noise::new(5), 50);
    for i in (0..POINTS).step_by(every) {
        // 6 to 18 standard deviations along the radius, outwards and inwards.
        let reach =
            1.0 + (if i % 100 == 0 { 1.0 } else { -1.0 }) * SIGMA * (6.0 + 12.0 * (i as f64 / POINTS as f64));
        let center = [3.0, 1.0, 2.0];
        let direction: [f64; 3] = std::array::from_fn(|a| cloud[i][a] - center[a]);
        let length = direction.iter().map(|c| c * c).sum::<f64>().sqrt();
        let draw = noise.normal(0, i as u64);
        cloud[i] = std::array::from_fn(|a| center[a] + direction[a] / length * reach + 0.001 * draw[a]);
    }
    let rated = rated(&cloud);
    let (strays, rest): (Vec<_>, Vec<_>) = rated.iter().enumerate().partition(|(i, _)| i % every == 0);
    let strays: Vec<f32> = strays.into_iter().map(|(_, &c)| c).collect();
    let rest: Vec<f32> = rest.into_iter().map(|(_, &c)| c).collect();
    assert!(
        share(&strays, |c| c < 0.01) > 0.95,
        "{}",
        share(&strays, |c| c < 0.01)
    );
    assert!(
        share(&rest, |c| c < 0.01) < 0.03,
        "{}",
        share(&rest, |c| c < 0.01)
    );
}

#[test]
fn what_is_not_finite_has_none_and_clouds_without_extent_all() {
    let mut cloud = vec![[1.0, 2.0, 3.0]; 30];
    cloud[7][1] = f64::NAN;
    let rated = confidence(CloudView::from_f64(&cloud), CloudView::from_f64(&cloud), 0.1).unwrap();
    for (i, &c) in rated.iter().enumerate() {
        assert_eq!(c, if i == 7 { 0.0 } else { 1.0 });
    }
    assert!(
        confidence(CloudView::from_f64(&[]), CloudView::from_f64(&[]), 0.0)
            .unwrap()
            .is_empty()
    );
    let one = [[0.0; 3]];
    assert_eq!(
        confidence(CloudView::from_f64(&one), CloudView::from_f64(&one), 0.0).unwrap(),
        [1.0]
    );
}

#[test]
fn the_way_alone_counts_in_standard_deviations() {
    // A lattice moved by one number: isolation is ordinary inside, and each way has its tail probability.
    let scan: Vec<[f64; 3]> = (0..900)
        .map(|i| [(i % 30) as f64, (i / 30) as f64, 0.0])
        .collect();
    for (ways, expected) in [(0.0, 1.0), (1.0, 0.3173), (2.0, 0.0455), (3.0, 0.0027)] {
        let cleaned: Vec<[f64; 3]> = scan.iter().map(|p| [p[0], p[1], ways * 0.1]).collect();
        let rated = confidence(CloudView::from_f64(&scan), CloudView::from_f64(&cleaned), 0.1).unwrap();
        assert!(
            (f64::from(rated[15 * 30 + 15]) - expected).abs() < 1e-4,
            "{ways}: {}",
            rated[15 * 30 + 15]
        );
    }
}

#[test]
fn clouds_that_do_not_belong_together_are_refused() {
    let (two, three) = (vec![[0.0; 3]; 2], vec![[0.0; 3]; 3]);
    let refused = |scan: &[[f64; 3]], cleaned: &[[f64; 3]], noise| {
        confidence(CloudView::from_f64(scan), CloudView::from_f64(cleaned), noise)
            .unwrap_err()
            .code()
    };
    assert_eq!(refused(&two, &three, 0.1), 1);
    for noise in [-1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(&two, &two, noise), 1);
    }
}
