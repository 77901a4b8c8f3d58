//! A file larger than memory: the same run as [`denoise`](super::denoise()), a piece of the cloud at a time.
//!
//! Every pass reads the points from a tape in the order of the curve and writes the next tape, or the neighbour lists of
//! all points. A pass takes the steps that share one neighbour graph, so that the pieces of a pass depend on nothing but
//! the tapes before it: a run that was killed goes on with the piece at hand.

mod boxes;
mod cut;
mod frame;
mod join;
mod plan;
mod select;
mod sort;
mod surroundings;
mod tape;
mod tile_file;
mod walk;
mod work;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, ScopedJoinHandle};

pub use cut::{Cut, TileFile, cut};
pub use join::join;
pub(super) use plan::streams;
use sort::Sorter;
use tape::Tape;
use work::{Stage, Work, identity};

use super::budget::Need;
use super::denoise::{Run, Tuning};
use super::job::{self, Job, Watch};
use super::report::Report;
use crate::bundle::Role;
use crate::error::{Error, Result};
use crate::io::Stream;
use crate::model::Model;
use crate::params::Params;
use crate::schedule::Level;

/// Around a piece all points this many hops away have to be at hand, so that a network that looks `hops` far, run
/// `calls` times on one graph, gives the piece's points what it gives them in the whole cloud. One hop more is for the
/// local spacing, which is taken over a point's neighbours. Evening out looks one hop far in each of its rounds.
fn lists(hops: usize, calls: usize) -> usize {
    hops * calls + 1
}

/// A piece is made of blocks.
fn whole_blocks(points: u64) -> u64 {
    points.max(1).next_multiple_of(boxes::BLOCK)
}

/// Denoises `scan` into `output`, in pieces of about `piece` points or of what the memory suggests.
pub(super) fn run(
    model: &Model,
    scan: &Stream,
    input: &Path,
    output: &Path,
    params: &Params,
    piece: Option<u64>,
    watch: &mut dyn Watch,
) -> Result<Report> {
    let plan = plan::plan(model, params)?;
    let mut work = Work::open(output, &plan::settings(model, params), identity(input))?;
    if work.state.piece == 0 {
        work.state.piece = piece.map_or(plan.piece, whole_blocks);
    }
    job::run(plan.threads, watch, |job| {
        let mut survey = Survey {
            model,
            params,
            scan,
            job,
            most: plan.most.max(4 * work.state.piece as usize),
            memory: plan.memory,
            report: Report::blank(model, params),
            work,
        };
        survey.prepare()?;
        survey.walk()?;
        survey.order()?;
        survey.write(output)?;
        survey.finish()
    })
    .and_then(|(report, work)| {
        work.deliver(output)?;
        Ok(report)
    })
}

/// Consecutive points with their surroundings, in model units.
#[derive(Default)]
struct Piece {
    points: Vec<[f64; 3]>,
    /// Where the piece itself lies in them.
    core: Range<usize>,
    /// Of each point's noise to that of the whole cloud; empty where they are the same.
    factors: Arc<[f32]>,
}

/// A long run at work.
struct Survey<'a> {
    model: &'a Model,
    params: &'a Params,
    scan: &'a Stream,
    job: &'a Job,
    /// Points that fit into memory with their graph.
    most: usize,
    /// MiB that a piece's run may take.
    memory: usize,
    report: Report,
    work: Work,
}

impl Survey<'_> {
    /// Everything that has to be known of the whole before any point moves.
    fn prepare(&mut self) -> Result<()> {
        self.stage(Stage::Bounds, Survey::bounds)?;
        if self.work.state.leave.is_none() {
            self.stage(Stage::Sort, Survey::sort)?;
            self.stage(Stage::Scale, Survey::scale)?;
            self.stage(Stage::Lists, Survey::first_lists)?;
            self.stage(Stage::Spacing, Survey::spacing)?;
            self.stage(Stage::Noise, Survey::noise)?;
            self.settle()?;
        }
        Ok(())
    }

    /// Does a stage, unless it is done.
    fn stage(&mut self, stage: Stage, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.work.state.stage > stage {
            return Ok(());
        }
        if self.work.state.stage < stage {
            self.work.next(stage)?;
        }
        let (from, to) = Self::share(stage);
        self.job.part(from, to);
        work(self)?;
        self.work.next(Self::after(stage))
    }

    /// The pieces of a pass that are not done yet; the pass is that share of the progress. What `work` returns keeps what
    /// became of a piece, while the next one is worked on: a disk takes its time until nothing can be lost any more.
    fn pieces<Keep>(
        &mut self,
        (from, to): (f64, f64),
        mut work: impl FnMut(&mut Self, Range<u64>) -> Result<Keep>,
    ) -> Result<()>
    where
        Keep: FnOnce() -> Result<()> + Send,
    {
        let (len, piece) = (self.work.state.finite, self.work.state.piece);
        let mut at = self.work.state.done;
        thread::scope(|scope| {
            let mut behind: Option<ScopedJoinHandle<'_, Result<u64>>> = None;
            while at < len {
                self.job.check()?;
                let core = at..len.min(at + piece);
                let share = |at: u64| from + (to - from) * at as f64 / len as f64;
                self.job.part(share(core.start), share(core.end));
                let keep = work(self, core.clone())?;
                self.kept(behind.take())?;
                at = core.end;
                behind = Some(scope.spawn(move || keep().map(|()| at)));
            }
            self.kept(behind)
        })
    }

    /// Waits until a piece is kept, and says so: from its end a killed run goes on.
    fn kept(&mut self, behind: Option<ScopedJoinHandle<'_, Result<u64>>>) -> Result<()> {
        if let Some(behind) = behind {
            let lost = |_| Err(Error::Internal("a piece was lost on its way to the disk".into()));
            self.work.state.done = behind.join().unwrap_or_else(lost)?;
            self.work.save()?;
        }
        Ok(())
    }

    /// A run of the pipeline for a piece, in the whole cloud's frame and at its noise.
    fn run(&self, piece: &Piece) -> Result<Run<'_>> {
        let points = piece.points.len().max(1);
        let budget = Need::of(self.model, self.params, points).budget(self.memory)?;
        Ok(Run {
            model: self.model,
            params: self.params,
            tuning: Tuning::default(),
            budget,
            piece: Some(piece.core.clone()),
            job: self.job,
            frame: self.frame()?,
            factors: Arc::clone(&piece.factors),
            report: Report {
                noise_spacing: self.work.state.noise,
                ..Report::blank(self.model, self.params)
            },
        })
    }

    /// Adds what a piece's run took.
    fn told(&mut self, report: Report) {
        let (all, ms) = (&mut self.report.milliseconds, report.milliseconds);
        all.graph += ms.graph;
        all.network += ms.network;
        all.sampler += ms.sampler;
        all.spread += ms.spread;
        all.runtime += ms.runtime;
        self.report.tiles += report.tiles;
        self.report.workers = self.report.workers.max(report.workers);
    }

    /// The network that walks.
    fn score(&self) -> Role {
        self.params.quality.score(self.model.manifest())
    }

    /// How far a stage of the model looks.
    fn hops(&self, role: Role) -> usize {
        self.model.manifest().stage(role).map_or(0, |stage| stage.hops)
    }

    /// What is known before the steps goes into the report; too little noise means that there is nothing to do.
    fn settle(&mut self) -> Result<()> {
        let (frame, noise) = (self.frame()?, self.work.state.noise);
        self.report.spacing = frame.scale;
        self.report.noise_spacing = noise;
        self.report.estimated = self.params.noise == 0.0;
        self.report.noise = if self.report.estimated {
            noise * frame.scale
        } else {
            self.params.noise
        };
        self.report.noise_range = self.work.state.varies.unwrap_or([1.0; 2]);
        if noise < self.model.manifest().trained_noise[0] / 2.0 || self.levels()?.len() < 2 {
            self.work.state.leave = Some(format!(
                "the noise is {noise:.4} spacings, less than the model knows"
            ));
        }
        Ok(())
    }

    fn levels(&mut self) -> Result<Vec<Level>> {
        let mut run = self.run(&Piece::default())?;
        let levels = run.levels()?;
        let notes = run.report.notes;
        let news = notes.into_iter().filter(|note| !self.report.notes.contains(note));
        self.report.notes.extend(news.collect::<Vec<_>>());
        Ok(levels)
    }

    /// The last tape, back in the file's units and order.
    fn order(&mut self) -> Result<()> {
        if self.work.state.leave.is_some() {
            return Ok(());
        }
        let (_, passes) = self.passes(self.report.steps);
        self.stage(Stage::Order, |survey| {
            let name = format!("state-{}", passes * (1 + usize::from(survey.evens())));
            let last: Tape<[f64; 3]> = survey.work.tape(&name)?;
            let sources: Tape<u64> = survey.work.tape("sources")?;
            let (frame, len) = (survey.frame()?, survey.work.state.finite);
            let mut sorter = Sorter::new(&survey.work.path("runs"), by_source)?;
            last.scan(len, |at, points| {
                let numbers = sources.read(at..at + points.len() as u64)?;
                for (&number, &point) in numbers.iter().zip(points) {
                    sorter.push((number, frame.restore(point)))?;
                }
                survey.job.check()
            })?;
            let clean: Tape<Sourced> = Tape::new(&survey.work.path("clean"))?;
            clean.fill(|put| sorter.drain(put))?;
            clean.sync()
        })
    }

    /// The file anew, still under another name.
    fn write(&mut self, output: &Path) -> Result<()> {
        if self.work.state.stage == Stage::Ready {
            return Ok(());
        }
        let moved = if self.work.state.leave.is_some() {
            0
        } else {
            self.work.state.finite
        };
        self.work.next(Stage::Write)?;
        let (from, to) = Self::share(Stage::Write);
        self.job.part(from, to);
        let clean: Tape<Sourced> = self.work.tape("clean")?;
        let part = self.work.path("result");
        let job = self.job;
        let tell = |done: f64| {
            job.advance(done);
            job.check()
        };
        rewrite(self.scan, &clean, moved, &part, output, &tell)?;
        self.work.state.ready = identity(&part);
        self.work.next(Stage::Ready)
    }

    fn finish(self) -> Result<(Report, Work)> {
        let mut report = self.report;
        report.points = self.work.state.points as usize;
        report.finite = self.work.state.finite as usize;
        if let Some(why) = &self.work.state.leave {
            report.notes.push(format!("nothing was done: {why}"));
            report.steps = 0;
        }
        Ok((report, self.work))
    }
}

/// A point's number in the file, and where it is now.
type Sourced = (u64, [f64; 3]);

fn by_source(a: &Sourced, b: &Sourced) -> std::cmp::Ordering {
    a.0.cmp(&b.0)
}

/// Writes `scan` as `part` with the `moved` points of a tape, which are in the file's order, in the place of its own.
/// `tell` hears of the progress and may end it.
fn rewrite(
    scan: &Stream,
    clean: &Tape<Sourced>,
    moved: u64,
    part: &Path,
    name: &Path,
    tell: &dyn Fn(f64) -> Result<()>,
) -> Result<()> {
    let mut at = 0;
    scan.rewrite(part, name, &mut |first, points| {
        tell(first as f64 / scan.len().max(1) as f64)?;
        let end = first + points.len() as u64;
        let batch = clean.read(at..moved.min(at + points.len() as u64))?;
        for (number, point) in batch.into_iter().take_while(|item| item.0 < end) {
            let place = number.checked_sub(first).and_then(|i| points.get_mut(i as usize));
            *place.ok_or_else(|| Error::Internal("a point twice".into()))? = point;
            at += 1;
        }
        Ok(())
    })
}
