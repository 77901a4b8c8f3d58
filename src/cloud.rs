//! A borrowed cloud: strided xyz in the caller's memory, read in place.

use std::marker::PhantomData;

use crate::{Error, Result};

/// The type of one coordinate in the caller's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// 32-bit IEEE float.
    F32,
    /// 64-bit IEEE float.
    F64,
}

impl Scalar {
    /// Bytes of one coordinate.
    pub const fn size(self) -> usize {
        match self {
            Scalar::F32 => 4,
            Scalar::F64 => 8,
        }
    }
}

/// `len` points whose x, y, z lie side by side, one point every `stride` bytes.
///
/// Fits packed arrays, PCL's padded points, Open3D's doubles and a PointCloud2 buffer alike: nothing is copied,
/// nothing needs to be aligned. Units are the caller's; non-finite coordinates are allowed.
#[derive(Clone, Copy, Debug)]
pub struct CloudView<'a> {
    start: *const u8,
    scalar: Scalar,
    len: usize,
    stride: usize,
    memory: PhantomData<&'a [u8]>,
}

// SAFETY: a view only ever reads, and the memory is borrowed for 'a as a `&'a [u8]` would be.
unsafe impl Send for CloudView<'_> {}
// SAFETY: as above; shared reads of plain floats do not race.
unsafe impl Sync for CloudView<'_> {}

impl<'a> CloudView<'a> {
    /// Views packed points of 32-bit coordinates.
    pub fn from_f32(points: &'a [[f32; 3]]) -> Self {
        Self {
            start: points.as_ptr().cast(),
            scalar: Scalar::F32,
            len: points.len(),
            stride: 12,
            memory: PhantomData,
        }
    }

    /// Views packed points of 64-bit coordinates.
    pub fn from_f64(points: &'a [[f64; 3]]) -> Self {
        Self {
            start: points.as_ptr().cast(),
            scalar: Scalar::F64,
            len: points.len(),
            stride: 24,
            memory: PhantomData,
        }
    }

    /// Views `x y z x y z ...`.
    ///
    /// # Errors
    /// [`Error::Cloud`] where the length is not a multiple of three.
    pub fn packed_f32(coordinates: &'a [f32]) -> Result<Self> {
        match coordinates.as_chunks::<3>() {
            (points, []) => Ok(Self::from_f32(points)),
            _ => Err(Error::Cloud(format!(
                "{} coordinates are not whole points: expected a multiple of 3",
                coordinates.len()
            ))),
        }
    }

    /// Views `len` points of 32-bit coordinates, one every `stride` bytes (0: packed, 12 bytes).
    ///
    /// # Errors
    /// [`Error::Cloud`] for a null pointer to more than no points, a stride below 12 bytes, or more memory than
    /// a machine can address.
    ///
    /// # Safety
    /// `start` must be readable for 12 bytes at every multiple of `stride` below `len * stride` and must not be
    /// written to while the view lives. It need not be aligned.
    pub unsafe fn from_raw_f32(start: *const f32, len: usize, stride: usize) -> Result<Self> {
        Self::raw(start.cast(), Scalar::F32, len, stride)
    }

    /// Views `len` points of 64-bit coordinates, one every `stride` bytes (0: packed, 24 bytes).
    ///
    /// # Errors
    /// As [`CloudView::from_raw_f32`], with 24 bytes as the least stride.
    ///
    /// # Safety
    /// As [`CloudView::from_raw_f32`], with 24 readable bytes a point.
    pub unsafe fn from_raw_f64(start: *const f64, len: usize, stride: usize) -> Result<Self> {
        Self::raw(start.cast(), Scalar::F64, len, stride)
    }

    fn raw(start: *const u8, scalar: Scalar, len: usize, stride: usize) -> Result<Self> {
        let packed = 3 * scalar.size();
        let stride = if stride == 0 { packed } else { stride };
        if stride < packed {
            return Err(Error::Cloud(format!(
                "a stride of {stride} bytes is too small: one point of {scalar:?} coordinates takes {packed}"
            )));
        }
        if start.is_null() && len > 0 {
            return Err(Error::Cloud(format!("{len} points at a null pointer")));
        }
        // pointer offsets are isize in Rust as in C: anything larger can't be real memory
        if len
            .checked_mul(stride)
            .is_none_or(|bytes| bytes > isize::MAX as usize)
        {
            return Err(Error::Cloud(format!(
                "{len} points of {stride} bytes exceed the address space"
            )));
        }
        Ok(Self {
            start,
            scalar,
            len,
            stride,
            memory: PhantomData,
        })
    }

    /// The number of points.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no point at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The type of the coordinates in memory.
    pub fn scalar(&self) -> Scalar {
        self.scalar
    }

    /// Point `index`, widened to 64 bits.
    ///
    /// # Panics
    /// Where `index` is not below [`CloudView::len`], as slices do.
    pub fn get(&self, index: usize) -> [f64; 3] {
        assert!(index < self.len, "point {index} of a cloud of {}", self.len);
        // SAFETY: index < len, so the point lies in the memory the constructors were promised (or borrowed).
        unsafe {
            let point = self.start.add(index * self.stride);
            match self.scalar {
                Scalar::F32 => point.cast::<[f32; 3]>().read_unaligned().map(f64::from),
                Scalar::F64 => point.cast::<[f64; 3]>().read_unaligned(),
            }
        }
    }

    /// All points in order, widened to 64 bits.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = [f64; 3]> + 'a {
        let view = *self;
        (0..view.len).map(move |index| view.get(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_arrays_are_read_in_place() {
        let narrow = [[1.5f32, -2.0, 3.25], [4.0, 5.0, f32::NAN]];
        let view = CloudView::from_f32(&narrow);
        assert_eq!(view.get(0), [1.5, -2.0, 3.25]);
        assert!(view.get(1)[2].is_nan());
        let wide = [[1e-300, 4_912_345.678_901, 3.0]];
        assert_eq!(CloudView::from_f64(&wide).iter().collect::<Vec<_>>(), wide);
        assert_eq!(
            CloudView::packed_f32(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
                .unwrap()
                .get(1),
            [4.0, 5.0, 6.0]
        );
        assert!(CloudView::from_f32(&[]).is_empty());
    }

    #[test]
    fn strided_and_unaligned_points_are_read() {
        let mut bytes = [0xAAu8; 1 + 3 * 17];
        for i in 0..3 {
            for axis in 0..3 {
                let at = 1 + i * 17 + axis * 4;
                bytes[at..at + 4].copy_from_slice(&((10 * i + axis) as f32).to_ne_bytes());
            }
        }
        // SAFETY: the points lie in the array, or the view is refused before anything is read.
        let view = unsafe { CloudView::from_raw_f32(bytes.as_ptr().add(1).cast(), 3, 17) }.unwrap();
        assert_eq!(
            view.iter().collect::<Vec<_>>(),
            [[0., 1., 2.], [10., 11., 12.], [20., 21., 22.]]
        );
    }

    #[test]
    fn impossible_memory_is_refused() {
        let one = [[0.0f64; 3]];
        let refused = |result: Result<CloudView>| assert!(matches!(result, Err(Error::Cloud(_))));
        // SAFETY: the points lie in the array, or the view is refused before anything is read.
        refused(unsafe { CloudView::from_raw_f64(one.as_ptr().cast(), 1, 23) });
        // SAFETY: the points lie in the array, or the view is refused before anything is read.
        refused(unsafe { CloudView::from_raw_f32(std::ptr::null(), 1, 0) });
        // SAFETY: the points lie in the array, or the view is refused before anything is read.
        refused(unsafe { CloudView::from_raw_f32(one.as_ptr().cast(), usize::MAX / 8, 16) });
        refused(CloudView::packed_f32(&[1.0, 2.0]));
        assert_eq!(
            // SAFETY: the points lie in the array, or the view is refused before anything is read.
            unsafe { CloudView::from_raw_f32(std::ptr::null(), 0, 0) }
                .unwrap()
                .len(),
            0
        );
    }
}
