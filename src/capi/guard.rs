//! Nothing of Rust's control flow leaves the library: errors and panics become a status.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

use super::status::{QUIETCLOUD_OK, keep};
use crate::error::{Error, Result};
use crate::log::{self, Level};

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs the body of an entry; the error, if any, is this thread's last one.
pub(super) fn guard(body: impl FnOnce() -> Result<()>) -> i32 {
    match catch(body) {
        Ok(()) => QUIETCLOUD_OK,
        Err(error) => keep(&error),
    }
}

/// As [`guard`], for an entry that returns something else than a status.
pub(super) fn guard_or<T>(fallback: T, body: impl FnOnce() -> Result<T>) -> T {
    catch(body).unwrap_or_else(|error| {
        keep(&error);
        fallback
    })
}

fn catch<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(
            move |info| if is_ours() { report(info) } else { previous(info) },
        ));
    });
    let outer = INSIDE.replace(true);
    // Unwind safety: what a body shares is behind locks whose poison is looked at, or is dropped here.
    let result = catch_unwind(AssertUnwindSafe(body));
    INSIDE.set(outer);
    result.unwrap_or_else(|payload| Err(Error::Internal(message(&*payload))))
}

/// Whether the thread that panics is one of ours: a host written in Rust keeps its own hook for its own threads.
fn is_ours() -> bool {
    let worker = || {
        std::thread::current()
            .name()
            .is_some_and(|name| name.starts_with("quietcloud-"))
    };
    INSIDE.try_with(Cell::get).unwrap_or(false) || worker()
}

/// A plugin writes nothing to its host's terminal; who wants to know listens to the log.
fn report(info: &PanicHookInfo<'_>) {
    let place = info
        .location()
        .map(|place| format!(" at {}:{}", place.file(), place.line()))
        .unwrap_or_default();
    log::say(
        Level::Error,
        &format!("panic{place}: {}", message(info.payload())),
    );
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic")
        .to_owned()
}

/// Panics inside the library, to test that the host survives it; not in the header.
#[cfg(feature = "provoke-panic")]
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_provoke_panic() -> i32 {
    guard(|| panic!("provoked"))
}
