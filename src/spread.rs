//! Evens points out within the surface that they lie on, by repulsion.
//!
//! A denoiser takes a point to the surface, but where along the surface it came from is mostly lost in the noise, so
//! that its points lie in clumps and gaps where the scanner's lay evenly. Repulsion between close neighbours, as in WLOP
//! (Huang et al., Consolidation of Unorganized Point Clouds, 2009), mends most of that.

use rayon::prelude::*;

use crate::graph::Graph;
use crate::surface::{apply, fold, norm, square, within};

/// Neighbours push when they are closer than this many local spacings: a little more than one, so that an even
/// cloud is at rest.
const REACH: f64 = 1.2;

/// Neighbours that are looked at, the nearest ones: more never lie within reach of an even cloud.
const NEAR: usize = 12;

/// Share of a push that a point gives way in one round: a higher one would make it swing.
const GAIN: f64 = 0.4;

/// Rounds; more gain nothing that can be measured.
pub(crate) const ROUNDS: usize = 3;

/// [`fold`] from which on a point stays where it is, where folds are spared.
const FOLDED: f64 = 0.06;

/// What becomes of points whose neighbourhood is no plane: near an edge, that of the covariance is neither of the two
/// faces, and along it points would leave them.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Folds {
    /// They move like all others: a step to come brings them back.
    Like,
    /// They move less, up to not at all.
    Spared,
}

/// Moves each of `points` away from crowded sides, within the surface and point i at most `most(i)` from where it was.
///
/// All lengths are in the unit of the points; `graph` is theirs, or nearly so. In each of a few rounds point i moves by
/// `M_i sum_j max(0, 1 - |d_ij| / (1.2 s_i)) d_ij / |d_ij|`, 0.4 spacings `s_i` at weight 1, with `d_ij = x_i - x_j` over
/// its nearest neighbours. `M_i = 2 C_i / tr C_i` with the covariance `C_i` of its neighbourhood keeps it in the
/// surface: across a flat piece it is 0, along it 1, and of the rows of a scanner it slackens the points along a row
/// and not the rows. Points on top of each other stay together.
///
/// Gives up where `go_on`, asked every few hundred points, says no; `points` are then of no use.
pub(crate) fn spread(
    points: &mut Vec<[f64; 3]>,
    graph: &Graph,
    folds: Folds,
    most: impl Fn(usize) -> f64 + Sync,
    go_on: &(dyn Fn() -> bool + Sync),
) {
    if graph.k == 0 {
        return;
    }
    let start = points.clone();
    let tangents: Vec<[f64; 6]> = (0..start.len())
        .into_par_iter()
        .with_min_len(256)
        .map(|i| {
            let within = within(&start, graph, i);
            match folds {
                Folds::Like => within,
                Folds::Spared => within.map(|m| m * (1.0 - fold(&within) / FOLDED).max(0.0)),
            }
        })
        .collect();
    let mut next = start.clone();
    for _ in 0..ROUNDS {
        if !go_on() {
            return;
        }
        next.par_iter_mut()
            .with_min_len(256)
            .enumerate()
            .for_each(|(i, to)| {
                let push = apply(&tangents[i], push(points, graph, i));
                let way: [f64; 3] = std::array::from_fn(|a| points[i][a] + push[a] - start[i][a]);
                let length = norm(way);
                let most = most(i);
                let share = if length > most { most / length } else { 1.0 };
                *to = std::array::from_fn(|a| start[i][a] + share * way[a]);
            });
        std::mem::swap(points, &mut next);
    }
}

/// What the neighbours of point i push it by.
fn push(points: &[[f64; 3]], graph: &Graph, i: usize) -> [f64; 3] {
    let spacing = f64::from(graph.spacing[i]);
    let reach = REACH * spacing;
    let mut sum = [0.0; 3];
    for &j in graph.row(i).iter().take(NEAR) {
        let away: [f64; 3] = std::array::from_fn(|a| points[i][a] - points[j as usize][a]);
        let square = square(away);
        if square > 0.0 && square < reach * reach {
            // The weight `1 - length / reach` times the direction.
            let share = GAIN * spacing * (1.0 / square.sqrt() - 1.0 / reach);
            (0..3).for_each(|a| sum[a] += share * away[a]);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Noise;

    /// A square of points about a unit apart on the plane z = x / 2, shaken within it.
    fn plane(side: u64, shake: f64) -> Vec<[f64; 3]> {
        let noise = Noise::new(3);
        (0..side * side)
            .map(|i| {
                let d = noise.normal(0, i);
                let (x, y) = ((i % side) as f64 + shake * d[0], (i / side) as f64 + shake * d[1]);
                [x, y, 0.5 * x]
            })
            .collect()
    }

    fn spread_by(points: &[[f64; 3]], most: f64) -> Vec<[f64; 3]> {
        let mut moved = points.to_vec();
        spread(
            &mut moved,
            &Graph::knn(points, 20),
            Folds::Spared,
            |_| most,
            &|| true,
        );
        moved
    }

    /// How far the distances to the nearest other point stray, relative to their mean.
    fn evenness(points: &[[f64; 3]]) -> f64 {
        let graph = Graph::knn(points, 1);
        let distances: Vec<f64> = (0..points.len())
            .map(|i| {
                let q = points[graph.row(i)[0] as usize];
                norm(std::array::from_fn(|a| points[i][a] - q[a]))
            })
            .collect();
        let mean = distances.iter().sum::<f64>() / distances.len() as f64;
        let spread = distances.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / distances.len() as f64;
        spread.sqrt() / mean
    }

    #[test]
    fn a_shaken_plane_gets_even_and_stays_a_plane() {
        let points = plane(40, 0.3);
        let moved = spread_by(&points, 1.0);
        assert!(
            evenness(&moved) < 0.6 * evenness(&points),
            "{} {}",
            evenness(&moved),
            evenness(&points)
        );
        assert!(moved.iter().all(|p| (p[2] - 0.5 * p[0]).abs() < 1e-9));
    }

    #[test]
    fn at_an_edge_points_stay_on_its_faces() {
        // Two squares at a right angle, z = 0 for x > 0 and x = 0 for z > 0, shaken within themselves.
        let flat = plane(30, 0.3).into_iter().map(|p| [p[0] + 0.5, p[1], 0.0]);
        let points: Vec<[f64; 3]> = flat.flat_map(|p| [p, [0.0, p[1] + 0.4, p[0]]]).collect();
        let graph = Graph::knn(&points, 20);
        let off = |folds| {
            let mut moved = points.clone();
            spread(&mut moved, &graph, folds, |_| 1.0, &|| true);
            let squares = moved.iter().map(|p| p[0].abs().min(p[2].abs()).powi(2));
            (squares.sum::<f64>(), evenness(&moved))
        };
        let ((like, _), (spared, even)) = (off(Folds::Like), off(Folds::Spared));
        assert!(spared < 0.1 * like, "{spared} {like}");
        assert!(even < 0.6 * evenness(&points), "{even} {}", evenness(&points));
    }

    #[test]
    fn nobody_moves_farther_than_allowed() {
        let points = plane(30, 0.3);
        for most in [0.0, 0.01, 0.1] {
            for (p, q) in points.iter().zip(spread_by(&points, most)) {
                let way = norm(std::array::from_fn(|a| q[a] - p[a]));
                assert!(way <= most * (1.0 + 1e-12), "{way} > {most}");
            }
        }
    }

    #[test]
    fn points_in_a_line_stay_on_it_and_points_on_a_point_stay_there() {
        let line: Vec<[f64; 3]> = (0..60).map(|i| [f64::from(i * i % 61), 0.0, 0.0]).collect();
        assert!(spread_by(&line, 1.0).iter().all(|p| p[1] == 0.0 && p[2] == 0.0));
        let pile = vec![[1.0, 2.0, 3.0]; 50];
        assert_eq!(spread_by(&pile, 1.0), pile);
    }
}
