//! The version, as the header knows it and as the library does.

use std::ffi::c_char;

/// Version of this header: a change of the major number breaks programs.
pub const QUIETCLOUD_VERSION_MAJOR: i32 = 0;
/// Version of this header: a change of the minor number adds functions or options.
pub const QUIETCLOUD_VERSION_MINOR: i32 = 1;
/// Version of this header: a change of the patch number changes no interface.
pub const QUIETCLOUD_VERSION_PATCH: i32 = 0;

// cbindgen needs literals; the package's version is the truth.
const _: () = {
    const fn is(number: i32, text: &str) -> bool {
        matches!(i32::from_str_radix(text, 10), Ok(value) if value == number)
    }
    assert!(is(QUIETCLOUD_VERSION_MAJOR, env!("CARGO_PKG_VERSION_MAJOR")));
    assert!(is(QUIETCLOUD_VERSION_MINOR, env!("CARGO_PKG_VERSION_MINOR")));
    assert!(is(QUIETCLOUD_VERSION_PATCH, env!("CARGO_PKG_VERSION_PATCH")));
};

/// The version of the library that runs, such as "0.1.0"; static text.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The version of the library that runs, as major * 10000 + minor * 100 + patch.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_version_number() -> i32 {
    QUIETCLOUD_VERSION_MAJOR * 10_000 + QUIETCLOUD_VERSION_MINOR * 100 + QUIETCLOUD_VERSION_PATCH
}
