//! The true neighbours of a piece of a cloud on a tape.
//!
//! The cloud lies in blocks of consecutive points, of which only the bounding boxes are in memory. A point's neighbours
//! among the blocks at hand are its true ones where no other block's box reaches into the ball around it that holds them.

use std::collections::BTreeSet;
use std::ops::Range;

use rayon::prelude::*;

use super::tape::{Number, Tape};
use crate::error::{Error, Result};
use crate::graph::Lists;

/// Points of a block.
pub(super) const BLOCK: u64 = 2048;

/// Reaches of a neighbour list around a piece in which its neighbours are looked for first.
const MARGIN: f64 = 2.0;

/// Blocks that one point may ask for at a time: one far from all others sees the whole cloud as about equally far away,
/// until the nearest of it are here.
const ASKED: usize = 4;

/// Boxes of a block. Where the curve leaves the scan and meets it again elsewhere, one box would span the gap; and so it
/// would for a stray.
const PARTS: usize = 4;

/// Bounding boxes of all blocks.
pub(super) struct Boxes {
    all: Vec<Block>,
    /// Number of points.
    len: u64,
    /// Neighbours in a list.
    k: usize,
}

#[derive(Clone, Copy)]
struct Box3 {
    low: [f64; 3],
    high: [f64; 3],
}

impl Box3 {
    const EMPTY: Box3 = Box3 {
        low: [f64::INFINITY; 3],
        high: [f64::NEG_INFINITY; 3],
    };

    fn see(&mut self, p: [f64; 3]) {
        self.low = std::array::from_fn(|a| self.low[a].min(p[a]));
        self.high = std::array::from_fn(|a| self.high[a].max(p[a]));
    }

    /// Distance between the nearest points of two boxes; infinite where one is empty.
    fn distance(&self, other: &Box3) -> f64 {
        let gap = |a: usize| {
            (self.low[a] - other.high[a])
                .max(other.low[a] - self.high[a])
                .max(0.0)
        };
        (0..3).map(|a| gap(a).powi(2)).sum::<f64>().sqrt()
    }

    /// The area of a flat patch that fills the box.
    fn area(&self) -> f64 {
        let mut sides: [f64; 3] = std::array::from_fn(|a| (self.high[a] - self.low[a]).max(0.0));
        sides.sort_unstable_by(f64::total_cmp);
        sides[1] * sides[2]
    }
}

/// Consecutive points, cut into parts at the widest gaps between one and the next.
#[derive(Clone, Copy)]
struct Block([Box3; PARTS]);

impl Block {
    fn of(points: &[[f64; 3]]) -> Block {
        let square = |i: usize| {
            (0..3)
                .map(|a| (points[i][a] - points[i - 1][a]).powi(2))
                .sum::<f64>()
        };
        let mut gaps: Vec<(f64, usize)> = (1..points.len()).map(|i| (square(i), i)).collect();
        let widest = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if gaps.len() >= PARTS {
            gaps.select_nth_unstable_by(PARTS - 2, widest);
        }
        let mut cuts: Vec<usize> = gaps.iter().take(PARTS - 1).map(|gap| gap.1).collect();
        cuts.sort_unstable();
        let mut block = Block([Box3::EMPTY; PARTS]);
        for (i, &p) in points.iter().enumerate() {
            block.0[cuts.partition_point(|&cut| cut <= i)].see(p);
        }
        block
    }

    fn distance(&self, other: &Block) -> f64 {
        let to = |part: &Box3| self.distance_to(part);
        other.0.iter().map(to).fold(f64::INFINITY, f64::min)
    }

    fn distance_to(&self, other: &Box3) -> f64 {
        self.0
            .iter()
            .map(|part| part.distance(other))
            .fold(f64::INFINITY, f64::min)
    }

    /// How far the k-th neighbour would be if the points lay evenly on flat patches that fill the boxes: `k = pi d r^2`.
    fn reach(&self, k: usize) -> f64 {
        let area: f64 = self.0.iter().map(Box3::area).sum();
        (area / BLOCK as f64 * k as f64 / std::f64::consts::PI).sqrt()
    }
}

impl Boxes {
    /// Of the `len` points on a tape, as `place` puts them, for lists of `k` neighbours.
    pub(super) fn of(
        tape: &Tape<[f64; 3]>,
        len: u64,
        k: usize,
        place: impl Fn([f64; 3]) -> [f64; 3],
    ) -> Result<Boxes> {
        let mut boxes = Vec::with_capacity(len.div_ceil(BLOCK) as usize);
        // A batch of the tape is a whole number of blocks.
        tape.scan(len, |_, points| {
            let points: Vec<[f64; 3]> = points.iter().map(|&p| place(p)).collect();
            boxes.par_extend(points.par_chunks(BLOCK as usize).map(Block::of));
            Ok(())
        })?;
        Ok(Boxes { all: boxes, len, k })
    }

    /// The neighbour lists that the points of `core` (from the first of a block to the last of one, or the cloud's) have
    /// in the whole cloud, by number, and their reach. `read` brings points in.
    ///
    /// # Errors
    /// [`Error::Memory`] where that takes more than `most` points.
    pub(super) fn lists(
        &self,
        core: Range<u64>,
        most: usize,
        mut read: impl FnMut(Range<u64>) -> Result<Vec<[f64; 3]>>,
        mut nearest: impl FnMut(&[[f64; 3]]) -> Result<Lists>,
    ) -> Result<(Vec<Number>, Vec<f64>)> {
        let own = (core.start / BLOCK) as usize..core.end.div_ceil(BLOCK) as usize;
        let len = self.len;
        let hull = self.hull(own.clone());
        let mut blocks = self.around(own.clone(), &hull);
        loop {
            check(blocks.len(), most)?;
            let mut points = Vec::new();
            // The first point of each block at hand.
            let mut starts = Vec::with_capacity(blocks.len());
            let mut first = 0;
            for &block in &blocks {
                if block == own.start {
                    first = points.len();
                }
                starts.push(points.len());
                let from = block as u64 * BLOCK;
                points.extend(read(from..len.min(from + BLOCK))?);
            }
            let inside = first..first + (core.end - core.start) as usize;
            let lists = nearest(&points)?;
            let missing = self.missing(&points, &lists, &blocks, own.clone(), &hull, inside.clone());
            if missing.is_empty() {
                let numbers: Vec<u64> = blocks.iter().map(|&block| block as u64 * BLOCK).collect();
                let number = |j: usize| {
                    if inside.contains(&j) {
                        return Number(core.start + (j - first) as u64);
                    }
                    let block = starts.partition_point(|&start| start <= j) - 1;
                    Number(numbers[block] + (j - starts[block]) as u64)
                };
                let rows = &lists.neighbors[inside.start * self.k..inside.end * self.k];
                let rows = rows.par_iter().map(|&j| number(j as usize)).collect();
                return Ok((rows, lists.reach[inside].to_vec()));
            }
            blocks.extend(missing);
        }
    }

    fn hull(&self, own: Range<usize>) -> Box3 {
        let mut hull = Box3::EMPTY;
        let parts = self.all[own].iter().flat_map(|block| &block.0);
        for part in parts.filter(|part| part.low[0] <= part.high[0]) {
            hull.see(part.low);
            hull.see(part.high);
        }
        hull
    }

    /// A first guess: the blocks nearer to the piece than its own points' density makes likely.
    fn around(&self, own: Range<usize>, hull: &Box3) -> BTreeSet<usize> {
        let mut reaches: Vec<f64> = self.all[own.clone()].iter().map(|b| b.reach(self.k)).collect();
        let middle = reaches.len() / 2;
        let usual = *reaches.select_nth_unstable_by(middle, f64::total_cmp).1;
        let mut blocks: BTreeSet<usize> = own.clone().collect();
        for (number, block) in self.all.iter().enumerate() {
            // No margin is wider than four times the usual one: a stray blows its block's box up.
            if block.distance_to(hull) > 4.0 * usual * MARGIN {
                continue;
            }
            let near = |b: &Block| block.distance(b) <= b.reach(self.k).min(4.0 * usual) * MARGIN;
            if self.all[own.clone()].iter().any(near) {
                blocks.insert(number);
            }
        }
        blocks
    }

    /// The blocks that may hold a neighbour of a point of the piece, which lies `inside` of the points at hand, and are
    /// not at hand.
    fn missing(
        &self,
        points: &[[f64; 3]],
        lists: &Lists,
        blocks: &BTreeSet<usize>,
        own: Range<usize>,
        hull: &Box3,
        inside: Range<usize>,
    ) -> BTreeSet<usize> {
        if blocks.len() == self.all.len() {
            return BTreeSet::new();
        }
        // A repeated neighbour or none at all: there were too few points to choose from.
        let radius = |i: usize| match lists.neighbors[i * self.k..(i + 1) * self.k].last() {
            Some(&last) if points.len() > self.k => {
                let (p, q) = (points[i], points[last as usize]);
                // A little more, so that no rounding hides a tie.
                (0..3).map(|a| (p[a] - q[a]).powi(2)).sum::<f64>().sqrt() * (1.0 + 1e-12)
            }
            _ => f64::INFINITY,
        };
        let radii: Vec<f64> = inside.clone().into_par_iter().map(radius).collect();
        let widest = radii.iter().copied().fold(0.0, f64::max);
        let strangers: Vec<usize> = (0..self.all.len())
            .filter(|b| self.all[*b].distance_to(hull) <= widest && !blocks.contains(b))
            .collect();
        let asked = |(block, radii): (usize, &[f64])| {
            let widest = radii.iter().copied().fold(0.0, f64::max);
            let near = |b: &usize| self.all[*b].distance(&self.all[own.start + block]) <= widest;
            let strangers: Vec<usize> = strangers.iter().copied().filter(near).collect();
            let mut missing = BTreeSet::new();
            for (i, &within) in radii.iter().enumerate().filter(|_| !strangers.is_empty()) {
                let mut place = Box3::EMPTY;
                place.see(points[inside.start + block * BLOCK as usize + i]);
                let distances = strangers.iter().map(|&b| (self.all[b].distance_to(&place), b));
                let mut asked: Vec<(f64, usize)> = distances.filter(|&(d, _)| d <= within).collect();
                asked.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
                missing.extend(asked.into_iter().take(ASKED).map(|(_, b)| b));
            }
            missing
        };
        let all: Vec<BTreeSet<usize>> = radii.par_chunks(BLOCK as usize).enumerate().map(asked).collect();
        all.into_iter().flatten().collect()
    }
}

/// # Errors
/// [`Error::Memory`] where so many blocks are more than `most` points.
pub(super) fn check(blocks: usize, most: usize) -> Result<()> {
    let held = blocks.saturating_mul(BLOCK as usize);
    if held <= most {
        return Ok(());
    }
    Err(Error::Memory(format!(
        "a piece of the cloud depends on {held} points, more than max_memory_mb has room for; give it more"
    )))
}

impl Boxes {
    /// Enough points around point `row` to know its k nearest, in the order of the whole cloud, and which of them it is.
    pub(super) fn near(
        &self,
        row: u64,
        k: usize,
        mut read: impl FnMut(u64) -> Result<Vec<[f64; 3]>>,
    ) -> Result<(Vec<[f64; 3]>, u32)> {
        let own = row / BLOCK;
        let center = read(own)?[(row % BLOCK) as usize];
        let mut place = Box3::EMPTY;
        place.see(center);
        let mut order: Vec<(f64, u64)> = (0..)
            .zip(&self.all)
            .map(|(b, block)| (block.distance_to(&place), b))
            .collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        // (squared distance, number, point); the point itself is the nearest.
        let mut found: Vec<(f64, u64, [f64; 3])> = Vec::new();
        let mut widest = f64::INFINITY;
        for (distance, block) in order {
            if distance * distance > widest * (1.0 + 1e-9) {
                break;
            }
            for (i, p) in (0..).zip(read(block)?) {
                let square = (0..3).map(|a| (p[a] - center[a]).powi(2)).sum::<f64>();
                found.push((square, block * BLOCK + i, p));
            }
            if found.len() > k {
                widest = found.select_nth_unstable_by(k, |a, b| a.0.total_cmp(&b.0)).1.0;
                found.retain(|item| item.0 <= widest * (1.0 + 1e-9));
            }
        }
        found.sort_unstable_by_key(|item| item.1);
        let at = found.iter().position(|item| item.1 == row).unwrap_or(0);
        Ok((found.into_iter().map(|item| item.2).collect(), at as u32))
    }
}
