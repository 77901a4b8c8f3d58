//! No thread is left when a run is over.

mod stand_in;

use quietcloud::{CloudView, Params, denoise};

/// Our threads in this process, which runs nothing else.
fn left() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok())
        .filter(|name| name.starts_with("quietcloud-"))
        .collect()
}

#[test]
fn a_run_takes_its_threads_with_it() {
    if !std::path::Path::new("/proc/self/task").exists() {
        println!("skipped: this system does not list a process's threads");
        return;
    }
    let model = stand_in::model();
    let points = stand_in::noisy_sphere(2000, 1.0, [0.0; 3], 0.02);
    let params = Params {
        threads: 8,
        ..Params::default()
    };
    for time in 0..30 {
        denoise(&model, CloudView::from_f64(&points), &params, &mut ()).unwrap();
        assert_eq!(left(), Vec::<String>::new(), "after run {time}");
        let cancelled = denoise(&model, CloudView::from_f64(&points), &params, &mut |_: f64| {
            std::ops::ControlFlow::Break(())
        });
        assert!(cancelled.is_err());
        assert_eq!(left(), Vec::<String>::new(), "after run {time}, cancelled");
    }
}
