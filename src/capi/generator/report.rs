//! What the last run did, by name.

use std::ffi::c_char;

use super::handle::quietcloud_generator_t;
use crate::capi::guard::guard;
use crate::capi::memory::{Out, copy_text, handle, text};

/// A number of the last run that succeeded and made clouds, by name:
///
/// points (of each cloud), clouds, steps (0 where the method takes none), calls (of networks), and times in milliseconds:
/// total_ms, on the wall, and runtime_ms, inside ONNX Runtime, over all threads.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, no run has succeeded yet, the generator is at work).
/// `out` is untouched then.
///
/// Thread safety: any number of threads at once on one generator, as long as none sets or runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_report_number(
    generator: *const quietcloud_generator_t,
    name: *const c_char,
    out: *mut f64,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (generator, name) = unsafe { (handle(generator, "generator")?, text(name, "name")?) };
        // SAFETY: the caller's promise for the place of the answer.
        let out = unsafe { Out::new(out, "out") }?;
        out.set(generator.state.read()?.number(name)?);
        Ok(())
    })
}

/// A text of the last run that succeeded, by name: device (that really ran), notes (what the caller should know, one
/// sentence a line, empty where all went well).
///
/// `buffer`, `size`, `needed`: as for quietcloud_model_device.
///
/// Errors: as quietcloud_generator_report_number, and QUIETCLOUD_E_ARGUMENT where the buffer is too small.
///
/// Thread safety: any number of threads at once on one generator, as long as none sets or runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_report_string(
    generator: *const quietcloud_generator_t,
    name: *const c_char,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (generator, name) = unsafe { (handle(generator, "generator")?, text(name, "name")?) };
        let text = generator.state.read()?.words(name)?;
        // SAFETY: the caller's promise for its buffer and its number.
        unsafe { copy_text(&text, buffer, size, needed) }
    })
}
