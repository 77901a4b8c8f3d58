//! The steps of a long run, pass after pass over the tape.

use std::ops::Range;

use super::tape::Tape;
use super::work::Stage;
use super::{Piece, Survey, lists};
use crate::error::Result;
use crate::graph::{Floor, Graph, least_spacing};
use crate::schedule::Level;
use crate::spread::{self, Folds};

/// A pass over the whole cloud; `from` numbers the tape of points that it reads.
#[derive(Clone)]
enum Pass {
    /// Looks up the neighbours of the points.
    Link { from: usize },
    /// Takes the steps that share a graph.
    Steps { from: usize, levels: Range<usize> },
    /// Evens the points out, on the graph of the step before.
    Even { from: usize, folds: Folds },
}

impl Pass {
    /// How long it takes, roughly, in shares of a step.
    fn weight(&self) -> f64 {
        match self {
            Pass::Link { .. } => 0.15,
            Pass::Steps { levels, .. } => levels.len() as f64,
            Pass::Even { .. } => 0.1,
        }
    }
}

impl Survey<'_> {
    pub(super) fn walk(&mut self) -> Result<()> {
        if self.work.state.leave.is_some() {
            return Ok(());
        }
        let levels = self.levels()?;
        let steps = levels.len() - 1;
        self.report.steps = steps;
        if self.work.state.stage > Stage::Walk {
            return Ok(());
        }
        let all = self.way(steps);
        let (start, end) = Self::share(Stage::Walk);
        let weight = |passes: &[Pass]| passes.iter().map(Pass::weight).sum::<f64>();
        let share = |pass: usize| start + (end - start) * weight(&all[..pass]) / weight(&all);
        while self.work.state.pass < all.len() {
            let pass = self.work.state.pass;
            let share = (share(pass), share(pass + 1));
            match &all[pass] {
                Pass::Link { from } => {
                    let points = self.work.tape(&format!("state-{from}"))?;
                    self.link(share, &points, |p| p)?;
                }
                Pass::Steps { from, levels: range } => self.steps(*from, &levels, range.clone(), share)?,
                Pass::Even { from, folds } => self.even(*from, *folds, share)?,
            }
            (self.work.state.pass, self.work.state.done) = (pass + 1, 0);
            self.work.save()?;
            // Not before: a run that is killed here goes on without it.
            if let Pass::Steps { from, .. } | Pass::Even { from, .. } = all[pass] {
                self.work.remove(&format!("state-{from}"))?;
            }
        }
        // Most of what lies on the disk.
        self.work.remove("lists")?;
        self.work.remove("reach")?;
        self.work.remove("factors")?;
        self.work.next(Stage::Order)
    }

    /// All passes; the scan's own neighbours are known before the first.
    fn way(&self, steps: usize) -> Vec<Pass> {
        let (calls, passes) = self.passes(steps);
        let (mut all, mut from) = (Vec::new(), 0);
        for pass in 0..passes {
            if pass > 0 {
                all.push(Pass::Link { from });
            }
            let levels = pass * calls..steps.min((pass + 1) * calls);
            all.push(Pass::Steps { from, levels });
            from += 1;
            if self.evens() {
                let last = pass + 1 == passes;
                let folds = if last { Folds::Spared } else { Folds::Like };
                all.push(Pass::Even { from, folds });
                from += 1;
            }
        }
        all
    }

    /// How many steps share a graph, and how often there is a new one.
    pub(super) fn passes(&self, steps: usize) -> (usize, usize) {
        let calls = match self.model.manifest().graph.refresh {
            0 => steps,
            refresh => refresh.min(steps),
        };
        (calls, steps.div_ceil(calls))
    }

    /// Whether a pass behind every graph's steps evens the points out.
    pub(super) fn evens(&self) -> bool {
        self.model.manifest().sampling.spread > 0.0
    }

    /// A piece of the points on a tape, with what lies `hops` hops around it, and the graph.
    fn moved(&self, from: &Tape<[f64; 3]>, core: Range<u64>, hops: usize) -> Result<(Piece, Graph)> {
        let region = self
            .lists()?
            .region(core, hops, self.most, |range| from.read(range))?;
        let piece = Piece {
            points: region.points,
            core: region.core,
            factors: self.factors(&region.ranges)?,
        };
        Ok((piece, region.lists.graph(Floor::At(least_spacing(Some(1.0))))))
    }

    fn even(&mut self, from: usize, folds: Folds, share: (f64, f64)) -> Result<()> {
        let to: Tape<[f64; 3]> = self.work.tape(&format!("state-{}", from + 1))?;
        let from: Tape<[f64; 3]> = self.work.tape(&format!("state-{from}"))?;
        self.pieces(share, |survey, core| {
            let (mut piece, graph) = survey.moved(&from, core.clone(), lists(spread::ROUNDS, 1))?;
            let mut run = survey.run(&piece)?;
            run.spread(&mut piece.points, graph, folds)?;
            let report = run.report;
            survey.told(report);
            let to = &to;
            Ok(move || to.keep(core.start, piece.points[piece.core].iter().copied()))
        })
    }

    fn steps(&mut self, from: usize, levels: &[Level], steps: Range<usize>, share: (f64, f64)) -> Result<()> {
        let (levels, before) = (&levels[steps.start..=steps.end], steps.start);
        let to: Tape<[f64; 3]> = self.work.tape(&format!("state-{}", from + 1))?;
        let first = from == 0;
        let from: Tape<[f64; 3]> = self.work.tape(&format!("state-{from}"))?;
        let hops = lists(self.hops(self.score()), levels.len() - 1);
        self.pieces(share, |survey, core| {
            let (piece, graph) = if first {
                survey.normalized(core.clone(), hops)?
            } else {
                survey.moved(&from, core.clone(), hops)?
            };
            let mut run = survey.run(&piece)?;
            let (moved, _) = run.walk(piece.points, &[], graph, levels, before)?;
            let report = run.report;
            survey.told(report);
            let to = &to;
            Ok(move || to.keep(core.start, moved[piece.core].iter().copied()))
        })
    }
}
