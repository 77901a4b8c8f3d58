//! Confidence of each point of a denoised cloud.

use super::guard::guard;
use super::memory::{Coordinate, Numbers};
use crate::confidence::confidence;
use crate::error::Result;

/// How ordinary each point of a cleaned cloud is: close to 0 for strays that no denoiser saves, else spread over 0 to 1.
///
/// `xyz`: the cloud that went into a run; `cleaned`: what came out, in the same order and units; both hold `points` points,
/// at strides in bytes as in quietcloud_filter_run_f32. A run in place overwrites what went in: keep a copy.
/// `noise`: the run's noise in the units of the cloud, as quietcloud_filter_report_number tells it by the name "noise".
/// `out`: one number for each point: how often noise alone moves a point as far, and leaves it as far from its neighbours.
/// Of a scan with nothing but its noise, about one point in a hundred is below 0.01; a stray six standard deviations out is
/// nearly always. Without noise only the distance from the neighbours counts. Strays in a clump, nearer to each other than to
/// anything else, are not told from a surface. 0 for points with a NaN or an infinity.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (out is NULL and there are points; noise is negative or not finite), QUIETCLOUD_E_CLOUD (a
/// NULL cloud, stride too small). The output is untouched then.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_confidence_f32(
    xyz: *const f32,
    points: usize,
    stride_bytes: usize,
    cleaned: *const f32,
    cleaned_stride_bytes: usize,
    noise: f64,
    out: *mut f32,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe {
        rate(
            (xyz, stride_bytes),
            (cleaned, cleaned_stride_bytes),
            points,
            noise,
            out,
        )
    })
}

/// As quietcloud_confidence_f32, for double coordinates: strides are at least 24 bytes.
///
/// Errors and thread safety: as quietcloud_confidence_f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_confidence_f64(
    xyz: *const f64,
    points: usize,
    stride_bytes: usize,
    cleaned: *const f64,
    cleaned_stride_bytes: usize,
    noise: f64,
    out: *mut f32,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe {
        rate(
            (xyz, stride_bytes),
            (cleaned, cleaned_stride_bytes),
            points,
            noise,
            out,
        )
    })
}

/// # Safety
/// As [`quietcloud_confidence_f32`].
unsafe fn rate<C: Coordinate>(
    scan: (*const C, usize),
    cleaned: (*const C, usize),
    points: usize,
    noise: f64,
    out: *mut f32,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (scan, cleaned, out) = unsafe {
        (
            C::view(scan.0, points, scan.1)?,
            C::view(cleaned.0, points, cleaned.1)?,
            Numbers::new(out, points, "out")?,
        )
    };
    let rated = confidence(scan, cleaned, noise)?;
    // SAFETY: the caller's promise; one number for each point.
    unsafe { out.write(&rated) };
    Ok(())
}
