//! k nearest neighbours with a small balanced k-d tree, so that the demo's figures do not lean on the library.

use std::num::NonZero;
use std::thread;

pub type Point = [f64; 3];

/// A k-d tree whose nodes are the middles of the ranges of one permutation.
pub struct Tree<'a> {
    points: &'a [Point],
    order: Vec<u32>,
    axis: Vec<u8>,
}

impl<'a> Tree<'a> {
    pub fn new(points: &'a [Point]) -> Self {
        let mut tree = Tree {
            points,
            order: (0..points.len() as u32).collect(),
            axis: vec![0; points.len()],
        };
        split(points, &mut tree.order, &mut tree.axis);
        tree
    }

    /// The `k` points nearest to `query`, nearest first, as (squared distance, index).
    pub fn nearest(&self, query: &Point, k: usize) -> Vec<(f64, u32)> {
        let mut best = Vec::with_capacity(k + 1);
        self.search(0, self.order.len(), query, k, &mut best);
        best
    }

    fn search(&self, low: usize, high: usize, query: &Point, k: usize, best: &mut Vec<(f64, u32)>) {
        if low >= high {
            return;
        }
        let middle = (low + high) / 2;
        let index = self.order[middle];
        let point = &self.points[index as usize];
        let distance = (0..3).map(|a| (point[a] - query[a]).powi(2)).sum::<f64>();
        if best.len() < k || distance < best[k - 1].0 {
            let place = best.partition_point(|other| *other < (distance, index));
            best.insert(place, (distance, index));
            best.truncate(k);
        }
        let axis = self.axis[middle] as usize;
        let gap = query[axis] - point[axis];
        let (near, far) = if gap < 0.0 {
            ((low, middle), (middle + 1, high))
        } else {
            ((middle + 1, high), (low, middle))
        };
        self.search(near.0, near.1, query, k, best);
        if best.len() < k || gap * gap < best[k - 1].0 {
            self.search(far.0, far.1, query, k, best);
        }
    }
}

fn split(points: &[Point], order: &mut [u32], axis: &mut [u8]) {
    if order.len() < 2 {
        return;
    }
    let extent = |a: usize| {
        let (low, high) = order.iter().fold((f64::MAX, f64::MIN), |(low, high), &i| {
            (low.min(points[i as usize][a]), high.max(points[i as usize][a]))
        });
        high - low
    };
    let widest = (0..3)
        .max_by(|&a, &b| extent(a).total_cmp(&extent(b)))
        .unwrap_or(0);
    let middle = order.len() / 2;
    order.select_nth_unstable_by(middle, |&i, &j| {
        points[i as usize][widest].total_cmp(&points[j as usize][widest])
    });
    axis[middle] = widest as u8;
    let (left, rest) = order.split_at_mut(middle);
    let (left_axis, rest_axis) = axis.split_at_mut(middle);
    split(points, left, left_axis);
    split(points, &mut rest[1..], &mut rest_axis[1..]);
}

/// `compute(0..count)` in order, spread over the processor's cores.
pub fn parallel<T: Send>(count: usize, compute: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let chunk = count.div_ceil(workers).max(1);
    let compute = &compute;
    thread::scope(|scope| {
        let handles: Vec<_> = (0..count)
            .step_by(chunk)
            .map(|start| {
                scope.spawn(move || {
                    (start..(start + chunk).min(count))
                        .map(compute)
                        .collect::<Vec<T>>()
                })
            })
            .collect();
        handles
            .into_iter()
            .flat_map(|handle| handle.join().expect("a worker panicked"))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_brute_force_even_with_ties() {
        // A grid has many equal coordinates; the golden ratio scatters the rest.
        let mut points: Vec<Point> = (0..343)
            .map(|i| [i % 7, i / 7 % 7, i / 49].map(f64::from))
            .collect();
        points.extend((0..300).map(|i| [0.618, 0.414, 0.732].map(|r| (f64::from(i) * r).fract() * 7.0)));
        let tree = Tree::new(&points);
        for query in &points {
            let mut all: Vec<f64> = points
                .iter()
                .map(|p| (0..3).map(|a| (p[a] - query[a]).powi(2)).sum())
                .collect();
            all.sort_by(f64::total_cmp);
            let found: Vec<f64> = tree.nearest(query, 9).iter().map(|hit| hit.0).collect();
            assert_eq!(found, all[..9]);
        }
    }

    #[test]
    fn parallel_keeps_the_order() {
        assert_eq!(
            parallel(1001, |i| i * i),
            (0..1001).map(|i| i * i).collect::<Vec<_>>()
        );
        assert!(parallel(0, |i| i).is_empty());
    }
}
