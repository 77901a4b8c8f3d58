//! Status codes: explicit, stable, never reused.

use std::cell::RefCell;
use std::ffi::{CString, c_char};

use crate::error::Error;

/// Success.
pub const QUIETCLOUD_OK: i32 = 0;
/// An argument is wrong: a NULL pointer, an unknown name, a value out of its bounds, a filter that is at work already.
pub const QUIETCLOUD_E_ARGUMENT: i32 = 1;
/// The cloud can't be worked on: stride smaller than a point, overlapping buffers, an extent beyond all numbers.
pub const QUIETCLOUD_E_CLOUD: i32 = 2;
/// The operating system refused to read or write a file.
pub const QUIETCLOUD_E_IO: i32 = 3;
/// A file breaks its format.
pub const QUIETCLOUD_E_FORMAT: i32 = 4;
/// A model is incomplete, altered or of an unknown kind.
pub const QUIETCLOUD_E_BUNDLE: i32 = 5;
/// ONNX Runtime's shared library was not found or can't be used.
pub const QUIETCLOUD_E_RUNTIME: i32 = 6;
/// A network failed while it ran.
pub const QUIETCLOUD_E_NETWORK: i32 = 7;
/// The device asked for is not there.
pub const QUIETCLOUD_E_DEVICE: i32 = 8;
/// The progress callback asked to stop.
pub const QUIETCLOUD_E_CANCELLED: i32 = 9;
/// The memory bound is too small for this cloud.
pub const QUIETCLOUD_E_MEMORY: i32 = 10;
/// A defect of the library, caught before it could reach the host.
pub const QUIETCLOUD_E_INTERNAL: i32 = 11;
/// The model can't do what was asked of it, such as denoise with a generator.
pub const QUIETCLOUD_E_UNSUPPORTED: i32 = 12;

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
}

/// Keeps an error for `quietcloud_last_error` and returns its code.
pub(super) fn keep(error: &Error) -> i32 {
    // A file's or an option's name that is quoted may hold anything; the header promises one line.
    let text = error.to_string().replace(char::is_control, "?");
    // A thread that is going down has no last error any more; the code still tells.
    let _ = LAST.try_with(|last| last.replace(CString::new(text).unwrap_or_default()));
    error.code()
}

/// What went wrong in the last call that failed on this thread, and what to do about it: one line in English, UTF-8.
///
/// Never NULL; empty if no call has failed on this thread. A call that succeeds leaves it alone.
/// The text belongs to the library and is valid until the next call that fails on this thread.
///
/// Thread safety: any thread; each has its own.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_last_error() -> *const c_char {
    LAST.try_with(|last| last.borrow().as_ptr())
        .unwrap_or(c"".as_ptr())
}

/// A few words for a status code, such as "cancelled".
///
/// Never NULL; "unknown status" for a number that is no code of this version. The text is static.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_status_text(status: i32) -> *const c_char {
    let text = match status {
        QUIETCLOUD_OK => c"success",
        QUIETCLOUD_E_ARGUMENT => c"wrong argument",
        QUIETCLOUD_E_CLOUD => c"unusable cloud",
        QUIETCLOUD_E_IO => c"input or output failed",
        QUIETCLOUD_E_FORMAT => c"broken file",
        QUIETCLOUD_E_BUNDLE => c"broken model",
        QUIETCLOUD_E_RUNTIME => c"no ONNX Runtime",
        QUIETCLOUD_E_NETWORK => c"network failed",
        QUIETCLOUD_E_DEVICE => c"no such device",
        QUIETCLOUD_E_CANCELLED => c"cancelled",
        QUIETCLOUD_E_MEMORY => c"memory bound too small",
        QUIETCLOUD_E_INTERNAL => c"internal error",
        QUIETCLOUD_E_UNSUPPORTED => c"beyond this model",
        _ => c"unknown status",
    };
    text.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_not_break_the_line() {
        keep(&Error::Argument("there is no option 'a\n\0b\u{7f}'".into()));
        // SAFETY: never NULL, and valid until the next failure on this thread.
        let text = unsafe { std::ffi::CStr::from_ptr(quietcloud_last_error()) };
        assert_eq!(text, c"there is no option 'a??b?'");
    }

    #[test]
    fn codes_are_the_errors_own() {
        let io = || std::io::Error::other("x");
        let (path, text) = (std::path::PathBuf::new, String::new);
        let pairs = [
            (Error::Argument(text()), QUIETCLOUD_E_ARGUMENT),
            (Error::Cloud(text()), QUIETCLOUD_E_CLOUD),
            (
                Error::Io {
                    path: path(),
                    source: io(),
                },
                QUIETCLOUD_E_IO,
            ),
            (
                Error::Format {
                    path: path(),
                    reason: text(),
                },
                QUIETCLOUD_E_FORMAT,
            ),
            (
                Error::Bundle {
                    path: path(),
                    reason: text(),
                },
                QUIETCLOUD_E_BUNDLE,
            ),
            (Error::Runtime(text()), QUIETCLOUD_E_RUNTIME),
            (
                Error::Network {
                    role: text(),
                    reason: text(),
                },
                QUIETCLOUD_E_NETWORK,
            ),
            (
                Error::Device {
                    device: text(),
                    reason: text(),
                },
                QUIETCLOUD_E_DEVICE,
            ),
            (Error::Cancelled, QUIETCLOUD_E_CANCELLED),
            (Error::Memory(text()), QUIETCLOUD_E_MEMORY),
            (Error::Internal(text()), QUIETCLOUD_E_INTERNAL),
        ];
        for (error, code) in pairs {
            assert_eq!(error.code(), code, "{error:?}");
        }
    }
}
