//! ScoreDenoise (METHOD 2): local scores around the points of the scan, and the ascent that climbs them.

use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::budget::Budget;
use super::denoise::{GRAPH, NOISE, Run, milliseconds};
use super::patches;
use super::predict::{Span, Tiles};
use crate::bundle::{Contributions, Role, StageInput};
use crate::error::{Error, Result};
use crate::graph::{Graph, Places};
use crate::model::{Matrix, Network, View};
use crate::sampler::ascend;

/// Pairs of a scan point and a moved one that go through the score network at once.
const ROWS: usize = 8192;

/// What stays of the scan while the points move.
struct Scan<'a> {
    network: &'a Network,
    points: &'a [[f64; 3]],
    /// Length of each point's unit, in model units: its local spacing, or 1 on the unit sphere.
    units: Vec<f64>,
    features: Vec<f32>,
    width: usize,
}

impl Run<'_> {
    /// Brings the points from spacings to the unit sphere, as the networks with patches have them.
    pub(super) fn sphere(&mut self, points: &mut [[f64; 3]]) {
        let reach = points
            .iter()
            .map(|p| p.iter().map(|c| c * c).sum::<f64>().sqrt())
            .fold(0.0, f64::max);
        if reach > 0.0 {
            points.par_iter_mut().for_each(|p| *p = p.map(|c| c / reach));
            self.frame.scale *= reach;
        }
    }

    /// Climbs the ensemble of the local scores. `graph` is the scan's, where the features are made of it.
    pub(super) fn ascend(
        &mut self,
        points: Vec<[f64; 3]>,
        source: &[u32],
        graph: Option<&Graph>,
    ) -> Result<Vec<[f64; 3]>> {
        let sampling = self.model.manifest().sampling;
        self.report.steps = match self.params.steps {
            0 => self.params.quality.of(&sampling.steps),
            steps => steps,
        };
        if self.params.noise > 0.0 {
            let note = "scoredenoise has no use for the noise that it was told: it sees it in the scan";
            self.report.notes.push(note.into());
        }
        let start = Instant::now();
        let (features, width) = self.features(&points, source, graph)?;
        let scan = Scan {
            network: self.model.network(Role::Score)?,
            points: &points,
            units: match graph {
                Some(graph) => graph.spacing.iter().map(|&s| f64::from(s)).collect(),
                None => vec![1.0; points.len()],
            },
            features,
            width,
        };
        self.report.milliseconds.network += milliseconds(start.elapsed());

        let (ensemble, steps) = (sampling.ensemble, self.report.steps);
        let fixed = match sampling.contributions {
            Contributions::Mean => Some(self.nearest(&points, &points, ensemble)?),
            Contributions::Sum => None,
        };
        let mut state = points.clone();
        for step in 0..steps {
            let start = Instant::now();
            let moved;
            let near = match &fixed {
                Some(near) => near,
                None => {
                    moved = self.nearest(&state, &points, ensemble)?;
                    &moved
                }
            };
            self.report.milliseconds.graph += milliseconds(start.elapsed());
            let start = Instant::now();
            // Pair p is of row p / K and its neighbour near[p]; which of the two is the scan's is the convention.
            let pair = |p: usize| match sampling.contributions {
                Contributions::Sum => (p / ensemble, near[p] as usize),
                Contributions::Mean => (near[p] as usize, p / ensemble),
            };
            let (scores, inside) = self.scores(&scan, &state, near.len(), pair)?;
            let share = match sampling.contributions {
                Contributions::Sum => 1.0,
                Contributions::Mean => 1.0 / ensemble as f64,
            };
            let mut sums = vec![[0.0; 3]; state.len()];
            for (p, score) in scores.iter().enumerate() {
                let (of, on) = pair(p);
                // A point so far out that the network has no number for it stays where it is.
                if score.iter().all(|c| c.is_finite()) {
                    let unit = share * scan.units[of];
                    (0..3).for_each(|a| sums[on][a] += unit * f64::from(score[a]));
                }
            }
            self.report.milliseconds.network += milliseconds(start.elapsed());
            self.report.milliseconds.runtime += milliseconds(inside);
            let start = Instant::now();
            let rate = sampling.rate * sampling.decay.powi(step as i32);
            state
                .par_iter_mut()
                .zip(&sums)
                .for_each(|(x, sum)| *x = ascend(*x, *sum, rate, 0.0, [0.0; 3]));
            self.report.milliseconds.sampler += milliseconds(start.elapsed());
            self.step(NOISE + (1.0 - NOISE) * (step + 1) as f64 / steps as f64)?;
        }
        Ok(state)
    }

    /// The features of every scan point, row by row, and how many numbers a row has.
    fn features(
        &mut self,
        points: &[[f64; 3]],
        source: &[u32],
        graph: Option<&Graph>,
    ) -> Result<(Vec<f32>, usize)> {
        let network = self.model.network(Role::Features)?;
        let width = network
            .features()
            .ok_or_else(|| Error::Internal("features of no width".into()))?;
        let span = Span {
            job: self.job,
            from: GRAPH,
            to: NOISE,
        };
        let Some(graph) = graph else {
            let mut order: Vec<u32> = (0..points.len() as u32).collect();
            order.sort_unstable_by_key(|&i| source[i as usize]);
            let places = self.places(points)?;
            let spec = self.model.manifest().patch;
            let patches = patches::cover(points, &order, spec, &places, self.job)?;
            self.report.workers = self.budget.workers.clamp(1, patches.len());
            self.report.tiles = patches.len();
            let (features, inside) =
                patches::features(network, points, &patches, width, self.report.workers, &span)?;
            self.report.milliseconds.runtime += milliseconds(inside);
            return Ok((features, width));
        };
        let budget = Budget {
            keep: false,
            ..self.budget
        };
        let tiles = Tiles::new(0..points.len(), network, &budget);
        (self.report.tiles, self.report.workers) = (tiles.len(), tiles.workers());
        let mut rows = vec![Vec::new(); points.len()];
        let view = View::plain(points, graph);
        let inside = tiles.run(view, span, &mut rows, width, |_, row| row.to_vec())?;
        self.report.milliseconds.runtime += milliseconds(inside);
        Ok((rows.concat(), width))
    }

    fn places(&self, points: &[[f64; 3]]) -> Result<Places> {
        let job = self.job;
        Places::new(points, &|| job.check().is_ok()).ok_or(Error::Cancelled)
    }

    /// For each of `queries` its k nearest of `points`, itself among them where it is one; there are at least k.
    fn nearest(&self, points: &[[f64; 3]], queries: &[[f64; 3]], k: usize) -> Result<Vec<u32>> {
        let places = self.places(points)?;
        let mut near = vec![0; queries.len() * k];
        near.par_chunks_mut(k * 256)
            .zip(queries.par_chunks(256))
            .try_for_each(|(rows, queries)| {
                self.job.check()?;
                let mut found = Vec::new();
                for (row, &query) in rows.chunks_exact_mut(k).zip(queries) {
                    places.around(query, k, &mut found);
                    for (slot, &(_, j)) in row.iter_mut().zip(&found) {
                        *slot = j;
                    }
                }
                Ok(())
            })?;
        Ok(near)
    }

    /// What each pair's scan point says at its moved point, in the scan point's unit, and the time inside ONNX Runtime,
    /// averaged over the workers.
    fn scores(
        &self,
        scan: &Scan<'_>,
        state: &[[f64; 3]],
        pairs: usize,
        pair: impl Fn(usize) -> (usize, usize) + Sync,
    ) -> Result<(Vec<[f32; 3]>, Duration)> {
        let mut scores = vec![[0.0; 3]; pairs];
        let chunks = pairs.div_ceil(ROWS);
        let workers = self.budget.workers.clamp(1, chunks);
        let spent = scores
            .par_chunks_mut(ROWS)
            .enumerate()
            .with_min_len(chunks.div_ceil(workers))
            .map(|(chunk, scores)| {
                self.job.check()?;
                let first = chunk * ROWS;
                let mut offsets = Vec::with_capacity(scores.len() * 3);
                let mut features = Vec::with_capacity(scores.len() * scan.width);
                for p in first..first + scores.len() {
                    let (of, on) = pair(p);
                    let (from, to, unit) = (scan.points[of], state[on], scan.units[of]);
                    offsets.extend((0..3).map(|a| ((to[a] - from[a]) / unit) as f32));
                    features.extend_from_slice(&scan.features[of * scan.width..][..scan.width]);
                }
                let matrices = [
                    Matrix {
                        input: StageInput::Offsets,
                        width: 3,
                        values: &offsets,
                    },
                    Matrix {
                        input: StageInput::Features,
                        width: scan.width,
                        values: &features,
                    },
                ];
                let (outputs, spent) = scan
                    .network
                    .call(&matrices, [scores.len(), 3], &self.job.options)?;
                let rows = outputs.iter().flat_map(|output| output.as_chunks::<3>().0);
                scores.iter_mut().zip(rows).for_each(|(score, row)| *score = *row);
                Ok(spent)
            })
            .collect::<Result<Vec<Duration>>>()?;
        Ok((scores, spent.iter().sum::<Duration>() / workers as u32))
    }
}
