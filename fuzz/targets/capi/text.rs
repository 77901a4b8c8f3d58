//! Texts that the library writes into the caller's buffers, and those of its own.

use std::ffi::{CStr, c_char};
use std::ptr::null_mut;

use quietcloud::capi::*;

use super::{Bytes, expect};

/// Asks as the header says, with a buffer of any size, and with none; gives the text where there is one.
pub fn copied(
    bytes: &mut Bytes,
    refused: bool,
    ask: impl Fn(*mut c_char, usize, *mut usize) -> i32,
) -> Option<String> {
    let mut needed = usize::MAX;
    if refused {
        expect(ask(null_mut(), 0, &mut needed), &[QUIETCLOUD_E_ARGUMENT]);
        assert_eq!(needed, usize::MAX);
        return None;
    }
    expect(ask(null_mut(), 0, null_mut()), &[QUIETCLOUD_E_ARGUMENT]);
    expect(ask(null_mut(), 0, &mut needed), &[QUIETCLOUD_OK]);
    let size = match bytes.below(3) {
        0 => bytes.below(needed + 1),
        _ => needed + bytes.below(4),
    };
    let mut buffer = vec![0x5A_u8; size + 1];
    let status = ask(buffer.as_mut_ptr().cast(), size, null_mut());
    if size < needed {
        expect(status, &[QUIETCLOUD_E_ARGUMENT]);
        assert!(buffer.iter().all(|&byte| byte == 0x5A));
        return None;
    }
    expect(status, &[QUIETCLOUD_OK]);
    assert!(buffer[needed..].iter().all(|&byte| byte == 0x5A));
    let text = CStr::from_bytes_with_nul(&buffer[..needed]).expect("one NUL, at its end");
    Some(text.to_str().expect("UTF-8").to_owned())
}

pub fn model(bytes: &mut Bytes, model: *mut quietcloud_model_t) {
    // SAFETY: the model is the library's, and the buffers are as large as said.
    unsafe {
        let text = copied(bytes, false, |at, size, needed| {
            quietcloud_model_device(model, at, size, needed)
        });
        assert!(text.is_none_or(|text| text == "cpu"));
        let text = copied(bytes, false, |at, size, needed| {
            quietcloud_model_describe(model, at, size, needed)
        });
        assert!(text.is_none_or(|text| text.starts_with('{') && text.ends_with('}')));
    }
}

/// Static texts: NULL exactly where there is nothing to tell.
pub fn options(bytes: &mut Bytes) {
    let index = match bytes.below(4) {
        0 => usize::from_le_bytes(bytes.array()),
        _ => bytes.below(12),
    };
    for (count, texts, kind) in [
        (
            quietcloud_filter_option_count(),
            [
                quietcloud_filter_option_name,
                quietcloud_filter_option_help,
                quietcloud_filter_option_unit,
            ],
            quietcloud_filter_option_kind(index),
        ),
        (
            quietcloud_generator_option_count(),
            [
                quietcloud_generator_option_name,
                quietcloud_generator_option_help,
                quietcloud_generator_option_unit,
            ],
            quietcloud_generator_option_kind(index),
        ),
    ] {
        for text in texts {
            assert_eq!(text(index).is_null(), index >= count);
        }
        assert_eq!(kind == -1, index >= count);
    }
    let choice = quietcloud_filter_option_choice(index, bytes.below(4));
    for text in [
        choice,
        quietcloud_status_text(i32::from_le_bytes(bytes.array())),
        quietcloud_version(),
    ] {
        // SAFETY: NULL or a static C string.
        assert!(text.is_null() || unsafe { CStr::from_ptr(text) }.to_str().is_ok());
    }
    let (mut low, mut high, mut initial) = (1.0, 0.0, 2.0);
    // SAFETY: places for three numbers.
    let status = unsafe { quietcloud_filter_option_bounds(index, &mut low, &mut high, &mut initial) };
    if index < quietcloud_filter_option_count() {
        expect(status, &[QUIETCLOUD_OK]);
        assert!(low <= initial && initial <= high);
    } else {
        expect(status, &[QUIETCLOUD_E_ARGUMENT]);
        assert_eq!((low, high, initial), (1.0, 0.0, 2.0));
    }
}
