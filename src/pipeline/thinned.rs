//! The noise of a cloud whose points lie denser than its noise is wide.
//!
//! The k neighbours of a point lie within `sqrt(k / pi)` spacings. Noise that is wider than that looks the same whatever
//! it is: an estimate stays behind. The surroundings of a few points are looked at again with about every second, fourth ... of
//! their points only, until the neighbours that are left reach around the noise.

use std::f64::consts::PI;
use std::iter;

use rayon::prelude::*;

use super::denoise::Run;
use super::estimate::{knn, median};
use crate::bundle::Role;
use crate::error::{Error, Result};
use crate::graph::{Floor, Graph, least_spacing};
use crate::random::Noise;

/// Points whose surroundings are looked at, evenly along the curve.
const SAMPLES: u64 = 256;

/// Every sixteenth point at last: a cloud that fills space, where nothing is a surface, looks the same however thin it is.
const HALVINGS: u32 = 4;

/// Share of the neighbours' reach that noise may have to be seen; and to be seen well, once points are left out.
const SEEN: f64 = 0.85;
const SEEN_WELL: f64 = 0.75;

/// Points in the cloud's order, and which of them they surround.
pub(super) struct Surroundings {
    points: Vec<[f64; 3]>,
    own: usize,
}

impl Surroundings {
    /// Of point `own` of a cloud: that point, and of `others` about every second, fourth ... by chance, which evens nothing
    /// out.
    pub(super) fn of(points: &[[f64; 3]], own: u32, others: &[u32], halvings: u32) -> Surroundings {
        let mut all: Vec<u32> = others.iter().copied().chain(iter::once(own)).collect();
        all.sort_unstable();
        let chance = Noise::new(0);
        let stays = |at: u64| (0..halvings).all(|halving| chance.normal(halving, at)[0] > 0.0);
        let kept: Vec<u32> = (0..)
            .zip(all)
            .filter(|&(at, i)| i == own || stays(at))
            .map(|(_, i)| i)
            .collect();
        Surroundings {
            own: kept.partition_point(|&i| i < own),
            points: kept.iter().map(|&i| points[i as usize]).collect(),
        }
    }
}

impl Run<'_> {
    /// The noise in model units, where the whole cloud of `len` points suggests `first`. `around` gives for each of some
    /// points the surroundings that its so many nearest points leave after so many halvings, in model units.
    pub(super) fn seen_thinner(
        &mut self,
        first: f64,
        len: u64,
        mut around: impl FnMut(&[u64], usize, u32) -> Result<Vec<Surroundings>>,
    ) -> Result<f64> {
        let k = self.model.manifest().graph.k;
        let hops = self.model.network(Role::Noise)?.hops();
        // As many as there are within reach of the network's hops, and of the last ones' own neighbours, where noise has
        // made a solid of the surface.
        let count = (k + 1) * (hops + 1).pow(3);
        let samples = len.min(SAMPLES);
        let rows: Vec<u64> = (0..samples).map(|s| s * len / samples).collect();
        let reach = (k as f64 / PI).sqrt();
        let (mut noise, mut relative, mut most) = (first, first, SEEN * reach);
        for halvings in 1..=HALVINGS {
            let every = 1 << halvings;
            if relative <= most || (count * every) as u64 > len {
                break;
            }
            let patches = around(&rows, count * every - 1, halvings)?;
            let (points, graph) = self.side_by_side(&patches, k)?;
            let piece = self.piece.replace(0..patches.len());
            let sigmas = self.sigmas(&points, &graph);
            self.piece = piece;
            let seen: Vec<(f64, f64)> = sigmas?[..patches.len()]
                .iter()
                .zip(&graph.spacing)
                .filter(|(sigma, _)| sigma.is_finite())
                .map(|(&sigma, &spacing)| (sigma, sigma / f64::from(spacing)))
                .collect();
            if seen.is_empty() {
                break;
            }
            noise = median(seen.iter().map(|&(sigma, _)| sigma).collect());
            relative = median(seen.iter().map(|&(_, relative)| relative).collect());
            most = SEEN_WELL * reach;
        }
        // Else nothing that is there looks like a noisy surface.
        Ok(if relative <= SEEN * reach { noise } else { first })
    }

    /// One cloud of all of them and its graph, without an edge from one to another: first the points that they surround.
    fn side_by_side(&self, patches: &[Surroundings], k: usize) -> Result<(Vec<[f64; 3]>, Graph)> {
        let floor = Floor::At(least_spacing(Some(1.0)));
        let graphs: Vec<Graph> = patches
            .par_iter()
            .map(|patch| knn(&patch.points, k, floor, self.job))
            .collect::<Result<_>>()?;
        let total = patches.iter().map(|patch| patch.points.len()).sum();
        let mut points = vec![[0.0; 3]; total];
        let mut all = Graph {
            k,
            neighbors: vec![0; total * k],
            spacing: vec![0.0; total],
        };
        let mut next = patches.len();
        for (first, (patch, graph)) in patches.iter().zip(&graphs).enumerate() {
            let behind = next;
            let place = |i: usize| match i.cmp(&patch.own) {
                std::cmp::Ordering::Less => behind + i,
                std::cmp::Ordering::Equal => first,
                std::cmp::Ordering::Greater => behind + i - 1,
            };
            for (i, &point) in patch.points.iter().enumerate() {
                let at = place(i);
                points[at] = point;
                all.spacing[at] = graph.spacing[i];
                for (to, &j) in all.neighbors[at * k..][..k].iter_mut().zip(graph.row(i)) {
                    *to = u32::try_from(place(j as usize))
                        .map_err(|_| Error::Internal("more than 2^32 points in samples".into()))?;
                }
            }
            next += patch.points.len() - 1;
        }
        Ok((points, all))
    }
}
