//! Clouds through a model's code, and their likelihood.

use super::handle::quietcloud_generator_t;
use super::run::room;
use crate::capi::guard::guard;
use crate::capi::memory::{Coordinate, Destination, Out, hold};
use crate::cloud::CloudView;
use crate::error::Result;
use crate::model::Model;
use crate::params::GenerateParams;
use crate::pipeline::{Made, Watch, diffuse_denoise, interpolate, likelihood, reconstruct};

/// Encodes a cloud and decodes the mean of its code: as many points as came in, in the cloud's own unit and place. A vae gives
/// them no order.
///
/// `xyz`, `points`, `stride_bytes`, `out_xyz`, `out_stride_bytes`: as for quietcloud_filter_run_f32; the output may be the
/// input. The model limits the number of points: quietcloud_generator_bounds(generator, "points", ...).
///
/// Errors: QUIETCLOUD_E_UNSUPPORTED (the model has no encoder), QUIETCLOUD_E_ARGUMENT (generator is NULL or at work, an option
/// that means nothing to the method), QUIETCLOUD_E_CLOUD (NULL, stride too small, overlapping memory, too few or too many
/// points, a point with a NaN or an infinity), QUIETCLOUD_E_NETWORK, QUIETCLOUD_E_CANCELLED. The output is untouched then.
///
/// Thread safety: one thread at a time on one generator; any number of generators of one model at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_reconstruct_f32(
    generator: *mut quietcloud_generator_t,
    xyz: *const f32,
    points: usize,
    stride_bytes: usize,
    out_xyz: *mut f32,
    out_stride_bytes: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe {
        through(
            generator,
            xyz,
            points,
            stride_bytes,
            out_xyz,
            out_stride_bytes,
            reconstruct,
        )
    })
}

/// As quietcloud_generator_reconstruct_f32, for double coordinates: strides are at least 24 bytes.
///
/// Errors and thread safety: as quietcloud_generator_reconstruct_f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_reconstruct_f64(
    generator: *mut quietcloud_generator_t,
    xyz: *const f64,
    points: usize,
    stride_bytes: usize,
    out_xyz: *mut f64,
    out_stride_bytes: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe {
        through(
            generator,
            xyz,
            points,
            stride_bytes,
            out_xyz,
            out_stride_bytes,
            reconstruct,
        )
    })
}

/// Encodes a cloud, noises its latents for tau steps, denoises and decodes them: a cloud like the one that came in, the less
/// so the larger the option tau is. As many points as came in, in the cloud's own unit and place.
///
/// Arguments, errors and thread safety: as quietcloud_generator_reconstruct_f32, and QUIETCLOUD_E_ARGUMENT where tau is beyond
/// the schedule or steps is beyond tau.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_diffuse_denoise_f32(
    generator: *mut quietcloud_generator_t,
    xyz: *const f32,
    points: usize,
    stride_bytes: usize,
    out_xyz: *mut f32,
    out_stride_bytes: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe {
        through(
            generator,
            xyz,
            points,
            stride_bytes,
            out_xyz,
            out_stride_bytes,
            diffuse_denoise,
        )
    })
}

/// As quietcloud_generator_diffuse_denoise_f32, for double coordinates: strides are at least 24 bytes.
///
/// Errors and thread safety: as quietcloud_generator_reconstruct_f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_diffuse_denoise_f64(
    generator: *mut quietcloud_generator_t,
    xyz: *const f64,
    points: usize,
    stride_bytes: usize,
    out_xyz: *mut f64,
    out_stride_bytes: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe {
        through(
            generator,
            xyz,
            points,
            stride_bytes,
            out_xyz,
            out_stride_bytes,
            diffuse_denoise,
        )
    })
}

/// The cloud whose code lies between those of two clouds.
///
/// `from`, `from_points`, `to`, `to_points`, `stride_bytes`: the two clouds, as for quietcloud_generator_reconstruct_f32.
/// `share`: 0 is the first, 1 the second. `out_xyz`, `points`, `out_stride_bytes`: where the new one goes; memory that shares
/// no byte with the clouds.
///
/// Errors and thread safety: as quietcloud_generator_reconstruct_f32, and QUIETCLOUD_E_ARGUMENT where the share is not within 0
/// and 1 or the model does not make as many points.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_interpolate_f32(
    generator: *mut quietcloud_generator_t,
    from: *const f32,
    from_points: usize,
    to: *const f32,
    to_points: usize,
    stride_bytes: usize,
    share: f64,
    out_xyz: *mut f32,
    points: usize,
    out_stride_bytes: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe {
        between(
            generator,
            [(from, from_points), (to, to_points)],
            stride_bytes,
            share,
            (out_xyz, points, out_stride_bytes),
        )
    })
}

/// As quietcloud_generator_interpolate_f32, for double coordinates: strides are at least 24 bytes.
///
/// Errors and thread safety: as quietcloud_generator_interpolate_f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_interpolate_f64(
    generator: *mut quietcloud_generator_t,
    from: *const f64,
    from_points: usize,
    to: *const f64,
    to_points: usize,
    stride_bytes: usize,
    share: f64,
    out_xyz: *mut f64,
    points: usize,
    out_stride_bytes: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe {
        between(
            generator,
            [(from, from_points), (to, to_points)],
            stride_bytes,
            share,
            (out_xyz, points, out_stride_bytes),
        )
    })
}

/// Bounds the negative log likelihood of a cloud under the model; densities are those of the cloud in model units (centred,
/// root mean square of all coordinates 1). Less is better; estimated with draws of the seed.
///
/// `xyz`, `points`, `stride_bytes`: as for quietcloud_generator_reconstruct_f32. The option steps, if it is not 0, takes fewer
/// steps than the schedule has, for a looser bound.
/// `nats_per_point`, `bits_per_dimension` (a point has three) receive the bound.
///
/// Errors: as quietcloud_generator_reconstruct_f32; QUIETCLOUD_E_UNSUPPORTED where the method gives no bound. Nothing is written
/// then.
///
/// Thread safety: one thread at a time on one generator.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_likelihood_f32(
    generator: *mut quietcloud_generator_t,
    xyz: *const f32,
    points: usize,
    stride_bytes: usize,
    nats_per_point: *mut f64,
    bits_per_dimension: *mut f64,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe {
        bound(
            generator,
            (xyz, points, stride_bytes),
            nats_per_point,
            bits_per_dimension,
        )
    })
}

/// As quietcloud_generator_likelihood_f32, for double coordinates: the stride is at least 24 bytes.
///
/// Errors and thread safety: as quietcloud_generator_likelihood_f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_generator_likelihood_f64(
    generator: *mut quietcloud_generator_t,
    xyz: *const f64,
    points: usize,
    stride_bytes: usize,
    nats_per_point: *mut f64,
    bits_per_dimension: *mut f64,
) -> i32 {
    // SAFETY: the caller's promise.
    guard(|| unsafe {
        bound(
            generator,
            (xyz, points, stride_bytes),
            nats_per_point,
            bits_per_dimension,
        )
    })
}

type Through = fn(&Model, CloudView<'_>, &GenerateParams, &mut dyn Watch) -> Result<Made>;

/// # Safety
/// As [`quietcloud_generator_reconstruct_f32`].
unsafe fn through<C: Coordinate>(
    generator: *mut quietcloud_generator_t,
    xyz: *const C,
    points: usize,
    stride: usize,
    out_xyz: *mut C,
    out_stride: usize,
    how: Through,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let generator = unsafe { hold(generator, "generator") }?;
    let mut state = generator.state.write()?;
    // SAFETY: the caller's promise for its clouds.
    let cloud = unsafe { C::view(xyz, points, stride) }?;
    // SAFETY: the caller's promise for its clouds.
    let destination = unsafe { Destination::new(out_xyz, out_stride, xyz, stride, points) }?;
    let made = state.work(|params, watch| {
        let made = how(&generator.model, cloud, params, watch)?;
        Ok((made.points, Some(made.report)))
    })?;
    // SAFETY: the caller's promise.
    unsafe { destination.fill(&made) };
    Ok(())
}

/// # Safety
/// As [`quietcloud_generator_interpolate_f32`].
unsafe fn between<C: Coordinate>(
    generator: *mut quietcloud_generator_t,
    ends: [(*const C, usize); 2],
    stride: usize,
    share: f64,
    (out_xyz, points, out_stride): (*mut C, usize, usize),
) -> Result<()> {
    let [from, to] = ends;
    // SAFETY: the caller's promise.
    let clouds = unsafe { [C::view(from.0, from.1, stride)?, C::view(to.0, to.1, stride)?] };
    // SAFETY: the caller's promise for its handle.
    let generator = unsafe { hold(generator, "generator") }?;
    let mut state = generator.state.write()?;
    // SAFETY: the caller's promise for its clouds.
    let destination = unsafe { Destination::alone(out_xyz, out_stride, room(points)?) }?;
    let made = state.work(|params, watch| {
        let made = interpolate(&generator.model, clouds, share, points, params, watch)?;
        Ok((made.points, Some(made.report)))
    })?;
    // SAFETY: the caller's promise.
    unsafe { destination.fill(&made) };
    Ok(())
}

/// # Safety
/// As [`quietcloud_generator_likelihood_f32`].
unsafe fn bound<C: Coordinate>(
    generator: *mut quietcloud_generator_t,
    (xyz, points, stride): (*const C, usize, usize),
    nats_per_point: *mut f64,
    bits_per_dimension: *mut f64,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let generator = unsafe { hold(generator, "generator") }?;
    let mut state = generator.state.write()?;
    // SAFETY: the caller's promise for its clouds.
    let cloud = unsafe { C::view(xyz, points, stride) }?;
    // SAFETY: the caller's promise for the place of the answer.
    let nats = unsafe { Out::new(nats_per_point, "nats_per_point") }?;
    // SAFETY: the caller's promise for the place of the answer.
    let bits = unsafe { Out::new(bits_per_dimension, "bits_per_dimension") }?;
    let found =
        state.work(|params, watch| Ok((likelihood(&generator.model, cloud, params, watch)?, None)))?;
    nats.set(found.nats_per_point());
    bits.set(found.bits_per_dimension());
    Ok(())
}
