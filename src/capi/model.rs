//! Models: opened once, shared by any number of filters and threads.

use std::ffi::c_char;
use std::sync::Arc;

use safer_ffi::derive_ReprC;
use serde_json::json;

use super::guard::{guard, guard_or};
use super::memory::{Out, bytes, copy_text, handle, path, text};
use crate::error::Result;
use crate::log::{self, Level};
use crate::model::{Device, Model};

/// An opened model: networks, schedule, and the ONNX Runtime sessions that run them. Immutable.
#[derive_ReprC]
#[repr(opaque)]
pub struct quietcloud_model {
    pub(super) model: Arc<Model>,
}

pub type quietcloud_model_t = quietcloud_model;

/// Opens a model.
///
/// `folder`: a model folder or a zip archive of one; NULL opens the model that is compiled into the library.
/// `device`: "auto", "cpu", "cuda", "tensorrt" or "tensorrt-fp16" (half precision); NULL is "auto", which takes the best
/// that works. "cuda:1" is the second GPU, and so on. A device asked for by name that is not there is an error.
/// `out` receives the model; free it with quietcloud_model_free.
///
/// The first model opened in a process loads ONNX Runtime; see quietcloud_set_runtime.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (out is NULL, unknown device), QUIETCLOUD_E_BUNDLE (broken model),
/// QUIETCLOUD_E_RUNTIME (no ONNX Runtime), QUIETCLOUD_E_DEVICE (no such device here). `out` is untouched then.
///
/// Thread safety: any thread, any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_model_open(
    folder: *const c_char,
    device: *const c_char,
    out: *mut *mut quietcloud_model_t,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise, as for the pointers below.
        let out = unsafe { Out::new(out, "out") }?;
        // SAFETY: the caller's promise for its strings.
        let device = unsafe { device_named(device) }?;
        let model = match folder.is_null() {
            true => Model::builtin(device)?,
            // SAFETY: the caller's promise for its strings.
            false => Model::open(unsafe { path(folder, "folder") }?, device)?,
        };
        hand_out(model, out);
        Ok(())
    })
}

/// Opens a model that lies in memory: a zip archive of a model folder whose files are stored uncompressed.
///
/// `bytes`, `length`: the archive; it is copied, the memory may go when the call returns.
/// `device`, `out`: as for quietcloud_model_open.
///
/// Errors: as quietcloud_model_open, and QUIETCLOUD_E_ARGUMENT where `bytes` is NULL.
///
/// Thread safety: any thread, any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_model_open_memory(
    bytes: *const u8,
    length: usize,
    device: *const c_char,
    out: *mut *mut quietcloud_model_t,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise, as for the pointers below.
        let out = unsafe { Out::new(out, "out") }?;
        // SAFETY: the caller's promise for its strings.
        let device = unsafe { device_named(device) }?;
        // SAFETY: the caller's promise for the archive.
        let archive = unsafe { self::bytes(bytes, length, "bytes") }?;
        hand_out(Model::from_memory(archive, device)?, out);
        Ok(())
    })
}

/// Frees a model; NULL is allowed and does nothing.
///
/// Filters and generators made from it keep what they need: they go on working.
///
/// Thread safety: any thread, once, and not while another thread passes the same handle to a function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_model_free(model: *mut quietcloud_model_t) {
    guard_or((), || {
        if !model.is_null() {
            // SAFETY: handed out by `hand_out`, and not freed yet by the caller's promise.
            drop(unsafe { Box::from_raw(model) });
        }
        Ok(())
    });
}

/// The device that the networks really run on: "cpu", "cuda", "tensorrt:1" ..., as it is asked for; never "auto".
///
/// `buffer`, `size`: where the text goes, with its NUL; NULL only asks for the size.
/// `needed` receives the bytes that the text takes with its NUL; may be NULL where `buffer` is not.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (model is NULL, buffer and needed are NULL, buffer too small: nothing is written).
///
/// Thread safety: any thread, any number at once on one model.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_model_device(
    model: *const quietcloud_model_t,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let model = unsafe { handle(model, "model") }?;
        // SAFETY: the caller's promise for its buffer and its number.
        unsafe { copy_text(&model.model.device().to_string(), buffer, size, needed) }
    })
}

/// What the model is, as one JSON object: name, method, capabilities (denoise, generate ...), prediction, neighbors, steps,
/// schedule_steps (0 without a schedule), trained_noise (smallest and largest, in units of the local spacing), points (of a
/// generated cloud: trained, low, high; zeros in a denoiser), license, provenance, scores, from, device, notes, runtime (version and path of ONNX
/// Runtime). Members may be added in later versions.
///
/// `buffer`, `size`, `needed`: as for quietcloud_model_device. UTF-8.
///
/// Errors: as quietcloud_model_device.
///
/// Thread safety: any thread, any number at once on one model.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_model_describe(
    model: *const quietcloud_model_t,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let model = &unsafe { handle(model, "model") }?.model;
        let manifest = model.manifest();
        let steps = manifest.sampling.steps;
        let text = json!({
            "name": manifest.name,
            "method": manifest.method.name(),
            "capabilities": manifest.capabilities().iter().map(|can| can.name()).collect::<Vec<_>>(),
            "points": { "trained": manifest.points.trained, "low": manifest.points.low, "high": manifest.points.high },
            "schedule_steps": model.schedule().map_or(0, |schedule| manifest.steps(schedule)),
            "prediction": manifest.prediction,
            "neighbors": manifest.graph.k,
            "steps": { "fast": steps.fast, "balanced": steps.balanced, "high": steps.high },
            "trained_noise": manifest.trained_noise,
            "license": manifest.license,
            "provenance": manifest.provenance,
            "scores": manifest.scores,
            "from": model.path(),
            "device": model.device().to_string(),
            "notes": model.notes(),
            "runtime": { "version": model.runtime().version, "path": model.runtime().path },
        });
        // SAFETY: the caller's promise for its buffer and its number.
        unsafe { copy_text(&text.to_string(), buffer, size, needed) }
    })
}

/// # Safety
/// As [`text`]; NULL is `auto`.
unsafe fn device_named(name: *const c_char) -> Result<Device> {
    // SAFETY: the caller's promise.
    if name.is_null() {
        Ok(Device::Auto)
    } else {
        // SAFETY: the caller's promise for its strings.
        unsafe { text(name, "device") }?.parse()
    }
}

fn hand_out(model: Model, out: Out<*mut quietcloud_model_t>) {
    let (name, device, runtime) = (&model.manifest().name, model.device(), model.runtime());
    let place = runtime.path.display();
    log::say(
        Level::Info,
        &format!(
            "model {name} on {device}, ONNX Runtime {} from {place}",
            runtime.version
        ),
    );
    for note in model.notes() {
        log::say(Level::Warning, note);
    }
    out.set(Box::into_raw(Box::new(quietcloud_model {
        model: Arc::new(model),
    })));
}
