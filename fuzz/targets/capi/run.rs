//! Runs over memory of any layout: what may be read is read, what may be written is written, and not a byte more.

use std::ptr::null;

use quietcloud::capi::*;

use super::{Bytes, expect};

pub enum Ran {
    Fine(usize),
    Refused,
}

/// Points, their stride and type, where they lie in one block of memory, and where the result goes.
struct Layout {
    points: usize,
    wide: bool,
    strides: [usize; 2],
    starts: [usize; 2],
}

const BLOCK: usize = 8192;
const FENCE: u8 = 0xA5;

impl Layout {
    fn any(bytes: &mut Bytes) -> Layout {
        let wide = bytes.byte() & 1 == 1;
        let packed = if wide { 24 } else { 12 };
        let mut stride = || match bytes.below(4) {
            0 => 0,
            1 => bytes.below(64),
            _ => packed + bytes.below(20),
        };
        let strides = [stride(), stride()];
        let same = bytes.below(3) == 0;
        let strides = if same { [strides[0]; 2] } else { strides };
        let room = BLOCK
            / 2
            / strides
                .map(|stride| stride.max(packed))
                .into_iter()
                .max()
                .expect("two of them");
        let points = usize::from(bytes.byte()) % room.min(60);
        let first = bytes.below(16);
        let second = match bytes.below(4) {
            0 => first,
            1 => first + bytes.below(64),
            _ => BLOCK / 2 + bytes.below(16),
        };
        // What ends beyond the block would break the caller's promise, not the library's.
        let second = second.min(BLOCK - points * strides[1].max(packed) - 1);
        Layout {
            points,
            wide,
            strides,
            starts: [first, second],
        }
    }

    fn packed(&self) -> usize {
        if self.wide { 24 } else { 12 }
    }

    fn stride(&self, which: usize) -> usize {
        if self.strides[which] == 0 {
            self.packed()
        } else {
            self.strides[which]
        }
    }

    /// The bytes of one side's coordinates.
    fn places(&self, which: usize) -> Vec<usize> {
        let (start, stride) = (self.starts[which], self.stride(which));
        (0..self.points)
            .flat_map(|i| (0..self.packed()).map(move |byte| start + i * stride + byte))
            .collect()
    }

    /// Whether this has to be refused: too small a stride, or coordinates that share bytes without being the same.
    fn broken(&self) -> bool {
        if (0..2).any(|side| self.stride(side) < self.packed()) {
            return true;
        }
        let same = self.starts[0] == self.starts[1] && self.stride(0) == self.stride(1);
        let read: std::collections::HashSet<usize> = self.places(0).into_iter().collect();
        !same && self.places(1).iter().any(|place| read.contains(place))
    }

    /// Whether the two sides lie in each other at different strides: the library may refuse what it does not prove.
    fn tangled(&self) -> bool {
        let end = |side: usize| {
            self.starts[side] + self.points.saturating_sub(1) * self.stride(side) + self.packed()
        };
        self.starts[0] < end(1) && self.starts[1] < end(0)
    }

    fn coordinate(&self, block: &[u8], side: usize, point: usize, axis: usize) -> f64 {
        let at = self.starts[side] + point * self.stride(side);
        if self.wide {
            f64::from_le_bytes(block[at + 8 * axis..][..8].try_into().expect("8 bytes"))
        } else {
            f32::from_le_bytes(block[at + 4 * axis..][..4].try_into().expect("4 bytes")).into()
        }
    }
}

/// Coordinates of a small cloud, now and then spoiled by numbers that are none.
fn fill(bytes: &mut Bytes, layout: &Layout, block: &mut [u8]) {
    let kind = bytes.below(8);
    for point in 0..layout.points {
        for axis in 0..3 {
            let at = layout.starts[0] + point * layout.stride(0);
            let mut value = ((point * (axis + 3) * 7919) % 101) as f64 / 10.0;
            match kind {
                0 => value = bytes.number(),
                1 if point % 5 == 0 => value = f64::NAN,
                2 => value = 1.0,
                3 => value += 5e6,
                _ => {}
            }
            if layout.wide {
                block[at + 8 * axis..][..8].copy_from_slice(&value.to_le_bytes());
            } else {
                block[at + 4 * axis..][..4].copy_from_slice(&(value as f32).to_le_bytes());
            }
        }
    }
}

/// A run of `filter`, which was told the `spacing`, and all that the header says about memory.
pub fn filter(bytes: &mut Bytes, filter: *mut quietcloud_filter_t, cancels: bool, spacing: f64) -> Ran {
    let layout = Layout::any(bytes);
    let mut block = vec![FENCE; BLOCK];
    if layout.stride(0) >= layout.packed() {
        fill(bytes, &layout, &mut block);
    }
    let nowhere = bytes.below(16) == 0;
    let before = block.clone();
    let start = block.as_mut_ptr();
    let Layout {
        points,
        strides,
        starts,
        ..
    } = layout;
    // SAFETY: both sides lie inside of the block, by `Layout::any`; a stride that is too small is refused unread.
    let status = unsafe {
        let (from, to) = (start.add(starts[0]), start.add(starts[1]));
        if layout.wide {
            let from = if nowhere { null() } else { from.cast() };
            quietcloud_filter_run_f64(filter, from, points, strides[0], to.cast(), strides[1])
        } else {
            let from = if nowhere { null() } else { from.cast() };
            quietcloud_filter_run_f32(filter, from, points, strides[0], to.cast(), strides[1])
        }
    };
    if layout.stride(0) < layout.packed() || layout.stride(1) < layout.packed() || nowhere && points > 0 {
        expect(status, &[QUIETCLOUD_E_CLOUD]);
    } else if nowhere {
        expect(status, &[QUIETCLOUD_OK, QUIETCLOUD_E_CANCELLED]);
    } else if layout.broken() {
        expect(status, &[QUIETCLOUD_E_CLOUD]);
    } else if cancels {
        expect(
            status,
            &[QUIETCLOUD_E_CANCELLED, QUIETCLOUD_E_CLOUD, QUIETCLOUD_E_ARGUMENT],
        );
    } else {
        // An extent beyond all numbers is a cloud's own fault; one beyond all spacings that of what was set.
        let status = expect(
            status,
            &[
                QUIETCLOUD_OK,
                QUIETCLOUD_E_CLOUD,
                QUIETCLOUD_E_MEMORY,
                QUIETCLOUD_E_ARGUMENT,
            ],
        );
        let ordinary = |c: f64| c.is_nan() || c.abs() <= 1e7;
        let plain = (0..points).all(|i| (0..3).all(|a| ordinary(layout.coordinate(&before, 0, i, a))));
        let may_refuse = !plain || layout.tangled();
        let odd = spacing > 0.0 && !(plain && (1e-4..=1e25).contains(&spacing));
        assert!(
            match status {
                QUIETCLOUD_OK => true,
                QUIETCLOUD_E_ARGUMENT => odd,
                _ => may_refuse,
            },
            "{}",
            super::last_error()
        );
    }
    if status != QUIETCLOUD_OK || nowhere {
        assert_eq!(block, before, "the output of a refused run was touched");
        return if status == QUIETCLOUD_OK {
            Ran::Fine(points)
        } else {
            Ran::Refused
        };
    }
    let written: std::collections::HashSet<usize> = layout.places(1).into_iter().collect();
    assert!(
        (0..BLOCK).all(|at| written.contains(&at) || block[at] == before[at]),
        "a byte between points was touched"
    );
    for point in 0..points {
        let finite =
            |block: &[u8], side| (0..3).all(|axis| layout.coordinate(block, side, point, axis).is_finite());
        assert_eq!(finite(&before, 0), finite(&block, 1), "point {point}");
        if !finite(&before, 0) {
            let at = |side: usize| layout.starts[side] + point * layout.stride(side);
            assert_eq!(
                before[at(0)..][..layout.packed()],
                block[at(1)..][..layout.packed()]
            );
        }
    }
    Ran::Fine(points)
}

/// Confidences are numbers from 0 to 1.
pub fn confidence(bytes: &mut Bytes) {
    let points = bytes.below(60);
    let mut cloud = || -> Vec<f32> { (0..3 * points).map(|_| bytes.number() as f32).collect() };
    let (scan, cleaned) = (cloud(), cloud());
    let noise = bytes.number();
    let mut out = vec![-7.0_f32; points];
    // SAFETY: as many numbers as are said.
    let status = unsafe {
        quietcloud_confidence_f32(
            scan.as_ptr(),
            points,
            0,
            cleaned.as_ptr(),
            12,
            noise,
            out.as_mut_ptr(),
        )
    };
    let fine = noise >= 0.0 && noise.is_finite();
    if expect(
        status,
        &[QUIETCLOUD_OK, QUIETCLOUD_E_ARGUMENT, QUIETCLOUD_E_CLOUD],
    ) == QUIETCLOUD_OK
    {
        assert!(
            fine && out.iter().all(|share| (0.0..=1.0).contains(share)),
            "{out:?}"
        );
    } else {
        assert!(out.iter().all(|&share| share == -7.0));
    }
}
