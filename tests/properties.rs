//! Laws of denoising, on random clouds: order, motion, scale, layout, type, tiles and threads change nothing but what they
//! must, and nothing is lost.

mod networks;
mod stand_in;

use std::path::Path;
use std::sync::OnceLock;

use networks::{attribute_integer, attribute_integers, folder, network, node};
use proptest::prelude::*;
use quietcloud::io::PointFile;
use quietcloud::pipeline::{Tuning, denoise_tuned};
use quietcloud::tile::tile_ranges;
use quietcloud::{CloudView, Denoised, Device, Model, Params, denoise};

type Point = [f64; 3];

/// Units of the local spacing.
const CLOSE: f64 = 1e-4;

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(stand_in::model)
}

/// A network whose answer turns with its input: the mean of the edges. (The stand-in clips along the axes.)
fn turning() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        stand_in::need_runtime();
        let attributes = [attribute_integers("axes", &[1]), attribute_integer("keepdims", 0)];
        let mean = node("ReduceMean", &["edges"], &["noise"], &attributes);
        Model::open(folder(&network(&[mean], &[])).path(), Device::Cpu).unwrap()
    })
}

fn params(noise: f64) -> Params {
    Params {
        noise,
        threads: 1,
        ..Params::default()
    }
}

fn run(cloud: &[Point], params: &Params) -> Denoised {
    denoise(model(), CloudView::from_f64(cloud), params, &mut ()).unwrap()
}

/// A noisy patch of a wavy surface of some hundred points, of no special order, and the noise across it.
fn cloud() -> impl Strategy<Value = (Vec<Point>, f64)> {
    let point = (0.0..10.0_f64, 0.0..10.0_f64, -1.0..1.0_f64);
    (prop::collection::vec(point, 60..400), 0.05..0.2_f64, 0.1..2.0_f64).prop_map(|(points, noise, waves)| {
        let surface = |x: f64, y: f64| (waves * x).sin() + 0.3 * y;
        let points = points
            .into_iter()
            .map(|(x, y, z)| [x, y, surface(x, y) + noise * z]);
        (points.collect(), noise)
    })
}

/// Largest distance along an axis between corresponding points.
fn apart(a: &[Point], b: &[Point]) -> f64 {
    let (a, b) = (a.as_flattened(), b.as_flattened());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// A turn about an axis (Rodrigues' formula).
fn turned(point: Point, axis: Point, angle: f64) -> Point {
    let length = axis.iter().map(|c| c * c).sum::<f64>().sqrt();
    let axis = axis.map(|c| c / length);
    let (sin, cos) = angle.sin_cos();
    let along: f64 = (0..3).map(|i| axis[i] * point[i]).sum();
    let cross = |i: usize| axis[(i + 1) % 3] * point[(i + 2) % 3] - axis[(i + 2) % 3] * point[(i + 1) % 3];
    std::array::from_fn(|i| point[i] * cos + cross(i) * sin + axis[i] * along * (1.0 - cos))
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn another_order_is_the_same_order_of_the_result((cloud, noise) in cloud(), seed in any::<u64>()) {
        let mut order: Vec<usize> = (0..cloud.len()).collect();
        order.sort_by_key(|&i| (i as u64 ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let shuffled: Vec<Point> = order.iter().map(|&i| cloud[i]).collect();
        let expected = run(&cloud, &params(noise));
        let found = run(&shuffled, &params(noise));
        let expected_shuffled: Vec<Point> = order.iter().map(|&i| expected.points[i]).collect();
        prop_assert!(apart(&found.points, &expected_shuffled) < CLOSE * expected.report.spacing);
    }

    #[test]
    fn shift_and_scale_go_through(
        (cloud, noise) in cloud(),
        by in prop::array::uniform3(-1e4..1e4_f64),
        exponent in -6.0..6.0_f64,
    ) {
        let scale = 10f64.powf(exponent);
        let moved: Vec<Point> = cloud.iter().map(|p| [0, 1, 2].map(|i| scale * (p[i] + by[i]))).collect();
        let expected = run(&cloud, &params(noise));
        let found = run(&moved, &params(scale * noise));
        let back: Vec<Point> = found.points.iter().map(|p| [0, 1, 2].map(|i| p[i] / scale - by[i])).collect();
        let worst = apart(&back, &expected.points) / expected.report.spacing;
        prop_assert!(worst < CLOSE, "{} spacings", worst);
    }

    #[test]
    fn a_turn_goes_through(
        (cloud, noise) in cloud(),
        axis in prop::array::uniform3(0.1..1.0_f64),
        angle in -3.0..3.0_f64,
    ) {
        let run = |cloud: &[Point]| denoise(turning(), CloudView::from_f64(cloud), &params(noise), &mut ()).unwrap();
        let moved: Vec<Point> = cloud.iter().map(|&p| turned(p, axis, angle)).collect();
        let (expected, found) = (run(&cloud), run(&moved));
        prop_assert!(apart(&expected.points, &cloud) > 0.0);
        let back: Vec<Point> = found.points.iter().map(|&p| turned(p, axis, -angle)).collect();
        let worst = apart(&back, &expected.points) / expected.report.spacing;
        prop_assert!(worst < CLOSE, "{} spacings", worst);
    }

    #[test]
    fn no_point_is_lost_and_what_is_not_finite_stays(
        (mut cloud, noise) in cloud(),
        holes in prop::collection::vec((any::<prop::sample::Index>(), 0..3_usize, 0..3_usize), 0..20),
    ) {
        for (at, axis, kind) in holes {
            let at = at.index(cloud.len());
            cloud[at][axis] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][kind];
        }
        let found = run(&cloud, &params(noise)).points;
        prop_assert_eq!(found.len(), cloud.len());
        for (found, old) in found.iter().zip(&cloud) {
            let finite = |p: &Point| p.iter().all(|c| c.is_finite());
            prop_assert_eq!(finite(found), finite(old));
            if !finite(old) {
                prop_assert_eq!(found.map(f64::to_bits), old.map(f64::to_bits));
            }
        }
    }

    #[test]
    fn f32_is_f64_within_rounding((cloud, noise) in cloud()) {
        let narrow: Vec<[f32; 3]> = cloud.iter().map(|p| p.map(|c| c as f32)).collect();
        let wide: Vec<Point> = narrow.iter().map(|p| p.map(f64::from)).collect();
        let found = denoise(model(), CloudView::from_f32(&narrow), &params(noise), &mut ()).unwrap();
        prop_assert_eq!(found.points, run(&wide, &params(noise)).points);
        let exact = run(&cloud, &params(noise));
        // The rounding of the input, a millionth of the extent, comes out no larger than a few times.
        prop_assert!(apart(&exact.points, &run(&wide, &params(noise)).points) < 1e-4);
    }

    #[test]
    fn tiles_and_threads_change_nothing((cloud, noise) in cloud(), tile in 20..200_usize, threads in 2..5_usize) {
        let expected = run(&cloud, &params(noise));
        let many = Params { threads, ..params(noise) };
        let tuning = |tile| Tuning { tile: Some(tile), ..Tuning::default() };
        let view = CloudView::from_f64(&cloud);
        prop_assert_eq!(&run(&cloud, &many).points, &expected.points);
        let one = denoise_tuned(model(), view, &params(noise), &mut (), tuning(tile)).unwrap();
        let two = denoise_tuned(model(), view, &many, &mut (), tuning(tile)).unwrap();
        prop_assert_eq!(one.report.tiles, tile_ranges(cloud.len(), tile).len());
        prop_assert_eq!(&one.points, &two.points);
        prop_assert!(apart(&one.points, &expected.points) < 0.1 * CLOSE * expected.report.spacing);
    }

    /// In place or elsewhere, at any stride: the same bytes, and none between the points.
    #[test]
    fn layouts_change_nothing((cloud, noise) in cloud(), padding in 0..30_usize, start in 0..8_usize) {
        let narrow: Vec<[f32; 3]> = cloud.iter().map(|p| p.map(|c| c as f32)).collect();
        let expected = layout::run(&narrow, noise, 12, 0, false);
        for in_place in [false, true] {
            prop_assert_eq!(&layout::run(&narrow, noise, 12 + padding, start, in_place), &expected);
        }
    }

    /// Other columns of a file, of any type, come out as they went in.
    #[test]
    fn other_fields_never_change(
        rows in prop::collection::vec((prop::array::uniform3(-1e3_f32..1e3), any::<[u8; 7]>()), 1..50),
        by in -10.0..10.0_f64,
    ) {
        let header = format!(
            "ply\nformat binary_little_endian 1.0\ncomment kept\nelement vertex {}\nproperty uchar a\nproperty float x\n\
             property float y\nproperty short b\nproperty float z\nproperty float c\nend_header\n",
            rows.len()
        );
        let mut file = header.clone().into_bytes();
        for ([x, y, z], others) in &rows {
            let parts = [&others[..1], &x.to_le_bytes(), &y.to_le_bytes(), &others[1..3], &z.to_le_bytes(), &others[3..]];
            file.extend(parts.concat());
        }
        let name = Path::new("a.ply");
        let read = PointFile::from_memory(name, file.clone()).unwrap();
        let moved: Vec<Point> = read.points().iter().map(|p| p.map(|c| c + by)).collect();
        let written = read.to_memory(name, &moved).unwrap();
        prop_assert_eq!(written.len(), file.len());
        prop_assert_eq!(&written[..header.len()], header.as_bytes());
        let rows = written[header.len()..].chunks(19).zip(file[header.len()..].chunks(19));
        for (found, old) in rows {
            for place in [0..1, 9..11, 15..19] {
                prop_assert_eq!(&found[place.clone()], &old[place]);
            }
        }
    }
}

/// Runs through the C interface, where layouts are.
mod layout {
    use std::ptr::{from_ref, null_mut};

    use quietcloud::capi::*;

    /// The coordinates' bits after a run over points `stride` bytes apart from byte `start` on.
    pub fn run(cloud: &[[f32; 3]], noise: f64, stride: usize, start: usize, in_place: bool) -> Vec<[u32; 3]> {
        let fresh = || vec![0x5A_u8; start + cloud.len() * stride];
        let (mut from, mut to) = (fresh(), fresh());
        for (i, point) in cloud.iter().enumerate() {
            let bytes: Vec<u8> = point.iter().flat_map(|c| c.to_le_bytes()).collect();
            from[start + i * stride..][..12].copy_from_slice(&bytes);
        }
        let mut filter = null_mut();
        let model = model();
        // SAFETY: the model is open, and both blocks hold as many points at this stride.
        unsafe {
            assert_eq!(quietcloud_filter_new(model, &mut filter), QUIETCLOUD_OK);
            assert_eq!(
                quietcloud_filter_set_number(filter, c"noise".as_ptr(), noise),
                QUIETCLOUD_OK
            );
            let input = from[start..].as_mut_ptr();
            let output = if in_place { input } else { to[start..].as_mut_ptr() };
            let status =
                quietcloud_filter_run_f32(filter, input.cast(), cloud.len(), stride, output.cast(), stride);
            assert_eq!(status, QUIETCLOUD_OK);
            quietcloud_filter_free(filter);
        }
        let result = if in_place { &from } else { &to };
        let between = |at: usize| at < start || (at - start) % stride >= 12;
        assert!((0..result.len()).all(|at| !between(at) || result[at] == 0x5A));
        let number = |at: usize| u32::from_le_bytes(result[at..][..4].try_into().unwrap());
        let point = |i: usize| [0, 4, 8].map(|byte| number(start + i * stride + byte));
        (0..cloud.len()).map(point).collect()
    }

    fn model() -> *const quietcloud_model_t {
        static MODEL: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
        let address = MODEL.get_or_init(|| {
            let folder = std::ffi::CString::new(super::stand_in::bundle().to_str().unwrap()).unwrap();
            let mut model = null_mut();
            // SAFETY: C strings, and a place for the model.
            let status = unsafe { quietcloud_model_open(folder.as_ptr(), c"cpu".as_ptr(), &mut model) };
            assert_eq!(status, QUIETCLOUD_OK);
            // SAFETY: just opened, and never freed.
            from_ref(unsafe { &*model }).expose_provenance()
        });
        std::ptr::with_exposed_provenance(*address)
    }
}
