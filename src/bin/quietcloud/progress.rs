//! A bar on the terminal, and the interrupt that ends a run.

use std::io::{IsTerminal, stderr};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use quietcloud::{Error, Result};

/// Set by an interrupt. The run then ends like any other that is cancelled, so that no half-made file stays behind.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

pub struct Progress(ProgressBar);

impl Progress {
    pub fn new() -> Self {
        // Without a handler an interrupt kills the process, which is only less tidy.
        let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
        if !stderr().is_terminal() {
            return Progress(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {eta}")
            .unwrap_or(ProgressStyle::default_bar());
        Progress(ProgressBar::new(1000).with_style(style))
    }

    /// Watches a run that is all there is.
    pub fn whole(&self) -> impl FnMut(f64) -> ControlFlow<()> {
        self.part(0, 1, 1)
    }

    /// Watches a run that is `share` of `all` and comes after `before`.
    pub fn part(&self, before: usize, share: usize, all: usize) -> impl FnMut(f64) -> ControlFlow<()> {
        move |done: f64| {
            let done = (before as f64 + share as f64 * done) / all as f64;
            self.0.set_position((done * 1000.0) as u64);
            if INTERRUPTED.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }

    /// # Errors
    /// [`Error::Cancelled`] after an interrupt that came too late for the run.
    pub fn check(&self) -> Result<()> {
        if INTERRUPTED.load(Ordering::Relaxed) {
            Err(Error::Cancelled)
        } else {
            Ok(())
        }
    }
}
