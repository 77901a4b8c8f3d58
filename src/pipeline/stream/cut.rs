//! A survey in tiles for other machines: each tile is a cloud of its own that any `denoise` can take.

use std::fs;
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::tape::{Tape, refused};
use super::tile_file::write_tile;
use super::work::{Stage, Work, identity};
use super::{Survey, plan};
use crate::error::{Error, Result};
use crate::io::Stream;
use crate::model::Model;
use crate::params::Params;
use crate::pipeline::job::{self, Watch};
use crate::pipeline::report::Report;
use crate::spread;

/// The file in a folder of tiles that describes them.
pub(super) const MANIFEST: &str = "manifest.json";

/// What a folder of tiles holds, as its `manifest.json` says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cut {
    /// Version of this description: 1.
    pub format: u32,
    /// Points of the scan.
    pub points: u64,
    /// What a tile has to be told, so that it is treated as a part of the scan: the noise, in the scan's unit ...
    pub noise: f64,
    /// ... the median distance between neighbouring points, in the same unit ...
    pub spacing: f64,
    /// ... and the number of steps, for which the halo is deep enough.
    pub steps: usize,
    /// The model that the halo is deep enough for.
    pub model: String,
    /// The scan, the model and the options that the tiles are of; with the same they need not be cut again.
    pub key: String,
    /// The tiles.
    pub tiles: Vec<TileFile>,
}

/// One tile of a [`Cut`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TileFile {
    /// Its file, a PLY of x, y, z, `core` (1 for a point of the tile, 0 for one of its halo) and `source` (the point's
    /// number in the scan).
    pub file: String,
    /// Where [`join`](super::join()) looks for what `denoise` made of it.
    pub clean: String,
    /// Points, those of the halo included.
    pub points: u64,
    /// Points without the halo.
    pub core: u64,
}

/// Cuts the scan in the file `input` into tiles of at most `points` points (and their halos) in `folder`.
///
/// The halo is as deep as everything that can influence a tile's points in all steps together, counted in hops of the
/// scan's neighbour graph. So tiles can be denoised anywhere, each with the noise, spacing and steps of the
/// description, and [`join`](super::join()) gives what `denoise` gives for the whole.
///
/// # Errors
/// [`Error::Unsupported`] for a model with random steps or one that looks at the whole cloud, and for a file that can't
/// be read in pieces; else as [`denoise`](crate::denoise()).
pub fn cut(
    model: &Model,
    input: &Path,
    folder: &Path,
    points: u64,
    params: &Params,
    watch: &mut dyn Watch,
) -> Result<Cut> {
    let plan = plan::plan(model, params)?;
    let scan = open(input)?;
    fs::create_dir_all(folder).map_err(|source| refused(folder, source))?;
    let manifest = folder.join(MANIFEST);
    let settings = format!("tiles of {points} {}", plan::settings(model, params));
    let key = format!("{settings} {}", identity(input));
    let cut = |text: Vec<u8>| {
        serde_json::from_slice::<Cut>(&text)
            .ok()
            .filter(|cut| cut.key == key)
    };
    if let Some(cut) = fs::read(&manifest).ok().and_then(cut) {
        return Ok(cut);
    }
    let mut work = Work::open(&manifest, &settings, identity(input))?;
    if work.state.piece == 0 {
        work.state.piece = super::whole_blocks(points);
    }
    job::run(plan.threads, watch, |job| {
        let mut survey = Survey {
            model,
            params,
            scan: &scan,
            job,
            most: plan.most.max(8 * work.state.piece as usize),
            memory: plan.memory,
            report: Report::blank(model, params),
            work,
        };
        survey.prepare()?;
        let cut = survey.tiles(folder, key)?;
        let text = serde_json::to_vec_pretty(&cut).map_err(|error| Error::Internal(error.to_string()))?;
        let part = survey.work.path("result");
        fs::write(&part, text).map_err(|source| refused(&part, source))?;
        survey.work.state.ready = identity(&part);
        survey.work.next(Stage::Ready)?;
        Ok((cut, survey.work))
    })
    .and_then(|(cut, work)| {
        work.deliver(&manifest)?;
        Ok(cut)
    })
}

pub(super) fn open(path: &Path) -> Result<Stream> {
    Stream::open(path)?.ok_or_else(|| {
        let kinds =
            "only LAS, LAZ and binary PLY (without lists in front of its points) can be read in pieces";
        Error::Unsupported(format!("{}: {kinds}", path.display()))
    })
}

impl Survey<'_> {
    fn tiles(&mut self, folder: &Path, key: String) -> Result<Cut> {
        let state = self.work.state.clone();
        let mut cut = Cut {
            format: 1,
            points: state.points,
            noise: self.report.noise,
            spacing: self.report.spacing,
            steps: 0,
            key,
            model: self.model.manifest().name.clone(),
            tiles: Vec::new(),
        };
        if state.leave.is_some() {
            return Ok(cut);
        }
        cut.steps = self.levels()?.len() - 1;
        let (calls, passes) = self.passes(cut.steps);
        // Each pass of the walk has a graph of its own, which has to be true around what the next one needs.
        let walk = passes * super::lists(self.hops(self.score()), calls);
        let even = if self.evens() {
            passes * super::lists(spread::ROUNDS, 1)
        } else {
            0
        };
        // One more for the neighbours of the outermost points, which a tile looks up by itself.
        let hops = walk + even + 1;
        let name = |core: &Range<u64>, piece: u64| format!("{:05}", core.start / piece);
        let piece = state.piece;
        let raw: Tape<[f64; 3]> = self.work.tape("state-0")?;
        let sources: Tape<u64> = self.work.tape("sources")?;
        self.pieces(Self::share(Stage::Walk), |survey, core| {
            let region = survey.scanned(core.clone(), hops)?;
            let file = folder.join(format!("{}.ply", name(&core, piece)));
            let (raw, sources) = (&raw, &sources);
            Ok(move || write_tile(&file, &region.ranges, &core, raw, sources))
        })?;
        let mut at = 0;
        while at < self.work.state.finite {
            let core = at..self.work.state.finite.min(at + piece);
            let file = format!("{}.ply", name(&core, piece));
            cut.tiles.push(TileFile {
                points: tile_points(&folder.join(&file))?,
                clean: format!("{}.clean.ply", name(&core, piece)),
                core: core.end - core.start,
                file,
            });
            at = core.end;
        }
        Ok(cut)
    }
}

fn tile_points(path: &Path) -> Result<u64> {
    let stream = Stream::open(path)?;
    Ok(stream.map_or(0, |stream| stream.len()))
}
