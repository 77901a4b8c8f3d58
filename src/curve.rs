//! Positions along a Hilbert curve: an order in which neighbours in space are neighbours in memory.
//!
//! J. Skilling, "Programming the Hilbert curve", AIP Conference Proceedings 707 (2004), 381-387.

/// Bits kept of each coordinate; three of them fill a 63-bit key.
const BITS: u32 = 21;

/// Position along the curve of the cell that holds `p`, in the box with lower corner `low`.
///
/// `cell` is the edge of one of the 2^21 cells per axis, in the units of `p`; where it is zero (a box without
/// extent) every point has the same key. Points outside of the box get the key of the nearest cell in it.
pub fn hilbert(p: [f64; 3], low: [f64; 3], cell: f64) -> u64 {
    let last = (1u32 << BITS) - 1;
    // A float-to-integer `as` saturates and takes NaN (0/0 in a box without extent) to 0.
    let mut x: [u32; 3] = std::array::from_fn(|a| (((p[a] - low[a]) / cell) as u32).min(last));

    // Skilling's AxestoTranspose: undo the excess rotations from the highest bit down ...
    for bit in (1..BITS).rev() {
        let below = (1 << bit) - 1;
        for a in 0..3 {
            // All ones where the bit is set: which way a branch would go can't be foreseen.
            let set = (x[a] >> bit & 1).wrapping_neg();
            let t = (x[0] ^ x[a]) & below & !set;
            x[0] ^= t | below & set;
            x[a] ^= t;
        }
    }
    // ... then Gray encode.
    x[1] ^= x[0];
    x[2] ^= x[1];
    let mut t = 0;
    for bit in (1..BITS).rev() {
        t ^= ((1 << bit) - 1) & (x[2] >> bit & 1).wrapping_neg();
    }
    (spread(x[0] ^ t) << 2) | (spread(x[1] ^ t) << 1) | spread(x[2] ^ t)
}

/// Puts two zero bits between the bits of a 21-bit number.
fn spread(v: u32) -> u64 {
    let mut x = u64::from(v);
    x = (x | x << 32) & 0x001f_0000_0000_ffff;
    x = (x | x << 16) & 0x001f_0000_ff00_00ff;
    x = (x | x << 8) & 0x100f_00f0_0f00_f00f;
    x = (x | x << 4) & 0x10c3_0c30_c30c_30c3;
    (x | x << 2) & 0x1249_2492_4924_9249
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cells of a 2^m cube, visited in key order, are each one step from the last: what makes it Hilbert's.
    #[test]
    fn consecutive_cells_share_a_face() {
        let side = 16usize;
        let cell = f64::from(1u32 << BITS) / side as f64;
        let mut cells: Vec<(u64, [usize; 3])> = Vec::new();
        for i in 0..side * side * side {
            let at = [i % side, i / side % side, i / (side * side)];
            cells.push((hilbert(at.map(|c| (c as f64 + 0.5) * cell), [0.0; 3], 1.0), at));
        }
        cells.sort_unstable();
        for pair in cells.windows(2) {
            let step: usize = (0..3).map(|a: usize| pair[0].1[a].abs_diff(pair[1].1[a])).sum();
            assert_eq!(step, 1, "{pair:?}");
        }
    }

    #[test]
    fn keys_use_every_bit_and_survive_degenerate_boxes() {
        assert_eq!(spread((1 << BITS) - 1).count_ones(), BITS);
        assert_eq!(hilbert([5.0; 3], [5.0; 3], 0.0), 0);
        let last = f64::from((1u32 << BITS) - 1);
        assert_eq!(
            hilbert([1e300; 3], [0.0; 3], 1.0),
            hilbert([last; 3], [0.0; 3], 1.0)
        );
        assert_eq!(
            hilbert([-7.0; 3], [0.0; 3], 1.0),
            hilbert([0.0; 3], [0.0; 3], 1.0)
        );
    }
}
