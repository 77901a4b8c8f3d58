//! The points of a LAZ file, chunk after chunk.

use std::io::{self, Read, Seek, SeekFrom};

use laz::DecompressionSelection;
use laz::las::{v1, v2, v3, v4};
use laz::laszip::{ChunkTable, LazItem, LazItemType, LazVlr};
use laz::record::{LayeredPointRecordDecompressor, RecordDecompressor, SequentialPointRecordDecompressor};

use super::header::u32_at;
use super::layered::{LAYERS, Points};
use super::times::TimesOfPoints;

/// Unpacks points one after the other.
pub(in crate::io) struct Unpacker<'a, R> {
    packing: LazVlr,
    counts: Counts,
    /// The chunk after this one.
    chunk: usize,
    /// Points of the chunk that are still to come.
    left: u64,
    /// None only while the next chunk is opened.
    records: Option<Box<dyn RecordDecompressor<R> + Send + Sync + 'a>>,
}

/// How many points each chunk has.
enum Counts {
    Same(u64),
    Table(ChunkTable),
}

impl<'a, R: Read + Seek + Send + Sync + 'a> Unpacker<'a, R> {
    /// From where `source` stands, which is where packed points begin; `points` of them are to be read at most.
    pub(super) fn new(mut source: R, packing: LazVlr, points: u64) -> io::Result<Self> {
        let counts = if !chunked(&packing)? {
            Counts::Same(u64::MAX)
        } else if packing.uses_variable_size_chunks() {
            Counts::Table(ChunkTable::read_from(&mut source, &packing).map_err(io::Error::other)?)
        } else {
            // Where the table of chunks stands; chunks of one size can be read in order without it.
            source.seek(SeekFrom::Current(ChunkTable::OFFSET_SIZE as i64))?;
            Counts::Same(packing.chunk_size().into())
        };
        check_layers(&mut source, &packing, &counts, points)?;
        let mut chunk = 0;
        Ok(Unpacker {
            left: counts.next(&mut chunk)?,
            records: Some(records(packing.items(), source)?),
            counts,
            chunk,
            packing,
        })
    }

    /// Fills `records`, a whole number of them.
    pub(super) fn unpack(&mut self, records: &mut [u8]) -> io::Result<()> {
        for record in records.chunks_exact_mut(self.packing.items_size() as usize) {
            if self.left == 0 {
                self.open()?;
            }
            let from = self.records.as_mut().ok_or_else(lost)?;
            from.decompress_next(record)?;
            self.left -= 1;
        }
        Ok(())
    }

    /// Goes on to the next chunk.
    fn open(&mut self) -> io::Result<()> {
        let source = self.records.take().ok_or_else(lost)?.box_into_inner();
        self.records = Some(records(self.packing.items(), source)?);
        self.left = self.counts.next(&mut self.chunk)?;
        Ok(())
    }
}

impl Counts {
    /// Points of the chunk `chunk`, which becomes the number of the next, or of the next one that has any: one without
    /// takes no bytes either.
    fn next(&self, chunk: &mut usize) -> io::Result<u64> {
        let table = match self {
            Counts::Same(count) => return Ok(*count),
            Counts::Table(table) => table.as_ref(),
        };
        loop {
            let entry = table.get(*chunk);
            let count = entry.ok_or(io::ErrorKind::UnexpectedEof)?.point_count;
            *chunk += 1;
            if count > 0 {
                return Ok(count);
            }
        }
    }
}

/// The chunks of point formats 6 to 10 begin with a point, their number of points and the sizes of their layers, each of
/// which is read whole: a lying size would ask for memory that the file can't fill. `source` comes back where it stood.
fn check_layers<R: Read + Seek>(
    source: &mut R,
    packing: &LazVlr,
    counts: &Counts,
    points: u64,
) -> io::Result<()> {
    let layers: usize = packing.items().iter().map(|item| layers(item.item_type())).sum();
    if layers == 0 {
        return Ok(());
    }
    let start = source.stream_position()?;
    let length = source.seek(SeekFrom::End(0))?;
    let (mut at, mut counted, mut chunk) = (start, 0, 0);
    let mut sizes = vec![0; 4 * (1 + layers)];
    while counted < points {
        let lost = || {
            unknown(format!(
                "they end after {counted} of {points}: the file is truncated"
            ))
        };
        let count = counts.next(&mut chunk).map_err(|_| lost())?;
        at += packing.items_size();
        source.seek(SeekFrom::Start(at))?;
        source.read_exact(&mut sizes).map_err(|_| lost())?;
        // Behind the number of points, which the table or the whole file's number tells.
        let words = sizes
            .chunks_exact(4)
            .skip(1)
            .map(|word| u64::from(u32_at(word, 0)));
        at += sizes.len() as u64 + words.sum::<u64>();
        if at > length {
            return Err(lost());
        }
        counted = counted.saturating_add(count);
    }
    source.seek(SeekFrom::Start(start)).map(drop)
}

/// How many layers LASzip packs a part of a point in; none where it has no layers.
fn layers(part: LazItemType) -> usize {
    match part {
        LazItemType::Point14 => LAYERS,
        LazItemType::RGB14 | LazItemType::WavePacket14 => 1,
        LazItemType::RGBNIR14 => 2,
        LazItemType::Byte14(bytes) => usize::from(bytes),
        _ => 0,
    }
}

/// After an error nothing can be read any more.
fn lost() -> io::Error {
    io::Error::other("the points before these could not be unpacked")
}

/// Whether the points are packed in chunks, each to be read by itself, as all but the oldest files have them.
fn chunked(packing: &LazVlr) -> io::Result<bool> {
    let mut bytes = Vec::new();
    packing.write_to(&mut bytes)?;
    match bytes.first() {
        Some(1) => Ok(false),
        Some(2 | 3) => Ok(true),
        way => Err(unknown(format!(
            "points are packed in way {way:?}, expected 1, 2 or 3"
        ))),
    }
}

fn unknown(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// What unpacks the parts of a point, at the beginning of a chunk.
fn records<'a, R: Read + Seek + Send + Sync + 'a>(
    items: &[LazItem],
    source: R,
) -> io::Result<Box<dyn RecordDecompressor<R> + Send + Sync + 'a>> {
    let versions = (
        items.iter().map(LazItem::version).min(),
        items.iter().map(LazItem::version).max(),
    );
    match versions {
        (Some(1 | 2), Some(1 | 2)) => {
            let mut records = SequentialPointRecordDecompressor::new(source);
            items.iter().try_for_each(|item| sequential(&mut records, item))?;
            Ok(Box::new(records))
        }
        (Some(3 | 4), Some(3 | 4)) => {
            let mut records = LayeredPointRecordDecompressor::new(source);
            items.iter().try_for_each(|item| layered(&mut records, item))?;
            records.set_selection(DecompressionSelection::all());
            Ok(Box::new(records))
        }
        _ => Err(unknown(format!(
            "the parts of a point are packed in versions {versions:?}"
        ))),
    }
}

fn sequential<'a, R: Read + 'a>(
    records: &mut SequentialPointRecordDecompressor<'a, R>,
    item: &LazItem,
) -> io::Result<()> {
    let size = usize::from(item.size());
    match (item.item_type(), item.version()) {
        (LazItemType::Point10, 1) => records.add_field_decompressor(v1::LasPoint0Decompressor::default()),
        (LazItemType::Point10, _) => records.add_field_decompressor(v2::LasPoint0Decompressor::default()),
        (LazItemType::GpsTime, 1) => records.add_field_decompressor(v1::LasGpsTimeDecompressor::default()),
        (LazItemType::GpsTime, _) => records.add_field_decompressor(TimesOfPoints::default()),
        (LazItemType::RGB12, 1) => records.add_field_decompressor(v1::LasRGBDecompressor::default()),
        (LazItemType::RGB12, _) => records.add_field_decompressor(v2::LasRGBDecompressor::default()),
        (LazItemType::Byte(_), 1) => records.add_field_decompressor(v1::LasExtraByteDecompressor::new(size)),
        (LazItemType::Byte(_), _) => records.add_field_decompressor(v2::LasExtraByteDecompressor::new(size)),
        // Version 2 packs waveforms as version 1 does.
        (LazItemType::WavePacket13, _) => {
            records.add_field_decompressor(v1::LasWavepacketDecompressor::default());
        }
        (other, version) => return Err(unknown(format!("{other:?} is packed in version {version}"))),
    }
    Ok(())
}

fn layered<R: Read + Seek>(
    records: &mut LayeredPointRecordDecompressor<'_, R>,
    item: &LazItem,
) -> io::Result<()> {
    macro_rules! add {
        ($version:ident) => {
            match item.item_type() {
                LazItemType::Point14 => {
                    records.add_field_decompressor(Points::<$version::LasPoint6Decompressor>::default());
                }
                LazItemType::RGB14 => {
                    records.add_field_decompressor($version::LasRGBDecompressor::default());
                }
                LazItemType::RGBNIR14 => {
                    records.add_field_decompressor($version::LasRGBDecompressor::default());
                    records.add_field_decompressor($version::LasNIRDecompressor::default());
                }
                LazItemType::Byte14(count) => {
                    records.add_field_decompressor($version::LasExtraByteDecompressor::new(count.into()));
                }
                LazItemType::WavePacket14 => {
                    records.add_field_decompressor($version::LasWavepacketDecompressor::default());
                }
                other => return Err(unknown(format!("{other:?} is packed in layers"))),
            }
        };
    }
    if item.version() == 3 {
        add!(v3)
    } else {
        add!(v4)
    }
    Ok(())
}
