//! The fuzz targets on stable Rust: every input of the corpus, and mutations of them.
//!
//! QUIETCLOUD_FUZZ_SECONDS is how long each target is tried; without it a fixed set of a few hundred mutations is.
//! The mutations begin with QUIETCLOUD_FUZZ_SEED (1), so that what fails here fails at the next try.
//! An input that fails lies in target/fuzz afterwards; once understood it belongs into fuzz/corpus.
//! libFuzzer, which sees what an input reaches, runs the same targets: see fuzz/README.md.

#[path = "../fuzz/targets/mod.rs"]
mod targets;

mod mutate;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mutate::Mutator;
use targets::Target;
use targets::ledger::Ledger;

#[global_allocator]
static LEDGER: Ledger = Ledger;

/// Mutations where no time is given.
const FEW: u64 = 300;

/// An input that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(25);

fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target.name);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Runs one input after the other, and keeps the one that is at work where a crash leaves it behind.
struct Runner {
    target: &'static Target,
    current: PathBuf,
    /// Milliseconds since `start` at which the input at work began; 0 while there is none.
    began: Arc<AtomicU64>,
    start: Instant,
}

impl Runner {
    fn new(target: &'static Target) -> Runner {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../fuzz");
        fs::create_dir_all(&folder).unwrap();
        let current = folder.join(target.name);
        let (began, start) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let (watched, kept) = (began.clone(), current.clone());
        std::thread::spawn(move || {
            while Arc::strong_count(&watched) > 1 {
                std::thread::sleep(Duration::from_millis(200));
                let at = watched.load(Ordering::Relaxed);
                if at > 0 && start.elapsed() > Duration::from_millis(at) + PATIENCE {
                    eprintln!("this input hangs: {}", kept.display());
                    std::process::abort();
                }
            }
        });
        Runner {
            target,
            current,
            began,
            start,
        }
    }

    fn run(&self, input: &[u8]) {
        fs::write(&self.current, input).unwrap();
        self.began
            .store(self.start.elapsed().as_millis().max(1) as u64, Ordering::Relaxed);
        let result = catch_unwind(AssertUnwindSafe(|| (self.target.run)(input)));
        self.began.store(0, Ordering::Relaxed);
        if let Err(panic) = result {
            eprintln!("this input fails: {}", self.current.display());
            resume_unwind(panic);
        }
    }
}

fn fuzz(name: &str) {
    let target = targets::ALL
        .iter()
        .find(|target| target.name == name)
        .expect("a target");
    let (corpus, runner) = (corpus(target), Runner::new(target));
    corpus.iter().for_each(|input| runner.run(input));

    let seconds = std::env::var("QUIETCLOUD_FUZZ_SECONDS").ok();
    let time = seconds.map(|seconds| Duration::from_secs(seconds.parse().expect("a number of seconds")));
    let seed = std::env::var("QUIETCLOUD_FUZZ_SEED").map_or(1, |seed| seed.parse().expect("a whole number"));
    let mut mutator = Mutator::new(seed);
    let mut runs = 0;
    while time.map_or(runs < FEW, |time| runner.start.elapsed() < time) {
        runner.run(&mutator.input(&corpus, target.words));
        runs += 1;
    }
    fs::remove_file(&runner.current).unwrap();
    println!(
        "{name}: {} inputs of the corpus and {runs} mutations",
        corpus.len()
    );
}

/// One test for each target.
macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            fuzz(stringify!($name));
        })*

        #[test]
        fn every_target_is_run() {
            let names: Vec<_> = targets::ALL.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

targets! { ply pcd xyz las mesh manifest bundle network capi }
