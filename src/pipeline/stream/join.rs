//! Denoised tiles put together again.

use std::cell::RefCell;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use super::cut::{Cut, MANIFEST, open};
use super::sort::Sorter;
use super::tape::{Tape, refused};
use super::tile_file::{broken, read_tile};
use super::work::{Stage, Work, identity};
use super::{Sourced, by_source, rewrite};
use crate::error::{Error, Result};
use crate::io::Stream;
use crate::pipeline::job::Watch;

/// Puts the denoised tiles of `folder` together to `output`, with everything else of the scan `input`.
///
/// # Errors
/// [`Error::Format`] where a tile is missing or is not what was cut, [`Error::Cloud`] where the scan is another one.
pub fn join(input: &Path, folder: &Path, output: &Path, watch: &mut dyn Watch) -> Result<Cut> {
    let path = folder.join(MANIFEST);
    let text = fs::read(&path).map_err(|source| refused(&path, source))?;
    let cut: Cut = serde_json::from_slice(&text).map_err(|error| broken(&path, error.to_string()))?;
    let scan = open(input)?;
    if cut.format != 1 || cut.points != scan.len() {
        return Err(Error::Cloud(format!(
            "the tiles (format {}) are of a scan of {} points, {} has {}",
            cut.format,
            cut.points,
            input.display(),
            scan.len()
        )));
    }
    if !scan.writes(output) {
        let reason = "tiles are joined in the scan's own format (LAS and LAZ are one)".into();
        return Err(broken(output, reason));
    }
    let mut work = Work::open(output, &format!("join {cut:?}"), identity(input))?;
    // No network runs here: none of what a job needs has to be there.
    let watch = RefCell::new(watch);
    let tell = |done: f64| match watch.borrow_mut().progress(done) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Cancelled),
    };
    if work.state.stage != Stage::Ready {
        gather(&cut, folder, &scan, output, &work, &tell)?;
        work.state.ready = identity(&work.path("result"));
        work.next(Stage::Ready)?;
    }
    work.deliver(output)?;
    Ok(cut)
}

fn gather(
    cut: &Cut,
    folder: &Path,
    scan: &Stream,
    output: &Path,
    work: &Work,
    tell: &dyn Fn(f64) -> Result<()>,
) -> Result<()> {
    let mut sorter = Sorter::new(&work.path("runs"), by_source)?;
    let mut moved = 0;
    for (nth, tile) in cut.tiles.iter().enumerate() {
        tell(0.5 * nth as f64 / cut.tiles.len() as f64)?;
        let mut core = 0;
        read_tile(&folder.join(&tile.clean), tile.points, |point, source| {
            core += 1;
            sorter.push((source, point))
        })?;
        if core != tile.core {
            let reason = format!("{core} points are the tile's own, expected {}", tile.core);
            return Err(broken(&folder.join(&tile.clean), reason));
        }
        moved += core;
    }
    let clean: Tape<Sourced> = Tape::new(&work.path("clean"))?;
    clean.fill(|put| sorter.drain(put))?;
    let tell = |done: f64| tell(0.5 + 0.5 * done);
    rewrite(scan, &clean, moved, &work.path("result"), output, &tell)
}
