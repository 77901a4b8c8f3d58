//! The C interface as a state machine: any calls in any order with any arguments, beside a model of what must happen.
//!
//! Arguments keep the header's promises about memory, since C can't check those; everything else is fair.

mod filter;
mod generator;
mod run;
mod text;

use std::ffi::CStr;
use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

use quietcloud::capi::*;

use super::bytes::Bytes;
use filter::Filter;
use generator::Generator;

/// Enough for options to meet runs, few enough for a thousand sequences a second.
const CALLS: usize = 40;

/// A pointer that any thread may hold: the library's promise for models.
struct Shared(*mut quietcloud_model_t);
// SAFETY: a model is immutable and may be shared, as the header says.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

/// The analytic denoiser and the analytic generator, opened once.
fn models() -> [*mut quietcloud_model_t; 2] {
    static MODELS: OnceLock<[Shared; 2]> = OnceLock::new();
    MODELS
        .get_or_init(|| ["bundle", "generators/vae"].map(|name| Shared(open(name))))
        .each_ref()
        .map(|model| model.0)
}

fn open(name: &str) -> *mut quietcloud_model_t {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let folder = folder
        .map(|folder| folder.join("tests/data").join(name))
        .find(|folder| folder.is_dir());
    let folder = std::ffi::CString::new(folder.expect("the models of tests/data").to_str().unwrap()).unwrap();
    let mut model = null_mut();
    // SAFETY: C strings, and a place for the model.
    let status = unsafe { quietcloud_model_open(folder.as_ptr(), c"cpu".as_ptr(), &mut model) };
    assert_eq!(status, QUIETCLOUD_OK, "{}", last_error());
    model
}

/// What the library says about the last failure: always text.
fn last_error() -> String {
    // SAFETY: never NULL, and a C string of the library's until the next failure.
    let text = unsafe { CStr::from_ptr(quietcloud_last_error()) };
    text.to_str().expect("UTF-8").to_owned()
}

/// A failure says something on one line, and is no defect of the library.
#[track_caller]
fn expect(found: i32, allowed: &[i32]) -> i32 {
    assert!(
        allowed.contains(&found),
        "{found}, not {allowed:?}: {}",
        last_error()
    );
    if found != QUIETCLOUD_OK {
        let text = last_error();
        assert!(!text.is_empty() && !text.contains('\n'), "{text:?}");
    }
    found
}

/// Any bytes as a sequence of calls.
pub fn calls(bytes: &[u8]) {
    let [denoiser, maker] = models();
    let mut bytes = Bytes(bytes);
    let mut filters: [Option<Filter>; 2] = [None, None];
    let mut generator: Option<Generator> = None;
    for _ in 0..CALLS {
        if bytes.is_empty() {
            break;
        }
        let slot = bytes.below(2);
        match bytes.below(16) {
            0 => filters[slot] = None,
            1 => nothing_of_nothing(&mut bytes),
            2 => generator = None,
            3 => text::model(&mut bytes, models()[slot]),
            4 => text::options(&mut bytes),
            5 => run::confidence(&mut bytes),
            6 => archive(&mut bytes),
            7..=9 => generator
                .get_or_insert_with(|| Generator::new(maker))
                .call(&mut bytes),
            _ => filters[slot]
                .get_or_insert_with(|| Filter::new(denoiser))
                .call(&mut bytes),
        }
    }
}

/// Calls without a handle, or with the wrong model.
fn nothing_of_nothing(bytes: &mut Bytes) {
    let [denoiser, maker] = models();
    let (mut filter, mut generator) = (null_mut(), null_mut());
    let mut number = 7.0;
    // SAFETY: handles that are NULL or the library's.
    unsafe {
        quietcloud_filter_free(null_mut());
        quietcloud_generator_free(null_mut());
        quietcloud_model_free(null_mut());
        let (found, wanted) = match bytes.below(8) {
            0 => (
                quietcloud_filter_new(maker, &mut filter),
                QUIETCLOUD_E_UNSUPPORTED,
            ),
            1 => (
                quietcloud_generator_new(denoiser, &mut generator),
                QUIETCLOUD_E_UNSUPPORTED,
            ),
            2 => (quietcloud_filter_new(null(), &mut filter), QUIETCLOUD_E_ARGUMENT),
            3 => (quietcloud_filter_new(denoiser, null_mut()), QUIETCLOUD_E_ARGUMENT),
            4 => (
                quietcloud_filter_get_number(null(), c"steps".as_ptr(), &mut number),
                QUIETCLOUD_E_ARGUMENT,
            ),
            5 => (
                quietcloud_filter_run_f32(null_mut(), null(), 0, 0, null_mut(), 0),
                QUIETCLOUD_E_ARGUMENT,
            ),
            6 => (
                quietcloud_generator_run_f64(null_mut(), 0, 8, null_mut(), 0),
                QUIETCLOUD_E_ARGUMENT,
            ),
            _ => (
                quietcloud_set_threads(1025 + u32::from(bytes.byte())),
                QUIETCLOUD_E_ARGUMENT,
            ),
        };
        expect(found, &[wanted]);
    }
    assert!(filter.is_null() && generator.is_null() && number == 7.0);
}

/// Bytes are no archive of a model.
fn archive(bytes: &mut Bytes) {
    let archive: [u8; 32] = bytes.array();
    let mut model = null_mut();
    // SAFETY: as many bytes as are there.
    let status =
        unsafe { quietcloud_model_open_memory(archive.as_ptr(), bytes.below(33), null(), &mut model) };
    expect(status, &[QUIETCLOUD_E_BUNDLE]);
    assert!(model.is_null());
}
