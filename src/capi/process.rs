//! What holds for the whole process: where ONNX Runtime comes from, the log, the number of threads.

use std::ffi::{CString, c_char, c_void};
use std::sync::atomic::{AtomicU32, Ordering};

use super::guard::guard;
use super::memory::{User, path};
use crate::error::Result;
use crate::log::{self, Level};
use crate::model::runtime;
use crate::params::Param;

/// Log level: something failed that the caller may not have been told otherwise.
pub const QUIETCLOUD_LOG_ERROR: i32 = 1;
/// Log level: it works, but not as well as it might.
pub const QUIETCLOUD_LOG_WARNING: i32 = 2;
/// Log level: what was loaded from where.
pub const QUIETCLOUD_LOG_INFO: i32 = 3;

/// Hears one message: QUIETCLOUD_LOG_ERROR, _WARNING or _INFO, and one line of UTF-8 that is valid during the call.
/// Must not throw, and may be called from several threads at once.
pub type quietcloud_log_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, level: i32, message: *const c_char)>;

static THREADS: AtomicU32 = AtomicU32::new(0);

/// The number of threads that a new filter starts with.
pub(super) fn threads() -> u32 {
    THREADS.load(Ordering::Relaxed)
}

/// Names the ONNX Runtime library to use, before the first model is opened.
///
/// `path`: the shared library (1.20 or later, libonnxruntime.so.1 or alike). Without this call it is looked for in
/// ORT_DYLIB_PATH, beside this library, in the cache folder, in installed Python packages and in the system's folders.
/// It is loaded privately: another ONNX Runtime that the host uses is neither disturbed nor used.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (path is NULL), QUIETCLOUD_E_RUNTIME (another one is in use already; a process keeps
/// the first for its whole life). Whether the file can be used shows when a model is opened.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_set_runtime(path: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| runtime::use_library(unsafe { self::path(path, "path") }?))
}

/// Sets who hears the library's messages; nobody does before, and nothing is ever written to the terminal.
///
/// `callback`: NULL ends it. `user` is passed to every call and may be NULL. When this function returns, the callback that
/// was set before is not running and is never called again.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (called from inside a log callback).
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_set_log(callback: quietcloud_log_fn, user: *mut c_void) -> i32 {
    let user = User(user);
    guard(move || {
        log::listen(callback.map(|hear| {
            let listener: log::Listener = Box::new(move |level, message| {
                let message = CString::new(message).unwrap_or_default();
                // SAFETY: the caller promised a callback that may be called from any thread until it is replaced.
                unsafe { hear(user.pointer(), number(level), message.as_ptr()) };
            });
            listener
        }))
    })
}

fn number(level: Level) -> i32 {
    match level {
        Level::Error => QUIETCLOUD_LOG_ERROR,
        Level::Warning => QUIETCLOUD_LOG_WARNING,
        Level::Info => QUIETCLOUD_LOG_INFO,
    }
}

/// Sets how many working threads filters made from now on use; 0, as before the first call, is one for each core.
///
/// The option "threads" of a filter overrides it. What a run computes does not depend on it, bit for bit.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (more than 1024).
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_set_threads(threads: u32) -> i32 {
    guard(|| {
        check_threads(threads)?;
        THREADS.store(threads, Ordering::Relaxed);
        Ok(())
    })
}

fn check_threads(threads: u32) -> Result<f64> {
    Param::find("threads")?.check(threads.into())
}
