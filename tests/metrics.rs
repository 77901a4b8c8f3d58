//! Distances: closed forms, independent brute force, and figures of the reference evaluation script.

mod common;

use common::close;
use quietcloud::Error;
use quietcloud::metrics::{Mesh, P2m, chamfer, hausdorff, p2m};

/// Numbers in [0, 1) that any language can repeat.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A sphere of radius 2 with bumps around (5, -1, 3), open at the poles where faces would degenerate.
fn bumpy(rings: u64, sectors: u64) -> Mesh {
    let mut vertices = Vec::new();
    for ring in 0..=rings {
        for sector in 0..sectors {
            let polar = std::f64::consts::PI * (ring as f64 + 0.5) / (rings as f64 + 1.0);
            let azimuth = std::f64::consts::TAU * sector as f64 / sectors as f64;
            let radius = 2.0 + 0.1 * (3.0 * azimuth).sin() * polar.sin();
            vertices.push([
                5.0 + radius * polar.sin() * azimuth.cos(),
                -1.0 + radius * polar.sin() * azimuth.sin(),
                3.0 + radius * polar.cos(),
            ]);
        }
    }
    let index = |ring: u64, sector: u64| ring * sectors + sector % sectors;
    let mut faces = Vec::new();
    for ring in 0..rings {
        for sector in 0..sectors {
            let (a, b) = (index(ring, sector), index(ring, sector + 1));
            let (c, d) = (index(ring + 1, sector + 1), index(ring + 1, sector));
            faces.extend([vec![a, d, c], vec![a, c, b]]);
        }
    }
    Mesh::new(vertices, &faces).unwrap()
}

/// Points near the bumpy sphere, about as noisy as a scan.
fn scattered(count: usize, noise: f64, seed: u64) -> Vec<[f64; 3]> {
    let mut random = Lcg(seed);
    let mut point = || {
        let polar = (1.0 - 2.0 * random.next()).acos();
        let azimuth = std::f64::consts::TAU * random.next();
        let radius = 2.0 + 0.1 * (3.0 * azimuth).sin() * polar.sin() + noise * (random.next() - 0.5);
        [
            5.0 + radius * polar.sin() * azimuth.cos(),
            -1.0 + radius * polar.sin() * azimuth.sin(),
            3.0 + radius * polar.cos(),
        ]
    };
    (0..count).map(|_| point()).collect()
}

#[test]
fn clouds_in_closed_form() {
    // a square of half diagonal 1 (radius of its sphere), shifted by 0.25 along its normal
    let half = 0.5f64.sqrt();
    let square = [
        [half, half, 0.],
        [half, -half, 0.],
        [-half, half, 0.],
        [-half, -half, 0.],
    ];
    let shifted = square.map(|[x, y, _]| [x, y, 0.25]);
    close(chamfer(&shifted, &square).unwrap(), 2.0 * 0.0625, 1e-12);
    close(hausdorff(&shifted, &square).unwrap(), 0.25, 1e-12);
    assert_eq!(chamfer(&square, &square).unwrap(), 0.0);
    // one of two result points is missing: the far reference point has the whole diagonal to go
    let line = [[0., 0., 0.], [2.0, 0., 0.]];
    close(
        chamfer(&line[..1], &line).unwrap(),
        0.0 + (0.0 + 4.0) / 2.0,
        1e-12,
    );
    close(hausdorff(&line[..1], &line).unwrap(), 2.0, 1e-12);
}

#[test]
fn units_and_offsets_do_not_matter() {
    let (result, reference) = (scattered(500, 0.2, 1), scattered(400, 0.0, 2));
    let expected = [
        chamfer(&result, &reference).unwrap(),
        hausdorff(&result, &reference).unwrap(),
    ];
    for (scale, offset) in [(1e-9, 0.0), (1e9, 0.0), (1.0, 4.9e6)] {
        let to = |points: &[[f64; 3]]| -> Vec<_> {
            points.iter().map(|p| p.map(|v| scale * v + offset)).collect()
        };
        close(chamfer(&to(&result), &to(&reference)).unwrap(), expected[0], 1e-6);
        close(
            hausdorff(&to(&result), &to(&reference)).unwrap(),
            expected[1],
            1e-6,
        );
    }
}

#[test]
fn a_tetrahedron_in_closed_form() {
    // the corner of a cube: bounding box midpoint (1, 1, 1)/2, farthest vertex at sqrt(3)/2
    let vertices = vec![[0., 0., 0.], [1., 0., 0.], [0., 1., 0.], [0., 0., 1.]];
    let faces = [vec![0, 2, 1], vec![0, 1, 3], vec![0, 3, 2], vec![1, 2, 3]];
    let mesh = Mesh::new(vertices, &faces).unwrap();
    let unit = 0.75; // squared radius
    for (point, to_face, to_points) in [
        // below the floor: 0.1 to it; the two walls end at their edges, the slope at its plane
        ([0.2, 0.2, -0.1], 0.01, [0.01, 0.05, 0.05, 0.49 / 3.0]),
        // in front of the corner of all walls
        ([-1.0, -1.0, -1.0], 3.0, [3.0, 3.0, 3.0, 16.0 / 3.0]),
    ] {
        let expected = (to_face + to_points.iter().sum::<f64>() / 4.0) / unit;
        for sense in [P2m::Exact, P2m::P3d05] {
            close(p2m(&[point], &mesh, sense).unwrap(), expected, 1e-6);
        }
    }
    let on_surface = [
        [0.25, 0.25, 0.0],
        [0.0, 0.25, 0.25],
        [0.25, 0.0, 0.25],
        [1. / 3., 1. / 3., 1. / 3.],
    ];
    assert!(p2m(&on_surface, &mesh, P2m::Exact).unwrap() < 1e-30);
}

#[test]
fn trees_find_what_brute_force_finds() {
    let mesh = bumpy(12, 17);
    let points = scattered(300, 0.5, 3);
    // with one point and one face at a time there is nothing to search for: the minimum over all pairs must agree
    let corners: Vec<Mesh> = mesh
        .faces()
        .iter()
        .map(|face| {
            // the whole mesh's vertices keep the normalisation
            Mesh::new(mesh.vertices().to_vec(), &[face.map(u64::from).to_vec()]).unwrap()
        })
        .collect();
    let pairs: Vec<Vec<f64>> = points
        .iter()
        .map(|&point| {
            corners
                .iter()
                .map(|face| p2m(&[point], face, P2m::Exact).unwrap() / 2.0)
                .collect()
        })
        .collect();
    let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
    let to_faces: f64 = pairs.iter().map(|row| least(&mut row.iter().copied())).sum();
    let to_points: f64 = (0..corners.len())
        .map(|face| least(&mut pairs.iter().map(|row| row[face])))
        .sum();
    let expected = to_faces / points.len() as f64 + to_points / corners.len() as f64;
    close(p2m(&points, &mesh, P2m::Exact).unwrap(), expected, 1e-12);
}

/// (rings, sectors), exact, p3d05, as evaluate.py gives them for the same meshes and clouds made in NumPy.
const GOLDEN_P2M: [((u64, u64), f64, f64); 3] = [
    ((12, 17), 0.0018867476828075297, 0.0018867476828075297),
    ((120, 160), 0.0035328756965499605, 0.0035209770729240425),
    ((500, 400), 0.004080589521386622, 0.00397210259052027),
];
const GOLDEN_CHAMFER: f64 = 0.0055188086089438685;
const GOLDEN_HAUSDORFF: f64 = 0.13186284469949622;

#[test]
fn figures_of_the_reference_script_are_met() {
    let points = scattered(2000, 0.3, 42);
    let reference = scattered(3000, 0.0, 43);
    // coarse (all faces count in full), fine (widened by the epsilon), finest (edges only)
    for ((rings, sectors), exact, p3d05) in GOLDEN_P2M {
        let mesh = bumpy(rings, sectors);
        close(p2m(&points, &mesh, P2m::Exact).unwrap(), exact, 1e-6);
        close(p2m(&points, &mesh, P2m::P3d05).unwrap(), p3d05, 1e-6);
    }
    close(chamfer(&points, &reference).unwrap(), GOLDEN_CHAMFER, 1e-6);
    close(hausdorff(&points, &reference).unwrap(), GOLDEN_HAUSDORFF, 1e-6);
}

#[test]
fn points_that_are_not_finite_are_left_out() {
    let mesh = bumpy(8, 9);
    let points = scattered(100, 0.1, 5);
    let mut with = points.clone();
    with.insert(50, [f64::NAN, 0.0, 0.0]);
    with.push([f64::INFINITY; 3]);
    assert_eq!(
        chamfer(&with, &points).unwrap(),
        chamfer(&points, &points).unwrap()
    );
    assert_eq!(chamfer(&points, &with).unwrap(), 0.0);
    assert_eq!(
        p2m(&with, &mesh, P2m::P3d05).unwrap(),
        p2m(&points, &mesh, P2m::P3d05).unwrap()
    );
}

#[test]
fn nothing_to_compare_is_an_error() {
    let mesh = bumpy(8, 9);
    let points = scattered(10, 0.1, 5);
    let refused = |result: Result<f64, Error>| assert!(matches!(result, Err(Error::Cloud(_))), "{result:?}");
    refused(chamfer(&[], &points));
    refused(chamfer(&points, &[]));
    refused(chamfer(&points, &[[1.0; 3]; 5]));
    refused(hausdorff(&[[f64::NAN; 3]], &points));
    refused(p2m(&[], &mesh, P2m::Exact));
    assert!(
        matches!(
            Mesh::new(vec![[0.0; 3]; 3], &[vec![0, 1, 2]]),
            Err(Error::Cloud(_))
        ),
        "no extent"
    );
    assert!(matches!(
        Mesh::new(vec![[0., 0., 0.], [1., 0., 0.]], &[vec![0, 1, 2]]),
        Err(Error::Cloud(_))
    ));
}

#[test]
fn degenerate_input_is_measured_too() {
    // faces without area, thousands of identical points, everything in one plane
    let mesh = Mesh::new(
        vec![[0., 0., 0.], [1., 0., 0.], [2., 0., 0.]],
        &[vec![0, 1, 2], vec![1, 1, 1]],
    )
    .unwrap();
    for sense in [P2m::Exact, P2m::P3d05] {
        // (1, 1, 0): 1 to the degenerate face's edges, 1 to the face that is the point (1, 0, 0)
        close(p2m(&[[1.0, 1.0, 0.0]; 5000], &mesh, sense).unwrap(), 2.0, 1e-12);
    }
    let same = vec![[1.0, 2.0, 3.0]; 20_000];
    let two = [[1.0, 2.0, 3.0], [1.0, 2.0, 5.0]];
    close(chamfer(&same, &two).unwrap(), 2.0, 1e-12);
    let grid: Vec<[f64; 3]> = (0..10_000)
        .map(|i| [f64::from(i % 100), f64::from(i / 100), 0.0])
        .collect();
    assert_eq!(chamfer(&grid, &grid).unwrap(), 0.0);
}
