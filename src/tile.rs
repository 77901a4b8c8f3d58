//! Compact pieces of a large cloud, each with a halo as deep as a network looks, so that tiling changes no answer.

use std::ops::Range;

use crate::graph::Graph;

/// Some consecutive points (the core), everything that can influence them, and the graph between these.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// Global index of each row: the core first, then ring 1 (one hop away), ring 2, ...
    pub rows: Vec<u32>,
    /// Number of core rows.
    pub core: usize,
    /// `rings[h]`: number of rows within h hops of the core; h from 0 to the number of hops.
    pub rings: Vec<usize>,
    /// rows x k local row indices. A neighbour outside of the tile is replaced by the row itself, which happens
    /// only in the last ring, from where nothing reaches the core in the given number of hops.
    pub neighbors: Vec<i32>,
}

/// Memory that consecutive tiles share; one per thread.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// For each global point: its row in the tile of which it last was one, counted through all tiles from 1 on.
    seen: Vec<u32>,
    /// The rows of all tiles before.
    before: u32,
    /// Rows and neighbours of a tile that is no longer needed.
    spare: (Vec<u32>, Vec<i32>),
}

impl Scratch {
    /// Empty scratch; it grows with the first tile.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes back the memory of a tile that is no longer needed, for the next one.
    pub(crate) fn recycle(&mut self, tile: Tile) {
        self.spare = (tile.rows, tile.neighbors);
    }

    /// Makes room for a tile of some of so many points, and forgets the last one in O(1): what it marked counts less than
    /// what will be. Gives the mark of the first row.
    fn first(&mut self, points: usize) -> u32 {
        if points as u64 + u64::from(self.before) >= u64::from(u32::MAX) {
            self.seen.clear();
            self.before = 0;
        }
        if self.seen.len() < points {
            self.seen.resize(points, 0);
        }
        self.before + 1
    }
}

impl Tile {
    /// The tile of the points `core` (clipped to the cloud) with a halo `hops` deep, 0 for none.
    pub fn build(graph: &Graph, core: Range<usize>, hops: usize, scratch: &mut Scratch) -> Tile {
        let core = core.start.min(graph.len())..core.end.min(graph.len());
        let first = scratch.first(graph.len());
        let (mut rows, mut neighbors) = std::mem::take(&mut scratch.spare);
        let seen = &mut scratch.seen;
        rows.clear();
        neighbors.clear();
        rows.extend(core.map(|i| i as u32));
        for (mark, &i) in (first..).zip(&rows) {
            seen[i as usize] = mark;
        }

        let mut rings = vec![rows.len()];
        let mut inner = 0;
        for _ in 0..hops {
            let outer = rows.len();
            for local in inner..outer {
                neighbors.extend(graph.row(rows[local] as usize).iter().map(|&j| {
                    let mark = &mut seen[j as usize];
                    if *mark < first {
                        *mark = first + rows.len() as u32;
                        rows.push(j);
                    }
                    (*mark - first) as i32
                }));
            }
            inner = outer;
            rings.push(rows.len());
        }
        neighbors.reserve_exact((rows.len() - inner) * graph.k);
        for (local, &i) in rows.iter().enumerate().skip(inner) {
            let row = |&j: &u32| seen[j as usize].checked_sub(first).unwrap_or(local as u32) as i32;
            neighbors.extend(graph.row(i as usize).iter().map(row));
        }
        scratch.before += rows.len() as u32;
        Tile {
            core: rings[0],
            rows,
            rings,
            neighbors,
        }
    }
}

/// Cuts n points (in curve order) into consecutive ranges of at most `size`, as even as can be, and as many that 2, 4 or 8
/// threads share them evenly where there are enough.
///
/// Never by the number of threads there are: results would depend on it.
pub fn tile_ranges(n: usize, size: usize) -> Vec<Range<usize>> {
    let count = match n.div_ceil(size.max(1)) {
        few @ 0..=2 => few,
        3..=4 => 4,
        many => many.next_multiple_of(8),
    };
    // Not more than there are points.
    let count = count.min(n);
    (0..count)
        .map(|i| part(n, count, i)..part(n, count, i + 1))
        .collect()
}

/// Start of part i of n points in `count` parts, without overflow.
fn part(n: usize, count: usize, i: usize) -> usize {
    n / count * i + (n % count).min(i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_everything_evenly() {
        for (n, size, count) in [
            (0, 5, 0),
            (1, 5, 1),
            (5, 5, 1),
            (6, 5, 2),
            (11, 5, 4),
            (50_000, 8192, 8),
            (50_000, 2000, 32),
            (5, 1, 5),
            (3, 0, 3),
        ] {
            let ranges = tile_ranges(n, size);
            assert_eq!(ranges.iter().map(Range::len).sum::<usize>(), n);
            assert_eq!(ranges.len(), count, "{n} by {size}");
            assert!(ranges.windows(2).all(|w| w[0].end == w[1].start));
            let (low, high) = ranges
                .iter()
                .fold((n, 0), |(l, h), r| (l.min(r.len()), h.max(r.len())));
            assert!(n == 0 || high - low <= 1 && high <= size.max(1));
        }
    }

    /// A scratch that has counted to the end starts over instead of taking old marks for new ones.
    #[test]
    fn marks_run_out() {
        let points: Vec<[f64; 3]> = (0..50).map(|i| [f64::from(i), 0.0, 0.0]).collect();
        let graph = Graph::knn(&points, 4);
        let expected = Tile::build(&graph, 10..20, 2, &mut Scratch::new());
        let mut scratch = Scratch {
            seen: vec![9; 50],
            before: u32::MAX - 60,
            ..Scratch::new()
        };
        for _ in 0..3 {
            assert_eq!(Tile::build(&graph, 10..20, 2, &mut scratch), expected);
        }
    }
}
