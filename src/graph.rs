//! The neighbour graph of a cloud, its local spacing, and the edge features a network reads from it.

mod blocks;
mod packets;
mod search;
mod sieve;

pub(crate) use search::Places;

use ndarray::Array3;
use rayon::prelude::*;

use crate::widest::widest;

/// The k nearest neighbours of every point, and how far apart points lie around it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// Neighbours per point.
    pub k: usize,
    /// n x k point indices, row-major: nearest first, equal distances by index, the point itself excluded. Where
    /// a cloud has fewer than k other points they are repeated cyclically; a single point is its own neighbour.
    pub neighbors: Vec<u32>,
    /// Local spacing `s_i` of each of the n points, in the units of the points; always positive.
    pub spacing: Vec<f32>,
}

impl Graph {
    /// The graph of finite `points`, at most `u32::MAX` of them; k of 0 gives a graph without edges.
    ///
    /// `r_i^2 = (2 pi / k) mean_j |x_j - x_i|^2` is the squared pitch of an evenly sampled plane with that mean: k
    /// neighbours of a density d lie within `k = pi d R^2`, and their mean squared distance is `R^2 / 2`. The
    /// spacing is its root mean square over a point and its neighbours, at least a thousandth of the cloud's
    /// median and 1 where all points coincide. The same on any number of threads.
    pub fn knn(points: &[[f64; 3]], k: usize) -> Graph {
        let graph = Graph::knn_while(points, k, Floor::Median, &|| true);
        graph.unwrap_or_else(|| unreachable!("nobody stopped it"))
    }

    /// [`knn`](Graph::knn) with another least spacing, given up soon after `go_on`, asked every few hundred points, has
    /// said no.
    pub(crate) fn knn_while(
        points: &[[f64; 3]],
        k: usize,
        floor: Floor,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Option<Graph> {
        Lists::nearest(points, k, go_on).map(|lists| lists.graph(floor))
    }

    /// The same neighbours after the points have moved: nearest first again, and as far away as they are now.
    ///
    /// Where points moved by little against the distance of their neighbours, this is nearly the graph that looking
    /// them up anew gives, for a small part of the work.
    pub(crate) fn followed(mut self, points: &[[f64; 3]], floor: Floor) -> Graph {
        let k = self.k;
        let mut reach = vec![0.0; points.len()];
        if k > 0 {
            self.neighbors
                .par_chunks_mut(k)
                .zip(&mut reach)
                .enumerate()
                .with_min_len(256)
                .for_each_init(Vec::new, |found, (i, (row, reach))| {
                    let square = |j: u32| -> f64 {
                        let (p, q) = (points[i], points[j as usize]);
                        (0..3).map(|a| (p[a] - q[a]).powi(2)).sum()
                    };
                    found.clear();
                    found.extend(row.iter().map(|&j| (square(j), j)));
                    *reach = found.iter().map(|&(square, _)| square).sum::<f64>() / k as f64;
                    found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                    row.iter_mut().zip(found).for_each(|(slot, item)| *slot = item.1);
                });
        }
        let lists = Lists {
            k,
            neighbors: self.neighbors,
            reach,
        };
        lists.graph(floor)
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.spacing.len()
    }

    /// True where the graph has no points.
    pub fn is_empty(&self) -> bool {
        self.spacing.is_empty()
    }

    /// The neighbours of point `i`, nearest first.
    pub fn row(&self, i: usize) -> &[u32] {
        &self.neighbors[i * self.k..(i + 1) * self.k]
    }
}

/// The neighbours of points before their spacing is known.
pub(crate) struct Lists {
    pub(crate) k: usize,
    /// As in a [`Graph`].
    pub(crate) neighbors: Vec<u32>,
    /// Mean squared distance of each point to its neighbours.
    pub(crate) reach: Vec<f64>,
}

impl Lists {
    /// Of finite `points`, given up soon after `go_on` has said no.
    pub(crate) fn nearest(points: &[[f64; 3]], k: usize, go_on: &(dyn Fn() -> bool + Sync)) -> Option<Lists> {
        let n = points.len();
        let (mut neighbors, mut reach) = (vec![0; n * k], vec![0.0; n]);
        if n > 0 && k > 0 {
            let everyone: Vec<u32> = (0..n as u32).collect();
            search::nearest(points, &everyone, k, &mut neighbors, &mut reach, go_on);
        }
        go_on().then_some(Lists { k, neighbors, reach })
    }

    /// With the local spacing of every point, `floor` at least.
    pub(crate) fn graph(self, floor: Floor) -> Graph {
        let Lists { k, neighbors, reach } = self;
        let mut spacing = vec![1.0; reach.len()];
        if k > 0 {
            spacing
                .par_iter_mut()
                .zip(neighbors.par_chunks(k))
                .enumerate()
                .for_each(|(i, (spacing, row))| {
                    let sum = reach[i] + row.iter().map(|&j| reach[j as usize]).sum::<f64>();
                    *spacing = pitch(sum / (k + 1) as f64, k) as f32;
                });
            let floor = match floor {
                Floor::Median => least_spacing(median(spacing.iter().map(|&s| f64::from(s)).collect())),
                Floor::At(floor) => floor,
            };
            spacing.par_iter_mut().for_each(|s| *s = s.clamp(floor, f32::MAX));
        }
        Graph {
            k,
            neighbors,
            spacing,
        }
    }
}

/// The least spacing that a graph gives a point, so that points on top of each other have a unit too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Floor {
    /// By the median of the graph's own points.
    Median,
    /// What the whole cloud has, of which these are a piece.
    At(f32),
}

/// A thousandth of the median of the positive spacings, 1 where there is none.
pub(crate) fn least_spacing(median: Option<f64>) -> f32 {
    // A median beyond single precision is infinite by now; no spacing is.
    median.map_or(1.0, |median| {
        (1e-3 * median as f32).clamp(f32::MIN_POSITIVE, f32::MAX)
    })
}

/// The k nearest other points of each of `rows`, nearest first, and the mean of their squared distances; of no use once
/// `go_on` has said no.
pub(crate) fn nearest(
    points: &[[f64; 3]],
    rows: &[u32],
    k: usize,
    go_on: &(dyn Fn() -> bool + Sync),
) -> (Vec<u32>, Vec<f64>) {
    let (mut neighbors, mut reach) = (vec![0; rows.len() * k], vec![0.0; rows.len()]);
    search::nearest(points, rows, k, &mut neighbors, &mut reach, go_on);
    (neighbors, reach)
}

/// Unsmoothed local spacing of one of the points, which are enough to know its k neighbours.
pub(crate) fn spacing_at(points: &[[f64; 3]], row: u32, k: usize) -> f64 {
    pitch(nearest(points, &[row], k, &|| true).1[0], k)
}

/// Median over `rows` of the unsmoothed local spacing; nothing where it is zero for all of them, of no use once `go_on`
/// has said no.
pub(crate) fn median_spacing(
    points: &[[f64; 3]],
    rows: &[u32],
    k: usize,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Option<f64> {
    let (_, reach) = nearest(points, rows, k, go_on);
    median(reach.into_iter().map(|square| pitch(square, k)).collect())
}

/// Pitch of an evenly sampled plane whose k nearest neighbours have this mean squared distance.
fn pitch(mean_square: f64, k: usize) -> f64 {
    (std::f64::consts::TAU / k as f64 * mean_square).sqrt()
}

/// Median of the positive values: points on top of each other say nothing about the distance between points.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.retain(|&v| v > 0.0);
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// DGCNN's edge feature `e_ij = (x_i, x_j - x_i)`, \[n, k, 6\], in the units of the points (Wang et al., 2019).
///
/// # Panics
/// Where `graph` is not a graph of as many points.
pub fn edge_features(points: &[[f64; 3]], graph: &Graph) -> Array3<f32> {
    assert_eq!(points.len(), graph.len(), "one graph row per point");
    Array3::from_shape_fn((points.len(), graph.k, 6), |(i, j, c)| {
        let center = points[i][c % 3];
        let value = if c < 3 {
            center
        } else {
            points[graph.row(i)[j] as usize][c - 3] - center
        };
        value as f32
    })
}

/// The relative half of the edge feature in units of local spacing, `(x_j - x_i) / s_i`, for the points `rows`.
///
/// Writes \[rows, k, 3\] row-major into `out`. Differences are taken in f64, so a large offset costs no precision.
///
/// # Panics
/// Where `out` doesn't hold 3 k values per row, or a row is not a point of the graph.
pub fn relative_edges(points: &[[f64; 3]], graph: &Graph, rows: &[u32], out: &mut [f32]) {
    assert_eq!(out.len(), rows.len() * graph.k * 3, "3 k values per row");
    if graph.k > 0 {
        edge_rows(points, graph, rows, out);
    }
}

widest! {
    fn edge_rows(points: &[[f64; 3]], graph: &Graph, rows: &[u32], out: &mut [f32]) => relative_rows
}

/// Edges that are brought to single precision at once.
const EDGES: usize = 4;

#[inline(always)]
fn relative_rows(points: &[[f64; 3]], graph: &Graph, rows: &[u32], out: &mut [f32]) {
    for (out, &i) in out.chunks_exact_mut(3 * graph.k).zip(rows) {
        let center = points[i as usize];
        let inverse = 1.0 / f64::from(graph.spacing[i as usize]);
        let away = |j: u32| -> [f64; 3] {
            let p = points[j as usize];
            [p[0] - center[0], p[1] - center[1], p[2] - center[2]]
        };
        let (row, few) = graph.row(i as usize).as_chunks::<EDGES>();
        let (edges, last) = out.as_chunks_mut::<{ 3 * EDGES }>();
        for (edges, row) in edges.iter_mut().zip(row) {
            let mut apart = [0.0; 3 * EDGES];
            for (apart, &j) in apart.as_chunks_mut().0.iter_mut().zip(row) {
                *apart = away(j);
            }
            for l in 0..3 * EDGES {
                edges[l] = (apart[l] * inverse) as f32;
            }
        }
        for (edge, &j) in last.as_chunks_mut().0.iter_mut().zip(few) {
            *edge = away(j).map(|c| (c * inverse) as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Noise;

    #[test]
    fn a_graph_follows_its_points() {
        let noise = Noise::new(5);
        let points: Vec<[f64; 3]> = (0..500).map(|i| noise.normal(0, i)).collect();
        let graph = Graph::knn(&points, 9);
        assert_eq!(graph.clone().followed(&points, Floor::Median), graph);

        // Moved by less than would bring other neighbours near, and by so much that their order changes.
        let shaken = |by: f64| -> Vec<[f64; 3]> {
            let point = |(i, p): (u64, &[f64; 3])| {
                let d = noise.normal(1, i);
                std::array::from_fn(|a| 2.0 * p[a] + by * d[a])
            };
            (0..).zip(&points).map(point).collect()
        };
        assert_eq!(
            graph.clone().followed(&shaken(0.0), Floor::Median),
            Graph::knn(&shaken(0.0), 9)
        );
        let moved = shaken(0.1);
        let followed = graph.clone().followed(&moved, Floor::Median);
        let square = |i: usize, j: u32| -> f64 {
            let q = moved[j as usize];
            (0..3).map(|a| (moved[i][a] - q[a]).powi(2)).sum()
        };
        for i in 0..moved.len() {
            assert!(followed.row(i).is_sorted_by_key(|&j| square(i, j)), "row {i}");
            let sorted = |graph: &Graph| {
                let mut row = graph.row(i).to_vec();
                row.sort_unstable();
                row
            };
            assert_eq!(sorted(&followed), sorted(&graph));
        }
        assert_ne!(followed.neighbors, graph.neighbors);
    }
}
