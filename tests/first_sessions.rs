//! The first sessions of a process may be made by many threads at once.
//!
//! ONNX Runtime keeps one list of operator domains for all sessions, and adds to it unguarded: only a process that is new can
//! show that we guard it, so the test starts itself over and over.

mod stand_in;

use std::process::Command;
use std::sync::Barrier;

use quietcloud::{Device, Model};

const CHILD: &str = "QUIETCLOUD_FIRST_SESSIONS";

#[test]
fn many_threads_open_a_process_first_models() {
    stand_in::need_runtime();
    if std::env::var_os(CHILD).is_some() {
        let barrier = Barrier::new(8);
        return std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    barrier.wait();
                    Model::open(&stand_in::bundle(), Device::Cpu).unwrap();
                });
            }
        });
    }
    let myself = std::env::current_exe().unwrap();
    for time in 0..60 {
        let child = Command::new(&myself).env(CHILD, "1").output().unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success(), "process {time}: {said}");
    }
}
