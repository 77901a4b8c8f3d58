//! One run of a generator at work: networks asked, progress told, time kept.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::super::job::Job;
use super::draws::Source;
use super::plan::Plan;
use crate::bundle::{Role, StageInput};
use crate::error::{Error, Result};
use crate::model::{Matrix, Model};
use crate::sampler::{self, Draws};
use crate::schedule::Level;

/// Points per parallel task.
pub(super) const CHUNK: usize = 4096;

pub(super) struct Work<'a> {
    pub model: &'a Model,
    pub plan: &'a Plan,
    job: &'a Job,
    /// Calls of networks that the run takes, and those that are done.
    calls: usize,
    done: AtomicUsize,
    /// Nanoseconds inside ONNX Runtime, over all threads.
    inside: AtomicU64,
}

impl<'a> Work<'a> {
    pub(super) fn new(model: &'a Model, plan: &'a Plan, job: &'a Job, calls: usize) -> Self {
        Work {
            model,
            plan,
            job,
            calls,
            done: AtomicUsize::new(0),
            inside: AtomicU64::new(0),
        }
    }

    /// Milliseconds inside ONNX Runtime, over all threads.
    pub(super) fn inside(&self) -> f64 {
        self.inside.load(Ordering::Relaxed) as f64 / 1e6
    }

    pub(super) fn check(&self) -> Result<()> {
        self.job.check()
    }

    /// One call of a network; every output has the shape `expected` and is finite.
    pub(super) fn ask(
        &self,
        role: Role,
        inputs: &[Matrix<'_>],
        expected: [usize; 2],
    ) -> Result<Vec<Vec<f32>>> {
        self.check()?;
        let network = self.model.network(role)?;
        let (outputs, spent) = network.call(inputs, expected, &self.job.options)?;
        if outputs.iter().flatten().any(|value| !value.is_finite()) {
            return Err(Error::Network {
                role: role.name().to_owned(),
                reason: "gave a number that is not finite".into(),
            });
        }
        self.inside.fetch_add(spent.as_nanos() as u64, Ordering::Relaxed);
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.job
            .advance((done as f64 / self.calls.max(1) as f64).min(1.0));
        Ok(outputs)
    }

    /// The only output of a network.
    pub(super) fn answer(&self, role: Role, inputs: &[Matrix<'_>], expected: [usize; 2]) -> Result<Vec<f32>> {
        let mut outputs = self.ask(role, inputs, expected)?;
        outputs
            .pop()
            .ok_or_else(|| Error::Internal("a stage without outputs".into()))
    }

    /// Leads `start`, the state x at the plan's first level, to the clean end. Rows of the network's state are `width`
    /// wide and are taken `D` numbers at a time; `latent` is what the network may ask for besides.
    pub(super) fn chain<const D: usize>(
        &self,
        role: Role,
        start: Vec<[f64; D]>,
        width: usize,
        draws: &Source<'_>,
        latent: &[f32],
    ) -> Result<Vec<[f64; D]>>
    where
        for<'b> Source<'b>: Draws<D>,
    {
        let levels = &self.plan.levels;
        let first = levels.first().map_or(1.0, |level| level.alpha);
        let rescaled = start.into_iter().map(|row| row.map(|c| c / first)).collect();
        let mut watch = |_: f64| self.check().map_or(ControlFlow::Break(()), ControlFlow::Continue);
        sampler::run(
            rescaled,
            levels,
            self.plan.spread,
            draws,
            &mut watch,
            |state, level| {
                let x: Vec<[f64; D]> = state
                    .par_iter()
                    .with_min_len(CHUNK)
                    .map(|row| row.map(|c| c * level.alpha))
                    .collect();
                self.clean(role, &x, width, level, latent)
            },
        )
    }

    /// The clean estimate of a state x at a level.
    pub(super) fn clean<const D: usize>(
        &self,
        role: Role,
        x: &[[f64; D]],
        width: usize,
        level: &Level,
        latent: &[f32],
    ) -> Result<Vec<[f64; D]>> {
        let input: Vec<f32> = x.as_flattened().iter().map(|&c| c as f32).collect();
        let matrix = |input, width, values| Matrix { input, width, values };
        let time = [(level.clock / self.model.levels()?.len() as f64) as f32];
        let gamma = [level.gamma() as f32];
        // Of these the stage asks for its own.
        let inputs = [
            matrix(StageInput::Points, width, &input[..]),
            matrix(StageInput::LatentState, width, &input[..]),
            matrix(StageInput::PointState, width, &input[..]),
            matrix(StageInput::Latent, latent.len().max(1), latent),
            matrix(StageInput::Time, 1, &time[..]),
            matrix(StageInput::Gamma, 1, &gamma[..]),
        ];
        let answer = self.answer(role, &inputs, [input.len() / width, width])?;
        let prediction = self.model.prediction();
        let rows = x
            .par_iter()
            .zip(answer.as_chunks::<D>().0.par_iter())
            .with_min_len(CHUNK);
        Ok(rows
            .map(|(x, answer)| prediction.clean(*x, answer.map(f64::from), level))
            .collect())
    }
}
