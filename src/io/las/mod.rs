//! LAS and LAZ: ASPRS LAS 1.0 to 1.4, point formats 0 to 10, plain or packed by LASzip.

mod codec;
mod fields;
mod header;
mod layered;
mod layout;
mod times;
mod unpack;
#[cfg(test)]
mod unpack_tests;
mod write;

use std::io::{Cursor, Write};
use std::path::Path;

use super::field::Table;
use super::value::Coding;
pub(super) use codec::{Sink, Source};
pub(super) use header::{Grid, Header};
pub(super) use layout::Extremes;
pub(super) use write::compose;

/// Records unpacked at a time, so that a header's claim alone never asks for memory.
const BATCH: usize = 1 << 16;

/// What stands around the points.
#[derive(Debug)]
pub(super) struct Envelope {
    header: Header,
    tail: Vec<u8>,
    extremes: Extremes,
}

/// Whether a file of this name packs its points.
pub(super) fn packs(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("laz"))
}

/// Finds the points and their columns; the table holds the unpacked points alone.
pub(super) fn parse(bytes: &[u8]) -> Result<(Table, Envelope), String> {
    let length = bytes.len() as u64;
    let start = Header::start(&bytes[..bytes.len().min(Header::first())], length)?;
    let header = Header::parse(bytes[..start].to_vec(), length)?;
    let mut source = Source::new(Cursor::new(bytes), &header)?;
    let mut records = Vec::new();
    let mut left = header.count;
    while left > 0 {
        let batch = left.min(BATCH as u64);
        let from = records.len();
        records.resize(from + batch as usize * header.stride, 0);
        source.read(&mut records[from..])?;
        left -= batch;
    }
    let mut extremes = Extremes::default();
    for record in records.chunks_exact(header.stride) {
        extremes.see(record);
    }
    let low = fields::low_colours(&header, &records);
    let table = Table {
        len: header.count as usize,
        coding: Coding::Little,
        xyz: fields::xyz(header.stride),
        others: fields::others(&header, low),
        grid: Some(header.grid),
        bytes: records,
    };
    let tail = bytes[header.tail as usize..].to_vec();
    Ok((
        table,
        Envelope {
            header,
            tail,
            extremes,
        },
    ))
}

impl Envelope {
    /// The file around moved points, packed or not.
    pub(super) fn seal(&self, records: &[u8], packed: bool) -> Result<Vec<u8>, String> {
        let mut extremes = Extremes::default();
        for record in records.chunks_exact(self.header.stride) {
            extremes.see(record);
        }
        let (head, packing) = self.header.laid_out(packed)?;
        let start = head.len();
        let mut file = Cursor::new(Vec::with_capacity(start + records.len() + self.tail.len()));
        let write = |file: &mut Cursor<Vec<u8>>| -> std::io::Result<u64> {
            file.write_all(&head)?;
            let mut sink = Sink::new(&mut *file, packing)?;
            sink.write(records)?;
            let end = sink.finish()?.position();
            file.write_all(&self.tail)?;
            Ok(end)
        };
        let end = write(&mut file).map_err(|error| format!("the points can't be packed: {error}"))?;
        let mut bytes = file.into_inner();
        self.header
            .complete(&mut bytes[..start], end, &self.extremes, &extremes);
        Ok(bytes)
    }
}
