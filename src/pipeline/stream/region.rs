//! A piece of a cloud on a tape with all that can influence it, proved by the neighbour graph itself.
//!
//! The cloud lies in blocks of consecutive points, of which only the bounding boxes are in memory. A point's neighbours
//! among the blocks at hand are its true ones where no other block's box reaches into the ball around it that holds them.

use std::collections::BTreeSet;
use std::ops::Range;

use super::tape::Tape;
use crate::error::{Error, Result};
use crate::graph::Graph;

/// Points of a block.
pub(super) const BLOCK: u64 = 2048;

/// Blocks that one point may ask for at a time: one far from all others sees the whole cloud as about equally far away,
/// until the nearest of it are here.
const ASKED: usize = 4;

/// Bounding boxes of all blocks.
pub(super) struct Boxes {
    all: Vec<Box3>,
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

/// Consecutive points with their surroundings, in the order of the whole cloud.
pub(super) struct Region {
    pub(super) points: Vec<[f64; 3]>,
    pub(super) graph: Graph,
    /// Where the piece itself lies in them.
    pub(super) core: Range<usize>,
    /// What of the whole cloud they are.
    pub(super) ranges: Vec<Range<u64>>,
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

    /// Distance between the nearest points of two boxes.
    fn distance(&self, other: &Box3) -> f64 {
        let gap = |a: usize| {
            (self.low[a] - other.high[a])
                .max(other.low[a] - self.high[a])
                .max(0.0)
        };
        (0..3).map(|a| gap(a).powi(2)).sum::<f64>().sqrt()
    }

    /// How far the k-th neighbour would be if the points lay evenly on a flat patch that fills the box: `k = pi d r^2`.
    fn reach(&self, k: usize) -> f64 {
        let mut sides: [f64; 3] = std::array::from_fn(|a| self.high[a] - self.low[a]);
        sides.sort_unstable_by(f64::total_cmp);
        (sides[1] * sides[2] / BLOCK as f64 * k as f64 / std::f64::consts::PI).sqrt()
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
        let mut boxes = vec![Box3::EMPTY; len.div_ceil(BLOCK) as usize];
        tape.scan(len, |first, points| {
            for (i, &p) in points.iter().enumerate() {
                boxes[((first + i as u64) / BLOCK) as usize].see(place(p));
            }
            Ok(())
        })?;
        Ok(Boxes { all: boxes, len, k })
    }

    /// The piece `core` (from the first point of a block to the last of one, or the cloud's) and its surroundings: the
    /// neighbour lists of all points within `hops` hops of it are those of the whole cloud, and `read` brings points in.
    ///
    /// # Errors
    /// [`Error::Memory`] where that takes more than `most` points.
    pub(super) fn region(
        &self,
        core: Range<u64>,
        hops: usize,
        most: usize,
        mut read: impl FnMut(Range<u64>) -> Result<Vec<[f64; 3]>>,
        mut knn: impl FnMut(&[[f64; 3]]) -> Result<Graph>,
    ) -> Result<Region> {
        let own = (core.start / BLOCK) as usize..core.end.div_ceil(BLOCK) as usize;
        let len = self.len;
        let mut blocks = self.around(own.clone(), hops);
        loop {
            let held = (blocks.len() as u64 * BLOCK).min(len);
            if held as usize > most {
                return Err(Error::Memory(format!(
                    "a piece of the cloud depends on {held} points, more than max_memory_mb has room for; give it more"
                )));
            }
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
            let core = first..first + (core.end - core.start) as usize;
            let graph = knn(&points)?;
            let missing = self.missing(&points, &graph, &blocks, &starts, core.clone(), hops);
            if missing.is_empty() {
                let range = |&block: &usize| block as u64 * BLOCK..len.min((block as u64 + 1) * BLOCK);
                return Ok(Region {
                    points,
                    graph,
                    core,
                    ranges: blocks.iter().map(range).collect(),
                });
            }
            blocks.extend(missing);
        }
    }

    /// A first guess: the blocks nearer to the piece than its own points' density makes likely.
    fn around(&self, own: Range<usize>, hops: usize) -> BTreeSet<usize> {
        let mut reaches: Vec<f64> = self.all[own.clone()].iter().map(|b| b.reach(self.k)).collect();
        let middle = reaches.len() / 2;
        let usual = *reaches.select_nth_unstable_by(middle, f64::total_cmp).1;
        let mut hull = Box3::EMPTY;
        for b in &self.all[own.clone()] {
            hull.see(b.low);
            hull.see(b.high);
        }
        let mut blocks: BTreeSet<usize> = own.clone().collect();
        for (number, block) in self.all.iter().enumerate() {
            // No margin is wider than four times the usual one: a stray blows its block's box up.
            if block.distance(&hull) > 4.0 * usual * hops as f64 {
                continue;
            }
            let near = |b: &Box3| block.distance(b) <= b.reach(self.k).min(4.0 * usual) * hops as f64;
            if self.all[own.clone()].iter().any(near) {
                blocks.insert(number);
            }
        }
        blocks
    }

    /// The blocks that may hold a neighbour of a point within `hops` hops of the core that is not at hand.
    fn missing(
        &self,
        points: &[[f64; 3]],
        graph: &Graph,
        blocks: &BTreeSet<usize>,
        starts: &[usize],
        core: Range<usize>,
        hops: usize,
    ) -> BTreeSet<usize> {
        let mut missing = BTreeSet::new();
        if blocks.len() == self.all.len() {
            return missing;
        }
        let mut seen = vec![false; points.len()];
        let mut ring: Vec<u32> = core.map(|i| i as u32).collect();
        ring.iter().for_each(|&i| seen[i as usize] = true);
        let mut reached: Vec<(usize, Vec<u32>)> = blocks.iter().map(|&b| (b, Vec::new())).collect();
        for hop in 0..=hops {
            let mut next = Vec::new();
            for &i in &ring {
                let block = starts.partition_point(|&start| start <= i as usize) - 1;
                reached[block].1.push(i);
                for &j in graph.row(i as usize) {
                    if hop < hops && !std::mem::replace(&mut seen[j as usize], true) {
                        next.push(j);
                    }
                }
            }
            ring = next;
        }
        // A repeated neighbour or none at all: there were too few points to choose from.
        let radius = |i: u32| match graph.row(i as usize).last() {
            Some(&last) if points.len() > graph.k => {
                let (p, q) = (points[i as usize], points[last as usize]);
                // A little more, so that no rounding hides a tie.
                (0..3).map(|a| (p[a] - q[a]).powi(2)).sum::<f64>().sqrt() * (1.0 + 1e-12)
            }
            _ => f64::INFINITY,
        };
        for (block, members) in reached.iter().filter(|(_, members)| !members.is_empty()) {
            let widest = members.iter().map(|&i| radius(i)).fold(0.0, f64::max);
            let strangers: Vec<usize> = (0..self.all.len())
                .filter(|b| self.all[*b].distance(&self.all[*block]) <= widest && !blocks.contains(b))
                .collect();
            for &i in members.iter().filter(|_| !strangers.is_empty()) {
                let mut place = Box3::EMPTY;
                place.see(points[i as usize]);
                let within = radius(i);
                let distances = strangers.iter().map(|&b| (self.all[b].distance(&place), b));
                let mut asked: Vec<(f64, usize)> = distances.filter(|&(d, _)| d <= within).collect();
                asked.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
                missing.extend(asked.into_iter().take(ASKED).map(|(_, b)| b));
            }
        }
        missing
    }
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
            .map(|(b, block)| (block.distance(&place), b))
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
