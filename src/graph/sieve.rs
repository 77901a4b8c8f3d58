//! Which of sixteen numbers are within a limit, closed up: the innermost loop of the neighbour search.

/// Numbers that are looked at together.
pub(super) const LANES: usize = 16;

/// Numbers within a limit and what each of them belongs to, in the order in which they were found.
#[derive(Default)]
pub(super) struct Sieve {
    values: Vec<f32>,
    owners: Vec<u32>,
    kept: usize,
}

impl Sieve {
    /// Forgets what it has; makes room for so many times sixteen numbers.
    #[inline(always)]
    pub(super) fn clear(&mut self, chunks: usize) {
        self.kept = 0;
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
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("popcnt") {
            // SAFETY: the processor has what the function was compiled for.
            self.kept += unsafe { wide::close_up(values, first, limit, to_values, to_owners) };
            return;
        }
        self.kept += close_up(values, first, limit, to_values, to_owners);
    }
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
    use super::LANES;
    use std::arch::x86_64::{
        _CMP_LE_OQ, _mm512_add_epi32, _mm512_cmp_ps_mask, _mm512_loadu_ps, _mm512_maskz_compress_epi32,
        _mm512_maskz_compress_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setr_epi32, _mm512_storeu_ps,
        _mm512_storeu_si512,
    };

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
}
