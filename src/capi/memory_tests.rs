//! The caller's memory as Miri sees it: `cargo +nightly miri test --lib memory_tests cloud status`.

use std::ffi::c_char;
use std::ptr::{null, null_mut};

use super::memory::{Coordinate, Destination, Numbers, Out, bytes, copy_text, handle, path, text};

/// Points of f32, `stride` bytes apart, in a block that ends with its last coordinate, `start` bytes off any alignment.
fn block(points: usize, stride: usize, start: usize) -> Vec<u8> {
    let mut block = vec![0xA5; start + (points - 1) * stride + 12];
    for i in 0..points {
        for axis in 0..3 {
            let at = start + i * stride + 4 * axis;
            block[at..at + 4].copy_from_slice(&((3 * i + axis) as f32).to_ne_bytes());
        }
    }
    block
}

#[test]
fn clouds_of_any_layout_are_read_and_written_in_place() {
    for stride in [12, 13, 16, 29] {
        for start in [0, 1, 3] {
            let mut memory = block(5, stride, start);
            let place: *mut f32 = memory[start..].as_mut_ptr().cast();
            // SAFETY: five points at this stride.
            let points: Vec<[f64; 3]> = unsafe { f32::view(place, 5, stride) }.unwrap().iter().collect();
            assert_eq!(points[4], [12.0, 13.0, 14.0]);
            let moved: Vec<[f64; 3]> = points.iter().map(|point| point.map(|c| -c)).collect();
            // SAFETY: as above, the same memory for both.
            unsafe {
                let to = Destination::new(place, stride, place, stride, 5).unwrap();
                to.write(&moved, place, stride);
            }
            assert_eq!(memory[start + 4..start + 8], (-1.0_f32).to_ne_bytes());
            let between = (start..memory.len()).filter(|at| (at - start) % stride >= 12);
            assert!(between.into_iter().all(|at| memory[at] == 0xA5));
        }
    }
}

#[test]
fn a_point_that_is_not_finite_is_copied_bit_by_bit() {
    let signalling = [f32::from_bits(0x7F81_2345), 1.0, 2.0, 3.0, 4.0, 5.0];
    let mut out = [0.0_f32; 6];
    let points = [[f64::NAN, 1.0, 2.0], [6.0, 7.0, 8.0]];
    // SAFETY: two points each, apart.
    unsafe {
        let to = Destination::new(out.as_mut_ptr(), 0, signalling.as_ptr(), 0, 2).unwrap();
        to.write(&points, signalling.as_ptr(), 0);
    }
    assert_eq!(out[0].to_bits(), 0x7F81_2345);
    assert_eq!(out[3..], [6.0, 7.0, 8.0]);
}

#[test]
fn records_that_hold_both_are_told_from_overlaps() {
    let mut records = [0.0_f32; 6 * 4];
    let start = records.as_mut_ptr();
    for (offset, fine) in [
        (0, true),
        (1, false),
        (2, false),
        (3, true),
        (4, false),
        (24, true),
    ] {
        // SAFETY: nothing is written; the places lie in the array or one past its end.
        let refused = unsafe { Destination::new(start.wrapping_add(offset), 24, start, 24, 4) }.is_err();
        assert_eq!(refused, !fine, "{offset}");
    }
    // SAFETY: refused or empty, nothing is read.
    unsafe {
        assert!(Destination::<f32>::new(null_mut(), 0, null(), 0, 0).is_ok());
        assert!(Destination::<f64>::new(null_mut(), 0, null(), 0, 1).is_err());
        assert!(Destination::<f64>::alone(start.cast(), 23, 1).is_err());
        Destination::<f32>::alone(start, 24, 4)
            .unwrap()
            .fill(&[[1.0; 3]; 4]);
    }
    assert_eq!(records[18..], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn texts_go_both_ways() {
    // SAFETY: C strings, NULL, and as many bytes as are said.
    unsafe {
        assert_eq!(text(c"steps".as_ptr(), "name").unwrap(), "steps");
        assert!(text(c"\xff".as_ptr(), "name").is_err() && text(null(), "name").is_err());
        assert_eq!(path(c"a/\xff".as_ptr(), "path").unwrap().as_os_str().len(), 3);
        assert_eq!(bytes([1, 2, 3].as_ptr(), 2, "bytes").unwrap(), [1, 2]);
        assert!(bytes(null(), 2, "bytes").is_err() && bytes([1].as_ptr(), usize::MAX, "bytes").is_err());
    }
    let (mut buffer, mut needed) = ([0x5A as c_char; 6], 0);
    let place = buffer.as_mut_ptr();
    // SAFETY: six bytes, one number, or NULL.
    unsafe {
        copy_text("cloud", null_mut(), 0, &mut needed).unwrap();
        assert_eq!(needed, 6);
        assert!(copy_text("cloud", place, 5, null_mut()).is_err());
        assert!(copy_text("cloud", null_mut(), 0, null_mut()).is_err());
        copy_text("cloud", place, 6, null_mut()).unwrap();
        assert_eq!(text(place, "buffer").unwrap(), "cloud");
    }
}

#[test]
fn places_may_be_uninitialised_and_numbers_unaligned() {
    let mut place = std::mem::MaybeUninit::<f64>::uninit();
    // SAFETY: a place for one number, written before it is read.
    unsafe {
        Out::new(place.as_mut_ptr(), "out").unwrap().set(7.0);
        assert_eq!(place.assume_init(), 7.0);
        assert!(Out::<f64>::new(null_mut(), "out").is_err());
        assert!(handle::<u8>(null(), "model").is_err());
        assert_eq!(*handle(&7_u8, "model").unwrap(), 7);
    }
    let mut memory = [0_u8; 9];
    // SAFETY: two numbers from the second byte on, or none at all.
    unsafe {
        let numbers = Numbers::new(memory[1..].as_mut_ptr().cast(), 2, "out").unwrap();
        numbers.write(&[1.0, 2.0]);
        Numbers::new(null_mut(), 0, "out").unwrap().write(&[]);
        assert!(Numbers::new(null_mut(), 1, "out").is_err());
    }
    assert_eq!(memory[5..], 2.0_f32.to_ne_bytes());
}
