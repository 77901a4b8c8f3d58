//! The parts of a run and the whole of it, by the number of points: `cargo bench --bench stages -- '/10000$'`.
//!
//! All cores, the built-in model, noise of one pitch. `cargo xtask bench` runs it, and whole programs beside each other.

#[path = "../tests/stand_in/mod.rs"]
mod stand_in;

use std::cell::LazyCell;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use quietcloud::graph::{Graph, relative_edges};
use quietcloud::normalize::normalize;
use quietcloud::{CloudView, Device, Model, Params, denoise};

/// A run on five million takes minutes: that is for `cargo xtask bench`.
const SIZES: [usize; 3] = [10_000, 50_000, 500_000];

fn stages(bench: &mut Criterion) {
    stand_in::need_runtime();
    let model = Model::builtin(Device::Cpu).unwrap();
    let k = model.manifest().graph.k;
    for size in SIZES {
        let pitch = (4.0 * std::f64::consts::PI / size as f64).sqrt();
        // Made where a part is asked for.
        let points = LazyCell::new(|| {
            let scan = stand_in::noisy_sphere(size, 1.0, [0.0; 3], pitch);
            // As a run has them when it comes to these parts: along a curve.
            let normalized = normalize(CloudView::from_f64(&scan)).unwrap();
            let points = normalized.points.iter();
            points.map(|&p| normalized.frame.restore(p)).collect::<Vec<_>>()
        });
        let graph = LazyCell::new(|| Graph::knn(&points, k));
        let once = Params {
            noise: pitch,
            steps: 1,
            ..Params::default()
        };
        let mut part = |name: &str, time: &mut dyn FnMut(&mut criterion::Bencher)| {
            let mut group = bench.benchmark_group(name);
            group.sample_size(10);
            group.bench_function(BenchmarkId::from_parameter(size), time);
            group.finish();
        };
        part("knn", &mut |b| {
            let points = &*points;
            b.iter(|| Graph::knn(black_box(points), k));
        });
        part("edges", &mut |b| {
            let (points, graph) = (&*points, &*graph);
            let rows: Vec<u32> = (0..size as u32).collect();
            let mut edges = vec![0.0; size * k * 3];
            b.iter(|| relative_edges(black_box(points), graph, &rows, &mut edges));
        });
        // With the noise given, so that nothing else asks a network. The network's and the sampler's share of a run of one step, as the run reports it.
        part("step", &mut |b| {
            let points = &*points;
            b.iter_custom(|runs| {
                let one = |_| {
                    let done = denoise(&model, CloudView::from_f64(points), &once, &mut ()).unwrap();
                    let spent = done.report.milliseconds;
                    Duration::from_secs_f64((spent.network + spent.sampler) / 1e3)
                };
                (0..runs).map(one).sum()
            });
        });
        part("run", &mut |b| {
            let points = &*points;
            b.iter(|| {
                denoise(
                    &model,
                    CloudView::from_f64(black_box(points)),
                    &Params::default(),
                    &mut (),
                )
                .unwrap()
            });
        });
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
