//! Exact k nearest neighbours with ties broken by index: of clouds in the order of a curve by blocks of it, of all others on a
//! kiddo tree.

use std::num::NonZero;

use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rayon::prelude::*;

use super::blocks::Blocks;
use super::packets::Search;

/// Queries per parallel task: enough to pay for a task, and consecutive, so that they share cached leaves.
const CHUNK: usize = 256;

/// For each of `queries` (indices into `points`): its k nearest other points into `neighbors` (row-major) and the
/// mean of their squared distances into `reach`.
///
/// Nearest first, equal distances in order of index, so that the answer doesn't depend on the tree or on threads.
/// With fewer than k other points they are repeated cyclically; a single point is its own neighbour. Once `go_on`
/// says no, the rest is left as it is.
pub(super) fn nearest(
    points: &[[f64; 3]],
    queries: &[u32],
    k: usize,
    neighbors: &mut [u32],
    reach: &mut [f64],
    go_on: &(dyn Fn() -> bool + Sync),
) {
    if let Some(blocks) = (points.len() > k).then(|| Blocks::new(points)).flatten() {
        let blocks = &blocks;
        return Search { blocks, points, k }.nearest(queries, neighbors, reach, go_on);
    }
    match axes(points)[..] {
        [a, b, c] => nearest_in(points, [a, b, c], queries, k, neighbors, reach, go_on),
        [a, b] => nearest_in(points, [a, b], queries, k, neighbors, reach, go_on),
        [a] => nearest_in(points, [a], queries, k, neighbors, reach, go_on),
        _ => nearest_in(points, [0], queries, k, neighbors, reach, go_on),
    }
}

/// The axes that tell points apart. One on which every point agrees adds nothing to a comparison of distances, but a
/// tree would waste every third split on it: on a scan line along x that makes leaves of thousands of points.
fn axes(points: &[[f64; 3]]) -> Vec<usize> {
    (0..3)
        .filter(|&a| points.iter().any(|p| p[a] != points[0][a]))
        .collect()
}

/// The points of a cloud, ready to be asked which of them are nearest to any place.
pub(crate) struct Places(Axes);

enum Axes {
    Three(Sites<3>),
    Two(Sites<2>, [usize; 2]),
    One(Sites<1>, [usize; 1]),
}

impl Places {
    /// Nothing where `go_on` has said no on the way.
    pub(crate) fn new(points: &[[f64; 3]], go_on: &dyn Fn() -> bool) -> Option<Places> {
        Some(Places(match axes(points)[..] {
            [a, b, c] => Axes::Three(Sites::new(points, [a, b, c], go_on)?),
            [a, b] => Axes::Two(Sites::new(points, [a, b], go_on)?, [a, b]),
            [a] => Axes::One(Sites::new(points, [a], go_on)?, [a]),
            _ => Axes::One(Sites::new(points, [0], go_on)?, [0]),
        }))
    }

    /// The k nearest points to `place` (all, where there are fewer), nearest first, equal distances in order of index.
    pub(crate) fn around(&self, place: [f64; 3], k: usize, found: &mut Vec<(f64, u32)>) {
        // No point has this index: none is left out.
        const NOBODY: u32 = u32::MAX;
        match &self.0 {
            Axes::Three(sites) => sites.around(place, NOBODY, k, found),
            Axes::Two(sites, axes) => sites.around(axes.map(|a| place[a]), NOBODY, k, found),
            Axes::One(sites, axes) => sites.around(axes.map(|a| place[a]), NOBODY, k, found),
        }
    }
}

fn nearest_in<const D: usize>(
    points: &[[f64; 3]],
    axes: [usize; D],
    queries: &[u32],
    k: usize,
    neighbors: &mut [u32],
    reach: &mut [f64],
    go_on: &(dyn Fn() -> bool + Sync),
) {
    let Some(sites) = Sites::new(points, axes, go_on) else {
        return;
    };
    let rows = neighbors
        .par_chunks_mut(CHUNK * k)
        .zip(reach.par_chunks_mut(CHUNK))
        .zip(queries.par_chunks(CHUNK));
    rows.for_each(|((neighbors, reach), queries)| {
        if !go_on() {
            return;
        }
        let mut found = Vec::new();
        for ((row, reach), &query) in neighbors.chunks_exact_mut(k).zip(reach).zip(queries) {
            sites.around(axes.map(|a| points[query as usize][a]), query, k, &mut found);
            if found.is_empty() {
                found.push((0.0, query));
            }
            for (slot, &(_, j)) in row.iter_mut().zip(found.iter().cycle()) {
                *slot = j;
            }
            *reach = found
                .iter()
                .cycle()
                .take(k)
                .map(|&(square, _)| square)
                .sum::<f64>()
                / k as f64;
        }
    });
}

/// The distinct positions of a cloud. A tree over these, and not over the points, keeps thousands of identical
/// points from making every query visit all of them.
struct Sites<const D: usize> {
    tree: ImmutableKdTree<f64, D>,
    /// Point indices, those of one site together and ascending.
    members: Vec<u32>,
    /// Where the members of each site start, and the end.
    starts: Vec<u32>,
}

impl<const D: usize> Sites<D> {
    /// Nothing where `go_on` has said no on the way.
    fn new(points: &[[f64; 3]], axes: [usize; D], go_on: &dyn Fn() -> bool) -> Option<Self> {
        let position = |i: u32| axes.map(|a| points[i as usize][a]);
        let mut members: Vec<u32> = (0..points.len() as u32).collect();
        members.par_sort_unstable_by(|&i, &j| {
            let (p, q) = (position(i), position(j));
            let unequal = (0..D).map(|a| p[a].total_cmp(&q[a])).find(|order| order.is_ne());
            unequal.unwrap_or_else(|| i.cmp(&j))
        });
        if !go_on() {
            return None;
        }
        let mut starts = Vec::with_capacity(points.len() + 1);
        let mut places = Vec::with_capacity(points.len());
        for (at, &i) in members.iter().enumerate() {
            if places.last() != Some(&position(i)) {
                places.push(position(i));
                starts.push(at as u32);
            }
        }
        starts.push(members.len() as u32);
        let tree =
            ImmutableKdTree::new_from_slice(&places).expect("an immutable tree takes any u32-indexed points");
        Some(Sites {
            tree,
            members,
            starts,
        })
    }

    /// The k nearest points other than `query`, as (squared distance, index) in ascending order.
    fn around(&self, center: [f64; D], query: u32, k: usize, found: &mut Vec<(f64, u32)>) {
        // The query itself, its neighbours, and one more that tells whether the k-th has ties left outside.
        let wanted = NonZero::new(k + 2).expect("k + 2 > 0");
        let sites = self
            .tree
            .query(&center)
            .nearest_n::<SquaredEuclidean<f64>>(wanted)
            .execute();
        found.clear();
        let mut last = f64::INFINITY;
        for site in &sites {
            if site.distance > last {
                break;
            }
            self.expand(site.distance, site.item, k, found);
            if found.len() > k {
                last = site.distance;
            }
        }
        let ties_left = sites.len() == wanted.get() && sites.last().is_some_and(|s| s.distance <= last);
        if ties_left && last.is_finite() {
            found.clear();
            for site in self
                .tree
                .query(&center)
                .within::<SquaredEuclidean<f64>>(last)
                .unsorted()
                .execute()
            {
                self.expand(site.distance, site.item, k, found);
            }
        }
        found.retain(|&(_, i)| i != query);
        found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        found.truncate(k);
    }

    /// Adds the members of one site; more than k + 1 of them can't all be neighbours.
    fn expand(&self, square: f64, site: u32, k: usize, found: &mut Vec<(f64, u32)>) {
        let members = self.starts[site as usize] as usize..self.starts[site as usize + 1] as usize;
        found.extend(self.members[members].iter().take(k + 1).map(|&i| (square, i)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CloudView;
    use crate::normalize::normalize;
    use crate::random::Noise;

    /// A wavy sheet with a regular half, where distances are equal, some duplicates, a clump and two strays.
    fn cloud() -> Vec<[f64; 3]> {
        let noise = Noise::new(4);
        let mut points: Vec<[f64; 3]> = (0..6000)
            .map(|i| {
                let (x, y) = ((i % 75) as f64, (i / 75) as f64);
                let d = if i % 75 < 40 { [0.0; 3] } else { noise.normal(0, i) };
                [
                    x + 0.3 * d[0],
                    y + 0.3 * d[1],
                    (0.1 * x).sin().round() + 0.2 * d[2],
                ]
            })
            .collect();
        for i in 0..300 {
            let d = noise.normal(1, i);
            points.push([20.0 + 0.01 * d[0], 20.0 + 0.01 * d[1], 5.0]);
        }
        points.extend([[3.0, 3.0, 0.0]; 4]);
        points.extend([[-400.0, 0.0, 0.0], [0.0, 0.0, 300.0]]);
        normalize(CloudView::from_f64(&points)).unwrap().points
    }

    fn compare(points: &[[f64; 3]], k: usize) {
        let everyone: Vec<u32> = (0..points.len() as u32).collect();
        let (mut tree, mut tree_reach) = (vec![0; points.len() * k], vec![0.0; points.len()]);
        nearest_in(
            points,
            [0, 1, 2],
            &everyone,
            k,
            &mut tree,
            &mut tree_reach,
            &|| true,
        );
        let (mut found, mut reach) = (vec![0; points.len() * k], vec![0.0; points.len()]);
        let blocks = &Blocks::new(points).expect("a cloud along the curve");
        Search { blocks, points, k }.nearest(&everyone, &mut found, &mut reach, &|| true);
        assert!(found == tree && reach == tree_reach, "k {k}");
    }

    #[test]
    fn blocks_give_what_the_tree_gives() {
        let points = cloud();
        [1, 5, 20, 40, 300].iter().for_each(|&k| compare(&points, k));
    }

    #[test]
    fn far_small_and_scattered_clouds_have_the_same_neighbours() {
        let points = cloud();
        for (scale, shift) in [(1e-9, 0.0), (1e9, 0.0), (1.0, 1e8)] {
            let other: Vec<[f64; 3]> = points.iter().map(|p| p.map(|c| scale * c + shift)).collect();
            compare(&other, 20);
        }
        // Every tenth point somewhere in a box a thousand times as wide, and a knot a millionth as wide.
        let noise = Noise::new(5);
        let mut other = points.clone();
        for (i, p) in other.iter_mut().enumerate() {
            let d = noise.normal(0, i as u64);
            match i % 10 {
                0 => *p = d.map(|c| 1e5 * c),
                1 => *p = d.map(|c| 1e-6 * c),
                _ => {}
            }
        }
        let other = normalize(CloudView::from_f64(&other)).unwrap().points;
        [5, 20].iter().for_each(|&k| compare(&other, k));
    }

    #[test]
    fn disorder_and_piles_are_left_to_the_tree() {
        let mut points = cloud();
        let n = points.len();
        (0..n).for_each(|i| points.swap(i, (i * 7919) % n));
        assert!(Blocks::new(&points).is_none());
        assert!(Blocks::new(&[[1.0, 2.0, 3.0]; 100]).is_none());
    }
}
