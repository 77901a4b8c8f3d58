//! Filters: the options of a run, and the run.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use safer_ffi::derive_ReprC;

use super::guard::{guard, guard_or};
use super::memory::{Bounds, Coordinate, Destination, Out, copy_text, handle, hold, text};
use super::process;
use super::state::State;
use crate::bundle::Capability;
use crate::error::Result;
use crate::model::Model;
use crate::params::{ByName, Param, Params};
use crate::pipeline::{Report, denoise};

/// Hears how far a run is, from 0 to 1; any result but 0 cancels it. Called on the thread that called run, a few dozen
/// times a second; must not throw. `user` is what quietcloud_filter_set_progress was given.
pub type quietcloud_progress_fn = Option<unsafe extern "C" fn(user: *mut c_void, done: f64) -> i32>;

/// The options of a run and the report of the last one. Belongs to one thread at a time.
#[derive_ReprC]
#[repr(opaque)]
pub struct quietcloud_filter {
    model: Arc<Model>,
    pub(super) state: State<Params, Report>,
}

pub type quietcloud_filter_t = quietcloud_filter;

/// Makes a filter with every option at its initial value.
///
/// `model`: stays the caller's; the filter keeps what it needs, so the model may be freed first. Any number of filters
/// may share it. `out` receives the filter; free it with quietcloud_filter_free.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (model or out is NULL), QUIETCLOUD_E_UNSUPPORTED (the model is a generator). `out` is
/// untouched then.
///
/// Thread safety: any thread, any number at once on one model.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_filter_new(
    model: *const super::quietcloud_model_t,
    out: *mut *mut quietcloud_filter_t,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let model = unsafe { handle(model, "model") }?.model.clone();
        // SAFETY: the caller's promise for the place of the answer.
        let out = unsafe { Out::new(out, "out") }?;
        model.manifest().expect(Capability::Denoise)?;
        let params = Params {
            threads: process::threads() as usize,
            ..Params::default()
        };
        let state = State::new("filter", params);
        let filter = Arc::new(quietcloud_filter { model, state });
        out.set(Arc::into_raw(filter).cast_mut());
        Ok(())
    })
}

/// Frees a filter; NULL is allowed and does nothing.
///
/// Thread safety: once, and not while another thread passes the same handle to a function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_filter_free(filter: *mut quietcloud_filter_t) {
    guard_or((), || {
        if !filter.is_null() {
            // SAFETY: handed out by quietcloud_filter_new, and not freed yet by the caller's promise.
            drop(unsafe { Arc::from_raw(filter) });
        }
        Ok(())
    });
}

/// Sets an option by name to a number; quietcloud_filter_option_name lists the names.
///
/// An option whose values are words takes a word's position, counted from 0.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, a value out of bounds or not whole, the filter is at work).
/// Nothing is changed then.
///
/// Thread safety: one thread at a time on one filter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_filter_set_number(
    filter: *mut quietcloud_filter_t,
    name: *const c_char,
    value: f64,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (filter, name) = unsafe { (handle(filter, "filter")?, text(name, "name")?) };
        filter.state.write()?.params.set_number(name, value)
    })
}

/// Sets an option by name to a word, such as "fast" or "auto", or to a number in digits.
///
/// Errors: as quietcloud_filter_set_number.
///
/// Thread safety: one thread at a time on one filter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_filter_set_string(
    filter: *mut quietcloud_filter_t,
    name: *const c_char,
    value: *const c_char,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let filter = unsafe { handle(filter, "filter") }?;
        // SAFETY: the caller's promise for its strings.
        let (name, value) = unsafe { (text(name, "name")?, text(value, "value")?) };
        filter.state.write()?.params.set_string(name, value)
    })
}

/// The value of an option as a number.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, the filter is at work). `out` is untouched then.
///
/// Thread safety: any number of threads at once on one filter, as long as none sets or runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_filter_get_number(
    filter: *const quietcloud_filter_t,
    name: *const c_char,
    out: *mut f64,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (filter, name) = unsafe { (handle(filter, "filter")?, text(name, "name")?) };
        // SAFETY: the caller's promise for the place of the answer.
        let out = unsafe { Out::new(out, "out") }?;
        out.set(filter.state.read()?.params.get_number(name)?);
        Ok(())
    })
}

/// The value of an option as text: its word where it has one, else digits.
///
/// `buffer`, `size`, `needed`: as for quietcloud_model_device.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, buffer too small, the filter is at work). Nothing is written then.
///
/// Thread safety: any number of threads at once on one filter, as long as none sets or runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_filter_get_string(
    filter: *const quietcloud_filter_t,
    name: *const c_char,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (filter, name) = unsafe { (handle(filter, "filter")?, text(name, "name")?) };
        let text = filter.state.read()?.params.get_string(name)?;
        // SAFETY: the caller's promise for its buffer and its number.
        unsafe { copy_text(&text, buffer, size, needed) }
    })
}

/// The smallest, largest and initial value of an option.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name). Nothing is written then.
///
/// Thread safety: any number of threads at once on one filter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_filter_bounds(
    filter: *const quietcloud_filter_t,
    name: *const c_char,
    low: *mut f64,
    high: *mut f64,
    initial: *mut f64,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (_, name) = unsafe { (handle(filter, "filter")?, text(name, "name")?) };
        // SAFETY: the caller's promise for the places of the answer.
        let out = unsafe { Bounds::new(low, high, initial) }?;
        let param = Param::find(name)?;
        out.set([param.low, param.high, param.initial]);
        Ok(())
    })
}

/// Sets who hears of a run's progress and may cancel it; NULL ends it.
///
/// `user` is passed to every call and may be NULL; both are used during runs of this filter only.
/// A run calls at least once, with 0, before it does anything, and stops soon after a result that is not 0.
/// The callback must not use this filter: such calls are refused.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (filter is NULL or at work).
///
/// Thread safety: one thread at a time on one filter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_filter_set_progress(
    filter: *mut quietcloud_filter_t,
    callback: quietcloud_progress_fn,
    user: *mut c_void,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let filter = unsafe { handle(filter, "filter") }?;
        filter.state.write()?.set_progress(callback, user);
        Ok(())
    })
}

/// Moves every finite point towards the surface that it was sampled from.
///
/// `xyz`: the first point's x; y and z follow. `points`: how many. `stride_bytes`: from one point's x to the next one's, at
/// least 12; 0 means packed. Nothing needs to be aligned. Units are the caller's.
/// `out_xyz`, `out_stride_bytes`: where the cleaned points go, in the same order: the same pointer and stride as the input
/// (in place), or memory that shares no byte with the input's points. Bytes between points are never touched.
/// Points with a NaN or an infinity come out bit for bit as they went in. No points at all is fine; the pointers may be
/// NULL then.
///
/// The same cloud, model, options and seed give the same bytes, whatever the number of threads.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (filter is NULL or at work; the noise has to be given because the model can't estimate
/// it), QUIETCLOUD_E_CLOUD (a NULL cloud, stride too small, overlapping memory), QUIETCLOUD_E_MEMORY, QUIETCLOUD_E_NETWORK,
/// QUIETCLOUD_E_CANCELLED. The output is untouched then.
///
/// Thread safety: one thread at a time on one filter; any number of filters of one model at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_filter_run_f32(
    filter: *mut quietcloud_filter_t,
    xyz: *const f32,
    points: usize,
    stride_bytes: usize,
    out_xyz: *mut f32,
    out_stride_bytes: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe { run(filter, xyz, points, stride_bytes, out_xyz, out_stride_bytes) })
}

/// As quietcloud_filter_run_f32, for double coordinates: strides are at least 24 bytes.
///
/// Offsets as large as UTM's cost no accuracy: positions are taken relative to their neighbours in double precision.
///
/// Errors and thread safety: as quietcloud_filter_run_f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_filter_run_f64(
    filter: *mut quietcloud_filter_t,
    xyz: *const f64,
    points: usize,
    stride_bytes: usize,
    out_xyz: *mut f64,
    out_stride_bytes: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe { run(filter, xyz, points, stride_bytes, out_xyz, out_stride_bytes) })
}

/// # Safety
/// As [`quietcloud_filter_run_f32`].
unsafe fn run<C: Coordinate>(
    filter: *mut quietcloud_filter_t,
    xyz: *const C,
    points: usize,
    stride: usize,
    out_xyz: *mut C,
    out_stride: usize,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let filter = unsafe { hold(filter, "filter") }?;
    let mut state = filter.state.write()?;
    // SAFETY: the caller's promise for its clouds.
    let cloud = unsafe { C::view(xyz, points, stride) }?;
    // SAFETY: the caller's promise for its clouds.
    let destination = unsafe { Destination::new(out_xyz, out_stride, xyz, stride, points) }?;
    let cleaned = state.work(|params, watch| {
        let denoised = denoise(&filter.model, cloud, params, watch)?;
        Ok((denoised.points, Some(denoised.report)))
    })?;
    // SAFETY: the caller's promise.
    unsafe { destination.write(&cleaned, xyz, stride) };
    Ok(())
}
