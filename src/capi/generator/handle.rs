//! The handle: made, set, watched, freed.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use safer_ffi::derive_ReprC;

use crate::bundle::Capability;
use crate::capi::filter::quietcloud_progress_fn;
use crate::capi::guard::{guard, guard_or};
use crate::capi::memory::{Bounds, Out, copy_text, handle, text};
use crate::capi::process;
use crate::capi::state::State;
use crate::model::Model;
use crate::params::{ByName, GenerateParams};
use crate::pipeline::{GenerateReport, bounds};

/// The options of a generative model's runs and the report of the last one. Belongs to one thread at a time.
#[derive_ReprC]
#[repr(opaque)]
pub struct quietcloud_generator {
    pub(super) model: Arc<Model>,
    pub(super) state: State<GenerateParams, GenerateReport>,
}

pub type quietcloud_generator_t = quietcloud_generator;

/// Makes a generator with every option at its initial value.
///
/// `model`: stays the caller's; the generator keeps what it needs, so the model may be freed first. Any number of
/// generators may share it. `out` receives the generator; free it with quietcloud_generator_free.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (model or out is NULL), QUIETCLOUD_E_UNSUPPORTED (the model is a denoiser). `out` is
/// untouched then.
///
/// Thread safety: any thread, any number at once on one model.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_new(
    model: *const crate::capi::quietcloud_model_t,
    out: *mut *mut quietcloud_generator_t,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let model = unsafe { handle(model, "model") }?.model.clone();
        // SAFETY: the caller's promise for the place of the answer.
        let out = unsafe { Out::new(out, "out") }?;
        model.manifest().expect(Capability::Generate)?;
        let params = GenerateParams {
            threads: process::threads() as usize,
            ..GenerateParams::default()
        };
        let state = State::new("generator", params);
        let generator = Arc::new(quietcloud_generator { model, state });
        out.set(Arc::into_raw(generator).cast_mut());
        Ok(())
    })
}

/// Frees a generator; NULL is allowed and does nothing.
///
/// Thread safety: once, and not while another thread passes the same handle to a function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_free(generator: *mut quietcloud_generator_t) {
    guard_or((), || {
        if !generator.is_null() {
            // SAFETY: handed out by quietcloud_generator_new, and not freed yet by the caller's promise.
            drop(unsafe { Arc::from_raw(generator) });
        }
        Ok(())
    });
}

/// Sets an option by name to a number; quietcloud_generator_option_name lists the names.
///
/// An option whose values are words takes a word's position, counted from 0. What a model allows may be less than the
/// option does, as of its steps: that shows in a run, and quietcloud_generator_bounds tells before.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, a value out of bounds or not whole, the generator is at work).
/// Nothing is changed then.
///
/// Thread safety: one thread at a time on one generator.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_set_number(
    generator: *mut quietcloud_generator_t,
    name: *const c_char,
    value: f64,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (generator, name) = unsafe { (handle(generator, "generator")?, text(name, "name")?) };
        generator.state.write()?.params.set_number(name, value)
    })
}

/// Sets an option by name to a word, such as "fast" or "auto", or to a number in digits.
///
/// Errors: as quietcloud_generator_set_number.
///
/// Thread safety: one thread at a time on one generator.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_set_string(
    generator: *mut quietcloud_generator_t,
    name: *const c_char,
    value: *const c_char,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let generator = unsafe { handle(generator, "generator") }?;
        // SAFETY: the caller's promise for its strings.
        let (name, value) = unsafe { (text(name, "name")?, text(value, "value")?) };
        generator.state.write()?.params.set_string(name, value)
    })
}

/// The value of an option as a number.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, the generator is at work). `out` is untouched then.
///
/// Thread safety: any number of threads at once on one generator, as long as none sets or runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_get_number(
    generator: *const quietcloud_generator_t,
    name: *const c_char,
    out: *mut f64,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (generator, name) = unsafe { (handle(generator, "generator")?, text(name, "name")?) };
        // SAFETY: the caller's promise for the place of the answer.
        let out = unsafe { Out::new(out, "out") }?;
        out.set(generator.state.read()?.params.get_number(name)?);
        Ok(())
    })
}

/// The value of an option as text: its word where it has one, else digits.
///
/// `buffer`, `size`, `needed`: as for quietcloud_model_device.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, buffer too small, the generator is at work). Nothing is written then.
///
/// Thread safety: any number of threads at once on one generator, as long as none sets or runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_get_string(
    generator: *const quietcloud_generator_t,
    name: *const c_char,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (generator, name) = unsafe { (handle(generator, "generator")?, text(name, "name")?) };
        let text = generator.state.read()?.params.get_string(name)?;
        // SAFETY: the caller's promise for its buffer and its number.
        unsafe { copy_text(&text, buffer, size, needed) }
    })
}

/// The smallest, largest and initial value that an option has with this model: its steps and tau go up to the length of
/// the model's schedule. The name "points" asks for a cloud's number of points; initial is that of training.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name). Nothing is written then.
///
/// Thread safety: any number of threads at once on one generator.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_bounds(
    generator: *const quietcloud_generator_t,
    name: *const c_char,
    low: *mut f64,
    high: *mut f64,
    initial: *mut f64,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (generator, name) = unsafe { (handle(generator, "generator")?, text(name, "name")?) };
        // SAFETY: the caller's promise for the places of the answer.
        let out = unsafe { Bounds::new(low, high, initial) }?;
        out.set(bounds(&generator.model, name)?);
        Ok(())
    })
}

/// Sets who hears of a run's progress and may cancel it; NULL ends it.
///
/// `user` is passed to every call and may be NULL; both are used during runs of this generator only.
/// A run calls at least once, with 0, before it does anything, and stops soon after a result that is not 0.
/// The callback must not use this generator: such calls are refused.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (generator is NULL or at work).
///
/// Thread safety: one thread at a time on one generator.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_set_progress(
    generator: *mut quietcloud_generator_t,
    callback: quietcloud_progress_fn,
    user: *mut c_void,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let generator = unsafe { handle(generator, "generator") }?;
        generator.state.write()?.set_progress(callback, user);
        Ok(())
    })
}
