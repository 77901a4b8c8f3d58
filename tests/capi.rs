//! The C call makes the Rust call: the same points for the same options.

mod stand_in;

use std::ptr::{null, null_mut};

use quietcloud::capi::*;
use quietcloud::{CloudView, Device, Model, Params, denoise};

#[test]
fn the_c_call_gives_what_the_rust_call_gives() {
    stand_in::need_runtime();
    let cloud = stand_in::noisy_sphere(3000, 1.0, [0.0; 3], 0.02);
    let cloud: Vec<[f32; 3]> = cloud.iter().map(|point| point.map(|c| c as f32)).collect();
    let params = Params {
        noise: 0.02,
        seed: 7,
        threads: 1,
        ..Params::default()
    };
    let model = Model::builtin(Device::Cpu).unwrap();
    let denoised = denoise(&model, CloudView::from_f32(&cloud), &params, &mut ()).unwrap();

    let mut cleaned = cloud.clone();
    let (mut opened, mut filter) = (null_mut(), null_mut());
    // SAFETY: handles and memory as the header asks.
    unsafe {
        assert_eq!(
            quietcloud_model_open(null(), c"cpu".as_ptr(), &mut opened),
            QUIETCLOUD_OK
        );
        assert_eq!(quietcloud_filter_new(opened, &mut filter), QUIETCLOUD_OK);
        for (name, value) in [(c"noise", 0.02), (c"seed", 7.0), (c"threads", 1.0)] {
            assert_eq!(
                quietcloud_filter_set_number(filter, name.as_ptr(), value),
                QUIETCLOUD_OK
            );
        }
        let (input, output) = (cloud.as_ptr().cast(), cleaned.as_mut_ptr().cast());
        assert_eq!(
            quietcloud_filter_run_f32(filter, input, cloud.len(), 0, output, 0),
            QUIETCLOUD_OK
        );
        quietcloud_filter_free(filter);
        quietcloud_model_free(opened);
    }
    assert_ne!(cleaned, cloud);
    let expected: Vec<[f32; 3]> = denoised.points.iter().map(|p| p.map(|c| c as f32)).collect();
    assert_eq!(cleaned, expected);
}
