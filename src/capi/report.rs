//! What the last run did, by name.

use std::ffi::c_char;

use super::filter::quietcloud_filter_t;
use super::guard::guard;
use super::memory::{Out, copy_text, handle, text};

/// A number of the last run that succeeded, by name:
///
/// points, finite (those that were worked on), passed_through (those with a NaN or an infinity), spacing (local, the
/// median, in the cloud's unit), noise (standard deviation, given or estimated, in the cloud's unit), noise_spacing (the
/// same in units of the spacing), noise_low and noise_high (where the noise varies over the cloud, four points of five have one
/// between these), estimated (1 where the noise was estimated, else 0), steps (0 where there was nothing to
/// do), tiles, workers, and wall times in milliseconds: normalize_ms, graph_ms, noise_ms, network_ms, sampler_ms,
/// spread_ms, restore_ms, total_ms, and runtime_ms, the part inside ONNX Runtime.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, no run has succeeded yet, the filter is at work).
/// `out` is untouched then.
///
/// Thread safety: any number of threads at once on one filter, as long as none sets or runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_filter_report_number(
    filter: *const quietcloud_filter_t,
    name: *const c_char,
    out: *mut f64,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (filter, name) = unsafe { (handle(filter, "filter")?, text(name, "name")?) };
        // SAFETY: the caller's promise for the place of the answer.
        let out = unsafe { Out::new(out, "out") }?;
        out.set(filter.state.read()?.number(name)?);
        Ok(())
    })
}

/// A text of the last run that succeeded, by name: device (that really ran), notes (what the caller should know, one
/// sentence a line, empty where all went well).
///
/// `buffer`, `size`, `needed`: as for quietcloud_model_device.
///
/// Errors: as quietcloud_filter_report_number, and QUIETCLOUD_E_ARGUMENT where the buffer is too small.
///
/// Thread safety: any number of threads at once on one filter, as long as none sets or runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_filter_report_string(
    filter: *const quietcloud_filter_t,
    name: *const c_char,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (filter, name) = unsafe { (handle(filter, "filter")?, text(name, "name")?) };
        let text = filter.state.read()?.words(name)?;
        // SAFETY: the caller's promise for its buffer and its number.
        unsafe { copy_text(&text, buffer, size, needed) }
    })
}
