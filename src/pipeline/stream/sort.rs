//! Sorting more than fits into memory: sorted runs on a tape, merged.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::tape::{Item, Tape};
use crate::error::Result;

/// Items of a run: some forty bytes each.
const RUN: usize = 1 << 20;

/// Items that each run holds in memory while all of them are merged.
const AHEAD: u64 = 1 << 12;

/// Takes items in any order and gives them back in order.
pub(super) struct Sorter<T: Item> {
    path: PathBuf,
    tape: Tape<T>,
    /// Number of items on the tape.
    len: u64,
    /// Where each run ends.
    ends: Vec<u64>,
    run: Vec<T>,
    order: fn(&T, &T) -> Ordering,
    length: usize,
}

impl<T: Item + Send> Sorter<T> {
    /// With a tape at `path` for what does not fit into memory; `order` leaves no two items equal.
    pub(super) fn new(path: &Path, order: fn(&T, &T) -> Ordering) -> Result<Sorter<T>> {
        Ok(Sorter {
            tape: Tape::new(path)?,
            path: path.into(),
            len: 0,
            ends: Vec::new(),
            run: Vec::new(),
            order,
            length: RUN,
        })
    }

    pub(super) fn push(&mut self, item: T) -> Result<()> {
        self.run.push(item);
        if self.run.len() == self.length {
            self.spill()
        } else {
            Ok(())
        }
    }

    fn spill(&mut self) -> Result<()> {
        self.run.par_sort_unstable_by(self.order);
        self.tape.write(self.len, self.run.iter().copied())?;
        self.len += self.run.len() as u64;
        self.ends.push(self.len);
        self.run.clear();
        Ok(())
    }

    /// Hands over everything in order, and takes the tape away.
    pub(super) fn drain(mut self, mut hear: impl FnMut(T) -> Result<()>) -> Result<()> {
        self.spill()?;
        self.run = Vec::new();
        let mut next = 0;
        let mut runs = Vec::new();
        for &end in &self.ends {
            runs.push(Run {
                at: next,
                end,
                ready: Vec::new().into_iter(),
            });
            next = end;
        }
        let order = self.order;
        let mut heap = BinaryHeap::new();
        for (number, run) in runs.iter_mut().enumerate() {
            heap.extend(
                run.next(&self.tape)?
                    .map(|item| Reverse(Head { item, number, order })),
            );
        }
        while let Some(Reverse(Head { item, number, .. })) = heap.pop() {
            hear(item)?;
            heap.extend(
                runs[number]
                    .next(&self.tape)?
                    .map(|item| Reverse(Head { item, number, order })),
            );
        }
        drop(self.tape);
        std::fs::remove_file(&self.path).map_err(|source| super::tape::refused(&self.path, source))
    }
}

/// A run on its way through the merge.
struct Run<T> {
    at: u64,
    end: u64,
    ready: std::vec::IntoIter<T>,
}

impl<T: Item> Run<T> {
    fn next(&mut self, tape: &Tape<T>) -> Result<Option<T>> {
        if let Some(item) = self.ready.next() {
            return Ok(Some(item));
        }
        let end = self.end.min(self.at + AHEAD);
        self.ready = tape.read(self.at..end)?.into_iter();
        self.at = end;
        Ok(self.ready.next())
    }
}

/// The least item that a run still has.
struct Head<T> {
    item: T,
    number: usize,
    order: fn(&T, &T) -> Ordering,
}

impl<T> Ord for Head<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.order)(&self.item, &other.item)
    }
}

impl<T> PartialOrd for Head<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Head<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T> Eq for Head<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_runs_come_back_in_order_and_leave_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs");
        for n in [0u64, 1, 7, 50_000] {
            let mut sorter = Sorter::new(&path, u64::cmp).unwrap();
            sorter.length = 777;
            for i in 0..n {
                sorter
                    .push(i.wrapping_mul(0x9E37_79B9_7F4A_7C15) % (n * 10))
                    .unwrap();
            }
            let mut all = Vec::new();
            sorter
                .drain(|item| {
                    all.push(item);
                    Ok(())
                })
                .unwrap();
            assert_eq!(all.len() as u64, n);
            assert!(all.is_sorted() && !path.exists());
        }
    }
}
