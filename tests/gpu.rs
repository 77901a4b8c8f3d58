//! Results on a GPU beside the processor's, and what is said where there is none.
//!
//! Prints how long 20 thousand, 130 thousand and a million points take: `cargo test --release --test gpu -- --nocapture`.

mod stand_in;

use std::time::Instant;

use quietcloud::{CloudView, Denoised, Device, Error, Model, Params, denoise};
use stand_in::{moved, need_runtime, noisy_sphere};

const GPUS: [Device; 2] = [Device::Cuda { id: 0 }, Device::TensorRt { id: 0, half: false }];

fn run(model: &Model, points: &[[f64; 3]]) -> Denoised {
    denoise(model, CloudView::from_f64(points), &Params::default(), &mut ()).unwrap()
}

fn scan(points: usize) -> Vec<[f64; 3]> {
    let pitch = (4.0 * std::f64::consts::PI / points as f64).sqrt();
    noisy_sphere(points, 1.0, [0.0; 3], pitch)
}

#[test]
fn a_gpu_gives_what_the_processor_gives() {
    need_runtime();
    let cpu = Model::builtin(Device::Cpu).unwrap();
    for device in GPUS {
        let model = match Model::builtin(device) {
            Ok(model) => model,
            Err(error) => {
                println!("skipped: {error}");
                continue;
            }
        };
        assert_eq!(model.device(), device);
        let points = scan(20_000);
        let (here, there) = (run(&cpu, &points), run(&model, &points));
        let apart = moved(&here.points, &there.points) / here.report.spacing;
        assert!(apart < 1e-4, "{device}: {apart} spacings apart");
        for size in [20_000, 130_000, 1_000_000] {
            let points = scan(size);
            run(&model, &points);
            let start = Instant::now();
            run(&model, &points);
            println!(
                "{device}: {size} points in {:.0} ms",
                start.elapsed().as_secs_f64() * 1e3
            );
        }
    }
}

#[test]
fn a_gpu_that_is_not_there_is_an_error_by_name_and_none_by_auto() {
    need_runtime();
    let mut missing = 0;
    for device in GPUS.into_iter().chain([Device::Cuda { id: 99 }]) {
        match Model::builtin(device) {
            Ok(model) => assert_eq!(model.device(), device),
            Err(Error::Device {
                device: asked,
                reason,
            }) => {
                missing += 1;
                assert_eq!(asked, device.to_string());
                assert!(reason.contains("can't be used: "), "{reason}");
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(missing > 0, "a hundred GPUs");
    let model = Model::builtin(Device::Auto).unwrap();
    assert_ne!(model.device(), Device::Auto);
    assert_eq!(run(&model, &scan(500)).points.len(), 500);
}
