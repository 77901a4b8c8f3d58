//! The caller's memory: strings, places for results, clouds. Everything unsafe about pointers is here.

use std::ffi::{CStr, c_char, c_void};
use std::path::Path;
use std::sync::Arc;

use crate::cloud::{CloudView, Scalar};
use crate::error::{Error, Result};

fn null(name: &str) -> Error {
    Error::Argument(format!("{name} is NULL"))
}

/// What a handle points to.
///
/// # Safety
/// A pointer that is not NULL must come from this library and must not have been freed.
pub(super) unsafe fn handle<'a, T>(pointer: *const T, name: &str) -> Result<&'a T> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_ref() }.ok_or_else(|| null(name))
}

/// A handle that is counted, held so that it outlives a callback that frees it.
///
/// # Safety
/// As [`handle`], and the pointer must be one of [`Arc::into_raw`].
pub(super) unsafe fn hold<T>(pointer: *mut T, name: &str) -> Result<Arc<T>> {
    // SAFETY: the caller's promise.
    unsafe {
        handle(pointer, name)?;
        Arc::increment_strong_count(pointer);
        Ok(Arc::from_raw(pointer))
    }
}

/// A C string, checked for NULL and UTF-8.
///
/// # Safety
/// A pointer that is not NULL must lead to a NUL-terminated string that stays unchanged for `'a`.
pub(super) unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { raw_text(pointer, name) }?;
    std::str::from_utf8(bytes).map_err(|_| Error::Argument(format!("{name} is not UTF-8")))
}

/// A path: UTF-8, or on Unix any bytes.
///
/// # Safety
/// As [`text`].
pub(super) unsafe fn path<'a>(pointer: *const c_char, name: &str) -> Result<&'a Path> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        // SAFETY: the caller's promise.
        unsafe { raw_text(pointer, name) }.map(|bytes| Path::new(std::ffi::OsStr::from_bytes(bytes)))
    }
    #[cfg(not(unix))]
    // SAFETY: the caller's promise.
    unsafe { text(pointer, name) }.map(Path::new)
}

unsafe fn raw_text<'a>(pointer: *const c_char, name: &str) -> Result<&'a [u8]> {
    if pointer.is_null() {
        return Err(null(name));
    }
    // SAFETY: not NULL, and a C string by the caller's promise.
    Ok(unsafe { CStr::from_ptr(pointer) }.to_bytes())
}

/// `len` bytes.
///
/// # Safety
/// A pointer that is not NULL must be readable for `len` bytes that stay unchanged for `'a`.
pub(super) unsafe fn bytes<'a>(pointer: *const u8, len: usize, name: &str) -> Result<&'a [u8]> {
    if pointer.is_null() {
        return Err(null(name));
    }
    if len > isize::MAX as usize {
        return Err(Error::Argument(format!(
            "{len} bytes of {name} exceed the address space"
        )));
    }
    // SAFETY: not NULL, not too long, and readable by the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(pointer, len) })
}

/// What a callback is called with; the library only passes it on.
#[derive(Clone, Copy)]
pub(super) struct User(pub *mut c_void);

// SAFETY: never looked into; where it may be used is between the caller and its callback, as the header says.
unsafe impl Send for User {}
// SAFETY: as above.
unsafe impl Sync for User {}

impl User {
    /// The whole `User` goes where this is called, so that a closure that does so is `Send`.
    pub(super) fn pointer(&self) -> *mut c_void {
        self.0
    }
}

/// A place for a result: checked at the start of a call, written at its successful end.
pub(super) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// # Safety
    /// A pointer that is not NULL must be aligned and writable for one `T` until [`set`](Out::set).
    pub(super) unsafe fn new(pointer: *mut T, name: &str) -> Result<Self> {
        if pointer.is_null() {
            Err(null(name))
        } else {
            Ok(Self(pointer))
        }
    }

    pub(super) fn set(self, value: T) {
        // SAFETY: promised to `new`; what was there is overwritten, not dropped: it may be uninitialised.
        unsafe { self.0.write(value) }
    }
}

/// Places for the smallest, largest and initial value of an option.
pub(super) struct Bounds([Out<f64>; 3]);

impl Bounds {
    /// # Safety
    /// As [`Out::new`], for each.
    pub(super) unsafe fn new(low: *mut f64, high: *mut f64, initial: *mut f64) -> Result<Self> {
        // SAFETY: the caller's promise.
        let [low, high, initial] = [(low, "low"), (high, "high"), (initial, "initial")]
            .map(|(p, name)| unsafe { Out::new(p, name) });
        Ok(Bounds([low?, high?, initial?]))
    }

    pub(super) fn set(self, values: [f64; 3]) {
        self.0
            .into_iter()
            .zip(values)
            .for_each(|(out, value)| out.set(value));
    }
}

/// A place for one number per point; NULL where there are no points.
pub(super) struct Numbers(*mut f32);

impl Numbers {
    /// # Safety
    /// A pointer that is not NULL must be writable for `len` numbers until [`write`](Numbers::write).
    pub(super) unsafe fn new(pointer: *mut f32, len: usize, name: &str) -> Result<Self> {
        if pointer.is_null() && len > 0 {
            Err(null(name))
        } else {
            Ok(Self(pointer))
        }
    }

    /// # Safety
    /// As many `numbers` as were promised to [`new`](Numbers::new).
    pub(super) unsafe fn write(self, numbers: &[f32]) {
        for (i, number) in numbers.iter().enumerate() {
            // SAFETY: promised for as many; nothing needs to be aligned.
            unsafe { self.0.add(i).write_unaligned(*number) };
        }
    }
}

/// Copies `text` and a NUL to the caller's buffer; with no buffer only says how much room that takes.
///
/// # Safety
/// Pointers that are not NULL must be writable: `buffer` for `size` bytes, `needed` for one number.
pub(super) unsafe fn copy_text(
    text: &str,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
) -> Result<()> {
    let room = text.len() + 1;
    if buffer.is_null() && needed.is_null() {
        return Err(Error::Argument(
            "buffer and needed are both NULL: there is nowhere to put the answer".into(),
        ));
    }
    if !buffer.is_null() {
        if size < room {
            return Err(Error::Argument(format!(
                "a buffer of {size} bytes is too small: {room} are needed"
            )));
        }
        // SAFETY: writable for `size` bytes by the caller's promise, and `room` is no more than that.
        unsafe {
            buffer
                .cast::<u8>()
                .copy_from_nonoverlapping(text.as_ptr(), text.len());
            buffer.add(text.len()).write(0);
        }
    }
    if !needed.is_null() {
        // SAFETY: writable by the caller's promise.
        unsafe { needed.write(room) };
    }
    Ok(())
}

/// A coordinate as it lies in the caller's memory.
pub(super) trait Coordinate: Copy {
    const SCALAR: Scalar;
    fn narrow(value: f64) -> Self;
    /// # Safety
    /// As [`CloudView::from_raw_f32`] and [`CloudView::from_raw_f64`].
    unsafe fn view<'a>(start: *const Self, len: usize, stride: usize) -> Result<CloudView<'a>>;
}

impl Coordinate for f32 {
    const SCALAR: Scalar = Scalar::F32;
    fn narrow(value: f64) -> f32 {
        value as f32
    }
    unsafe fn view<'a>(start: *const f32, len: usize, stride: usize) -> Result<CloudView<'a>> {
        // SAFETY: the caller's promise.
        unsafe { CloudView::from_raw_f32(start, len, stride) }
    }
}

impl Coordinate for f64 {
    const SCALAR: Scalar = Scalar::F64;
    fn narrow(value: f64) -> f64 {
        value
    }
    unsafe fn view<'a>(start: *const f64, len: usize, stride: usize) -> Result<CloudView<'a>> {
        // SAFETY: the caller's promise.
        unsafe { CloudView::from_raw_f64(start, len, stride) }
    }
}

/// Where the cleaned points go: the caller's own cloud, or memory that shares no byte with its points.
pub(super) struct Destination<C> {
    start: *mut C,
    stride: usize,
}

impl<C: Coordinate> Destination<C> {
    /// A place for `len` points that come from nowhere in the caller's memory.
    ///
    /// # Safety
    /// `start` must be writable for one point at every multiple of the stride until [`fill`](Destination::fill).
    pub(super) unsafe fn alone(start: *mut C, stride: usize, len: usize) -> Result<Self> {
        // SAFETY: the caller's promise. The view itself is not used: making it checks the memory.
        unsafe { C::view(start, len, stride) }.map_err(|error| Error::Cloud(format!("output: {error}")))?;
        let stride = if stride == 0 { 3 * C::SCALAR.size() } else { stride };
        Ok(Self { start, stride })
    }

    /// Writes points.
    ///
    /// # Safety
    /// As promised to [`alone`](Destination::alone) or [`new`](Destination::new), for as many points.
    pub(super) unsafe fn fill(self, points: &[[f64; 3]]) {
        for (i, point) in points.iter().enumerate() {
            // SAFETY: i is below the length that the memory was promised for; nothing needs to be aligned.
            unsafe {
                let to = self.start.byte_add(i * self.stride).cast::<[C; 3]>();
                to.write_unaligned(point.map(C::narrow));
            }
        }
    }

    /// # Safety
    /// `start` must be writable for one point at every multiple of the stride, and `input` as [`Coordinate::view`] asks.
    pub(super) unsafe fn new(
        start: *mut C,
        stride: usize,
        input: *const C,
        input_stride: usize,
        len: usize,
    ) -> Result<Self> {
        // SAFETY: the caller's promise. The view itself is not used: making it checks the memory.
        unsafe { C::view(start, len, stride) }.map_err(|error| Error::Cloud(format!("output: {error}")))?;
        let packed = 3 * C::SCALAR.size();
        let whole = |stride: usize| if stride == 0 { packed } else { stride };
        let (stride, input_stride) = (whole(stride), whole(input_stride));
        let (from, to) = (input.addr(), start.addr());
        let same = from == to && stride == input_stride;
        let ends = |start: usize, stride| start.saturating_add(len.saturating_sub(1) * stride + packed);
        let apart = len == 0 || ends(from, input_stride) <= to || ends(to, stride) <= from;
        // Records that hold both: at the same stride, points that start far enough apart never meet.
        let gap = to.wrapping_sub(from).checked_rem(stride).unwrap_or(0);
        let gap = if to >= from {
            gap
        } else {
            (stride - (from - to) % stride) % stride
        };
        let interleaved = stride == input_stride && gap >= packed && stride - gap >= packed;
        if same || apart || interleaved {
            return Ok(Self { start, stride });
        }
        Err(Error::Cloud(
            "input and output overlap: give the same pointer and stride for both, or memory that is apart"
                .into(),
        ))
    }

    /// Writes the points; one that was not finite is copied bit by bit from `input`, whose view it has to fit.
    ///
    /// # Safety
    /// As promised to [`new`](Destination::new), still.
    pub(super) unsafe fn write(self, points: &[[f64; 3]], input: *const C, input_stride: usize) {
        let input_stride = if input_stride == 0 {
            3 * size_of::<C>()
        } else {
            input_stride
        };
        for (i, point) in points.iter().enumerate() {
            // SAFETY: i is below the length that both memories were promised for; nothing needs to be aligned.
            unsafe {
                let to = self.start.byte_add(i * self.stride).cast::<[C; 3]>();
                let from = input.byte_add(i * input_stride).cast::<[C; 3]>();
                let untouched = point.iter().any(|c| !c.is_finite());
                to.write_unaligned(if untouched {
                    from.read_unaligned()
                } else {
                    point.map(C::narrow)
                });
            }
        }
    }
}
