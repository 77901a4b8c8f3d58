//! LZF, the compression of PCD's `binary_compressed`, after the format of Marc Lehmann's liblzf.
//!
//! A control byte below 32 is followed by that many plus one literal bytes. Any other one is a back reference: its
//! high three bits are the length minus two (7: add the next byte), its low five bits with the next byte the
//! distance minus one.

const WINDOW: usize = 1 << 13;
const LONGEST: usize = 264;
const LITERALS: usize = 32;
const HASH_BITS: u32 = 16;

/// Unpacks `packed` to exactly `size` bytes.
pub(super) fn decompress(packed: &[u8], size: usize) -> Result<Vec<u8>, String> {
    // three bytes unpack to 264 at most: a lying size is found before memory is asked for
    if size > packed.len().div_ceil(3).saturating_mul(LONGEST) {
        return Err(format!(
            "{} bytes of LZF can't unpack to the {size} promised",
            packed.len()
        ));
    }
    let mut out: Vec<u8> = Vec::with_capacity(size);
    let mut at = 0;
    let mut next = |count: usize, done: usize| {
        let block = packed.get(at..at + count);
        at += count;
        block.ok_or_else(|| format!("the LZF data ends inside of a block, after {done} of {size} bytes"))
    };
    while out.len() < size {
        let control = usize::from(next(1, out.len())?[0]);
        if control < LITERALS {
            out.extend_from_slice(next(control + 1, out.len())?);
            continue;
        }
        let length = match control >> 5 {
            7 => 9 + usize::from(next(1, out.len())?[0]),
            short => 2 + short,
        };
        let distance = 1 + ((control & 31) << 8 | usize::from(next(1, out.len())?[0]));
        let Some(from) = out.len().checked_sub(distance) else {
            return Err(format!(
                "the LZF data refers {distance} bytes back after {} bytes",
                out.len()
            ));
        };
        for i in from..from + length {
            out.push(out[i]); // byte by byte: source and target may overlap
        }
    }
    if out.len() != size || at != packed.len() {
        let rest = packed.len().saturating_sub(at);
        return Err(format!(
            "the LZF data unpacks to {} bytes with {rest} left, {size} were promised",
            out.len()
        ));
    }
    Ok(out)
}

/// Packs bytes; data that does not repeat grows by a 32nd.
pub(super) fn compress(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() / 2);
    let mut seen = vec![usize::MAX; 1 << HASH_BITS];
    let (mut at, mut literals) = (0, 0);
    while at + 3 <= data.len() {
        let triple = u32::from_le_bytes([data[at], data[at + 1], data[at + 2], 0]);
        let slot = &mut seen[(triple.wrapping_mul(0x9E37_79B1) >> (u32::BITS - HASH_BITS)) as usize];
        let candidate = std::mem::replace(slot, at);
        if candidate == usize::MAX
            || at - candidate > WINDOW
            || data[candidate..candidate + 3] != data[at..at + 3]
        {
            at += 1;
            continue;
        }
        let most = LONGEST.min(data.len() - at);
        let length = 3
            + (3..most)
                .take_while(|&i| data[candidate + i] == data[at + i])
                .count();
        flush(&data[literals..at], &mut out);
        let (distance, extra) = (at - candidate - 1, length - 2);
        if extra < 7 {
            out.push((extra << 5 | distance >> 8) as u8);
        } else {
            out.extend([(7 << 5 | distance >> 8) as u8, (extra - 7) as u8]);
        }
        out.push(distance as u8);
        at += length;
        literals = at;
    }
    flush(&data[literals..], &mut out);
    out
}

fn flush(literals: &[u8], out: &mut Vec<u8>) {
    for run in literals.chunks(LITERALS) {
        out.push(run.len() as u8 - 1);
        out.extend_from_slice(run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_is_undone() {
        let mut noise = 1u32;
        let mut random = |modulus: u32| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 8) % modulus
        };
        let mut cases: Vec<Vec<u8>> = (0..40)
            .map(|length| (0..length).map(|i| i as u8).collect())
            .collect();
        cases.push(vec![7; 100_000]);
        cases.push((0..50_000).map(|_| random(256) as u8).collect());
        cases.push((0..50_000).map(|_| random(3) as u8).collect());
        cases.push((0..200_000u32).flat_map(|i| (i / 9000).to_le_bytes()).collect());
        for case in cases {
            let packed = compress(&case);
            assert!(packed.len() <= case.len() + case.len().div_ceil(LITERALS));
            assert_eq!(decompress(&packed, case.len()).unwrap(), case);
        }
        assert!(compress(&[7; 100_000]).len() < 1200);
    }

    #[test]
    fn a_known_stream_unpacks() {
        // 'a' 'b' 'c', then 9 bytes from 3 back, as liblzf writes "abcabcabcabc"
        assert_eq!(
            decompress(&[2, b'a', b'b', b'c', 0xE0, 0, 2], 12).unwrap(),
            b"abcabcabcabc"
        );
    }

    #[test]
    fn lies_are_refused() {
        let good = [2, b'a', b'b', b'c', 0xE0, 0, 2];
        for size in [0, 3, 11, 13, 1 << 30, usize::MAX] {
            assert!(decompress(&good, size).is_err(), "{size}");
        }
        for cut in 0..good.len() {
            assert!(decompress(&good[..cut], 12).is_err(), "{cut}");
        }
        assert!(decompress(&[0, b'a', 0x20, 1], 4).unwrap_err().contains("back"));
        assert!(decompress(&[], 0).unwrap().is_empty());
    }
}
