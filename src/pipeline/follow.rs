//! The score network along a moving cloud: its graph, built anew now and then, and its tiles.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::budget::Budget;
use super::denoise::{NOISE, Run, milliseconds};
use super::estimate::knn;
use super::job::Job;
use super::predict::{Span, Tiles};
use crate::error::Result;
use crate::graph::{Floor, Graph, least_spacing};
use crate::model::{Network, Sigma, View};
use crate::random::Noise;
use crate::turn::Turn;

/// A cloud on its way, as the score network sees it.
pub(super) struct Follow<'a> {
    network: &'a Network,
    job: &'a Job,
    budget: Budget,
    k: usize,
    refresh: usize,
    graph: Graph,
    /// Whose answers matter.
    rows: Range<usize>,
    tiles: Tiles<'a>,
    calls: usize,
    /// Calls to come, for the progress.
    expected: usize,
    inside: Duration,
    refreshing: Duration,
    predicting: Duration,
    /// What went on between the answers and is reported by itself.
    pub(super) beside: Duration,
}

impl<'a> Run<'a> {
    /// Begins with the scan's graph; `calls` of the network are expected.
    pub(super) fn follow(&mut self, graph: Graph, calls: usize) -> Result<Follow<'a>> {
        let spec = self.model.manifest().graph;
        // Tiles that live for one step only are not worth their memory.
        let budget = Budget {
            keep: self.budget.keep && spec.refresh != 1,
            ..self.budget
        };
        let network = self
            .model
            .network(self.params.quality.score(self.model.manifest()))?;
        // Later answers depend on earlier ones of the surroundings.
        let rows = if calls == 1 {
            self.rows(graph.len())
        } else {
            0..graph.len()
        };
        let tiles = Tiles::new(rows.clone(), network, &budget);
        (self.report.tiles, self.report.workers) = (tiles.len(), tiles.workers());
        Ok(Follow {
            network,
            job: self.job,
            budget,
            k: spec.k,
            refresh: spec.refresh,
            graph,
            rows,
            tiles,
            calls: 0,
            expected: calls.max(1),
            inside: Duration::ZERO,
            refreshing: Duration::ZERO,
            predicting: Duration::ZERO,
            beside: Duration::ZERO,
        })
    }

    /// Adds what following took to the report of a walk that began at `start`.
    pub(super) fn followed(&mut self, follow: &Follow<'_>, start: Instant) {
        let ms = &mut self.report.milliseconds;
        ms.graph += milliseconds(follow.refreshing);
        ms.network += milliseconds(follow.predicting);
        ms.runtime += milliseconds(follow.inside);
        let rest = start
            .elapsed()
            .saturating_sub(follow.refreshing + follow.predicting + follow.beside);
        ms.sampler += milliseconds(rest);
    }

    /// The draws of the run, in the order of its points.
    pub(super) fn draws(&self, source: &[u32]) -> Noise {
        let sorted = |draws: &Vec<[f64; 3]>| source.iter().map(|&i| draws[i as usize]).collect();
        match &self.tuning.draws {
            Some(draws) => Noise::recorded(draws.iter().map(sorted).collect()),
            None => Noise::new(self.params.seed),
        }
    }
}

impl Follow<'_> {
    /// The graph of the last answers, where the next ones get a new one: nobody needs it any more.
    pub(super) fn outdated(&mut self) -> Option<Graph> {
        self.renews().then(|| std::mem::take(&mut self.graph))
    }

    /// Whether the next answers get a new graph.
    fn renews(&self) -> bool {
        self.calls > 0 && self.refresh > 0 && self.calls.is_multiple_of(self.refresh)
    }

    /// The graph of the last answers.
    pub(super) fn graph(self) -> Graph {
        self.graph
    }

    /// One answer for every point of `state` (zeros where it doesn't matter) at a level, all in model units: what `convert` makes of point i, its
    /// local spacing and the network's three numbers, which was shown the cloud as `turn` has it.
    pub(super) fn ask(
        &mut self,
        state: &[[f64; 3]],
        sigma: Sigma<'_>,
        turn: Option<Turn>,
        convert: impl Fn(usize, f64, [f64; 3]) -> [f64; 3] + Sync,
    ) -> Result<Vec<[f64; 3]>> {
        let start = Instant::now();
        if self.renews() {
            // The old graph goes first: two of them are most of a large run's memory.
            self.graph.neighbors = Vec::new();
            self.graph = knn(state, self.k, Floor::At(least_spacing(Some(1.0))), self.job)?;
            self.tiles = Tiles::new(self.rows.clone(), self.network, &self.budget);
            self.refreshing += start.elapsed();
        }
        let start = Instant::now();
        let share = |call: usize| NOISE + (1.0 - NOISE) * call as f64 / self.expected as f64;
        let span = Span {
            job: self.job,
            from: share(self.calls),
            to: share(self.calls + 1),
        };
        let graph = &self.graph;
        let view = View {
            points: state,
            graph,
            sigma,
            turn,
        };
        let mut answers = vec![[0.0; 3]; state.len()];
        self.inside += self.tiles.run(view, span, &mut answers, 3, |i, row| {
            let row = std::array::from_fn(|a| f64::from(row[a]));
            convert(i, f64::from(graph.spacing[i]), row)
        })?;
        self.calls += 1;
        self.predicting += start.elapsed();
        Ok(answers)
    }
}
