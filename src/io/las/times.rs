//! GPS times as LASzip packs them (LASzip 3.4, `LASitemCompressed_GPSTIME11_v2` and `LASitemCompressed_POINT14_v3`).
//!
//! The crate `laz` (0.13) calls itself at each step from one sequence of times to another, of which a hostile file holds
//! as many as it likes in a few bytes: the stack ends, and the process with it. No encoder steps twice for a point.

use std::io::{self, Read};

use laz::decoders::ArithmeticDecoder;
use laz::decompressors::{IntegerDecompressor, IntegerDecompressorBuilder};
use laz::models::{ArithmeticModel, ArithmeticModelBuilder};
use laz::record::FieldDecompressor;

/// Sequences of times that a file may go back and forth between.
const SEQUENCES: usize = 4;

/// Of the multiples of the last difference: the largest one, one more than the number of all, and the lowest.
const MULTIPLE: i32 = 500;
const MULTIPLES: u32 = 511;
const LOWEST: i32 = -10;

/// Differences outside of the multiples, in a row, after which the last one is what multiples are taken of.
const EXTREMES: u8 = 3;

/// What a symbol says of the next time.
enum Next {
    Same,
    /// The sequence's first difference.
    First,
    /// A difference near a multiple of the last one.
    Multiple(i32),
    /// A time of 64 bits, with which a sequence begins.
    Full,
    /// Another sequence, this many further on.
    Other(usize),
}

/// The times of a stream of points.
pub(super) struct Times {
    /// Whether "the same" is a symbol of its own, as it is where times are not told from a layer of changes.
    same: bool,
    last: usize,
    newest: usize,
    times: [i64; SEQUENCES],
    differences: [i32; SEQUENCES],
    extremes: [u8; SEQUENCES],
    /// What comes after a difference of nothing, and after any other.
    begins: ArithmeticModel,
    goes_on: ArithmeticModel,
    numbers: IntegerDecompressor,
}

impl Times {
    /// Times after `first`, the bits of a number of 64.
    pub(super) fn new(first: i64, same: bool) -> Self {
        let further = u32::from(same);
        let mut times = [0; SEQUENCES];
        times[0] = first;
        Times {
            same,
            last: 0,
            newest: 0,
            times,
            differences: [0; SEQUENCES],
            extremes: [0; SEQUENCES],
            begins: ArithmeticModelBuilder::new(5 + further).build(),
            goes_on: ArithmeticModelBuilder::new(MULTIPLES + 4 + further).build(),
            numbers: IntegerDecompressorBuilder::new()
                .bits(32)
                .contexts(9)
                .build_initialized(),
        }
    }

    /// The time of the next point whose time is packed.
    pub(super) fn next<R: Read>(&mut self, from: &mut ArithmeticDecoder<R>) -> io::Result<i64> {
        for _ in 0..SEQUENCES {
            match self.say(from)? {
                Next::Same => {}
                Next::First => {
                    let difference = self.numbers.decompress(from, 0, 0)?;
                    self.differences[self.last] = difference;
                    self.advance(difference);
                    self.extremes[self.last] = 0;
                }
                Next::Multiple(multiple) => self.multiple(from, multiple)?,
                Next::Full => {
                    let high = (self.times[self.last] >> 32) as i32;
                    self.newest = (self.newest + 1) % SEQUENCES;
                    self.last = self.newest;
                    let high = i64::from(self.numbers.decompress(from, high, 8)?);
                    self.times[self.last] = high << 32 | i64::from(from.read_int()?);
                    self.differences[self.last] = 0;
                    self.extremes[self.last] = 0;
                }
                Next::Other(further) => {
                    self.last = (self.last + further) % SEQUENCES;
                    continue;
                }
            }
            return Ok(self.times[self.last]);
        }
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a point's time belongs to no sequence of times",
        ))
    }

    fn say<R: Read>(&mut self, from: &mut ArithmeticDecoder<R>) -> io::Result<Next> {
        let begins = self.differences[self.last] == 0;
        let model = if begins {
            &mut self.begins
        } else {
            &mut self.goes_on
        };
        let mut symbol = from.decode_symbol(model)?;
        if begins {
            symbol += u32::from(!self.same);
            return Ok(match symbol {
                0 => Next::Same,
                1 => Next::First,
                2 => Next::Full,
                _ => Next::Other(symbol as usize - 2),
            });
        }
        if symbol < MULTIPLES {
            return Ok(Next::Multiple(symbol as i32));
        }
        symbol += u32::from(!self.same);
        Ok(match symbol - MULTIPLES {
            0 => Next::Same,
            1 => Next::Full,
            more => Next::Other(more as usize - 1),
        })
    }

    fn multiple<R: Read>(&mut self, from: &mut ArithmeticDecoder<R>, symbol: i32) -> io::Result<()> {
        // Above the largest multiple come the negative ones.
        let (multiple, context) = match symbol {
            0 => (0, 7),
            1 => (1, 1),
            2..10 => (symbol, 2),
            10..MULTIPLE => (symbol, 3),
            MULTIPLE => (symbol, 4),
            _ if MULTIPLE - symbol > LOWEST => (MULTIPLE - symbol, 5),
            _ => (LOWEST, 6),
        };
        let expected = multiple.wrapping_mul(self.differences[self.last]);
        let difference = self.numbers.decompress(from, expected, context)?;
        self.advance(difference);
        let extremes = &mut self.extremes[self.last];
        match multiple {
            1 => *extremes = 0,
            0 | MULTIPLE | LOWEST => {
                *extremes += 1;
                if *extremes > EXTREMES {
                    *extremes = 0;
                    self.differences[self.last] = difference;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn advance(&mut self, difference: i32) {
        self.times[self.last] = self.times[self.last].wrapping_add(i64::from(difference));
    }
}

/// The times of point formats 1, 3, 4 and 5, which stand between the other parts of each point.
pub(super) struct TimesOfPoints(Times);

impl Default for TimesOfPoints {
    fn default() -> Self {
        TimesOfPoints(Times::new(0, true))
    }
}

impl<R: Read> FieldDecompressor<R> for TimesOfPoints {
    fn size_of_field(&self) -> usize {
        size_of::<i64>()
    }

    fn decompress_first(&mut self, from: &mut R, first: &mut [u8]) -> io::Result<()> {
        from.read_exact(first)?;
        self.0 = Times::new(i64::from_le_bytes(std::array::from_fn(|i| first[i])), true);
        Ok(())
    }

    fn decompress_with(&mut self, from: &mut ArithmeticDecoder<R>, time: &mut [u8]) -> io::Result<()> {
        time.copy_from_slice(&self.0.next(from)?.to_le_bytes());
        Ok(())
    }
}
