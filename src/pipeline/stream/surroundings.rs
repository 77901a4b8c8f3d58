//! A piece of a cloud with all that can influence it, told by the neighbour lists on their tape.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use rayon::prelude::*;

use super::region::{BLOCK, check};
use super::tape::{Number, Tape};
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
        self.numbers.write(at * self.k as u64, numbers.iter().copied())?;
        self.reach.write(at, reach.iter().copied())?;
        self.numbers.sync()?;
        self.reach.sync()
    }

    fn rows(&self, range: Range<u64>) -> Result<Vec<Number>> {
        let k = self.k as u64;
        self.numbers.read(range.start * k..range.end * k)
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
        let parts: Vec<(Range<u64>, &Vec<Number>)> = before
            .map(block)
            .chain([(core.clone(), &own)])
            .chain(after.map(block))
            .collect();

        // Where each part begins among the points of the region.
        let mut starts = HashMap::new();
        let (mut points, mut reach) = (Vec::new(), Vec::new());
        for (range, _) in &parts {
            starts.insert(range.start / BLOCK, points.len());
            points.extend(read(range.clone())?);
            reach.extend(self.reach.read(range.clone())?);
        }
        let first = starts[&(core.start / BLOCK)];
        let place = |number: u64| {
            if core.contains(&number) {
                return Some(first + (number - core.start) as usize);
            }
            let start = starts.get(&(number / BLOCK))?;
            Some(start + (number % BLOCK) as usize)
        };
        let mut neighbors = Vec::with_capacity(points.len() * self.k);
        for (range, rows) in &parts {
            let start = starts[&(range.start / BLOCK)];
            let local =
                |(at, number): (usize, &Number)| place(number.0).unwrap_or(start + at / self.k) as u32;
            neighbors.par_extend(rows.par_iter().enumerate().map(local));
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
    fn around(
        &self,
        core: &Range<u64>,
        own: &[Number],
        hops: usize,
        most: usize,
    ) -> Result<BTreeMap<u64, Vec<Number>>> {
        let blocks = (core.end - core.start).div_ceil(BLOCK) as usize;
        let outside = |number: &u64| !core.contains(number);
        let mut ring: Vec<u64> = own.par_iter().map(|n| n.0).filter(outside).collect();
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
                    let at = (number % BLOCK) as usize * self.k;
                    let row = around[&block][at..at + self.k].iter().map(|n| n.0);
                    next.extend(row.filter(|number| outside(number) && seen.insert(*number)));
                }
            }
            ring = next;
        }
        Ok(around)
    }
}
