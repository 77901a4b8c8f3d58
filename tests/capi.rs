//! The C call costs next to nothing over the Rust call that it makes.

mod stand_in;

use std::ptr::{null, null_mut};
use std::time::{Duration, Instant};

use quietcloud::capi::*;
use quietcloud::{CloudView, Device, Model, Params, denoise};

const POINTS: usize = 10_000;
const BOUND: f64 = 1.01;

/// The fastest of several runs, one of each in turn: other processes only ever make a run slower, so the two minima
/// come down to what the work takes; more than the bound apart for good means that the difference is real.
#[test]
fn the_c_call_takes_no_longer_than_the_rust_call() {
    stand_in::need_runtime();
    let cloud = stand_in::noisy_sphere(POINTS, 1.0, [0.0; 3], 0.02);
    let cloud: Vec<[f32; 3]> = cloud.iter().map(|point| point.map(|c| c as f32)).collect();
    let mut cleaned = cloud.clone();

    let model = Model::builtin(Device::Cpu).unwrap();
    let params = Params {
        threads: 1,
        ..Params::default()
    };
    let (mut opened, mut filter) = (null_mut(), null_mut());
    unsafe {
        assert_eq!(
            quietcloud_model_open(null(), c"cpu".as_ptr(), &mut opened),
            QUIETCLOUD_OK
        );
        assert_eq!(quietcloud_filter_new(opened, &mut filter), QUIETCLOUD_OK);
        assert_eq!(
            quietcloud_filter_set_number(filter, c"threads".as_ptr(), 1.0),
            QUIETCLOUD_OK
        );
    }

    let (mut rust, mut c) = (Duration::MAX, Duration::MAX);
    for round in 0..60 {
        let start = Instant::now();
        let denoised = denoise(&model, CloudView::from_f32(&cloud), &params, &mut ()).unwrap();
        rust = rust.min(start.elapsed());

        let start = Instant::now();
        let (input, output) = (cloud.as_ptr().cast(), cleaned.as_mut_ptr().cast());
        let status = unsafe { quietcloud_filter_run_f32(filter, input, POINTS, 0, output, 0) };
        c = c.min(start.elapsed());

        assert_eq!(status, QUIETCLOUD_OK);
        assert!(
            denoised
                .points
                .iter()
                .zip(&cleaned)
                .all(|(a, b)| a.map(|c| c as f32) == *b)
        );
        if round >= 10 && c.as_secs_f64() < BOUND * rust.as_secs_f64() {
            break;
        }
    }
    let ratio = c.as_secs_f64() / rust.as_secs_f64();
    println!(
        "{POINTS} points: Rust {rust:?}, C {c:?}, overhead {:.2} %",
        100.0 * (ratio - 1.0)
    );
    assert!(ratio < BOUND, "the C call takes {c:?}, the Rust call {rust:?}");
    unsafe {
        quietcloud_filter_free(filter);
        quietcloud_model_free(opened);
    }
}
