//! What the C call costs over the Rust call that it makes: 10 000 points, one thread, the built-in model.

#[path = "../tests/stand_in/mod.rs"]
mod stand_in;

use std::hint::black_box;
use std::ptr::{null, null_mut};

use criterion::{Criterion, criterion_group, criterion_main};
use quietcloud::capi::*;
use quietcloud::{CloudView, Device, Model, Params, denoise};

const POINTS: usize = 10_000;

fn calls(bench: &mut Criterion) {
    stand_in::need_runtime();
    let cloud = stand_in::noisy_sphere(POINTS, 1.0, [0.0; 3], 0.02);
    let cloud: Vec<[f32; 3]> = cloud.iter().map(|point| point.map(|c| c as f32)).collect();
    let model = Model::builtin(Device::Cpu).unwrap();
    let params = Params {
        threads: 1,
        ..Params::default()
    };
    let (mut opened, mut filter) = (null_mut(), null_mut());
    // SAFETY: handles and memory as the header asks.
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
    let mut cleaned = cloud.clone();
    let mut group = bench.benchmark_group("denoise 10k");
    group.sample_size(20);
    group.bench_function("rust", |b| {
        b.iter(|| denoise(&model, black_box(CloudView::from_f32(&cloud)), &params, &mut ()).unwrap())
    });
    group.bench_function("c", |b| {
        // SAFETY: handles and memory as the header asks.
        b.iter(|| unsafe {
            let (input, output) = (cloud.as_ptr().cast(), cleaned.as_mut_ptr().cast());
            quietcloud_filter_run_f32(filter, black_box(input), POINTS, 0, output, 0)
        })
    });
    group.finish();
    // SAFETY: handles and memory as the header asks.
    unsafe {
        quietcloud_filter_free(filter);
        quietcloud_model_free(opened);
    }
}

criterion_group!(benches, calls);
criterion_main!(benches);
