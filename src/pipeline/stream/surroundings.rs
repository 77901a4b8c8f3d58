//! A piece of a cloud with all that can influence it, told by the neighbour lists on their tape.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use rayon::prelude::*;

use super::boxes::{BLOCK, check};
use super::tape::{Item, Number, Tape};
use super::work::Work;
use crate::error::Result;
use crate::graph::Lists;

/// The neighbour lists of a whole cloud.
pub(super) struct ListTape {
    numbers: Tape<Number>,
    reach: Tape<f64>,
    k: usize,
    /// Number of points.
    len: u64,
}

/// The lists of consecutive points, as they lie on the tape.
struct Rows {
    bytes: Vec<u8>,
    k: usize,
}

impl Rows {
    fn all(&self) -> impl IndexedParallelIterator<Item = u64> {
        self.bytes
            .par_chunks_exact(Number::BYTES)
            .with_min_len(1 << 14)
            .map(|bytes| Number::get(bytes).0)
    }

    fn row(&self, i: usize) -> impl Iterator<Item = u64> {
        let wide = self.k * Number::BYTES;
        let row = self.bytes[i * wide..(i + 1) * wide].chunks_exact(Number::BYTES);
        row.map(|bytes| Number::get(bytes).0)
    }
}

/// Consecutive points with their surroundings, in the order of the whole cloud.
pub(super) struct Region {
    pub(super) points: Vec<[f64; 3]>,
    /// The lists of the whole cloud, except for those of points at the very edge, from where nothing reaches the piece.
    pub(super) lists: Lists,
    /// Where the piece itself lies in them.
    pub(super) core: Range<usize>,
    /// What of the whole cloud they are.
    pub(super) ranges: Vec<Range<u64>>,
}

impl ListTape {
    pub(super) fn open(work: &Work, k: usize, len: u64) -> Result<ListTape> {
        Ok(ListTape {
            numbers: work.tape("lists")?,
            reach: work.tape("reach")?,
            k,
            len,
        })
    }

    /// Keeps the lists of the points from number `at` on.
    pub(super) fn write(&self, at: u64, numbers: &[Number], reach: &[f64]) -> Result<()> {
        self.numbers.keep(at * self.k as u64, numbers.iter().copied())?;
        self.reach.keep(at, reach.iter().copied())
    }

    fn rows(&self, range: Range<u64>) -> Result<Rows> {
        let k = self.k as u64;
        let bytes = self.numbers.bytes(range.start * k..range.end * k)?;
        Ok(Rows { bytes, k: self.k })
    }

    fn block(&self, block: u64) -> Range<u64> {
        block * BLOCK..self.len.min((block + 1) * BLOCK)
    }

    /// The piece `core`, which begins with a block, and the blocks of all points within `hops` hops of it. `read` brings
    /// points in.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) where that takes more than `most` points.
    pub(super) fn region(
        &self,
        core: Range<u64>,
        hops: usize,
        most: usize,
        read: impl Fn(Range<u64>) -> Result<Vec<[f64; 3]>>,
    ) -> Result<Region> {
        let own = self.rows(core.clone())?;
        let around = self.around(&core, &own, hops, most)?;
        let before = around.range(..core.start / BLOCK);
        let after = around.range(core.end.div_ceil(BLOCK)..);
        let block = |(&block, rows): (&u64, _)| (self.block(block), rows);
        let parts: Vec<(Range<u64>, &Rows)> = before
            .map(block)
            .chain([(core.clone(), &own)])
            .chain(after.map(block))
            .collect();

        // Where each block begins among the points of the region; nowhere is further out than all of them.
        const NOWHERE: usize = usize::MAX;
        let mut starts = vec![NOWHERE; self.len.div_ceil(BLOCK) as usize];
        let (mut points, mut reach) = (Vec::new(), Vec::new());
        for (range, _) in &parts {
            starts[(range.start / BLOCK) as usize] = points.len();
            points.extend(read(range.clone())?);
            reach.extend(self.reach.read(range.clone())?);
        }
        let first = starts[(core.start / BLOCK) as usize];
        let place = |number: u64| {
            if core.contains(&number) {
                return Some(first + (number - core.start) as usize);
            }
            match starts.get((number / BLOCK) as usize) {
                Some(&start) if start != NOWHERE => Some(start + (number % BLOCK) as usize),
                _ => None,
            }
        };
        let mut neighbors = Vec::with_capacity(points.len() * self.k);
        for (range, rows) in &parts {
            let start = starts[(range.start / BLOCK) as usize];
            let local = |(at, number)| place(number).unwrap_or_else(|| start + at / self.k) as u32;
            neighbors.par_extend(rows.all().enumerate().map(local));
        }
        Ok(Region {
            points,
            lists: Lists {
                k: self.k,
                neighbors,
                reach,
            },
            core: first..first + (core.end - core.start) as usize,
            ranges: parts.into_iter().map(|part| part.0).collect(),
        })
    }

    /// The lists of the blocks around the piece, by their number.
    fn around(&self, core: &Range<u64>, own: &Rows, hops: usize, most: usize) -> Result<BTreeMap<u64, Rows>> {
        let blocks = (core.end - core.start).div_ceil(BLOCK) as usize;
        let outside = |number: &u64| !core.contains(number);
        let mut ring: Vec<u64> = own.all().filter(outside).collect();
        ring.par_sort_unstable();
        ring.dedup();
        let mut seen: HashSet<u64> = ring.iter().copied().collect();
        let mut around = BTreeMap::new();
        for hop in 1..=hops {
            let mut next = Vec::new();
            for &number in &ring {
                let block = number / BLOCK;
                if !around.contains_key(&block) {
                    check(blocks + around.len() + 1, most)?;
                    around.insert(block, self.rows(self.block(block))?);
                }
                if hop < hops {
                    let row = around[&block].row((number % BLOCK) as usize);
                    next.extend(row.filter(|number| outside(number) && seen.insert(*number)));
                }
            }
            ring = next;
        }
        Ok(around)
    }
}
