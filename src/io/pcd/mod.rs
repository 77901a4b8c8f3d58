//! PCD: ascii, binary and binary_compressed, organised or not, with any further fields.

mod header;
mod write;

use super::field::{Field, Place, Table, quote, token};
use super::lzf;
use super::value::Coding;
use header::{Column, Data, Header};
pub(super) use write::compose;

/// The parts of a compressed file around its points.
#[derive(Debug)]
pub(super) struct Envelope {
    header: Vec<u8>,
    tail: Vec<u8>,
}

/// Finds the points and all of their fields; the table of a compressed file holds the unpacked points alone.
pub(super) fn parse(bytes: Vec<u8>) -> Result<(Table, Option<Envelope>), String> {
    let header = header::parse(&bytes)?;
    let stride = header
        .stride()
        .ok_or("a point takes more bytes than a machine can address")?;
    match header.data {
        Data::Ascii => ascii(bytes, &header).map(|table| (table, None)),
        Data::Binary => {
            let rest = bytes.len() - header.end;
            if header
                .points
                .checked_mul(stride)
                .is_none_or(|needed| needed > rest)
            {
                return Err(format!(
                    "the header promises {} points of {stride} bytes, but {rest} bytes follow: the file is \
                     truncated or its header is wrong",
                    header.points
                ));
            }
            let fields = fields(&header, |number| Place::Strided {
                first: header.end + number.before + number.item * number.size,
                stride,
            });
            Ok((table(bytes, Coding::Little, header.points, fields)?, None))
        }
        Data::Compressed => {
            let (points, tail) = unpack(&bytes[header.end..], header.points, stride)?;
            let envelope = Envelope {
                header: bytes[..header.end].to_vec(),
                tail: tail.to_vec(),
            };
            // field by field, as PCL compresses them
            let fields = fields(&header, |number| Place::Strided {
                first: header.points * number.before + number.item * number.size,
                stride: number.count * number.size,
            });
            Ok((
                table(points, Coding::Little, header.points, fields)?,
                Some(envelope),
            ))
        }
    }
}

impl Envelope {
    /// The file around newly packed points.
    pub(super) fn seal(&self, points: &[u8]) -> Result<Vec<u8>, String> {
        let packed = lzf::compress(points);
        let size = |bytes: &[u8]| {
            u32::try_from(bytes.len()).map_err(|_| {
                format!(
                    "binary_compressed holds 4 GiB at most, the points take {}",
                    bytes.len()
                )
            })
        };
        let sizes = [size(&packed)?.to_le_bytes(), size(points)?.to_le_bytes()].concat();
        Ok([&self.header[..], &sizes, &packed, &self.tail].concat())
    }
}

/// The unpacked points and what follows them.
fn unpack(payload: &[u8], points: usize, stride: usize) -> Result<(Vec<u8>, &[u8]), String> {
    let Some((sizes, rest)) = payload.split_at_checked(8) else {
        return Err(format!(
            "{} bytes follow the header, expected two sizes of 4 bytes",
            payload.len()
        ));
    };
    let size =
        |at: usize| u32::from_le_bytes([sizes[at], sizes[at + 1], sizes[at + 2], sizes[at + 3]]) as usize;
    let (packed, unpacked) = (size(0), size(4));
    if points.checked_mul(stride) != Some(unpacked) {
        return Err(format!(
            "the header promises {points} points of {stride} bytes, the compressed block {unpacked} bytes in all"
        ));
    }
    let Some((packed, tail)) = rest.split_at_checked(packed) else {
        return Err(format!(
            "the compressed block is {packed} bytes long, but {} follow",
            rest.len()
        ));
    };
    Ok((lzf::decompress(packed, unpacked)?, tail))
}

fn ascii(bytes: Vec<u8>, header: &Header) -> Result<Table, String> {
    let rest = bytes.len() - header.end;
    let values = header
        .columns
        .iter()
        .try_fold(0usize, |sum, column| sum.checked_add(column.count));
    // every value takes a digit and a separator, the last one of all only the digit
    let needed = values
        .and_then(|values| values.checked_mul(2))
        .and_then(|line| line.checked_mul(header.points));
    let (Some(values), true) = (values, needed.is_some_and(|needed| needed <= rest + 1)) else {
        return Err(format!(
            "the header promises {} points, but {rest} bytes of text follow",
            header.points
        ));
    };
    let mut records = Vec::with_capacity(header.points);
    let mut at = header.end;
    while records.len() < header.points {
        if at >= bytes.len() {
            return Err(format!(
                "the file ends after {} of {} points",
                records.len(),
                header.points
            ));
        }
        let length = bytes[at..].iter().position(|&byte| byte == b'\n');
        let line = &bytes[at..length.map_or(bytes.len(), |length| at + length)];
        let tokens = count_tokens(line, values);
        if tokens == values {
            records.push(at);
        } else if tokens > 0 {
            return Err(format!(
                "point {} is {}: {tokens} values, expected {values}",
                records.len(),
                quote(line)
            ));
        }
        at += line.len() + 1;
    }
    let records = std::sync::Arc::new(records);
    let fields = fields(header, |number| Place::Token {
        records: records.clone(),
        index: number.index,
    });
    table(bytes, Coding::Text, header.points, fields)
}

/// The number of tokens of a line; beyond `most` they are not counted.
fn count_tokens(line: &[u8], most: usize) -> usize {
    let mut at = 0;
    let next = std::iter::from_fn(|| {
        let (_, end) = token(line, at)?;
        at = end;
        Some(end)
    });
    next.take(most).count()
}

/// Where one number stands in a point.
struct Number {
    /// Among all numbers of the point.
    index: usize,
    /// Among those of its column.
    item: usize,
    count: usize,
    size: usize,
    /// The bytes of the point in front of its column.
    before: usize,
}

/// One field for each number of a point; those of a column with a count above one get ordinals.
fn fields(header: &Header, place: impl Fn(Number) -> Place) -> Vec<Field> {
    let mut fields = Vec::new();
    let (mut index, mut before) = (0, 0);
    for Column { name, kind, count } in &header.columns {
        let (count, size) = (*count, kind.size());
        // padding stays where it is and means nothing; without points nothing bounds a count
        let items = if name == "_" || header.points == 0 && count > 1 {
            0
        } else {
            count
        };
        for item in 0..items {
            let name = if count == 1 {
                name.clone()
            } else {
                format!("{name}_{item}")
            };
            let place = place(Number {
                index: index + item,
                item,
                count,
                size,
                before,
            });
            fields.push(Field {
                name,
                kind: *kind,
                place,
            });
        }
        index += count;
        before += count * size;
    }
    fields
}

fn table(bytes: Vec<u8>, coding: Coding, len: usize, mut others: Vec<Field>) -> Result<Table, String> {
    let mut take = |name: &str| match others.iter().position(|field| field.name == name) {
        Some(at) => Ok(others.remove(at)),
        None => Err(format!("FIELDS has no {name}")),
    };
    let xyz = [take("x")?, take("y")?, take("z")?];
    Ok(Table {
        bytes,
        coding,
        len,
        xyz,
        others,
        grid: None,
    })
}
