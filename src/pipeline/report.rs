//! What a run did.

use crate::model::{Device, Model};
use crate::params::Params;

/// Wall time of each stage in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Milliseconds {
    /// Sorting, centring and scaling.
    pub normalize: f64,
    /// Neighbour graphs, refreshed ones included.
    pub graph: f64,
    /// Estimating the noise.
    pub noise: f64,
    /// Tiles, edges and the score network.
    pub network: f64,
    /// Steps between the levels.
    pub sampler: f64,
    /// Evening the points out within the surface.
    pub spread: f64,
    /// Back to the caller's units and order.
    pub restore: f64,
    /// The part of `noise` and `network` spent inside ONNX Runtime, averaged over the working threads.
    pub runtime: f64,
}

impl Milliseconds {
    /// All stages together.
    pub fn total(&self) -> f64 {
        self.normalize + self.graph + self.noise + self.network + self.sampler + self.spread + self.restore
    }
}

/// What a run did.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Points of the cloud.
    pub points: usize,
    /// Those that are finite; the others passed through untouched.
    pub finite: usize,
    /// Local spacing of the points, the median, in the cloud's unit.
    pub spacing: f64,
    /// Standard deviation of the noise, given or estimated, in the cloud's unit.
    pub noise: f64,
    /// The same in units of the spacing.
    pub noise_spacing: f64,
    /// Four points of five have between these shares of it; 1 and 1 where it is the same for all points.
    pub noise_range: [f64; 2],
    /// True where the noise was estimated.
    pub estimated: bool,
    /// Steps taken; 0 where there was nothing to do.
    pub steps: usize,
    /// The device that the networks ran on.
    pub device: Device,
    /// Number of tiles.
    pub tiles: usize,
    /// Tiles at work at once.
    pub workers: usize,
    /// Wall time of each stage.
    pub milliseconds: Milliseconds,
    /// What the caller should know, one sentence each: why nothing was done, or that the noise is out of range.
    pub notes: Vec<String>,
}

impl Report {
    /// Of a run that has not done anything yet.
    pub(super) fn blank(model: &Model, params: &Params) -> Report {
        Report {
            points: 0,
            finite: 0,
            spacing: 0.0,
            noise: params.noise,
            noise_spacing: 0.0,
            noise_range: [1.0; 2],
            estimated: false,
            steps: 0,
            device: model.device(),
            tiles: 0,
            workers: 0,
            milliseconds: Milliseconds::default(),
            notes: model.notes().to_vec(),
        }
    }

    /// Every number of the report by name; times in milliseconds carry the suffix `_ms`.
    pub fn numbers(&self) -> [(&'static str, f64); 19] {
        let ms = &self.milliseconds;
        [
            ("points", self.points as f64),
            ("finite", self.finite as f64),
            ("spacing", self.spacing),
            ("noise", self.noise),
            ("noise_spacing", self.noise_spacing),
            ("noise_low", self.noise * self.noise_range[0]),
            ("noise_high", self.noise * self.noise_range[1]),
            ("steps", self.steps as f64),
            ("tiles", self.tiles as f64),
            ("workers", self.workers as f64),
            ("normalize_ms", ms.normalize),
            ("graph_ms", ms.graph),
            ("noise_ms", ms.noise),
            ("network_ms", ms.network),
            ("sampler_ms", ms.sampler),
            ("spread_ms", ms.spread),
            ("restore_ms", ms.restore),
            ("runtime_ms", ms.runtime),
            ("total_ms", ms.total()),
        ]
    }
}
