//! The table of a generator's options.

use std::ffi::c_char;

use crate::capi::options::Described;
use crate::params::GENERATOR_TABLE;

static GENERATOR: Described = Described::new(GENERATOR_TABLE);

/// The number of options that a generator has; they are counted from 0. Later versions may have more.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_generator_option_count() -> usize {
    GENERATOR_TABLE.len()
}

/// The name of option `index`; static text, NULL where there is no such option.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_generator_option_name(index: usize) -> *const c_char {
    GENERATOR.name(index)
}

/// What option `index` does, one sentence; static text, NULL where there is no such option.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_generator_option_help(index: usize) -> *const c_char {
    GENERATOR.help(index)
}

/// The unit of option `index`, empty where it has none; static text, NULL where there is no such option.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_generator_option_unit(index: usize) -> *const c_char {
    GENERATOR.unit(index)
}

/// The word that stands for `value` (0, 1, 2 ...) of option `index`; static text, NULL where there is none.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_generator_option_choice(index: usize, value: usize) -> *const c_char {
    GENERATOR.choice(index, value)
}

/// The kind of option `index`: QUIETCLOUD_KIND_NUMBER, _INTEGER or _CHOICE; -1 where there is no such option.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_generator_option_kind(index: usize) -> i32 {
    GENERATOR.kind(index)
}
