//! The neighbour graph against brute force, on clouds that are hard for a tree.

use quietcloud::graph::{Graph, edge_features, relative_edges};
use quietcloud::random::Noise;

/// Indices sorted by (squared distance, index), the point itself left out.
fn brute_force(points: &[[f64; 3]], k: usize, i: usize) -> Vec<u32> {
    let mut all: Vec<(f64, u32)> = (0..points.len())
        .filter(|&j| j != i)
        .map(|j| {
            (
                (0..3).map(|a| (points[j][a] - points[i][a]).powi(2)).sum(),
                j as u32,
            )
        })
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let available = if all.is_empty() {
        vec![i as u32]
    } else {
        all.iter().map(|&(_, j)| j).collect()
    };
    available.into_iter().cycle().take(k).collect()
}

fn random_cloud(n: u64, seed: u64) -> Vec<[f64; 3]> {
    (0..n).map(|i| Noise::new(seed).normal(0, i)).collect()
}

fn lattice(nx: usize, ny: usize, nz: usize) -> Vec<[f64; 3]> {
    (0..nx * ny * nz)
        .map(|i| [(i % nx) as f64, (i / nx % ny) as f64, (i / (nx * ny)) as f64])
        .collect()
}

/// The same points, in an order that has nothing to do with their places.
fn shuffled(points: &[[f64; 3]]) -> Vec<[f64; 3]> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&i, &j| {
        Noise::new(3).normal(0, i as u64)[0].total_cmp(&Noise::new(3).normal(0, j as u64)[0])
    });
    order.into_iter().map(|i| points[i]).collect()
}

#[test]
fn neighbors_are_those_of_brute_force() {
    let mut on_circle: Vec<[f64; 3]> = vec![[0.0; 3]];
    on_circle.extend(
        [[3.0, 4.0, 0.0], [4.0, 3.0, 0.0], [5.0, 0.0, 0.0], [0.0, 5.0, 0.0]]
            .iter()
            .flat_map(|p| {
                [
                    [p[0], p[1], p[2]],
                    [-p[0], p[1], p[2]],
                    [p[0], -p[1], p[2]],
                    [p[0], p[2], p[1]],
                    [p[2], p[0], -p[1]],
                ]
            }),
    );
    let duplicates: Vec<[f64; 3]> = (0..1000).map(|i| random_cloud(90, 5)[i * i % 90]).collect();
    let mut half_identical = vec![[0.25, 0.5, -1.0]; 600];
    half_identical.extend(random_cloud(600, 6));
    let signed_zeros: Vec<[f64; 3]> = (0..80)
        .map(|i| [if i % 2 == 0 { 0.0 } else { -0.0 }, f64::from(i / 4), 0.0])
        .collect();
    let clouds = [
        ("random", random_cloud(1500, 1)),
        ("lattice", shuffled(&lattice(11, 11, 11))),
        ("plane", shuffled(&lattice(40, 1, 30))),
        ("line", shuffled(&lattice(1, 1000, 1))),
        (
            "oblique line",
            (0..500)
                .map(|i| [f64::from(i), 2.0 * f64::from(i), -3.0 * f64::from(i)])
                .collect(),
        ),
        ("equal distances", on_circle),
        ("duplicates", duplicates),
        ("half identical", shuffled(&half_identical)),
        ("identical", vec![[1.0, 2.0, 3.0]; 500]),
        ("signed zeros", signed_zeros),
        (
            "offset",
            random_cloud(800, 2)
                .iter()
                .map(|p| [p[0] + 5e5, p[1] + 5.4e6, p[2] * 1e-3])
                .collect(),
        ),
        (
            "outlier",
            random_cloud(300, 8)
                .into_iter()
                .chain([[1e12, -1e9, 3.0]])
                .collect(),
        ),
        (
            "tiny",
            random_cloud(300, 9).iter().map(|p| p.map(|c| c * 1e-9)).collect(),
        ),
        ("one", random_cloud(1, 1)),
        ("two", random_cloud(2, 1)),
        ("k", random_cloud(20, 1)),
        ("k + 1", random_cloud(21, 1)),
        ("k + 2", random_cloud(22, 1)),
        ("nothing", Vec::new()),
    ];
    for (name, points) in &clouds {
        for k in [1, 6, 20] {
            let graph = Graph::knn(points, k);
            assert_eq!(
                (graph.len(), graph.neighbors.len()),
                (points.len(), points.len() * k),
                "{name}"
            );
            for i in 0..points.len() {
                assert_eq!(
                    graph.row(i),
                    brute_force(points, k, i),
                    "{name}, point {i}, k {k}"
                );
                assert!(
                    graph.spacing[i] > 0.0 && graph.spacing[i].is_finite(),
                    "{name}, point {i}"
                );
            }
        }
    }
}

/// Identical points in numbers would each visit all the others, and a line would fill a few huge leaves: 20 to 100
/// times the work. Compared with an ordinary cloud, so that a busy machine slows both.
#[test]
fn degenerate_clouds_take_about_as_long_as_others() {
    let n = 100_000usize;
    let seconds = |points: &[[f64; 3]]| {
        let timed = |_| {
            let started = std::time::Instant::now();
            assert_eq!(Graph::knn(points, 20).neighbors.len(), n * 20);
            started.elapsed().as_secs_f64()
        };
        (0..3).map(timed).fold(f64::INFINITY, f64::min)
    };
    let ordinary = seconds(&random_cloud(n as u64, 13));
    let pairs: Vec<[f64; 3]> = (0..n).map(|i| [(i % 2) as f64, 0.0, 0.0]).collect();
    for points in [
        vec![[7.0; 3]; n],
        pairs,
        lattice(1, 1, n),
        lattice(1, n / 100, 100),
    ] {
        let ratio = seconds(&points) / ordinary;
        assert!(ratio < 12.0, "{ratio} times as long, from {:?}", &points[..2]);
    }
}

#[test]
fn spacing_of_a_planar_lattice_is_its_pitch() {
    for pitch in [1.0, 0.01, 250.0] {
        let points: Vec<[f64; 3]> = lattice(60, 60, 1).iter().map(|p| p.map(|c| c * pitch)).collect();
        let graph = Graph::knn(&points, 20);
        let inner = 30 * 60 + 30;
        assert!(
            (f64::from(graph.spacing[inner]) / pitch - 1.0).abs() < 0.1,
            "{}",
            graph.spacing[inner]
        );
    }
}

#[test]
fn spacing_of_a_random_plane_is_one_over_the_root_of_its_density() {
    let uniform = |i: u64, a: usize| {
        let z = Noise::new(4).normal(a as u32, i);
        0.5 + (z[0].atan2(z[1])) / std::f64::consts::TAU
    };
    let points: Vec<[f64; 3]> = (0..40_000)
        .map(|i| [uniform(i, 0) * 200.0, uniform(i, 1) * 200.0, 0.0])
        .collect();
    let mut spacing = Graph::knn(&points, 16).spacing;
    spacing.sort_by(f32::total_cmp);
    assert!((spacing[20_000] - 1.0).abs() < 0.05, "{}", spacing[20_000]);
}

#[test]
fn spacing_of_coinciding_points_is_floored() {
    assert!(
        Graph::knn(&vec![[2.0; 3]; 100], 8)
            .spacing
            .iter()
            .all(|&s| s == 1.0)
    );
    let mut points = vec![[0.0; 3]; 50];
    points.extend(lattice(40, 40, 1).iter().map(|p| p.map(|c| c + 100.0)));
    let graph = Graph::knn(&points, 8);
    assert!((graph.spacing[0] - 1e-3).abs() < 2e-4, "{}", graph.spacing[0]);
}

#[test]
fn thread_count_changes_nothing() {
    let points = random_cloud(5000, 11);
    let at = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| Graph::knn(&points, 20))
    };
    assert_eq!(at(1), at(2));
}

#[test]
fn edge_features_are_center_and_difference() {
    let points = random_cloud(50, 12);
    let graph = Graph::knn(&points, 5);
    let features = edge_features(&points, &graph);
    assert_eq!(features.shape(), [50, 5, 6]);
    let rows = [7, 3, 49];
    let mut relative = vec![0.0; 3 * 5 * 3];
    relative_edges(&points, &graph, &rows, &mut relative);
    for (r, &i) in rows.iter().enumerate() {
        let i = i as usize;
        for j in 0..5 {
            for a in 0..3 {
                let difference = points[graph.row(i)[j] as usize][a] - points[i][a];
                assert_eq!(features[[i, j, a]], points[i][a] as f32);
                assert_eq!(features[[i, j, 3 + a]], difference as f32);
                let expected = difference / f64::from(graph.spacing[i]);
                assert!((f64::from(relative[(r * 5 + j) * 3 + a]) - expected).abs() < 1e-6);
            }
        }
    }
}

/// In f32 these coordinates are half a metre apart; the edges are exact all the same.
#[test]
fn relative_edges_keep_precision_far_from_the_origin() {
    let near = lattice(20, 20, 1);
    let far: Vec<[f64; 3]> = near
        .iter()
        .map(|p| [p[0] / 64.0 + 5e6, p[1] / 64.0 - 4e6, p[2]])
        .collect();
    let edges = |points: &[[f64; 3]]| {
        let graph = Graph::knn(points, 9);
        let mut out = vec![0.0; 9 * 3];
        relative_edges(points, &graph, &[210], &mut out);
        out
    };
    for (a, b) in edges(&near).iter().zip(edges(&far)) {
        assert!((a - b).abs() < 1e-6);
    }
}
