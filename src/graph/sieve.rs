//! Which of sixteen numbers are within a limit, closed up: the innermost loop of the neighbour search.

/// Numbers that are looked at together.
pub(super) const LANES: usize = 16;

/// As many can be put in order quickly.
pub(super) const FEW: usize = 64;

/// Relative difference of two numbers that may be put in the wrong order: they are told apart by where they stand, which
/// takes the place of their last six bits.
pub(super) const COARSE: f64 = FEW as f64 / 8_388_608.0;

/// Numbers within a limit and what each of them belongs to, in the order in which they were found.
#[derive(Default)]
pub(super) struct Sieve {
    values: Vec<f32>,
    owners: Vec<u32>,
    kept: usize,
    /// True only where the processor has the instructions of [`wide`].
    wide: bool,
}

impl Sieve {
    /// Forgets what it has; makes room for so many times sixteen numbers.
    #[inline(always)]
    pub(super) fn clear(&mut self, chunks: usize) {
        self.kept = 0;
        self.wide = has_wide();
        // Behind what is kept there is always room for another sixteen, which are written before they are counted.
        let room = (chunks + 1) * LANES;
        if self.values.len() < room {
            self.values.resize(room, 0.0);
            self.owners.resize(room, 0);
        }
    }

    pub(super) fn values(&self) -> &[f32] {
        &self.values[..self.kept]
    }

    pub(super) fn owners(&self) -> &[u32] {
        &self.owners[..self.kept]
    }

    /// Keeps those of `values` that are at most `limit`, a number; the owner of the first is `first`, of the second `first` + 1 ...
    #[inline(always)]
    pub(super) fn keep(&mut self, values: &[f32; LANES], first: u32, limit: f32) {
        let room = self.kept..self.kept + LANES;
        let (Some(to_values), Some(to_owners)) = (
            self.values[room.clone()].first_chunk_mut(),
            self.owners[room].first_chunk_mut(),
        ) else {
            return;
        };
        #[cfg(target_arch = "x86_64")]
        if self.wide {
            // SAFETY: the processor has what the function was compiled for.
            self.kept += unsafe { wide::close_up(values, first, limit, to_values, to_owners) };
            return;
        }
        self.kept += close_up(values, first, limit, to_values, to_owners);
    }

    /// Where the smallest number stands, the next larger ... in `places`; all have to be positive. Nothing where there are
    /// more than [`FEW`].
    #[inline(always)]
    pub(super) fn order<'a>(&self, places: &'a mut [i32; FEW]) -> Option<&'a [i32]> {
        let values = self.values();
        if values.len() > FEW {
            return None;
        }
        let mut keys = [i32::MAX; FEW];
        for (place, (key, value)) in (0..).zip(keys.iter_mut().zip(values)) {
            // The bits of positive numbers are in the order of the numbers.
            *key = value.to_bits().cast_signed() & -(FEW as i32) | place;
        }
        self.sort(&keys, values.len(), places);
        let places = &mut places[..values.len()];
        places.iter_mut().for_each(|place| *place %= FEW as i32);
        Some(places)
    }

    /// The first n of `keys`, which are different, in their order.
    #[inline(always)]
    fn sort(&self, keys: &[i32; FEW], n: usize, sorted: &mut [i32; FEW]) {
        #[cfg(target_arch = "x86_64")]
        if self.wide {
            // SAFETY: the processor has what the function was compiled for.
            return unsafe { wide::sort(keys, n, sorted) };
        }
        *sorted = *keys;
        sorted[..n].sort_unstable();
    }
}

fn has_wide() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("popcnt");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Without a branch: which way it would go can't be foreseen.
#[inline(always)]
fn close_up(
    values: &[f32; LANES],
    first: u32,
    limit: f32,
    to_values: &mut [f32; LANES],
    to_owners: &mut [u32; LANES],
) -> usize {
    let mut kept = 0;
    for (owner, &value) in (first..).zip(values) {
        to_values[kept] = value;
        to_owners[kept] = owner;
        kept += usize::from(value <= limit);
    }
    kept
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        _CMP_LE_OQ, _mm512_add_epi32, _mm512_cmp_ps_mask, _mm512_cmpgt_epi32_mask, _mm512_loadu_ps,
        _mm512_loadu_si512, _mm512_mask_sub_epi32, _mm512_maskz_compress_epi32, _mm512_maskz_compress_ps,
        _mm512_set1_epi32, _mm512_set1_ps, _mm512_setr_epi32, _mm512_setzero_si512, _mm512_storeu_ps,
        _mm512_storeu_si512,
    };

    use super::{FEW, LANES};

    /// [`close_up`](super::close_up) in one instruction for each of the results.
    #[target_feature(enable = "avx512f,popcnt")]
    #[inline]
    pub(super) fn close_up(
        values: &[f32; LANES],
        first: u32,
        limit: f32,
        to_values: &mut [f32; LANES],
        to_owners: &mut [u32; LANES],
    ) -> usize {
        // SAFETY: sixteen numbers are read, of an array of sixteen.
        let values = unsafe { _mm512_loadu_ps(values.as_ptr()) };
        let steps = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        let owners = _mm512_add_epi32(_mm512_set1_epi32(first.cast_signed()), steps);
        let within = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(values, _mm512_set1_ps(limit));
        let values = _mm512_maskz_compress_ps(within, values);
        let owners = _mm512_maskz_compress_epi32(within, owners);
        // SAFETY: sixteen numbers are written, to an array of sixteen.
        unsafe { _mm512_storeu_ps(to_values.as_mut_ptr(), values) };
        // SAFETY: as above.
        unsafe { _mm512_storeu_si512(to_owners.as_mut_ptr().cast(), owners) };
        within.count_ones() as usize
    }

    /// Sorts by counting for each key the smaller ones: that takes no branch, where sorting takes many
    /// that can't be foreseen.
    #[target_feature(enable = "avx512f,popcnt")]
    #[inline]
    pub(super) fn sort(keys: &[i32; FEW], n: usize, sorted: &mut [i32; FEW]) {
        let less = _mm512_set1_epi32(-1);
        for lanes in keys[..n.next_multiple_of(LANES)].as_chunks::<LANES>().0 {
            // SAFETY: sixteen numbers are read, of an array of sixteen.
            let own = unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) };
            let mut ranks = _mm512_setzero_si512();
            for &key in &keys[..n] {
                let larger = _mm512_cmpgt_epi32_mask(own, _mm512_set1_epi32(key));
                ranks = _mm512_mask_sub_epi32(ranks, larger, ranks, less);
            }
            let mut places = [0; LANES];
            // SAFETY: sixteen numbers are written, to an array of sixteen.
            unsafe { _mm512_storeu_si512(places.as_mut_ptr().cast(), ranks) };
            for (place, key) in places.into_iter().zip(lanes) {
                // What pads the last lanes comes behind the others, where there is room.
                sorted[place as usize % FEW] = *key;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As iterators say it; and, where the processor has the instructions for them, both ways give the same.
    #[test]
    fn what_is_within_the_limit_is_kept_in_order() {
        let chunk = |c: u32| -> [f32; LANES] {
            std::array::from_fn(|l| match (l as u32 * 7 + c * 5) % 11 {
                0 => f32::INFINITY,
                1 => 2.0,
                n => n as f32 * 0.37,
            })
        };
        let mut sieve = Sieve::default();
        for limit in [-1.0, 0.8, 2.0, 3.0, f32::MAX] {
            sieve.clear(9);
            let mut wanted = Vec::new();
            for c in 0..9 {
                let values = chunk(c);
                sieve.keep(&values, 100 * c, limit);
                wanted.extend((100 * c..).zip(values).filter(|(_, value)| *value <= limit));

                let (mut to_values, mut to_owners) = ([0.0; LANES], [0; LANES]);
                let kept = close_up(&values, 100 * c, limit, &mut to_values, &mut to_owners);
                let from = sieve.values().len() - kept;
                assert_eq!(sieve.values()[from..], to_values[..kept]);
                assert_eq!(sieve.owners()[from..], to_owners[..kept]);
            }
            let found: Vec<(u32, f32)> = (sieve.owners().iter().copied())
                .zip(sieve.values().iter().copied())
                .collect();
            assert_eq!(found, wanted, "limit {limit}");
        }
    }

    #[test]
    fn a_few_are_put_in_order() {
        for n in [0, 1, 15, 16, 17, 40, 63, 64, 65] {
            let mut sieve = Sieve::default();
            sieve.clear(5);
            for at in 0..n as u32 {
                let mut values = [f32::INFINITY; LANES];
                values[3] = 1.0 + ((at * 37) % 41) as f32;
                sieve.keep(&values, at, f32::MAX);
            }
            let mut places = [0; FEW];
            let order = sieve.order(&mut places);
            assert_eq!(order.is_some(), n <= FEW);
            let Some(order) = order else { continue };
            let mut wanted: Vec<i32> = (0..n as i32).collect();
            // Equal ones in the order in which they were kept.
            wanted.sort_by(|&a, &b| sieve.values()[a as usize].total_cmp(&sieve.values()[b as usize]));
            assert_eq!(order, wanted, "n {n}");
        }
    }
}
