//! Exact order statistics of a tape: bits of the answer are found sixteen at a time.

use super::tape::Tape;
use crate::error::Result;

/// The n-th smallest, from 0 on, of those of `len` numbers that `count` says to take; there are more than n. None may
/// be NaN.
pub(super) fn nth(tape: &Tape<f64>, len: u64, n: u64, count: impl Fn(f64) -> bool) -> Result<f64> {
    let (mut prefix, mut left) = (0u64, n);
    for shift in [48, 32, 16, 0] {
        let mut histogram = vec![0u64; 1 << 16];
        tape.scan(len, |_, numbers| {
            for key in numbers.iter().filter(|&&x| count(x)).map(|&x| key(x)) {
                // All higher bits agree with what was found of them; at the top there are none.
                if key.checked_shr(shift + 16).unwrap_or(0) == prefix {
                    histogram[(key >> shift) as usize & 0xffff] += 1;
                }
            }
            Ok(())
        })?;
        let mut digit = 0;
        while digit < 0xffff && left >= histogram[digit] {
            left -= histogram[digit];
            digit += 1;
        }
        prefix = prefix << 16 | digit as u64;
    }
    Ok(number(prefix))
}

/// The middle of `len` numbers, or the mean of its two middles, each seen through `map`, which keeps their order.
pub(super) fn median(
    tape: &Tape<f64>,
    len: u64,
    counted: u64,
    count: impl Fn(f64) -> bool,
    map: impl Fn(f64) -> f64,
) -> Result<f64> {
    let upper = map(nth(tape, len, counted / 2, &count)?);
    if counted.is_multiple_of(2) {
        let below = map(nth(tape, len, counted / 2 - 1, &count)?);
        return Ok((below + upper) / 2.0);
    }
    Ok(upper)
}

/// A whole number that orders like the float.
fn key(x: f64) -> u64 {
    let bits = x.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn number(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rank_is_exact() {
        let folder = tempfile::tempdir().unwrap();
        let tape = Tape::new(&folder.path().join("numbers")).unwrap();
        let mut numbers: Vec<f64> = (0..2001)
            .map(|i| (f64::from(i) * 1.7).sin() * 10f64.powi(i % 9 - 4))
            .collect();
        numbers.extend([0.0, -0.0, 5.0, 5.0, 5.0, f64::INFINITY]);
        tape.write(0, numbers.iter().copied()).unwrap();
        let len = numbers.len() as u64;
        numbers.sort_unstable_by(f64::total_cmp);
        for n in [0, 1, 77, 1000, 1003, len - 1] {
            assert_eq!(nth(&tape, len, n, |_| true).unwrap(), numbers[n as usize]);
        }
        let positive: Vec<f64> = numbers.iter().copied().filter(|&x| x > 0.0).collect();
        let found = median(&tape, len, positive.len() as u64, |x| x > 0.0, |x| x).unwrap();
        let middle = positive.len() / 2;
        let expected = if positive.len().is_multiple_of(2) {
            (positive[middle - 1] + positive[middle]) / 2.0
        } else {
            positive[middle]
        };
        assert_eq!(found, expected);
    }
}
