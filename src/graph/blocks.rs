//! A cloud that lies along a curve, as leaves of consecutive points and boxes around them.
//!
//! [`normalize`](crate::normalize()) puts points in the order of a Hilbert curve, and steps move them by little: runs of
//! consecutive points stay close together, so a tree needs no sorting when points have moved, only new boxes.

use rayon::prelude::*;

/// Points of a leaf.
pub(super) const LEAF: usize = 16;

/// Boxes that are compared with another at once.
pub(super) const FAN: usize = 8;

/// Side by side, the smallest and the largest coordinates of points.
#[derive(Clone, Copy)]
pub(super) struct Box3 {
    pub low: [f64; 3],
    pub high: [f64; 3],
}

impl Box3 {
    const EMPTY: Box3 = Box3 {
        low: [f64::INFINITY; 3],
        high: [f64::NEG_INFINITY; 3],
    };

    pub(super) fn around<'a>(points: impl IntoIterator<Item = &'a [f64; 3]>) -> Box3 {
        points.into_iter().fold(Box3::EMPTY, |hull, p| Box3 {
            low: std::array::from_fn(|a| hull.low[a].min(p[a])),
            high: std::array::from_fn(|a| hull.high[a].max(p[a])),
        })
    }

    fn girth(&self) -> f64 {
        (0..3).map(|a| self.high[a] - self.low[a]).sum()
    }
}

/// The boxes of eight children; empty behind the last.
pub(super) struct Node {
    low: [[f64; FAN]; 3],
    high: [[f64; FAN]; 3],
}

impl Node {
    fn above(children: &[Box3]) -> Node {
        let side = |pick: fn(&Box3) -> [f64; 3]| {
            std::array::from_fn(|a| std::array::from_fn(|i| pick(children.get(i).unwrap_or(&Box3::EMPTY))[a]))
        };
        Node {
            low: side(|child| child.low),
            high: side(|child| child.high),
        }
    }

    fn hull(&self) -> Box3 {
        Box3 {
            low: self
                .low
                .map(|side| side.into_iter().fold(f64::INFINITY, f64::min)),
            high: self
                .high
                .map(|side| side.into_iter().fold(f64::NEG_INFINITY, f64::max)),
        }
    }

    /// Squared distances between the children and `other`; infinite for empty ones.
    #[inline(always)]
    pub(super) fn apart(&self, other: &Box3) -> [f64; FAN] {
        std::array::from_fn(|i| {
            let gap = |a: usize| {
                let (below, over) = (self.low[a][i] - other.high[a], other.low[a] - self.high[a][i]);
                let gap = if below > over { below } else { over };
                if gap > 0.0 { gap } else { 0.0 }
            };
            let (x, y, z) = (gap(0), gap(1), gap(2));
            x * x + y * y + z * z
        })
    }
}

/// Leaves and, level by level up to a single node, the boxes around them.
pub(super) struct Blocks {
    /// x, y and z of a leaf's points; infinite behind the last.
    pub leaves: Vec<[[f64; LEAF]; 3]>,
    pub boxes: Vec<Box3>,
    pub levels: Vec<Vec<Node>>,
}

impl Blocks {
    /// Nothing where points don't lie along a curve, a leaf's points coincide, or single precision can't hold their
    /// distances: such clouds need a tree over distinct places.
    pub(super) fn new(points: &[[f64; 3]]) -> Option<Blocks> {
        let boxes: Vec<Box3> = points.par_chunks(LEAF).map(Box3::around).collect();
        let mut levels: Vec<Vec<Node>> = vec![boxes.chunks(FAN).map(Node::above).collect()];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let hulls: Vec<Box3> = below.iter().map(Node::hull).collect();
            levels.push(hulls.chunks(FAN).map(Node::above).collect());
        }
        let whole = levels.last()?.first()?.hull();
        if !suit(&boxes[..points.len() / LEAF], &levels[0], &whole) {
            return None;
        }
        let leaf = |run: &[[f64; 3]]| {
            std::array::from_fn(|a| std::array::from_fn(|i| run.get(i).map_or(f64::INFINITY, |p| p[a])))
        };
        Some(Blocks {
            leaves: points.par_chunks(LEAF).map(leaf).collect(),
            boxes,
            levels,
        })
    }

    /// Leaves within `reach` of `place`, in no order, into `found`; false where they would be more than `most`.
    #[inline(always)]
    pub(super) fn within(&self, place: &Box3, reach: f64, most: usize, found: &mut Vec<u32>) -> bool {
        let square = reach * reach;
        let top = self.levels.len() - 1;
        // One node of each level is open at a time, with up to seven more waiting: a curve of 2^32 points has ten levels.
        let mut open = [(0_u8, 0_u32); 10 * FAN];
        open[0] = (top as u8, 0);
        let mut waiting = 1;
        found.clear();
        while waiting > 0 {
            waiting -= 1;
            let (level, at) = open[waiting];
            let apart = self.levels[usize::from(level)][at as usize].apart(place);
            for (child, &apart) in apart.iter().enumerate() {
                // Empty boxes are infinitely far away, and so may the reach be.
                if apart > square || apart == f64::INFINITY {
                    continue;
                }
                let child = at * FAN as u32 + child as u32;
                if level > 0 {
                    open[waiting] = (level - 1, child);
                    waiting += 1;
                } else {
                    found.push(child);
                }
            }
            if found.len() > most {
                return false;
            }
        }
        true
    }

    /// The points within `reach` of `center` that can be among the k nearest to it, nearest first, into `found`; `query` is
    /// left out. Leaves are looked at one by one, the nearest first.
    #[inline(always)]
    pub(super) fn nearest(
        &self,
        center: &[f64; 3],
        query: u32,
        k: usize,
        reach: f64,
        found: &mut Vec<(f64, u32)>,
    ) {
        let place = Box3 {
            low: *center,
            high: *center,
        };
        let mut bound = reach * reach;
        let mut open: Vec<(f64, usize, usize)> = vec![(0.0, self.levels.len(), 0)];
        found.clear();
        while let Some((apart, level, at)) = open.pop() {
            if apart > bound {
                continue;
            }
            if level > 0 {
                let first = open.len();
                let apart = self.levels[level - 1][at].apart(&place);
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
            let squares = squares(&self.leaves[at], center);
            for (i, &square) in squares.iter().enumerate() {
                let j = at * LEAF + i;
                if square <= bound && square < f64::INFINITY && j != query as usize {
                    found.push((square, j as u32));
                }
            }
            if found.len() >= 2 * k + 32 {
                bound = found
                    .select_nth_unstable_by(k - 1, |a, b| a.0.total_cmp(&b.0))
                    .1
                    .0;
                found.retain(|&(square, _)| square <= bound);
            }
        }
        found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    }
}

/// True where eight leaves reach farther than one, as along a curve; in disorder each reaches through the whole cloud.
fn suit(leaves: &[Box3], above: &[Node], whole: &Box3) -> bool {
    let mut girths: Vec<f64> = leaves.iter().map(Box3::girth).collect();
    if girths.contains(&0.0) || whole.girth().is_nan() || whole.girth() > 1e15 {
        return false;
    }
    if girths.len() <= 64 {
        return girths.iter().all(|&girth| girth > 1e-15);
    }
    let leaf = middle(&mut girths);
    let mut girths: Vec<f64> = above.iter().map(|node| node.hull().girth()).collect();
    leaf > 1e-15 && middle(&mut girths) > 1.5 * leaf
}

fn middle(values: &mut [f64]) -> f64 {
    *values.select_nth_unstable_by(values.len() / 2, f64::total_cmp).1
}

/// Squared distances of a leaf's points; infinite behind the last.
#[inline(always)]
pub(super) fn squares(leaf: &[[f64; LEAF]; 3], center: &[f64; 3]) -> [f64; LEAF] {
    std::array::from_fn(|i| {
        let (x, y, z) = (
            leaf[0][i] - center[0],
            leaf[1][i] - center[1],
            leaf[2][i] - center[2],
        );
        x * x + y * y + z * z
    })
}
