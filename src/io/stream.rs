//! Files whose points are read and written a batch at a time: LAS, LAZ and binary PLY.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::field::raw;
use super::las::{self, Extremes, Grid};
use super::value::{Coding, Kind};
use super::{Family, broken, ply};
use crate::{Error, Result};

/// Puts other points in the place of a batch's, whose first has that number.
pub(crate) type Replace<'a> = dyn FnMut(u64, &mut [[f64; 3]]) -> Result<()> + 'a;

/// Points in a batch.
const BATCH: usize = 1 << 16;

/// Bytes in which a PLY file's header has to end.
const PLY_HEADER: u64 = 1 << 20;

/// Where the numbers of a point lie in its record.
#[derive(Clone, Debug)]
pub(super) struct Records {
    /// The first record's first byte.
    pub(super) start: u64,
    pub(super) stride: usize,
    pub(super) count: u64,
    pub(super) coding: Coding,
    /// Of x, y and z the first byte and the type.
    pub(super) xyz: [(usize, Kind); 3],
    pub(super) grid: Option<Grid>,
}

/// A file of points that need not fit into memory.
#[derive(Debug)]
pub(crate) struct Stream {
    path: PathBuf,
    records: Records,
    /// Of a LAS file.
    header: Option<Box<las::Header>>,
}

impl Stream {
    /// Nothing where a file of this kind has to be read whole: texts, PCD, PLY with lists in front of its points.
    pub(crate) fn open(path: &Path) -> Result<Option<Stream>> {
        let refused = |source| Error::Io {
            path: path.into(),
            source,
        };
        let family = Family::of(path)?;
        if matches!(family, Family::Pcd | Family::Xyz) {
            return Ok(None);
        }
        let file = File::open(path).map_err(refused)?;
        let length = file.metadata().map_err(refused)?.len();
        let mut file = BufReader::new(file);
        let mut head = Vec::new();
        let mut fill = |head: &mut Vec<u8>, size: u64| {
            let more = size.saturating_sub(head.len() as u64);
            file.by_ref().take(more).read_to_end(head).map_err(refused)
        };
        if family == Family::Ply {
            fill(&mut head, PLY_HEADER)?;
            let records = ply::records(&head, length).map_err(|reason| broken(path, reason))?;
            return Ok(records.map(|records| Stream {
                path: path.into(),
                records,
                header: None,
            }));
        }
        fill(&mut head, las::Header::first() as u64)?;
        let start = las::Header::start(&head, length).map_err(|reason| broken(path, reason))?;
        fill(&mut head, start as u64)?;
        let header = las::Header::parse(head, length).map_err(|reason| broken(path, reason))?;
        Ok(Some(Stream {
            path: path.into(),
            records: Records {
                start: start as u64,
                stride: header.stride,
                count: header.count,
                coding: Coding::Little,
                xyz: [0, 4, 8].map(|first| (first, Kind::I32)),
                grid: Some(header.grid),
            },
            header: Some(Box::new(header)),
        }))
    }

    /// Number of points.
    pub(crate) fn len(&self) -> u64 {
        self.records.count
    }

    /// Bytes of a point, unpacked.
    pub(crate) fn stride(&self) -> usize {
        self.records.stride
    }

    /// Whether [`rewrite`](Stream::rewrite) can write to a file of that name.
    pub(crate) fn writes(&self, path: &Path) -> bool {
        matches!(
            (Family::of(path), &self.header),
            (Ok(Family::Ply), None) | (Ok(Family::Las), Some(_))
        )
    }

    /// Hands over all points in the file's order, a batch at a time, as [`read`](super::read) would give them.
    pub(crate) fn points(&self, hear: &mut dyn FnMut(&[[f64; 3]]) -> Result<()>) -> Result<()> {
        let mut batch = Vec::new();
        self.batches(&mut |records| {
            batch.clear();
            batch.extend(self.records.places(records));
            hear(&batch)
        })
    }

    /// Writes the file anew as `to`, packed where `name` says so, with what `replace` makes of each batch's points.
    ///
    /// Everything else is kept as by [`PointFile::write`](super::PointFile::write).
    pub(crate) fn rewrite(&self, to: &Path, name: &Path, replace: &mut Replace<'_>) -> Result<()> {
        let refused = |source| Error::Io {
            path: to.into(),
            source,
        };
        let unread = |source| Error::Io {
            path: self.path.clone(),
            source,
        };
        let mut from = File::open(&self.path).map_err(unread)?;
        let mut file = BufWriter::with_capacity(1 << 20, File::create(to).map_err(refused)?);
        let (mut head, packing) = match &self.header {
            Some(header) => header
                .laid_out(las::packs(name))
                .map_err(|reason| broken(&self.path, reason))?,
            None => {
                let mut head = vec![0; self.records.start as usize];
                from.read_exact(&mut head).map_err(unread)?;
                (head, None)
            }
        };
        file.write_all(&head).map_err(refused)?;
        let mut sink = las::Sink::new(file, packing).map_err(refused)?;
        let (mut old, mut new) = (Extremes::default(), Extremes::default());
        let (mut first, mut points) = (0, Vec::new());
        self.batches(&mut |records| {
            points.clear();
            points.extend(self.records.places(records));
            replace(first, &mut points)?;
            for (record, point) in records.chunks_exact_mut(self.records.stride).zip(&points) {
                if self.header.is_some() {
                    old.see(record);
                }
                self.records.put(record, *point);
                if self.header.is_some() {
                    new.see(record);
                }
            }
            first += points.len() as u64;
            sink.write(records).map_err(refused)
        })?;
        let mut file = sink.finish().map_err(refused)?;
        let end = file.stream_position().map_err(refused)?;
        let tail = match &self.header {
            Some(header) => header.tail,
            None => self.records.start + self.records.count * self.records.stride as u64,
        };
        from.seek(SeekFrom::Start(tail)).map_err(unread)?;
        std::io::copy(&mut from, &mut file).map_err(refused)?;
        if let Some(header) = &self.header {
            header.complete(&mut head, end, &old, &new);
            file.seek(SeekFrom::Start(0)).map_err(refused)?;
            file.write_all(&head).map_err(refused)?;
        }
        let file = file.into_inner().map_err(|error| refused(error.into_error()))?;
        file.sync_all().map_err(refused)
    }

    fn batches(&self, hear: &mut dyn FnMut(&mut [u8]) -> Result<()>) -> Result<()> {
        let unread = |source| Error::Io {
            path: self.path.clone(),
            source,
        };
        let wrong = |reason| broken(&self.path, reason);
        let mut from = BufReader::with_capacity(1 << 20, File::open(&self.path).map_err(unread)?);
        let mut source = match &self.header {
            Some(header) => las::Source::new(from, header).map_err(wrong)?,
            None => {
                from.seek(SeekFrom::Start(self.records.start)).map_err(unread)?;
                las::Source::Plain(from)
            }
        };
        let mut left = self.records.count;
        let mut bytes = Vec::new();
        while left > 0 {
            let batch = left.min(BATCH as u64);
            bytes.resize(batch as usize * self.records.stride, 0);
            source.read(&mut bytes).map_err(wrong)?;
            hear(&mut bytes)?;
            left -= batch;
        }
        Ok(())
    }
}

impl Records {
    /// The points of whole records.
    fn places<'a>(&'a self, records: &'a [u8]) -> impl Iterator<Item = [f64; 3]> + 'a {
        records.chunks_exact(self.stride).map(|record| self.point(record))
    }

    fn point(&self, record: &[u8]) -> [f64; 3] {
        std::array::from_fn(|axis| {
            let (first, kind) = self.xyz[axis];
            let number = kind.get(raw(&record[first..first + kind.size()], self.coding));
            self.grid.map_or(number, |grid| grid.place(axis, number))
        })
    }

    /// A coordinate that did not change keeps its bytes.
    fn put(&self, record: &mut [u8], point: [f64; 3]) {
        let old = self.point(record);
        for axis in 0..3 {
            let (old, new) = (old[axis], point[axis]);
            if old.to_bits() == new.to_bits() || (old.is_nan() && new.is_nan()) {
                continue;
            }
            let (first, kind) = self.xyz[axis];
            let number = self.grid.map_or(new, |grid| grid.number(axis, new));
            let target = &mut record[first..first + kind.size()];
            target.copy_from_slice(&kind.put(number)[..kind.size()]);
            if self.coding == Coding::Big {
                target.reverse();
            }
        }
    }
}
