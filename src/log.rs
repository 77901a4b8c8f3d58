//! What the library has to say on the way, for whoever listens. Nobody does at first, and nothing is printed.

use std::cell::Cell;
use std::sync::{PoisonError, RwLock};

use crate::error::{Error, Result};

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something failed that the caller may not have been told otherwise.
    Error,
    /// It works, but not as well as it might.
    Warning,
    /// What was loaded from where.
    Info,
}

/// Hears messages, each of one line, from any thread.
pub type Listener = Box<dyn Fn(Level, &str) + Send + Sync>;

static LISTENER: RwLock<Option<Listener>> = RwLock::new(None);

thread_local! {
    static HEARING: Cell<bool> = const { Cell::new(false) };
}

/// Replaces the process's listener. Once this returns, the one before is not running and never called again.
///
/// # Errors
/// [`Error::Argument`] from inside a listener, which can't wait for its own end.
pub fn listen(listener: Option<Listener>) -> Result<()> {
    if HEARING.get() {
        return Err(Error::Argument(
            "the log can't be set from inside a log callback".into(),
        ));
    }
    *LISTENER.write().unwrap_or_else(PoisonError::into_inner) = listener;
    Ok(())
}

/// Tells the listener. What is said from inside a listener is dropped: it could go on for ever.
pub(crate) fn say(level: Level, message: &str) {
    if HEARING.try_with(Cell::get).unwrap_or(true) {
        return;
    }
    if let Some(hear) = &*LISTENER.read().unwrap_or_else(PoisonError::into_inner) {
        let _end = Hearing::begin();
        hear(level, &message.replace(['\n', '\r', '\0'], " "));
    }
}

struct Hearing;

impl Hearing {
    fn begin() -> Hearing {
        HEARING.set(true);
        Hearing
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        HEARING.set(false);
    }
}
