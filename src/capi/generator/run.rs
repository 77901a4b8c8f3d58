//! New clouds.

use super::handle::quietcloud_generator_t;
use crate::capi::guard::guard;
use crate::capi::memory::{Coordinate, Destination, hold};
use crate::error::{Error, Result};
use crate::pipeline::generate;

/// Makes `clouds` new clouds of `points` points each, in model units: about centred, with a root mean square of about 1
/// over all coordinates.
///
/// `points`: how many the model makes; quietcloud_generator_bounds(generator, "points", ...) tells. No clouds at all is
/// fine; the pointer may be NULL then.
/// `out_xyz`: where the first cloud's first x goes; y and z follow, and the clouds lie one after the other.
/// `out_stride_bytes`: from one point's x to the next one's, at least 12; 0 means packed. Nothing needs to be aligned, and
/// bytes between points are never touched.
///
/// Cloud i of a run is cloud first + i of the seed's sequence, and depends on nothing else: the same model, options and
/// seed give the same bytes, whatever the number of threads and of clouds made at once.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (generator is NULL or at work, a number of points that the model does not make, more steps
/// than its schedule has, too many clouds, an option that means nothing to the method), QUIETCLOUD_E_CLOUD (a NULL output,
/// stride too small), QUIETCLOUD_E_NETWORK, QUIETCLOUD_E_CANCELLED. The output is untouched then.
///
/// Thread safety: one thread at a time on one generator; any number of generators of one model at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_run_f32(
    generator: *mut quietcloud_generator_t,
    clouds: usize,
    points: usize,
    out_xyz: *mut f32,
    out_stride_bytes: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe { run(generator, clouds, points, out_xyz, out_stride_bytes) })
}

/// As quietcloud_generator_run_f32, for double coordinates: the stride is at least 24 bytes.
///
/// Errors and thread safety: as quietcloud_generator_run_f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_run_f64(
    generator: *mut quietcloud_generator_t,
    clouds: usize,
    points: usize,
    out_xyz: *mut f64,
    out_stride_bytes: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe { run(generator, clouds, points, out_xyz, out_stride_bytes) })
}

/// # Safety
/// As [`quietcloud_generator_run_f32`].
unsafe fn run<C: Coordinate>(
    generator: *mut quietcloud_generator_t,
    clouds: usize,
    points: usize,
    out_xyz: *mut C,
    out_stride: usize,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let generator = unsafe { hold(generator, "generator") }?;
    let mut state = generator.state.write()?;
    let all = room(points)?.saturating_mul(clouds);
    // SAFETY: the caller's promise.
    let destination = unsafe { Destination::alone(out_xyz, out_stride, all) }?;
    let made = state.work(|params, watch| {
        let made = generate(&generator.model, points, clouds, params, watch)?;
        Ok((made.points, Some(made.report)))
    })?;
    // SAFETY: the caller's promise.
    unsafe { destination.fill(&made) };
    Ok(())
}

/// The number of points that the caller has room for; in Rust 0 stands for as many as in training.
pub(super) fn room(points: usize) -> Result<usize> {
    if points > 0 {
        return Ok(points);
    }
    Err(Error::Argument("points can't be 0: a cloud has some".into()))
}
