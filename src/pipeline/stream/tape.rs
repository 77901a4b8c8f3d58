//! A file of numbers that is read and written in pieces.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::error::{Error, Result};

/// Items that one thread reads at least.
const TASK: usize = 1 << 14;

/// A thing of fixed size that lies on a tape.
pub(super) trait Item: Copy + Send {
    const BYTES: usize;
    /// Fills `BYTES` bytes.
    fn put(self, out: &mut [u8]);
    fn get(bytes: &[u8]) -> Self;
}

impl Item for f64 {
    const BYTES: usize = 8;
    fn put(self, out: &mut [u8]) {
        out.copy_from_slice(&self.to_le_bytes());
    }
    fn get(bytes: &[u8]) -> f64 {
        f64::from_bits(u64::get(bytes))
    }
}

impl Item for u64 {
    const BYTES: usize = 8;
    fn put(self, out: &mut [u8]) {
        out.copy_from_slice(&self.to_le_bytes());
    }
    fn get(bytes: &[u8]) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|i| bytes[i]))
    }
}

/// A point's number in the order of the curve; no tape has more than five bytes can count.
#[derive(Clone, Copy)]
pub(super) struct Number(pub(super) u64);

impl Item for Number {
    const BYTES: usize = 5;
    fn put(self, out: &mut [u8]) {
        out.copy_from_slice(&self.0.to_le_bytes()[..Self::BYTES]);
    }
    fn get(bytes: &[u8]) -> Number {
        let mut all = [0; 8];
        all[..Self::BYTES].copy_from_slice(&bytes[..Self::BYTES]);
        Number(u64::from_le_bytes(all))
    }
}

impl Item for [f64; 3] {
    const BYTES: usize = 24;
    fn put(self, out: &mut [u8]) {
        for (c, out) in self.into_iter().zip(out.chunks_exact_mut(8)) {
            c.put(out);
        }
    }
    fn get(bytes: &[u8]) -> [f64; 3] {
        std::array::from_fn(|a| f64::get(&bytes[8 * a..]))
    }
}

impl<A: Item, B: Item> Item for (A, B) {
    const BYTES: usize = A::BYTES + B::BYTES;
    fn put(self, out: &mut [u8]) {
        let (a, b) = out.split_at_mut(A::BYTES);
        self.0.put(a);
        self.1.put(b);
    }
    fn get(bytes: &[u8]) -> (A, B) {
        (A::get(bytes), B::get(&bytes[A::BYTES..]))
    }
}

/// Items of one kind in a file.
pub(super) struct Tape<T> {
    file: File,
    path: PathBuf,
    kind: PhantomData<T>,
}

impl<T: Item> Tape<T> {
    /// Opens a tape, as it is or empty where there is none yet.
    pub(super) fn open(path: &Path) -> Result<Tape<T>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        Ok(Tape {
            file: file.map_err(|source| refused(path, source))?,
            path: path.into(),
            kind: PhantomData,
        })
    }

    /// Opens an empty tape.
    pub(super) fn new(path: &Path) -> Result<Tape<T>> {
        let tape = Tape::open(path)?;
        tape.file.set_len(0).map_err(|source| refused(path, source))?;
        Ok(tape)
    }

    pub(super) fn read(&self, range: Range<u64>) -> Result<Vec<T>> {
        let bytes = self.bytes(range)?;
        Ok(bytes
            .par_chunks_exact(T::BYTES)
            .with_min_len(TASK)
            .map(T::get)
            .collect())
    }

    /// The items as they lie on the tape.
    pub(super) fn bytes(&self, range: Range<u64>) -> Result<Vec<u8>> {
        let mut bytes = vec![0; (range.end - range.start) as usize * T::BYTES];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(range.start * T::BYTES as u64))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|source| refused(&self.path, source))?;
        Ok(bytes)
    }

    /// Writes `items` from number `at` on.
    pub(super) fn write<I>(&self, at: u64, items: I) -> Result<()>
    where
        I: IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    {
        let items = items.into_iter();
        let mut bytes = vec![0; items.len() * T::BYTES];
        for (item, out) in items.zip(bytes.chunks_exact_mut(T::BYTES)) {
            item.put(out);
        }
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at * T::BYTES as u64))
            .and_then(|_| file.write_all(&bytes))
            .map_err(|source| refused(&self.path, source))
    }

    /// Until now what was written might be lost with the machine's power.
    pub(super) fn sync(&self) -> Result<()> {
        self.file
            .sync_data()
            .map_err(|source| refused(&self.path, source))
    }

    /// Writes from the start on what `source` puts.
    pub(super) fn fill(
        &self,
        source: impl FnOnce(&mut dyn FnMut(T) -> Result<()>) -> Result<()>,
    ) -> Result<()> {
        let (mut at, mut batch) = (0, Vec::new());
        source(&mut |item| {
            batch.push(item);
            if batch.len() == 1 << 16 {
                self.write(at, batch.drain(..))?;
                at += 1 << 16;
            }
            Ok(())
        })?;
        self.write(at, batch)
    }

    /// Writes `items` from number `at` on, and nothing of it is lost any more.
    pub(super) fn keep<I>(&self, at: u64, items: I) -> Result<()>
    where
        I: IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    {
        self.write(at, items)?;
        self.sync()
    }

    /// All of `len` items in order, a batch at a time, with the number of the first.
    pub(super) fn scan(&self, len: u64, mut hear: impl FnMut(u64, &[T]) -> Result<()>) -> Result<()> {
        const BATCH: u64 = 1 << 16;
        let mut at = 0;
        while at < len {
            let end = len.min(at + BATCH);
            hear(at, &self.read(at..end)?)?;
            at = end;
        }
        Ok(())
    }
}

pub(super) fn refused(path: &Path, source: std::io::Error) -> Error {
    Error::Io {
        path: path.into(),
        source,
    }
}
