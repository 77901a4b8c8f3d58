//! Exact k nearest neighbours in [`Blocks`], for the points of two leaves together.
//!
//! The leaves around all of them are looked up once, as far as neighbours lie by what the last points had, and again, as far
//! as they lie at most, where that was not enough. Distances are compared in single precision first, around a near origin and
//! with room for its error; what is left, little more than k, is measured and ordered in double precision, so that the answer
//! is the exact one.

use rayon::prelude::*;

use super::blocks::{Blocks, Box3, LEAF, squares};
use super::sieve::{COARSE, FEW, LANES, Sieve};
use crate::widest::widest;

/// Consecutive queries that share what they look up.
const PACKET: usize = 2 * LEAF;

/// Queries per parallel task.
const CHUNK: usize = 16 * LEAF;

/// Leaves around a packet; where there are more it is split.
const MOST: usize = 128;

/// How much farther than where neighbours should lie is looked: enough for nearly all queries of a packet, and for most of
/// those that follow one.
const WIDER: f64 = 1.4;
const GUESS: f64 = 1.2;

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
            let leaf = queries[done] as usize / PACKET;
            let same = queries[done..]
                .iter()
                .take_while(|&&q| q as usize / PACKET == leaf);
            done + same.count()
        });
        let mut within = room.hope(search, queries[done]);
        while done < end {
            if !room.gather(search, &queries[done..end], within) {
                ends.extend([end, done + (end - done) / 2]);
                break;
            }
            while done < end {
                let row = &mut neighbors[done * search.k..][..search.k];
                let Some(mean) = room.solve(search, queries[done], row) else {
                    within = WIDER * room.proven(search, queries[done]);
                    break;
                };
                reach[done] = mean;
                done += 1;
            }
        }
    }
}

/// What a packet needs, kept between packets.
#[derive(Default)]
struct Room {
    /// Numbers of the leaves around the packet, and how far around.
    near: Vec<u32>,
    within: f64,
    /// Points and bounds of those leaves around the origin, the point that coordinates in single precision are measured from.
    leaves: Vec<[[f32; LEAF]; 3]>,
    low: [Vec<[f32; LANES]>; 3],
    high: [Vec<[f32; LANES]>; 3],
    origin: [f64; 3],
    /// How far the queries of the packet lie from there at most.
    off: f64,
    /// The query before this one, and how far its k neighbours lie at most.
    last: Option<[f64; 3]>,
    reach: f64,
    /// True for a query with so many leaves around that they are looked at one by one, the nearest first.
    alone: bool,
    /// The leaves within the limit, by where they stand in `near`.
    touched: Sieve,
    /// Of their points those within the limit.
    candidates: Sieve,
    squares: Vec<f64>,
    found: Vec<(f64, u32)>,
}

impl Room {
    /// How far the neighbours of a packet that begins with `query` probably lie: a little farther than those of the query
    /// before.
    fn hope(&mut self, search: &Search<'_>, query: u32) -> f64 {
        match self.last {
            Some(_) => WIDER * self.reach,
            None => WIDER * self.first_bound(search, query),
        }
    }

    /// How far the k neighbours of `query` lie at most.
    fn proven(&mut self, search: &Search<'_>, query: u32) -> f64 {
        self.known(&search.points[query as usize])
            .min(self.first_bound(search, query))
    }

    /// How far k points around `center` lie at most, by the query before.
    #[inline(always)]
    fn known(&self, center: &[f64; 3]) -> f64 {
        self.last.map_or(f64::INFINITY, |last| {
            with_margin(self.reach + square(center, &last).sqrt())
        })
    }

    /// Looks up all leaves within a distance of the packet; false where they are too many for it.
    #[inline(always)]
    fn gather(&mut self, search: &Search<'_>, packet: &[u32], within: f64) -> bool {
        let place = |query: u32| &search.points[query as usize];
        self.origin = *place(packet[packet.len() / 2]);
        self.within = within;
        let around = Box3::around(packet.iter().map(|&q| place(q)));
        let corner = std::array::from_fn(|a| {
            let (below, over) = (self.origin[a] - around.low[a], around.high[a] - self.origin[a]);
            self.origin[a] + below.max(over)
        });
        self.off = square(&corner, &self.origin).sqrt();
        let blocks = search.blocks;
        self.alone = !blocks.within(&around, within, MOST, &mut self.near);
        if self.alone {
            return packet.len() == 1;
        }
        self.resize(self.near.len());
        let origin = self.origin;
        for (at, &leaf) in self.near.iter().enumerate() {
            let leaf = leaf as usize;
            let (points, hull) = (&blocks.leaves[leaf], &blocks.boxes[leaf]);
            for (a, &center) in origin.iter().enumerate() {
                // By value, so that nothing written can change what is read; a loop over lanes and not a function of
                // arrays, which may stay a call. Both so that wide instructions do it.
                let (side, mut local) = (points[a], [0.0; LEAF]);
                for l in 0..LEAF {
                    local[l] = (side[l] - center) as f32;
                }
                self.leaves[at][a] = local;
                self.low[a][at / LANES][at % LANES] = (hull.low[a] - center) as f32;
                self.high[a][at / LANES][at % LANES] = (hull.high[a] - center) as f32;
            }
        }
        true
    }

    fn resize(&mut self, leaves: usize) {
        self.leaves.resize(leaves, [[0.0; LEAF]; 3]);
        for side in self.low.iter_mut().chain(&mut self.high) {
            side.clear();
            // What pads the last lanes is infinitely far away.
            side.resize(leaves.div_ceil(LANES), [f32::INFINITY; LANES]);
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

    /// The neighbours of one query of the packet into `row`; gives the mean of their squared distances, or nothing where
    /// they may lie beyond what was gathered.
    #[inline(always)]
    fn solve(&mut self, search: &Search<'_>, query: u32, row: &mut [u32]) -> Option<f64> {
        let center = search.points[query as usize];
        if self.alone {
            let bound = self.proven(search, query);
            search
                .blocks
                .nearest(&center, query, search.k, bound, &mut self.found);
        } else if !self.together(search, query, &center) {
            return None;
        }
        let k = search.k;
        for (slot, &(_, j)) in row.iter_mut().zip(&self.found) {
            *slot = j;
        }
        let farthest = self.found[k - 1].0;
        (self.last, self.reach) = (Some(center), with_margin(farthest.sqrt()));
        Some(self.found[..k].iter().map(|&(square, _)| square).sum::<f64>() / k as f64)
    }

    /// Among the leaves of the packet: within a guess first, the reach of the query before with a little more, which is
    /// mostly enough; at last within what is known to be. False where that is farther than what was gathered.
    #[inline(always)]
    fn together(&mut self, search: &Search<'_>, query: u32, center: &[f64; 3]) -> bool {
        let local: [f32; 3] = std::array::from_fn(|a| (center[a] - self.origin[a]) as f32);
        let mut guess = if self.reach > 0.0 {
            GUESS * self.reach
        } else {
            self.within
        };
        loop {
            let radius = if guess < self.within { guess } else { self.within };
            let slack = SLACK * (self.off + radius) * (self.off + radius);
            // Padding is infinitely far away.
            let limit = (((radius * radius + slack) * (1.0 + 1e-6)) as f32 + f32::MIN_POSITIVE).min(f32::MAX);
            self.touch(&local, limit);
            self.sift(&local, limit);
            self.order(search, query, center, slack);
            // A point that is not among them is farther from the query than the radius.
            let enough = self
                .found
                .get(search.k - 1)
                .is_some_and(|(square, _)| *square <= radius * radius);
            if enough || radius == f64::INFINITY {
                return true;
            }
            if radius >= self.within {
                return false;
            }
            guess *= 1.5;
        }
    }

    /// The leaves around with a box within the limit.
    #[inline(always)]
    fn touch(&mut self, local: &[f32; 3], limit: f32) {
        self.touched.clear(self.low[0].len());
        for (chunk, first) in (0..self.low[0].len()).zip((0..).step_by(LANES)) {
            let (low, high) = (
                self.low.each_ref().map(|side| side[chunk]),
                self.high.each_ref().map(|side| side[chunk]),
            );
            let mut apart = [0.0; LANES];
            for l in 0..LANES {
                let gap = |a: usize| {
                    let (below, over) = (low[a][l] - local[a], local[a] - high[a][l]);
                    let gap = if below > over { below } else { over };
                    if gap > 0.0 { gap } else { 0.0 }
                };
                let (x, y, z) = (gap(0), gap(1), gap(2));
                apart[l] = x * x + y * y + z * z;
            }
            self.touched.keep(&apart, first, limit);
        }
    }

    /// The points of those leaves within the limit, and their squared distances.
    #[inline(always)]
    fn sift(&mut self, local: &[f32; 3], limit: f32) {
        self.candidates.clear(self.touched.owners().len());
        for &at in self.touched.owners() {
            let leaf = &self.leaves[at as usize];
            let mut squares = [0.0; LANES];
            for l in 0..LANES {
                let (x, y, z) = (
                    leaf[0][l] - local[0],
                    leaf[1][l] - local[1],
                    leaf[2][l] - local[2],
                );
                squares[l] = x * x + y * y + z * z;
            }
            let first = self.near[at as usize] * LEAF as u32;
            self.candidates.keep(&squares, first, limit);
        }
    }

    /// The nearest candidates but the query itself, measured and ordered exactly; those that `slack` can't bring among
    /// the k nearest are left out.
    #[inline(always)]
    fn order(&mut self, search: &Search<'_>, query: u32, center: &[f64; 3], slack: f64) {
        let (near, owners) = (self.candidates.values(), self.candidates.owners());
        let measured = |j: u32| (square(&search.points[j as usize], center), j);
        self.found.clear();
        let mut places = [0; FEW];
        let Some(order) = self.candidates.order(&mut places) else {
            let others = owners.iter().filter(|&&j| j != query);
            self.found.extend(others.map(|&j| measured(j)));
            self.found
                .sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            return;
        };
        // The query is one of the first k + 1.
        let last = order.get(search.k).map_or(f64::INFINITY, |&at| {
            f64::from(near[at as usize]) * (1.0 + 2.0 * COARSE) + slack
        });
        let (mut found, mut count) = ([(0.0, 0); FEW], 0);
        for &at in order {
            let at = at as usize;
            if f64::from(near[at]) * (1.0 - 2.0 * COARSE) > last {
                break;
            }
            found[count] = measured(owners[at]);
            count += usize::from(owners[at] != query);
        }
        let found = &mut found[..count];
        // Nearly in order already.
        for end in 1..found.len() {
            let mut at = end;
            while at > 0 && before(&found[at], &found[at - 1]) {
                found.swap(at, at - 1);
                at -= 1;
            }
        }
        self.found.extend_from_slice(found);
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
