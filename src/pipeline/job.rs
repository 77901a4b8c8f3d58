//! One run on its own threads, watched from the caller's.
//!
//! The caller's thread does no work: it tells the caller how far the run is and passes a wish to stop on. So a
//! callback never runs on a foreign thread, and cancelling waits for no tile.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ort::session::RunOptions;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use crate::error::{Error, Result};

/// How often the caller hears of progress.
const PERIOD: Duration = Duration::from_millis(20);

/// Hears how far a run is, and may stop it.
pub trait Watch {
    /// `done` rises from 0 to 1; [`ControlFlow::Break`] cancels the run. Called on the thread that called `denoise`.
    fn progress(&mut self, done: f64) -> ControlFlow<()>;
}

/// Watches nothing.
impl Watch for () {
    fn progress(&mut self, _: f64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<F: FnMut(f64) -> ControlFlow<()>> Watch for F {
    fn progress(&mut self, done: f64) -> ControlFlow<()> {
        self(done)
    }
}

/// What the working threads share with the caller's.
pub(super) struct Job {
    stop: AtomicBool,
    done: AtomicU64,
    /// The part of the whole that [`advance`](Job::advance) speaks of.
    part: Mutex<(f64, f64)>,
    /// Given to every run of a network, so that all of them can be terminated at once.
    pub(super) options: RunOptions,
}

impl Job {
    /// Fails once the caller has cancelled.
    pub(super) fn check(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            Err(Error::Cancelled)
        } else {
            Ok(())
        }
    }

    /// What follows is the part of the run between two shares of it.
    pub(super) fn part(&self, from: f64, to: f64) {
        *self.part.lock().unwrap_or_else(PoisonError::into_inner) = (from, to);
    }

    /// Sets the share of the part at hand that is done, 0 to 1; what was said before stands where it was more.
    pub(super) fn advance(&self, done: f64) {
        let (from, to) = *self.part.lock().unwrap_or_else(PoisonError::into_inner);
        let done = from + (to - from) * done;
        // Bits of positive numbers are in the order of the numbers.
        self.done.fetch_max(done.to_bits(), Ordering::Relaxed);
    }

    /// The share that is done.
    pub(super) fn done(&self) -> f64 {
        f64::from_bits(self.done.load(Ordering::Relaxed))
    }

    fn cancel(&self) {
        self.stop.store(true, Ordering::Relaxed);
        // Should it fail, the flag still stops the run after the tiles at hand.
        let _ = self.options.terminate();
    }
}

/// Runs `work` on `threads` threads of its own, where rayon's parallel iterators stay.
pub(super) fn run<T: Send>(
    threads: usize,
    watch: &mut dyn Watch,
    work: impl FnOnce(&Job) -> Result<T> + Send,
) -> Result<T> {
    let options = RunOptions::new().map_err(|e| Error::Internal(e.to_string()))?;
    let job = Job {
        stop: AtomicBool::new(false),
        done: AtomicU64::new(0),
        part: Mutex::new((0.0, 1.0)),
        options,
    };
    if watch.progress(0.0).is_break() {
        return Err(Error::Cancelled);
    }
    let workers = Workers::start(threads)
        .map_err(|e| Error::Memory(format!("{threads} threads can't be started: {e}")))?;
    let (send, receive) = sync_channel(1);
    let result = workers.pool.in_place_scope(|scope| {
        let job = &job;
        scope.spawn(move |_| {
            // The receiver only goes away with a panic of the caller's watch, which has no use for the result.
            let _ = send.send(work(job));
        });
        loop {
            match receive.recv_timeout(PERIOD) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Timeout) => {
                    if watch.progress(job.done()).is_break() {
                        job.cancel();
                    }
                }
                // A panic of the work: the scope raises it again here.
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::Internal("a thread panicked".into()));
                }
            }
        }
    });
    drop(workers);
    // A terminated network reports an error of its own: the cause is the caller's wish.
    job.check()?;
    let result = result?;
    if watch.progress(1.0).is_break() {
        return Err(Error::Cancelled);
    }
    Ok(result)
}

/// The threads of a run. When it is over they have ended, and are not only about to: the host may fork, or unload us.
struct Workers {
    // Dropped first, which tells the threads to end.
    pool: ThreadPool,
    _threads: Threads,
}

/// Waits for its threads when it is dropped.
struct Threads(Vec<JoinHandle<()>>);

impl Workers {
    fn start(count: usize) -> Result<Workers, ThreadPoolBuildError> {
        let mut threads = Threads(Vec::with_capacity(count));
        let pool = ThreadPoolBuilder::new()
            .num_threads(count)
            .spawn_handler(|thread| {
                let builder = std::thread::Builder::new().name(format!("quietcloud-{}", thread.index()));
                threads.0.push(builder.spawn(|| thread.run())?);
                Ok(())
            })
            .build()?;
        Ok(Workers {
            pool,
            _threads: threads,
        })
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        for thread in self.0.drain(..) {
            // A worker's panic has been handed to the scope that waited for it.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Takes its time to go, as a thread's own data may.
    struct Slow<'a>(&'a AtomicU64);

    impl Drop for Slow<'_> {
        fn drop(&mut self) {
            std::thread::sleep(Duration::from_millis(50));
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    static GONE: AtomicU64 = AtomicU64::new(0);

    thread_local! {
        static OWN: RefCell<Option<Slow<'static>>> = const { RefCell::new(None) };
    }

    #[test]
    fn a_run_waits_until_its_threads_have_ended() {
        let workers = Workers::start(4).unwrap();
        workers
            .pool
            .broadcast(|_| OWN.with(|own| *own.borrow_mut() = Some(Slow(&GONE))));
        drop(workers);
        assert_eq!(GONE.load(Ordering::Relaxed), 4);
    }
}
