//! The first passes of a long run: what the whole cloud says of its place, its order, its spacing and its noise, as
//! [`normalize`](crate::normalize) and the estimate of a cloud in memory have it, to the last bit.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use super::boxes::{BLOCK, Boxes};
use super::select::{median, nth};
use super::sort::Sorter;
use super::surroundings::{ListTape, Region};
use super::tape::Tape;
use super::work::Stage;
use super::{Piece, Survey};
use crate::curve;
use crate::error::{Error, Result};
use crate::graph::{self, Floor, Graph, least_spacing};
use crate::normalize::{Frame, NEIGHBORS, SAMPLES, cell};
use crate::pipeline::denoise::milliseconds;
use crate::pipeline::estimate::{in_units, lists, no_estimate, own_unit};
use crate::pipeline::thinned::Surroundings;
use crate::pipeline::varying::Seen;

/// A point with its place along the curve and its number in the file.
type Placed = (u64, ([f64; 3], u64));

fn along_curve(a: &Placed, b: &Placed) -> Ordering {
    let (p, q) = (a.1.0, b.1.0);
    let unequal = || (0..3).map(|c| p[c].total_cmp(&q[c])).find(|order| order.is_ne());
    a.0.cmp(&b.0)
        .then_with(|| unequal().unwrap_or(Ordering::Equal))
        .then(a.1.1.cmp(&b.1.1))
}

fn is_finite(p: [f64; 3]) -> bool {
    p.iter().all(|c| c.is_finite())
}

impl Survey<'_> {
    pub(super) fn bounds(&mut self) -> Result<()> {
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        let (mut points, mut finite) = (0, 0);
        self.scan.points(&mut |batch| {
            points += batch.len() as u64;
            self.job.advance(points as f64 / self.scan.len().max(1) as f64);
            for &p in batch.iter().filter(|p| is_finite(**p)) {
                finite += 1;
                low = std::array::from_fn(|a| low[a].min(p[a]));
                high = std::array::from_fn(|a| high[a].max(p[a]));
            }
            self.job.check()
        })?;
        let state = &mut self.work.state;
        (state.points, state.finite) = (points, finite);
        if finite > 0 {
            (state.low, state.high) = (low, high);
        }
        if !self.extent().is_finite() {
            return Err(Error::Cloud("the cloud's extent overflows a 64-bit float".into()));
        }
        let k = self.model.manifest().graph.k;
        if finite <= k as u64 {
            self.work.state.leave = Some(format!(
                "{finite} points are too few: the model looks at {k} neighbours"
            ));
        }
        Ok(())
    }

    fn extent(&self) -> f64 {
        let state = &self.work.state;
        (0..3).map(|a| state.high[a] - state.low[a]).fold(0.0, f64::max)
    }

    pub(super) fn sort(&mut self) -> Result<()> {
        let (low, cell) = (self.work.state.low, cell(self.extent()));
        let mut sorter = Sorter::new(&self.work.path("runs"), along_curve)?;
        let mut number = 0;
        self.scan.points(&mut |batch| {
            let place = |&p: &[f64; 3]| is_finite(p).then(|| curve::hilbert(p, low, cell));
            let places: Vec<Option<u64>> = batch.par_iter().with_min_len(1024).map(place).collect();
            for (&p, place) in batch.iter().zip(places) {
                if let Some(place) = place {
                    sorter.push((place, (p, number)))?;
                }
                number += 1;
            }
            self.job
                .advance(0.7 * number as f64 / self.scan.len().max(1) as f64);
            self.job.check()
        })?;
        let points: Tape<[f64; 3]> = Tape::new(&self.work.path("state-0"))?;
        let sources: Tape<u64> = Tape::new(&self.work.path("sources"))?;
        let (mut at, mut batch) = (0, Vec::<([f64; 3], u64)>::new());
        let mut flush = |batch: &mut Vec<([f64; 3], u64)>| -> Result<()> {
            points.write(at, batch.iter().map(|item| item.0))?;
            sources.write(at, batch.iter().map(|item| item.1))?;
            at += batch.len() as u64;
            batch.clear();
            self.job.check()
        };
        sorter.drain(|(_, item)| {
            batch.push(item);
            if batch.len() < 1 << 16 {
                Ok(())
            } else {
                flush(&mut batch)
            }
        })?;
        flush(&mut batch)?;
        points.sync()?;
        sources.sync()
    }

    /// The unit of the first neighbour graph: the median spacing at some points, measured in a unit box.
    pub(super) fn scale(&mut self) -> Result<()> {
        let (state, len) = (&self.work.state, self.work.state.finite);
        let extent = self.extent();
        let (low, high) = (state.low, state.high);
        let center = std::array::from_fn(|a| low[a] + (high[a] - low[a]) / 2.0);
        let unit = Frame {
            center,
            scale: if extent > 0.0 { extent } else { 1.0 },
        };
        let tape: Tape<[f64; 3]> = self.work.tape("state-0")?;
        let boxes = Boxes::of(&tape, len, NEIGHBORS, |p| unit.apply(p))?;
        let samples = len.min(SAMPLES as u64);
        let mut found = Vec::new();
        for s in 0..samples {
            self.job.check()?;
            let row = s * len / samples;
            let (near, own) = boxes.near(row, NEIGHBORS, |block| {
                let range = block * BLOCK..len.min((block + 1) * BLOCK);
                Ok(tape.read(range)?.into_iter().map(|p| unit.apply(p)).collect())
            })?;
            found.push(graph::spacing_at(&near, own, NEIGHBORS));
        }
        let Some(spacing) = graph::median(found) else {
            let what =
                "nearly all points lie on top of others; a cloud like that has to fit into max_memory_mb";
            return Err(Error::Cloud(what.into()));
        };
        let scale = match unit.scale * spacing {
            scale if scale.is_normal() => scale,
            _ => 1.0,
        };
        self.work.state.first = Some(Frame { center, scale });
        Ok(())
    }

    /// The frame before its unit is the exact median.
    pub(super) fn first(&self) -> Result<Frame> {
        let lost = || Error::Internal("a run without a frame".into());
        self.work.state.first.ok_or_else(lost)
    }

    /// The tape of neighbour lists, those of the points as they are at the moment.
    pub(super) fn lists(&self) -> Result<ListTape> {
        let k = self.model.manifest().graph.k;
        ListTape::open(&self.work, k, self.work.state.finite)
    }

    /// Looks up the neighbours of all points on a tape, as `place` puts them.
    pub(super) fn link(
        &mut self,
        share: (f64, f64),
        points: &Tape<[f64; 3]>,
        place: impl Fn([f64; 3]) -> [f64; 3] + Copy,
    ) -> Result<()> {
        let k = self.model.manifest().graph.k;
        let boxes = Boxes::of(points, self.work.state.finite, k, place)?;
        let tape = self.lists()?;
        self.pieces(share, |survey, core| {
            let start = Instant::now();
            let read = |range| Ok(points.read(range)?.into_iter().map(place).collect());
            let nearest = |points: &[[f64; 3]]| lists(points, k, survey.job);
            let (numbers, reach) = boxes.lists(core.clone(), survey.most, read, nearest)?;
            survey.report.milliseconds.graph += milliseconds(start.elapsed());
            let tape = &tape;
            Ok(move || tape.write(core.start, &numbers, &reach))
        })
    }

    /// The neighbours of the scan's points.
    pub(super) fn first_lists(&mut self) -> Result<()> {
        let (frame, tape) = (self.first()?, self.work.tape("state-0")?);
        self.link(Self::share(Stage::Lists), &tape, |p| frame.apply(p))
    }

    /// A piece of the scan in the units of the first frame, with what lies `hops` hops around it.
    pub(super) fn scanned(&self, core: Range<u64>, hops: usize) -> Result<Region> {
        let tape: Tape<[f64; 3]> = self.work.tape("state-0")?;
        let frame = self.first()?;
        let read = |range| Ok(tape.read(range)?.into_iter().map(|p| frame.apply(p)).collect());
        self.lists()?.region(core, hops, self.most, read)
    }

    /// The same in model units, and the graph.
    pub(super) fn normalized(&self, core: Range<u64>, hops: usize) -> Result<(Piece, Graph)> {
        let region = self.scanned(core, hops)?;
        let mut graph = region.lists.graph(Floor::At(self.work.state.least));
        let mut points = region.points;
        in_units(&mut points, &mut graph, self.work.state.unit);
        let (core, factors) = (region.core, self.factors(&region.ranges)?);
        let piece = Piece {
            points,
            core,
            factors,
        };
        Ok((piece, graph))
    }

    /// The spacing of every point, and from it the unit and the least spacing that counts.
    pub(super) fn spacing(&mut self) -> Result<()> {
        let tape: Tape<f64> = self.work.tape("spacing")?;
        self.pieces(Self::share(Stage::Spacing), |survey, core| {
            let region = survey.scanned(core.clone(), 1)?;
            let spacing = region.lists.graph(Floor::At(0.0)).spacing;
            let tape = &tape;
            Ok(move || tape.keep(core.start, spacing[region.core].iter().map(|&s| f64::from(s))))
        })?;
        let len = self.work.state.finite;
        let mut positive = 0;
        tape.scan(len, |_, batch| {
            positive += batch.iter().filter(|&&s| s > 0.0).count() as u64;
            Ok(())
        })?;
        let middle = match positive {
            0 => None,
            _ => Some(nth(&tape, len, positive / 2, |s| s > 0.0)?),
        };
        let (least, unit);
        if self.params.spacing > 0.0 {
            let frame = self.first()?;
            unit = own_unit(self.params.spacing, &frame, self.extent() / 2.0 / frame.scale)?;
            least = least_spacing(Some(unit));
        } else {
            least = least_spacing(middle);
            let seen = |s: f64| f64::from((s as f32).clamp(least, f32::MAX));
            unit = median(&tape, len, len, |_| true, seen)?;
        }
        (self.work.state.least, self.work.state.unit) = (least, unit);
        Ok(())
    }

    /// The noise in spacings, given or estimated.
    pub(super) fn noise(&mut self) -> Result<()> {
        let scale = self.frame()?.scale;
        if self.params.noise > 0.0 {
            self.work.state.noise = self.params.noise / scale;
            return Ok(());
        }
        let tape: Tape<f64> = self.work.tape("noise")?;
        let hops = super::lists(self.hops(crate::bundle::Role::Noise), 1);
        self.pieces(Self::share(Stage::Noise), |survey, core| {
            let (piece, graph) = survey.normalized(core.clone(), hops)?;
            let mut run = survey.run(&piece)?;
            let sigmas = run.sigmas(&piece.points, &graph)?;
            let report = run.report;
            survey.told(report);
            let tape = &tape;
            Ok(move || tape.keep(core.start, sigmas[piece.core].iter().copied()))
        })?;
        let len = self.work.state.finite;
        let mut counted = 0;
        tape.scan(len, |_, batch| {
            counted += batch.iter().filter(|s| s.is_finite()).count() as u64;
            Ok(())
        })?;
        if counted == 0 {
            return Err(no_estimate());
        }
        let noise = median(&tape, len, counted, f64::is_finite, |s| s)?;
        self.work.state.noise = self.seen_thinner(noise)?;
        if self.work.state.noise == noise && self.run(&Piece::default())?.may_vary() {
            self.vary(&tape, noise)?;
        }
        Ok(())
    }

    /// Each point's own noise, where it varies; `seen` is the noise around each, `usual` that of the whole cloud.
    fn vary(&mut self, seen: &Tape<f64>, usual: f64) -> Result<()> {
        let points: Tape<[f64; 3]> = self.work.tape("state-0")?;
        let (first, unit, len) = (self.first()?, self.work.state.unit, self.work.state.finite);
        let place = |p| first.apply(p).map(|c| c / unit);
        let mut all = Seen::new(usual);
        points.scan(len, |at, batch| {
            let sigmas = seen.read(at..at + batch.len() as u64)?;
            batch
                .iter()
                .zip(sigmas)
                .for_each(|(&p, sigma)| all.add(place(p), sigma));
            self.job.check()
        })?;
        let Some(varying) = all.varying() else {
            return Ok(());
        };
        let factors: Tape<f64> = Tape::new(&self.work.path("factors"))?;
        points.scan(len, |at, batch| {
            let own: Vec<f32> = batch.par_iter().map(|&p| varying.factor(place(p))).collect();
            factors.write(at, own.into_iter().map(f64::from))?;
            self.job.check()
        })?;
        factors.sync()?;
        self.work.state.varies = Some(varying.range());
        Ok(())
    }

    /// The factors of some points, where there are any.
    pub(super) fn factors(&self, ranges: &[Range<u64>]) -> Result<Arc<[f32]>> {
        if self.work.state.varies.is_none() {
            return Ok(Arc::default());
        }
        let tape: Tape<f64> = self.work.tape("factors")?;
        let mut factors = Vec::new();
        for range in ranges {
            factors.extend(tape.read(range.clone())?.into_iter().map(|factor| factor as f32));
        }
        Ok(factors.into())
    }

    /// The noise, where the points of the scan suggest `noise`.
    fn seen_thinner(&mut self, noise: f64) -> Result<f64> {
        let (first, unit, len) = (self.first()?, self.work.state.unit, self.work.state.finite);
        let place = |p| first.apply(p).map(|c| c / unit);
        let tape: Tape<[f64; 3]> = self.work.tape("state-0")?;
        let mut run = self.run(&Piece::default())?;
        let noise = run.seen_thinner(noise, len, |rows, count, halvings| {
            let boxes = Boxes::of(&tape, len, count, place)?;
            let around = rows.iter().map(|&row| {
                self.job.check()?;
                let (points, own) = boxes.near(row, count, |block| {
                    let range = block * BLOCK..len.min((block + 1) * BLOCK);
                    Ok(tape.read(range)?.into_iter().map(place).collect())
                })?;
                let (near, _) = graph::nearest(&points, &[own], count, &|| true);
                Ok(Surroundings::of(&points, own, &near, halvings))
            });
            around.collect()
        })?;
        let report = run.report;
        self.told(report);
        Ok(noise)
    }

    /// The way back from model units.
    pub(super) fn frame(&self) -> Result<Frame> {
        let mut frame = self.first()?;
        frame.scale *= self.work.state.unit;
        Ok(frame)
    }

    /// The stages in their order, and the share of a run's time before each.
    const STAGES: [(Stage, f64); 10] = [
        (Stage::Bounds, 0.0),
        (Stage::Sort, 0.01),
        (Stage::Scale, 0.03),
        (Stage::Lists, 0.04),
        (Stage::Spacing, 0.08),
        (Stage::Noise, 0.1),
        (Stage::Walk, 0.2),
        (Stage::Order, 0.97),
        (Stage::Write, 0.98),
        (Stage::Ready, 1.0),
    ];

    fn place(stage: Stage) -> usize {
        Self::STAGES.iter().position(|s| s.0 == stage).unwrap_or(0)
    }

    /// From where to where the progress goes in a stage.
    pub(super) fn share(stage: Stage) -> (f64, f64) {
        let at = Self::place(stage);
        (Self::STAGES[at].1, Self::STAGES.get(at + 1).map_or(1.0, |s| s.1))
    }

    /// What comes after a stage.
    pub(super) fn after(stage: Stage) -> Stage {
        Self::STAGES
            .get(Self::place(stage) + 1)
            .map_or(Stage::Ready, |s| s.0)
    }
}
