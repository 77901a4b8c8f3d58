//! The header of a LAS file and its variable length records: ASPRS LAS 1.0 to 1.4.
//!
//! Kept as the file's own bytes; only what stops being true of moved points is ever written anew.

use laz::LazVlr;

use super::layout;
use crate::io::field::quote;

/// Bytes of the shortest header, that of LAS 1.0.
const SHORTEST: usize = 227;

/// Bytes of a variable length record's own header.
pub(super) const RECORD: usize = 54;

/// The length of the records of each point format, without extra bytes.
pub(super) const FORMATS: [usize; 11] = [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67];

/// The bit of the point format that says that the points are packed by LASzip.
const PACKED: u8 = 0x80;

/// What a file says of its points.
#[derive(Clone, Debug)]
pub(in crate::io) struct Header {
    /// Everything in front of the points.
    pub(super) bytes: Vec<u8>,
    /// Point format, 0 to 10.
    pub(in crate::io) format: u8,
    /// Bytes of one point.
    pub(in crate::io) stride: usize,
    pub(in crate::io) count: u64,
    pub(in crate::io) grid: Grid,
    /// How the points are packed, where they are.
    pub(super) packing: Option<LazVlr>,
    /// Where what follows the points begins; the file's length where nothing does.
    pub(in crate::io) tail: u64,
}

/// `coordinate = number * scale + offset`, for each axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::io) struct Grid {
    pub(in crate::io) scale: [f64; 3],
    pub(in crate::io) offset: [f64; 3],
}

impl Grid {
    /// The coordinate that an integer of the file stands for.
    pub(in crate::io) fn place(&self, axis: usize, number: f64) -> f64 {
        number * self.scale[axis] + self.offset[axis]
    }

    /// A coordinate in steps of the grid, not yet rounded.
    pub(in crate::io) fn number(&self, axis: usize, coordinate: f64) -> f64 {
        (coordinate - self.offset[axis]) / self.scale[axis]
    }
}

/// One variable length record as its bytes, its own header included.
pub(super) struct Record<'a> {
    pub(super) user: &'a [u8],
    pub(super) id: u16,
    pub(super) bytes: &'a [u8],
}

impl Header {
    /// The header in `bytes`, the file's first `start(bytes)` ones, of a file of `length` bytes.
    pub(in crate::io) fn parse(bytes: Vec<u8>, length: u64) -> Result<Header, String> {
        let minor = bytes[25];
        let size = usize::from(u16_at(&bytes, 94));
        if size < SHORTEST || (minor >= 4 && size < 375) || size > bytes.len() {
            return Err(format!(
                "the header of LAS 1.{minor} claims {size} bytes, and the points begin at byte {}",
                bytes.len()
            ));
        }
        let format = bytes[104] & 0x3f;
        let stride = usize::from(u16_at(&bytes, 105));
        let least = *FORMATS
            .get(usize::from(format))
            .ok_or_else(|| format!("the point format is {format}, expected 0 to 10"))?;
        if stride < least {
            return Err(format!(
                "a point takes {stride} bytes, expected at least the {least} of point format {format}"
            ));
        }
        let legacy = u64::from(u32_at(&bytes, 107));
        let count = match minor {
            4.. if u64_at(&bytes, 247) > 0 => u64_at(&bytes, 247),
            _ => legacy,
        };
        let grid = Grid {
            scale: [131, 139, 147].map(|at| f64_at(&bytes, at)),
            offset: [155, 163, 171].map(|at| f64_at(&bytes, at)),
        };
        if !grid.scale.iter().all(|s| s.is_normal() && *s > 0.0) || !grid.offset.iter().all(|o| o.is_finite())
        {
            return Err(format!(
                "the scale is {:?} and the offset {:?}, expected positive and finite numbers",
                grid.scale, grid.offset
            ));
        }
        let mut header = Header {
            format,
            stride,
            count,
            grid,
            packing: None,
            tail: length,
            bytes,
        };
        header.records()?;
        header.tail = header.find_tail(length)?;
        if header.bytes[104] & PACKED != 0 {
            header.packing = Some(layout::packing(&header)?);
        } else {
            let end = count
                .checked_mul(stride as u64)
                .and_then(|size| size.checked_add(header.bytes.len() as u64));
            match end {
                // Behind them, what else the header knows of.
                Some(end) if end <= header.tail => header.tail = end,
                _ => {
                    return Err(format!(
                        "the header promises {count} points of {stride} bytes, but {} bytes follow: the file is \
                         truncated or its header is wrong",
                        header.tail - header.bytes.len() as u64
                    ));
                }
            }
        }
        Ok(header)
    }

    /// Where the points begin, told by the first [`SHORTEST`] bytes of a file of `length` bytes.
    pub(in crate::io) fn start(bytes: &[u8], length: u64) -> Result<usize, String> {
        if !bytes.starts_with(b"LASF") {
            return Err(format!("the file starts with {}, expected LASF", quote(bytes)));
        }
        if bytes.len() < SHORTEST {
            return Err(format!(
                "the file ends inside of its header, after {} bytes",
                bytes.len()
            ));
        }
        if bytes[24] != 1 || bytes[25] > 4 {
            return Err(format!(
                "the version is {}.{}, expected 1.0 to 1.4",
                bytes[24], bytes[25]
            ));
        }
        let start = u32_at(bytes, 96);
        if u64::from(start) > length || (start as usize) < SHORTEST {
            return Err(format!(
                "the points begin at byte {start} of a file of {length} bytes"
            ));
        }
        Ok(start as usize)
    }

    /// As many first bytes of a file as [`start`](Header::start) wants to see.
    pub(in crate::io) const fn first() -> usize {
        SHORTEST
    }

    /// Bytes of the fixed part.
    pub(super) fn size(&self) -> usize {
        usize::from(u16_at(&self.bytes, 94))
    }

    /// The minor version of LAS.
    pub(super) fn minor(&self) -> u8 {
        self.bytes[25]
    }

    /// The variable length records, and where they end.
    pub(super) fn records(&self) -> Result<(Vec<Record<'_>>, usize), String> {
        let count = u32_at(&self.bytes, 100);
        let mut at = self.size();
        let mut records = Vec::new();
        for nth in 0..count {
            let lost = || {
                format!(
                    "record {nth} of {count} does not fit in front of the points, which begin at byte {}",
                    self.bytes.len()
                )
            };
            let head = self.bytes.get(at..at + RECORD).ok_or_else(lost)?;
            let end = at + RECORD + usize::from(u16_at(head, 20));
            let bytes = self.bytes.get(at..end).ok_or_else(lost)?;
            records.push(Record {
                user: head[2..18].split(|&byte| byte == 0).next().unwrap_or_default(),
                id: u16_at(head, 18),
                bytes,
            });
            at = end;
        }
        Ok((records, at))
    }

    /// What follows packed points: extended records and waveforms.
    fn find_tail(&self, length: u64) -> Result<u64, String> {
        let mut tail = length;
        let mut see = |what: &str, start: u64| {
            if start < self.bytes.len() as u64 || start > length {
                return Err(format!(
                    "{what} begin at byte {start} of {length}, and the points at {}",
                    self.bytes.len()
                ));
            }
            tail = tail.min(start);
            Ok(())
        };
        if self.minor() >= 3 && self.size() >= 235 && self.waveforms() > 0 {
            see("the waveforms", self.waveforms())?;
        }
        if self.minor() >= 4 && u32_at(&self.bytes, 243) > 0 {
            see("the extended records", u64_at(&self.bytes, 235))?;
        }
        Ok(tail)
    }

    /// Where waveforms inside of the file begin; 0 where there are none.
    pub(super) fn waveforms(&self) -> u64 {
        u64_at(&self.bytes, 227)
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

pub(super) fn f64_at(bytes: &[u8], at: usize) -> f64 {
    f64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}
