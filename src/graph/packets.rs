//! Exact k nearest neighbours in [`Blocks`], for the points of a leaf together.
//!
//! What one point of a leaf can reach bounds what the others can: the leaves around all of them are looked up once.
//! Distances are compared in single precision first, around a near origin and with room for its error; what is left, about
//! twice k, is measured and ordered in double precision, so that the answer is the exact one.

use rayon::prelude::*;

use super::blocks::{Blocks, Box3, FAN, LEAF};
use crate::widest::widest;

/// Queries per parallel task.
const CHUNK: usize = 16 * LEAF;

/// Leaves around a packet; where there are more it is split.
const MOST: usize = 128;

/// Error of a squared distance in single precision, in units of the square of the largest distance to the origin that
/// counts: coordinates are off by 2^-24 of it, a difference by twice that, a square of up to 4 by 8, three of them and
/// their sums by 30; four times that is kept.
const SLACK: f64 = 120.0 / 16_777_216.0;

/// Whose neighbours are sought, among whom.
pub(super) struct Search<'a> {
    pub blocks: &'a Blocks,
    pub points: &'a [[f64; 3]],
    pub k: usize,
}

impl Search<'_> {
    /// For each of `queries` its k nearest other points and the mean of their squared distances, as
    /// [`nearest`](super::search::nearest) gives them; there have to be more than k points.
    pub(super) fn nearest(
        &self,
        queries: &[u32],
        neighbors: &mut [u32],
        reach: &mut [f64],
        go_on: &(dyn Fn() -> bool + Sync),
    ) {
        let rows = neighbors
            .par_chunks_mut(CHUNK * self.k)
            .zip(reach.par_chunks_mut(CHUNK))
            .zip(queries.par_chunks(CHUNK));
        rows.for_each_init(Room::default, |room, ((neighbors, reach), queries)| {
            if go_on() {
                chunk(self, queries, room, neighbors, reach);
            }
        });
    }
}

widest! {
    fn chunk(search: &Search<'_>, queries: &[u32], room: &mut Room, neighbors: &mut [u32], reach: &mut [f64]) => chunk_rows
}

#[inline(always)]
fn chunk_rows(
    search: &Search<'_>,
    queries: &[u32],
    room: &mut Room,
    neighbors: &mut [u32],
    reach: &mut [f64],
) {
    let mut done = 0;
    // Splits halve what is ahead, so a small stack of ends is enough; the last is the end of the packet at work.
    let mut ends: Vec<usize> = Vec::new();
    while done < queries.len() {
        let end = ends.pop().unwrap_or_else(|| {
            let leaf = queries[done] as usize / LEAF;
            let same = queries[done..].iter().take_while(|&&q| q as usize / LEAF == leaf);
            done + same.count()
        });
        let packet = &queries[done..end];
        if !room.gather(search, packet) {
            ends.extend([end, done + packet.len() / 2]);
            continue;
        }
        for &query in packet {
            let row = &mut neighbors[done * search.k..][..search.k];
            reach[done] = room.solve(search, query, row);
            done += 1;
        }
    }
}

/// What a packet needs, kept between packets.
#[derive(Default)]
struct Room {
    /// Numbers of the leaves around the packet.
    near: Vec<u32>,
    /// Points and bounds of those leaves around the origin.
    leaves: Vec<[[f32; LEAF]; 3]>,
    low: [Vec<f32>; 3],
    high: [Vec<f32>; 3],
    /// The point that coordinates in single precision are measured from, and how far its k neighbours lie at most.
    origin: [f64; 3],
    bound: f64,
    /// The query before this one in the packet, and how far the k neighbours of the query before lie, in whichever packet.
    last: Option<[f64; 3]>,
    reach: f64,
    /// True for a query with so many leaves around that they are looked at one by one, the nearest first.
    alone: bool,
    apart: Vec<f32>,
    touched: Vec<u32>,
    /// Of the points of the leaves touched, squared distances, as bits, and which are within the limit.
    bits: Vec<u32>,
    slots: Vec<u32>,
    candidates: Vec<u64>,
    squares: Vec<f64>,
    found: Vec<(f64, u32)>,
}

impl Room {
    /// Looks up all leaves in which the neighbours of the packet can lie; false where they are too many for it.
    #[inline(always)]
    fn gather(&mut self, search: &Search<'_>, packet: &[u32]) -> bool {
        let place = |query: u32| &search.points[query as usize];
        let middle = packet[packet.len() / 2];
        self.origin = *place(middle);
        self.bound = self.first_bound(search, middle);
        self.last = None;
        let farthest = packet
            .iter()
            .map(|&q| square(place(q), &self.origin))
            .fold(0.0, f64::max);
        let around = Box3::around(packet.iter().map(|&q| place(q)));
        let blocks = search.blocks;
        self.alone = !blocks.within(&around, self.bound + farthest.sqrt(), MOST, &mut self.near);
        if self.alone {
            return packet.len() == 1;
        }
        self.resize(self.near.len());
        let origin = self.origin;
        for (at, &leaf) in self.near.iter().enumerate() {
            let leaf = leaf as usize;
            let (points, hull) = (&blocks.leaves[leaf], &blocks.boxes[leaf]);
            // By value, so that nothing written can change what is read, and wide instructions do.
            let local: [[f32; LEAF]; 3] =
                std::array::from_fn(|a| std::array::from_fn(|i| (points[a][i] - origin[a]) as f32));
            self.leaves[at] = local;
            for (a, &center) in origin.iter().enumerate() {
                self.low[a][at] = (hull.low[a] - center) as f32;
                self.high[a][at] = (hull.high[a] - center) as f32;
            }
        }
        true
    }

    fn resize(&mut self, leaves: usize) {
        self.leaves.resize(leaves, [[0.0; LEAF]; 3]);
        self.apart.resize(leaves, 0.0);
        for side in self.low.iter_mut().chain(&mut self.high) {
            side.resize(leaves, 0.0);
        }
    }

    /// No k neighbours lie farther away than the k nearest of the leaves around the query's own.
    #[inline(always)]
    fn first_bound(&mut self, search: &Search<'_>, query: u32) -> f64 {
        let (own, wide) = (query as usize / LEAF, 1 + search.k.div_ceil(LEAF));
        let leaves = &search.blocks.leaves;
        self.squares.clear();
        for leaf in &leaves[own.saturating_sub(wide)..leaves.len().min(own + wide + 1)] {
            self.squares
                .extend_from_slice(&squares(leaf, &search.points[query as usize]));
        }
        // The query itself is among them, at distance 0: the next k are its neighbours.
        match self.squares.len() > search.k {
            true => with_margin(
                self.squares
                    .select_nth_unstable_by(search.k, f64::total_cmp)
                    .1
                    .sqrt(),
            ),
            false => f64::INFINITY,
        }
    }

    /// The neighbours of one query of the packet into `row`; gives the mean of their squared distances.
    #[inline(always)]
    fn solve(&mut self, search: &Search<'_>, query: u32, row: &mut [u32]) -> f64 {
        let center = search.points[query as usize];
        if self.alone {
            self.one_by_one(search, query, &center);
        } else {
            self.together(search, query, &center);
        }
        let k = search.k;
        for (slot, &(_, j)) in row.iter_mut().zip(&self.found) {
            *slot = j;
        }
        let farthest = self.found[k - 1].0;
        (self.last, self.reach) = (Some(center), with_margin(farthest.sqrt()));
        self.found[..k].iter().map(|&(square, _)| square).sum::<f64>() / k as f64
    }

    /// Among the leaves of the packet: within a guess first, the reach of the query before with a little more, which is
    /// mostly enough; at last within what is known to be.
    #[inline(always)]
    fn together(&mut self, search: &Search<'_>, query: u32, center: &[f64; 3]) {
        let off = square(center, &self.origin).sqrt();
        let mut known = self.bound + off;
        if let Some(last) = self.last {
            known = known.min(self.reach + square(center, &last).sqrt());
        }
        known = with_margin(known);
        let local: [f32; 3] = std::array::from_fn(|a| (center[a] - self.origin[a]) as f32);
        let mut guess = if self.reach > 0.0 { 1.1 * self.reach } else { known };
        loop {
            let radius = if guess < known { guess } else { known };
            let slack = SLACK * (off + radius) * (off + radius);
            // Padding is infinitely far away.
            let limit = (((radius * radius + slack) * (1.0 + 1e-6)) as f32 + f32::MIN_POSITIVE).min(f32::MAX);
            self.touch(&local, limit);
            self.sift(&local, limit);
            self.order(search, query, center);
            // A point that is not among them is farther from the query than the radius.
            let enough = self
                .found
                .get(search.k - 1)
                .is_some_and(|(square, _)| *square <= radius * radius);
            if enough || guess >= known {
                return;
            }
            guess *= 1.5;
        }
    }

    /// The leaves around with a box within the limit.
    #[inline(always)]
    fn touch(&mut self, local: &[f32; 3], limit: f32) {
        let count = self.near.len();
        let (low, high) = (
            self.low.each_ref().map(|side| &side[..count]),
            self.high.each_ref().map(|side| &side[..count]),
        );
        for (i, apart) in self.apart[..count].iter_mut().enumerate() {
            let gap = |a: usize| {
                let (below, over) = (low[a][i] - local[a], local[a] - high[a][i]);
                let gap = if below > over { below } else { over };
                if gap > 0.0 { gap } else { 0.0 }
            };
            let (x, y, z) = (gap(0), gap(1), gap(2));
            *apart = x * x + y * y + z * z;
        }
        self.touched.resize(count, 0);
        let mut kept = 0;
        for (i, &apart) in self.apart[..count].iter().enumerate() {
            self.touched[kept] = i as u32;
            kept += usize::from(apart <= limit);
        }
        self.touched.truncate(kept);
    }

    /// The points of those leaves within the limit: their squared distances above their numbers.
    #[inline(always)]
    fn sift(&mut self, local: &[f32; 3], limit: f32) {
        let seen = self.touched.len() * LEAF;
        self.bits.resize(seen.max(self.bits.len()), 0);
        self.slots.resize(seen.max(self.slots.len()), 0);
        for (bits, &at) in self.bits.chunks_exact_mut(LEAF).zip(&self.touched) {
            let leaf = &self.leaves[at as usize];
            let squares: [u32; LEAF] = std::array::from_fn(|i| {
                let (x, y, z) = (
                    leaf[0][i] - local[0],
                    leaf[1][i] - local[1],
                    leaf[2][i] - local[2],
                );
                // Positive numbers are in the order of their bits.
                (x * x + y * y + z * z).to_bits()
            });
            bits.copy_from_slice(&squares);
        }
        let limit = limit.to_bits();
        let (bits, slots) = (&self.bits[..seen], &mut self.slots[..seen]);
        let mut kept = 0;
        for (slot, &bits) in bits.iter().enumerate() {
            // Without a branch: which way it would go can't be foreseen.
            slots[kept] = slot as u32;
            kept += usize::from(bits <= limit);
        }
        self.candidates.clear();
        self.candidates.extend(self.slots[..kept].iter().map(|&slot| {
            let (leaf, i) = (slot as usize / LEAF, slot % LEAF as u32);
            let point = self.near[self.touched[leaf] as usize] * LEAF as u32 + i;
            u64::from(self.bits[slot as usize]) << 32 | u64::from(point)
        }));
    }

    /// The candidates but the query itself, measured and ordered exactly.
    #[inline(always)]
    fn order(&mut self, search: &Search<'_>, query: u32, center: &[f64; 3]) {
        self.candidates.sort_unstable();
        self.found.clear();
        let others = self.candidates.iter().map(|&candidate| candidate as u32);
        for j in others.filter(|&j| j != query) {
            self.found.push((square(&search.points[j as usize], center), j));
        }
        // Nearly in order already.
        let found = &mut self.found[..];
        for end in 1..found.len() {
            let mut at = end;
            while at > 0 && before(&found[at], &found[at - 1]) {
                found.swap(at, at - 1);
                at -= 1;
            }
        }
    }

    #[inline(always)]
    fn one_by_one(&mut self, search: &Search<'_>, query: u32, center: &[f64; 3]) {
        let (blocks, k) = (search.blocks, search.k);
        let place = Box3 {
            low: *center,
            high: *center,
        };
        let mut bound = self.bound * self.bound;
        let mut open: Vec<(f64, usize, usize)> = vec![(0.0, blocks.levels.len(), 0)];
        self.found.clear();
        while let Some((apart, level, at)) = open.pop() {
            if apart > bound {
                continue;
            }
            if level > 0 {
                let first = open.len();
                let apart = blocks.levels[level - 1][at].apart(&place);
                open.extend(
                    apart
                        .iter()
                        .enumerate()
                        .filter(|(_, apart)| **apart <= bound && **apart < f64::INFINITY)
                        .map(|(child, &apart)| (apart, level - 1, at * FAN + child)),
                );
                open[first..].sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
                continue;
            }
            let squares = squares(&blocks.leaves[at], center);
            for (i, &square) in squares.iter().enumerate() {
                let j = at * LEAF + i;
                if square <= bound && j < search.points.len() && j != query as usize {
                    self.found.push((square, j as u32));
                }
            }
            if self.found.len() >= 2 * k + 32 {
                bound = self
                    .found
                    .select_nth_unstable_by(k - 1, |a, b| a.0.total_cmp(&b.0))
                    .1
                    .0;
                self.found.retain(|&(square, _)| square <= bound);
            }
        }
        self.found
            .sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    }
}

/// The nearer one, of equals the one of smaller index.
#[inline(always)]
fn before(a: &(f64, u32), b: &(f64, u32)) -> bool {
    a.0 < b.0 || a.0 == b.0 && a.1 < b.1
}

/// Room for the rounding of a root.
#[inline(always)]
fn with_margin(distance: f64) -> f64 {
    distance * (1.0 + 1e-12)
}

#[inline(always)]
fn square(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    let (x, y, z) = (a[0] - b[0], a[1] - b[1], a[2] - b[2]);
    x * x + y * y + z * z
}

#[inline(always)]
fn squares(leaf: &[[f64; LEAF]; 3], center: &[f64; 3]) -> [f64; LEAF] {
    std::array::from_fn(|i| {
        let (x, y, z) = (
            leaf[0][i] - center[0],
            leaf[1][i] - center[1],
            leaf[2][i] - center[2],
        );
        x * x + y * y + z * z
    })
}
