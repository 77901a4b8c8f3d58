//! A network over a whole cloud: tile after tile, on all workers.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::budget::Budget;
use super::job::Job;
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::model::{Network, View};
use crate::tile::{Scratch, Tile, tile_ranges};

/// The tiles of one graph for one network; another graph needs new ones.
pub(super) struct Tiles<'a> {
    network: &'a Network,
    workers: usize,
    ranges: Vec<Range<usize>>,
    kept: Option<Vec<OnceLock<Tile>>>,
}

/// The part of a job's progress that one pass over the tiles makes.
pub(super) struct Span<'a> {
    pub job: &'a Job,
    pub from: f64,
    pub to: f64,
}

impl<'a> Tiles<'a> {
    /// Of the points `rows`.
    pub(super) fn new(rows: Range<usize>, network: &'a Network, budget: &Budget) -> Tiles<'a> {
        let ranges: Vec<Range<usize>> = tile_ranges(rows.len(), budget.tile)
            .into_iter()
            .map(|range| rows.start + range.start..rows.start + range.end)
            .collect();
        let kept = budget
            .keep
            .then(|| ranges.iter().map(|_| OnceLock::new()).collect());
        Tiles {
            network,
            workers: budget.workers.clamp(1, ranges.len().max(1)),
            ranges,
            kept,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ranges.len()
    }

    pub(super) fn workers(&self) -> usize {
        self.workers
    }

    /// Runs the network once for every point of the tiles, and writes what `convert` makes of point i's answer, `width` numbers, to
    /// `out[i]`.
    ///
    /// Returns the time spent inside ONNX Runtime, averaged over the workers.
    pub(super) fn run<T: Send>(
        &self,
        view: View<'_>,
        span: Span<'_>,
        out: &mut [T],
        width: usize,
        convert: impl Fn(usize, &[f32]) -> T + Sync,
    ) -> Result<Duration> {
        let first = self.ranges.first().map_or(0, |range| range.start);
        let mut rest = &mut out[first..];
        let parts = self.ranges.iter().enumerate().map(|(tile, range)| {
            let (part, others) = std::mem::take(&mut rest).split_at_mut(range.len());
            rest = others;
            (tile, part)
        });
        // Taken in order, so that what runs at once lies close together.
        let queue = Mutex::new(parts.collect::<Vec<_>>().into_iter());
        let outcome = Mutex::new((Duration::ZERO, None::<Error>));
        let finished = AtomicUsize::new(0);

        let work = || -> Result<Duration> {
            let mut predictor = self.network.predictor()?;
            let mut scratch = Scratch::new();
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((number, part)) = next else {
                    return Ok(predictor.spent);
                };
                span.job.check()?;
                let start = self.ranges[number].start;
                let store = |row: usize, answer: &[f32]| part[row] = convert(start + row, answer);
                self.tile(view.graph, number, &mut scratch, |tile| {
                    predictor.run(view, tile, &span.job.options, width, store)
                })?;
                let done = finished.fetch_add(1, Ordering::Relaxed) + 1;
                span.job
                    .advance(span.from + (span.to - span.from) * done as f64 / self.len() as f64);
            }
        };
        rayon::scope(|scope| {
            for _ in 0..self.workers {
                scope.spawn(|_| {
                    let result = work();
                    let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
                    match result {
                        Ok(spent) => outcome.0 += spent,
                        Err(error) => {
                            // The others find the queue empty and stop too.
                            queue
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .by_ref()
                                .for_each(drop);
                            outcome.1.get_or_insert(error);
                        }
                    }
                });
            }
        });
        match outcome.into_inner().unwrap_or_else(PoisonError::into_inner) {
            (_, Some(error)) => Err(error),
            (spent, None) => Ok(spent / self.workers as u32),
        }
    }

    fn tile(
        &self,
        graph: &Graph,
        number: usize,
        scratch: &mut Scratch,
        run: impl FnOnce(&Tile) -> Result<()>,
    ) -> Result<()> {
        let range = self.ranges[number].clone();
        let hops = self.network.hops();
        match &self.kept {
            Some(kept) => run(kept[number].get_or_init(|| Tile::build(graph, range, hops, scratch))),
            None => {
                let tile = Tile::build(graph, range, hops, scratch);
                run(&tile)?;
                scratch.recycle(tile);
                Ok(())
            }
        }
    }
}
