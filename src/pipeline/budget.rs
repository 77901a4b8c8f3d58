//! How much memory a run takes: the size of a tile, how many run at once, and whether they are kept.
//!
//! The size of a tile follows from the bound on memory alone and never from the number of threads, so that a run's
//! bytes are the same at any number of threads.

use crate::bundle::Role;
use crate::error::{Error, Result};
use crate::model::{Device, Model};
use crate::params::Params;

/// Core points of a tile on a processor: small enough that a layer's activations stay in its cache, large enough
/// that the halo does not outweigh the core.
const TILE: usize = 8192;

/// Core points of a tile on a GPU, which wants more work at a time.
const GPU_TILE: usize = 32_768;

/// Below this the halo of a tile is many times its core.
const SMALLEST_TILE: usize = 256;

/// A network's activations for one row: a few dozen channels for each of its neighbours.
const ROW_BYTES: usize = 16 << 10;

/// Points and states in f64, the curve order, the k-d tree and the marks of a tile's rows, of one point; its k neighbours
/// take four bytes each besides.
pub(super) const POINT_BYTES: usize = 240;

/// MiB for the run of a file, where the caller sets no bound.
pub(super) const FILE_MB: usize = 1280;

/// Tiles are kept from step to step below this, where the caller sets no bound.
const KEPT_BYTES: usize = 512 << 20;

/// What a run may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Budget {
    /// Core points of a tile.
    pub tile: usize,
    /// Tiles at work at once.
    pub workers: usize,
    /// Tiles are built once, not anew for every step.
    pub keep: bool,
}

/// What the bound has to hold.
pub(super) struct Need {
    pub points: usize,
    pub k: usize,
    pub hops: usize,
    pub threads: usize,
    pub gpu: bool,
}

/// Working threads of a run.
pub(super) fn threads(params: &Params) -> usize {
    match params.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}

impl Need {
    /// Of a run of `model` on so many points.
    pub(super) fn of(model: &Model, params: &Params, points: usize) -> Need {
        let manifest = model.manifest();
        // A tile holds one network's rows at a time.
        let walks = params.quality.score(manifest);
        let stages = manifest.stages.iter().filter(|stage| match stage.role {
            Role::Score | Role::ScoreHigh => stage.role == walks,
            _ => true,
        });
        Need {
            points,
            k: manifest.graph.k,
            hops: stages.map(|stage| stage.hops).max().unwrap_or(0),
            threads: threads(params),
            gpu: model.device() != Device::Cpu,
        }
    }

    /// # Errors
    /// [`Error::Memory`] where `max_memory_mb` can't hold the cloud and one small tile (0 sets no bound), or the system
    /// has no room for the cloud.
    pub(super) fn budget(&self, max_memory_mb: usize) -> Result<Budget> {
        let largest = if self.gpu { GPU_TILE } else { TILE };
        let kept = self.points.saturating_mul(3 * 4 * (self.k + 1));
        let cloud = self.points.saturating_mul(POINT_BYTES + 4 * self.k);
        if !is_free(cloud) {
            return Err(Error::Memory(format!(
                "{} points take about {} MiB, which the system refuses; give them in parts",
                self.points,
                cloud >> 20
            )));
        }
        if max_memory_mb == 0 {
            return Ok(Budget {
                tile: largest,
                workers: self.threads,
                keep: kept <= KEPT_BYTES,
            });
        }
        let bound = max_memory_mb << 20;
        let left = bound.saturating_sub(cloud);
        let mut tile = largest;
        while tile > SMALLEST_TILE && self.tile_bytes(tile) > left {
            tile /= 2;
        }
        if self.tile_bytes(tile) > left {
            let needed = (cloud.saturating_add(self.tile_bytes(tile)) >> 20) + 1;
            return Err(Error::Memory(format!(
                "max_memory_mb is {max_memory_mb}, but {} points need at least {needed}",
                self.points
            )));
        }
        let workers = (left / self.tile_bytes(tile)).clamp(1, self.threads);
        let keep = kept <= left - workers * self.tile_bytes(tile);
        Ok(Budget { tile, workers, keep })
    }

    /// A square patch of the surface with a halo all around: k neighbours lie within sqrt(k / pi) spacings.
    fn tile_bytes(&self, core: usize) -> usize {
        let halo = self.hops as f64 * (self.k as f64 / std::f64::consts::PI).sqrt();
        let side = (core.min(self.points) as f64).sqrt() + 2.0 * halo;
        // At least one row: a share of nothing would be endless.
        (side * side).min(self.points as f64).ceil().max(1.0) as usize * ROW_BYTES
    }
}

/// Whether the system would give as much: an allocation that fails in the middle of a run ends the host's process, one
/// that fails here is an error.
fn is_free(bytes: usize) -> bool {
    let mut block = Vec::<u8>::new();
    let given = block.try_reserve_exact(bytes).is_ok();
    std::hint::black_box(block); // else the compiler takes the liberty to ask for nothing
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(points: usize, threads: usize) -> Need {
        Need {
            points,
            k: 20,
            hops: 4,
            threads,
            gpu: false,
        }
    }

    #[test]
    fn a_tile_does_not_depend_on_the_number_of_threads() {
        for bound in [0, 100, 200, 400, 1500] {
            let tiles: Vec<_> = [1, 2, 16]
                .map(|t| need(100_000, t).budget(bound).map(|b| b.tile).ok())
                .into();
            assert!(
                tiles.windows(2).all(|pair| pair[0] == pair[1]),
                "{bound}: {tiles:?}"
            );
        }
    }

    #[test]
    fn no_points_need_no_memory_and_divide_nothing() {
        assert_eq!(need(0, 4).budget(1).unwrap().workers, 4);
    }

    #[test]
    fn a_cloud_beyond_all_memory_is_refused() {
        for points in [1 << 55, usize::MAX] {
            assert_eq!(need(points, 1).budget(0).unwrap_err().code(), 10);
        }
    }

    #[test]
    fn less_memory_means_fewer_workers_then_smaller_tiles_then_an_error_that_says_what_suffices() {
        assert_eq!(
            need(100_000, 16).budget(0).unwrap(),
            Budget {
                tile: TILE,
                workers: 16,
                keep: true
            }
        );
        let few = need(100_000, 16).budget(300).unwrap();
        assert!(few.tile == TILE && few.workers < 16, "{few:?}");
        let small = need(100_000, 16).budget(60).unwrap();
        assert!(small.tile < TILE && small.workers == 1, "{small:?}");
        let error = need(100_000, 16).budget(20).unwrap_err();
        assert_eq!(error.code(), 10);
        let enough = error
            .to_string()
            .split_whitespace()
            .last()
            .unwrap()
            .parse()
            .unwrap();
        need(100_000, 16).budget(enough).unwrap();
    }
}
