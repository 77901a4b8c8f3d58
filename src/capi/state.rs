//! What filters and generators share: options, who watches a run, the report of the last one.

use std::ffi::c_void;
use std::ops::ControlFlow;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};

use super::filter::quietcloud_progress_fn;
use super::memory::User;
use crate::error::{Error, Result};
use crate::log::{self, Level};
use crate::model::Device;
use crate::pipeline::{GenerateReport, Report, Watch};

/// Locked for writing during a run: a call from inside the callback is refused instead of undefined.
pub(super) struct State<P, R> {
    /// What is locked, for the errors.
    noun: &'static str,
    inside: RwLock<Inside<P, R>>,
}

pub(super) struct Inside<P, R> {
    noun: &'static str,
    pub params: P,
    progress: quietcloud_progress_fn,
    user: User,
    report: Option<R>,
}

impl<P, R> State<P, R> {
    pub(super) fn new(noun: &'static str, params: P) -> Self {
        let inside = RwLock::new(Inside {
            noun,
            params,
            progress: None,
            user: User(std::ptr::null_mut()),
            report: None,
        });
        State { noun, inside }
    }

    pub(super) fn read(&self) -> Result<RwLockReadGuard<'_, Inside<P, R>>> {
        self.unless_busy(self.inside.try_read())
    }

    pub(super) fn write(&self) -> Result<RwLockWriteGuard<'_, Inside<P, R>>> {
        self.unless_busy(self.inside.try_write())
    }

    fn unless_busy<T>(&self, lock: std::result::Result<T, TryLockError<T>>) -> Result<T> {
        let noun = self.noun;
        match lock {
            Ok(guard) => Ok(guard),
            // A panic in a run leaves options and report whole.
            Err(TryLockError::Poisoned(poison)) => Ok(PoisonError::into_inner(poison)),
            Err(TryLockError::WouldBlock) => Err(Error::Argument(format!(
                "the {noun} is at work: wait for its run to end, or make one {noun} per thread"
            ))),
        }
    }
}

impl<P: Copy, R: Told> Inside<P, R> {
    pub(super) fn set_progress(&mut self, progress: quietcloud_progress_fn, user: *mut c_void) {
        (self.progress, self.user) = (progress, User(user));
    }

    /// Does `task` with the caller's options and callback, and keeps its report.
    pub(super) fn work<T>(
        &mut self,
        task: impl FnOnce(&P, &mut dyn Watch) -> Result<(T, Option<R>)>,
    ) -> Result<T> {
        let (params, progress, user) = (self.params, self.progress, self.user);
        let mut watch = |done: f64| match progress {
            // SAFETY: the callback and its data are the caller's, and this is the caller's thread.
            Some(hear) if unsafe { hear(user.pointer(), done) } != 0 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let (result, report) = task(&params, &mut watch)?;
        if let Some(report) = report {
            for note in report.notes() {
                log::say(Level::Warning, note);
            }
            self.report = Some(report);
        }
        Ok(result)
    }

    /// The last run's report.
    fn ran(&self) -> Result<&R> {
        let none = || {
            Error::Argument(format!(
                "there is no report: no run of this {} has succeeded yet",
                self.noun
            ))
        };
        self.report.as_ref().ok_or_else(none)
    }

    /// A number of the last run's report.
    pub(super) fn number(&self, name: &str) -> Result<f64> {
        let numbers = self.ran()?.numbers();
        let found = numbers.iter().find(|number| number.0 == name);
        let known = || numbers.iter().map(|number| number.0).collect::<Vec<_>>();
        found
            .map(|number| number.1)
            .ok_or_else(|| unknown(name, &known()))
    }

    /// A text of the last run's report.
    pub(super) fn words(&self, name: &str) -> Result<String> {
        let report = self.ran()?;
        match name {
            "device" => Ok(report.device().to_string()),
            "notes" => Ok(report.notes().join("\n")),
            _ => Err(unknown(name, &["device", "notes"])),
        }
    }
}

fn unknown(name: &str, names: &[&str]) -> Error {
    Error::Argument(format!("the report has no '{name}'; it has {}", names.join(", ")))
}

/// A report that can be read by names.
pub(super) trait Told {
    fn numbers(&self) -> Vec<(&'static str, f64)>;
    fn device(&self) -> Device;
    fn notes(&self) -> &[String];
}

impl Told for Report {
    fn numbers(&self) -> Vec<(&'static str, f64)> {
        let mut numbers = self.numbers().to_vec();
        numbers.push(("passed_through", (self.points - self.finite) as f64));
        numbers.push(("estimated", f64::from(u8::from(self.estimated))));
        numbers
    }

    fn device(&self) -> Device {
        self.device
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }
}

impl Told for GenerateReport {
    fn numbers(&self) -> Vec<(&'static str, f64)> {
        self.numbers().to_vec()
    }

    fn device(&self) -> Device {
        self.device
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }
}
