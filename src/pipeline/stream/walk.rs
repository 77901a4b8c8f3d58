//! The steps of a long run, pass after pass over the tape.

use super::Survey;
use super::lists;
use super::region::Boxes;
use super::tape::Tape;
use super::work::Stage;
use crate::bundle::Role;
use crate::error::Result;
use crate::graph::{Floor, least_spacing};
use crate::pipeline::estimate::{in_units, knn};
use crate::schedule::Level;
use crate::spread;

impl Survey<'_> {
    /// The steps, as many in a pass as share one graph, and a pass that evens the points out.
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
        let (calls, passes) = self.passes(steps);
        let (from, to) = Self::share(Stage::Walk);
        let all = passes + usize::from(self.evens());
        while self.work.state.pass < all {
            let pass = self.work.state.pass;
            let share = |pass: usize| from + (to - from) * pass as f64 / all as f64;
            let share = (share(pass), share(pass + 1));
            if pass < passes {
                let first = pass * calls;
                self.pass(pass, &levels[first..=steps.min(first + calls)], share)?;
            } else {
                self.even(pass, share)?;
            }
            (self.work.state.pass, self.work.state.done) = (pass + 1, 0);
            self.work.save()?;
            // Not before: a run that is killed here goes on without it.
            self.work.remove(&format!("state-{pass}"))?;
        }
        self.work.next(Stage::Order)
    }

    /// How many steps share a graph, and how often there is a new one.
    pub(super) fn passes(&self, steps: usize) -> (usize, usize) {
        let calls = match self.model.manifest().graph.refresh {
            0 => steps,
            refresh => refresh.min(steps),
        };
        (calls, steps.div_ceil(calls))
    }

    /// Whether a pass behind the last step evens the points out.
    pub(super) fn evens(&self) -> bool {
        self.model.manifest().sampling.spread > 0.0
    }

    fn even(&mut self, pass: usize, share: (f64, f64)) -> Result<()> {
        let from: Tape<[f64; 3]> = self.work.tape(&format!("state-{pass}"))?;
        let to: Tape<[f64; 3]> = self.work.tape(&format!("state-{}", pass + 1))?;
        let (len, k) = (self.work.state.finite, self.model.manifest().graph.k);
        let boxes = Boxes::of(&from, len, k, |p| p)?;
        self.pieces(share, |survey, core| {
            let list = |points: &[[f64; 3]]| knn(points, k, Floor::At(least_spacing(Some(1.0))), survey.job);
            let hops = lists(spread::ROUNDS, 1);
            let mut region = boxes.region(core.clone(), hops, survey.most, |range| from.read(range), list)?;
            let mut run = survey.run(region.points.len())?;
            run.spread(&mut region.points, &region.graph)?;
            let report = run.report;
            survey.told(report);
            to.write(core.start, region.points[region.core].iter().copied())?;
            to.sync()
        })
    }

    fn pass(&mut self, pass: usize, levels: &[Level], share: (f64, f64)) -> Result<()> {
        let from: Tape<[f64; 3]> = self.work.tape(&format!("state-{pass}"))?;
        let to: Tape<[f64; 3]> = self.work.tape(&format!("state-{}", pass + 1))?;
        let (least, unit, len) = (
            self.work.state.least,
            self.work.state.unit,
            self.work.state.finite,
        );
        let k = self.model.manifest().graph.k;
        let hops = lists(self.hops(Role::Score), levels.len() - 1);
        let boxes = if pass == 0 {
            self.scan_boxes()?
        } else {
            Boxes::of(&from, len, k, |p| p)?
        };
        self.pieces(share, |survey, core| {
            let region = if pass == 0 {
                let mut region = survey.scanned(&boxes, core.clone(), hops, Floor::At(least))?;
                in_units(&mut region.points, &mut region.graph, unit);
                region
            } else {
                let list =
                    |points: &[[f64; 3]]| knn(points, k, Floor::At(least_spacing(Some(1.0))), survey.job);
                boxes.region(core.clone(), hops, survey.most, |range| from.read(range), list)?
            };
            let mut run = survey.run(region.points.len())?;
            let moved = run.walk(region.points, &[], region.graph, levels)?;
            let report = run.report;
            survey.told(report);
            to.write(core.start, moved[region.core].iter().copied())?;
            to.sync()
        })
    }
}
