//! A LAS header for points that have moved, packed or not: bounds, places of what follows, the LASzip record.

use laz::laszip::{LazItem, LazItemRecordBuilder};
use laz::{LazVlr, LazVlrBuilder};

use super::header::{FORMATS, Header, RECORD, u32_at, u64_at};

/// Points that LASzip packs together, where a file doesn't say.
const CHUNK: u32 = 50_000;

/// More points than any writer packs together; a larger claim would only cost memory.
const LARGEST_CHUNK: u32 = 1 << 26;

/// Bytes of the widest record that is packed or unpacked. LASzip keeps some twenty kB of tables for each byte, so that a
/// file of a few hundred bytes could ask for a gigabyte; extra bytes of real scans are some dozens.
const WIDEST: usize = 4096;

/// Least and largest integers of each axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::io) struct Extremes(pub(in crate::io) [(i32, i32); 3]);

impl Default for Extremes {
    fn default() -> Self {
        Extremes([(i32::MAX, i32::MIN); 3])
    }
}

impl Extremes {
    /// Takes in the x, y and z that a record begins with.
    pub(in crate::io) fn see(&mut self, record: &[u8]) {
        for (axis, (low, high)) in self.0.iter_mut().enumerate() {
            let number = i32::from_le_bytes(std::array::from_fn(|i| record[4 * axis + i]));
            *low = (*low).min(number);
            *high = (*high).max(number);
        }
    }
}

/// The record that says how the points are packed, checked against the format that it has to fit.
pub(super) fn packing(header: &Header) -> Result<LazVlr, String> {
    check_width(header)?;
    let (records, _) = header.records()?;
    let record = records
        .iter()
        .find(|record| is_packing(record.user, record.id))
        .ok_or("the points are packed, but there is no record 'laszip encoded' that says how")?;
    let packing = LazVlr::from_buffer(&record.bytes[RECORD..])
        .map_err(|error| format!("the record 'laszip encoded' can't be read: {error}"))?;
    let kinds = |items: &[LazItem]| {
        items
            .iter()
            .map(|item| (item.item_type(), item.size()))
            .collect::<Vec<_>>()
    };
    if kinds(packing.items()) != kinds(&items(header)?) {
        return Err(format!(
            "the record 'laszip encoded' does not describe points of format {} with {} bytes",
            header.format, header.stride
        ));
    }
    let whole = packing.chunk_size();
    if !packing.uses_variable_size_chunks() && (whole == 0 || whole > LARGEST_CHUNK) {
        return Err(format!(
            "{whole} points are packed together, expected 1 to {LARGEST_CHUNK}"
        ));
    }
    Ok(packing)
}

fn check_width(header: &Header) -> Result<(), String> {
    if header.stride > WIDEST {
        return Err(format!(
            "points of {} bytes can't be packed, {WIDEST} is the most",
            header.stride
        ));
    }
    Ok(())
}

fn is_packing(user: &[u8], id: u16) -> bool {
    user == LazVlr::USER_ID.as_bytes() && id == LazVlr::RECORD_ID
}

/// What LASzip knows the parts of a point as.
fn items(header: &Header) -> Result<Vec<LazItem>, String> {
    let extra = header.stride - FORMATS[usize::from(header.format)];
    LazItemRecordBuilder::default_for_point_format_id(header.format, extra as u16)
        .map_err(|error| error.to_string())
}

impl Header {
    /// The bytes in front of the points in a file that packs them or doesn't, and how they are packed there.
    ///
    /// Variable chunks, which only the index of a COPC file needs, become fixed ones; that index would point at other
    /// points than before and is renamed, so that nobody follows it.
    pub(in crate::io) fn laid_out(&self, packed: bool) -> Result<(Vec<u8>, Option<LazVlr>), String> {
        let (records, end) = self.records()?;
        let mut bytes = self.bytes[..self.size()].to_vec();
        let mut count = 0;
        for record in records
            .iter()
            .filter(|record| !is_packing(record.user, record.id))
        {
            let from = bytes.len();
            bytes.extend_from_slice(record.bytes);
            if record.user == b"copc" {
                bytes[from + 2..from + 6].copy_from_slice(b"xxxx");
            }
            count += 1;
        }
        let packing = if packed {
            check_width(self)?;
            let items = match &self.packing {
                Some(own) => own.items().clone(),
                None => items(self)?,
            };
            // Version 1 of the items is read by every reader but written by none.
            let items = if items.iter().any(|item| item.version() == 1) {
                self::items(self)?
            } else {
                items
            };
            let chunk = match &self.packing {
                Some(own) if !own.uses_variable_size_chunks() && own.chunk_size() <= CHUNK => {
                    own.chunk_size()
                }
                _ => CHUNK,
            };
            let packing = LazVlrBuilder::new(items).with_fixed_chunk_size(chunk).build();
            bytes.extend_from_slice(&record(&packing)?);
            count += 1;
            Some(packing)
        } else {
            None
        };
        bytes.extend_from_slice(&self.bytes[end..]);
        let start = u32::try_from(bytes.len()).map_err(|_| "the header takes more than 4 GiB")?;
        bytes[96..100].copy_from_slice(&start.to_le_bytes());
        bytes[100..104].copy_from_slice(&u32::to_le_bytes(count));
        bytes[104] = self.format | if packed { 0x80 } else { 0 };
        Ok((bytes, packing))
    }

    /// Completes what [`laid_out`](Header::laid_out) began, once the points are written: where they now end, and how
    /// far they reach. A bound that no point has moved keeps its bytes.
    pub(in crate::io) fn complete(&self, bytes: &mut [u8], end: u64, old: &Extremes, new: &Extremes) {
        for axis in 0..3 {
            let bounds = [
                (187 + 16 * axis, old.0[axis].0, new.0[axis].0),
                (179 + 16 * axis, old.0[axis].1, new.0[axis].1),
            ];
            for (at, old, new) in bounds {
                if old != new {
                    let bound = self.grid.place(axis, f64::from(new));
                    bytes[at..at + 8].copy_from_slice(&bound.to_le_bytes());
                }
            }
        }
        let shifted = |at: usize| (u64_at(&self.bytes, at) - self.tail + end).to_le_bytes();
        if self.minor() >= 3 && self.size() >= 235 && self.waveforms() > 0 {
            bytes[227..235].copy_from_slice(&shifted(227));
        }
        if self.minor() >= 4 && u32_at(&self.bytes, 243) > 0 {
            bytes[235..243].copy_from_slice(&shifted(235));
        }
    }
}

/// LASzip's record as it stands in a file.
fn record(packing: &LazVlr) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    packing
        .write_to(&mut content)
        .map_err(|error| error.to_string())?;
    let mut bytes = vec![0; RECORD];
    bytes[2..2 + LazVlr::USER_ID.len()].copy_from_slice(LazVlr::USER_ID.as_bytes());
    bytes[18..20].copy_from_slice(&LazVlr::RECORD_ID.to_le_bytes());
    bytes[20..22].copy_from_slice(&(content.len() as u16).to_le_bytes());
    bytes[22..22 + LazVlr::DESCRIPTION.len()].copy_from_slice(LazVlr::DESCRIPTION.as_bytes());
    bytes.extend_from_slice(&content);
    Ok(bytes)
}
