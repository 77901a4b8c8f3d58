//! Where a cloud's random numbers come from: a seed, or a recording of another implementation's.

use crate::random::Noise;
use crate::sampler::Draws;

/// The step number of what a chain starts from; no chain is that long.
const START: u32 = u32::MAX;

/// What draws are for: each has a stream of its own.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    Points = 1,
    Latent = 2,
    Likelihood = 3,
}

/// Standard normal draws for the rows of one cloud.
pub(super) enum Source<'a> {
    /// Those of one cloud of a seed's sequence.
    Seeded { noise: Noise, cloud: u32 },
    /// Row 0 is the start, row i + 1 belongs to transition i.
    Recorded(&'a [Vec<f64>]),
}

impl Source<'_> {
    pub(super) fn seeded(seed: u64, stream: Stream, cloud: u32) -> Self {
        Source::Seeded {
            noise: Noise::stream(seed, stream as u32),
            cloud,
        }
    }

    /// `rows` of `D` draws that a chain starts from, or that a decoder makes points of.
    pub(super) fn start<const D: usize>(&self, rows: usize) -> Vec<[f64; D]> {
        (0..rows).map(|row| self.at(START, row)).collect()
    }

    /// Standard deviation of a start: a recording holds the state itself.
    pub(super) fn start_scale(&self, seeded: f64) -> f64 {
        match self {
            Source::Seeded { .. } => seeded,
            Source::Recorded(_) => 1.0,
        }
    }

    fn at<const D: usize>(&self, step: u32, row: usize) -> [f64; D] {
        std::array::from_fn(|a| {
            let place = row * D + a;
            match self {
                // Three draws at a time, whatever D is.
                Source::Seeded { noise, cloud } => {
                    noise.normal(step, u64::from(*cloud) << 32 | (place / 3) as u64)[place % 3]
                }
                Source::Recorded(draws) => {
                    let row = draws.get(step.wrapping_add(1) as usize);
                    row.and_then(|draws| draws.get(place))
                        .copied()
                        .unwrap_or_default()
                }
            }
        })
    }
}

impl Draws<1> for Source<'_> {
    fn draw(&self, step: u32, row: u64) -> [f64; 1] {
        self.at(step, row as usize)
    }
}

impl Draws<3> for Source<'_> {
    fn draw(&self, step: u32, row: u64) -> [f64; 3] {
        match self {
            // Once for all three.
            Source::Seeded { noise, cloud } => noise.normal(step, u64::from(*cloud) << 32 | row),
            Source::Recorded(_) => self.at(step, row as usize),
        }
    }
}
