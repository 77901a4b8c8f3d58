//! Into model units and back: exact, and the same whatever units, offset or order a cloud comes in.

use quietcloud::cloud::CloudView;
use quietcloud::graph::Graph;
use quietcloud::normalize::{Normalized, normalize};
use quietcloud::random::Noise;

fn sphere(n: u64) -> Vec<[f64; 3]> {
    let on_sphere = |i| {
        let z: [f64; 3] = Noise::new(1).normal(0, i);
        let length = z.iter().map(|c| c * c).sum::<f64>().sqrt();
        z.map(|c| c / length)
    };
    (0..n).map(on_sphere).collect()
}

fn run(points: &[[f64; 3]]) -> Normalized {
    normalize(CloudView::from_f64(points)).unwrap()
}

fn check_way_back(points: &[[f64; 3]], tolerance: f64) {
    let normalized = run(points);
    assert_eq!(normalized.points.len(), normalized.source.len());
    for (p, &i) in normalized.points.iter().zip(&normalized.source) {
        assert!(p.iter().all(|c| c.is_finite()));
        let (back, original) = (normalized.frame.restore(*p), points[i as usize]);
        for a in 0..3 {
            assert!(
                (back[a] - original[a]).abs() <= tolerance,
                "{back:?} {original:?}"
            );
        }
    }
}

#[test]
fn spacing_is_one_in_any_unit() {
    let points = sphere(3000);
    let reference = run(&points);
    // 3000 points on 4 pi: the scale is the pitch, and Graph::knn agrees.
    assert!((reference.frame.scale / (4.0 * std::f64::consts::PI / 3000.0).sqrt() - 1.0).abs() < 0.05);
    let mut spacing = Graph::knn(&reference.points, 20).spacing;
    spacing.sort_by(f32::total_cmp);
    assert!((spacing[1500] - 1.0).abs() < 0.03, "{}", spacing[1500]);
    for unit in [1e-300, 1e-9, 0.001, 1e9, 1e300] {
        let scaled: Vec<[f64; 3]> = points.iter().map(|p| p.map(|c| c * unit)).collect();
        let normalized = run(&scaled);
        assert!((normalized.frame.scale / unit / reference.frame.scale - 1.0).abs() < 1e-9);
        for (p, q) in normalized.points.iter().zip(&reference.points) {
            assert!((0..3).all(|a| (p[a] - q[a]).abs() < 1e-6), "{p:?} {q:?}");
        }
        check_way_back(&scaled, 1e-14 * unit);
    }
}

/// UTM coordinates, a few decimetres apart: restored to far below a millimetre.
#[test]
fn large_offsets_keep_their_digits() {
    let utm: Vec<[f64; 3]> = sphere(2000)
        .iter()
        .map(|p| [p[0] * 20.0 + 5.4e5, p[1] * 20.0 + 5.2e6, p[2]])
        .collect();
    check_way_back(&utm, 2e-9);
    let near = run(&utm)
        .points
        .iter()
        .flatten()
        .fold(0.0, |m: f64, c| m.max(c.abs()));
    assert!(near < 1000.0, "{near}");
}

#[test]
fn order_of_arrival_doesn_t_matter() {
    let mut points = sphere(500);
    points.extend_from_within(..100);
    let reference = run(&points);
    points.reverse();
    points.rotate_left(77);
    let turned = run(&points);
    assert_eq!(reference.points, turned.points);
    assert_eq!(reference.frame, turned.frame);
}

#[test]
fn consecutive_points_are_near_each_other() {
    let normalized = run(&sphere(4000));
    let step = |w: &[[f64; 3]]| (0..3).map(|a| (w[1][a] - w[0][a]).powi(2)).sum::<f64>().sqrt();
    let mean = normalized.points.windows(2).map(step).sum::<f64>() / 3999.0;
    assert!(mean < 2.0, "{mean}");
}

#[test]
fn non_finite_points_are_left_out() {
    let mut points = sphere(40);
    points[3][1] = f64::NAN;
    points[7][0] = f64::INFINITY;
    points[39][2] = f64::NEG_INFINITY;
    let mut kept = run(&points).source;
    kept.sort_unstable();
    assert_eq!(
        kept,
        (0..40).filter(|i| ![3, 7, 39].contains(i)).collect::<Vec<u32>>()
    );
    assert!(run(&[[f64::NAN; 3]; 5]).points.is_empty());
}

#[test]
fn degenerate_clouds_have_a_frame() {
    assert_eq!(run(&[]).frame.scale, 1.0);
    let one = run(&[[5e6, -3.0, 1e-9]]);
    assert_eq!((one.points, one.frame.scale), (vec![[0.0; 3]], 1.0));
    assert_eq!(run(&[[2.0; 3]; 1000]).frame.scale, 1.0);
    let two = run(&[[0.0; 3], [4.0, 0.0, 0.0]]);
    assert!(
        two.frame.scale > 1.0 && two.frame.scale < 8.0,
        "{}",
        two.frame.scale
    );
    for points in [
        (0..100).map(|i| [f64::from(i), 0.0, 0.0]).collect::<Vec<_>>(),
        (0..100)
            .map(|i| [f64::from(i % 10), f64::from(i / 10), 3.0])
            .collect(),
        vec![[f64::MAX / 4.0; 3], [-f64::MAX / 4.0; 3]],
        vec![[f64::MIN_POSITIVE; 3], [0.0; 3]],
    ] {
        let normalized = run(&points);
        assert_eq!(normalized.points.len(), points.len());
        assert!(normalized.points.iter().flatten().all(|c| c.is_finite()));
        assert!(normalized.frame.scale > 0.0);
    }
    assert!(normalize(CloudView::from_f64(&[[f64::MAX; 3], [-f64::MAX; 3]])).is_err());
}

/// Thirty scans laid over each other: every neighbour is a copy, and yet the distinct points are 1 apart.
#[test]
fn copies_don_t_hide_the_spacing() {
    let distinct = sphere(300);
    let copies: Vec<[f64; 3]> = (0..9000).map(|i| distinct[i % 300]).collect();
    let (one, many) = (run(&distinct), run(&copies));
    assert!((one.frame.scale / many.frame.scale - 1.0).abs() < 1e-9);
}
