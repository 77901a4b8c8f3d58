//! The records of the points, in and out, packed by LASzip or plain.

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use laz::{LasZipCompressor, LazVlr};

use super::header::Header;
use super::unpack::Unpacker;

/// Reads records one after the other.
pub(in crate::io) enum Source<'a, R: Read + Seek + Send + Sync + 'a> {
    Plain(R),
    Packed(Box<Unpacker<'a, R>>),
}

impl<'a, R: Read + Seek + Send + Sync + 'a> Source<'a, R> {
    /// From the first point on.
    pub(in crate::io) fn new(mut from: R, header: &Header) -> Result<Self, String> {
        from.seek(SeekFrom::Start(header.bytes.len() as u64))
            .map_err(|error| error.to_string())?;
        let Some(packing) = &header.packing else {
            return Ok(Source::Plain(from));
        };
        check_table(&mut from, header)?;
        let packing = packing.clone();
        let source = unpacking(|| Unpacker::new(from, packing, header.count))?;
        Ok(Source::Packed(Box::new(source)))
    }

    /// Fills `records`, a whole number of them.
    pub(in crate::io) fn read(&mut self, records: &mut [u8]) -> Result<(), String> {
        match self {
            Source::Plain(from) => from.read_exact(records).map_err(|error| error.to_string()),
            Source::Packed(from) => unpacking(|| from.unpack(records)),
        }
    }
}

/// The table of chunks is read whole before anything else: a lying count would ask for memory without end.
fn check_table<R: Read + Seek>(from: &mut R, header: &Header) -> Result<(), String> {
    let start = header.bytes.len() as u64;
    let mut word = [0; 8];
    let mut read = |at: SeekFrom| -> io::Result<u64> {
        from.seek(at)?;
        from.read_exact(&mut word)?;
        Ok(u64::from_le_bytes(word))
    };
    let check = |table: u64, count: u64| {
        // The table is packed too; a chunk itself takes a byte at the very least.
        if count > table.saturating_sub(start) || count > header.count.max(1) {
            return Err(format!(
                "the table of chunks claims {count} of them for {} points",
                header.count
            ));
        }
        Ok(())
    };
    let mut table = read(SeekFrom::Start(start)).map_err(|error| error.to_string())?;
    if (table as i64) <= start as i64 {
        // Written by somebody who could not go back: it stands at the file's end.
        table = read(SeekFrom::End(-8)).map_err(|error| error.to_string())?;
    }
    if (table as i64) > start as i64 {
        // Without a table, or with one beyond the file's end, the points can be read in order all the same.
        if let Ok(head) = read(SeekFrom::Start(table)) {
            check(table, head >> 32)?;
        }
    }
    from.seek(SeekFrom::Start(start))
        .map(drop)
        .map_err(|error| error.to_string())
}

thread_local! {
    /// Whether a panic on this thread is about to become an error, and nobody needs to read of it.
    static UNPACKING: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives; nothing where it panicked, of which nobody reads.
fn quietly<T>(work: impl FnOnce() -> io::Result<T>) -> Option<io::Result<T>> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !UNPACKING.try_with(Cell::get).unwrap_or(false) {
                previous(info);
            }
        }));
    });
    UNPACKING.set(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    UNPACKING.set(false);
    result.ok()
}

/// Broken streams make the decoder stumble over its own tables: that is the file's fault and no defect to report.
fn unpacking<T>(work: impl FnOnce() -> io::Result<T>) -> Result<T, String> {
    match quietly(work) {
        Some(Ok(done)) => Ok(done),
        Some(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err("the packed points end too early: the file is truncated or its header is wrong".into())
        }
        Some(Err(error)) => Err(format!("the points can't be unpacked: {error}")),
        None => Err("the points can't be unpacked: the packed data is broken".into()),
    }
}

/// The encoder takes differences of attributes, which a program built with overflow checks does not let wrap around.
fn packing<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    quietly(work).unwrap_or_else(|| {
        let reason = "the points can't be packed: their attributes are too far apart";
        Err(io::Error::new(io::ErrorKind::InvalidData, reason))
    })
}

/// Writes records one after the other.
pub(in crate::io) enum Sink<'a, W: Write + Seek + Send + Sync + 'a> {
    Plain(W),
    Packed(Box<LasZipCompressor<'a, W>>),
}

impl<'a, W: Write + Seek + Send + Sync + 'a> Sink<'a, W> {
    /// From where `to` stands.
    pub(in crate::io) fn new(to: W, packing: Option<LazVlr>) -> io::Result<Self> {
        Ok(match packing {
            Some(packing) => Sink::Packed(Box::new(
                LasZipCompressor::new(to, packing).map_err(io::Error::other)?,
            )),
            None => Sink::Plain(to),
        })
    }

    /// Appends whole records.
    pub(in crate::io) fn write(&mut self, records: &[u8]) -> io::Result<()> {
        match self {
            Sink::Plain(to) => to.write_all(records),
            Sink::Packed(to) => packing(|| to.compress_many(records)),
        }
    }

    /// Ends the points; what they were written to stands behind them.
    pub(in crate::io) fn finish(self) -> io::Result<W> {
        Ok(match self {
            Sink::Plain(to) => to,
            Sink::Packed(mut to) => {
                packing(|| to.done())?;
                let mut to = to.into_inner();
                to.seek(SeekFrom::End(0))?;
                to
            }
        })
    }
}
