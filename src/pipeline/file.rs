//! From file to file, whatever the cloud's size.

use std::path::Path;

use super::denoise::denoise;
use super::job::Watch;
use super::report::Report;
use super::stream;
use crate::cloud::CloudView;
use crate::error::{Error, Result};
use crate::io::{self, Stream};
use crate::model::Model;
use crate::params::{ByName, Params};

/// Denoises the file `input` into `output`, which keeps everything else of it.
///
/// A file that would take more memory than `max_memory_mb` (1280 where that is 0) is worked on in pieces: LAS, LAZ and
/// binary PLY into the same format (LAS and LAZ are one), with a model whose steps are neither random nor look at the
/// whole cloud. The points come out as they would in memory. Such a run keeps what it has done in a hidden folder beside
/// `output`, `.NAME.quietcloud`: killed, it goes on from there when it is started again with the same input, model and
/// options; the folder goes when the result is there. Either way the result appears whole or not at all.
///
/// # Errors
/// As [`io::read`], [`denoise`] and [`io::PointFile::write`]; [`Error::Argument`](crate::Error::Argument) while another
/// process writes the same result.
pub fn denoise_file(
    model: &Model,
    input: &Path,
    output: &Path,
    params: &Params,
    watch: &mut dyn Watch,
) -> Result<Report> {
    io::can_write(output)?;
    params.check()?;
    let scan = Stream::open(input)?.filter(|scan| stream::streams(model, scan, output, params));
    if let Some(scan) = scan {
        return stream::run(model, &scan, input, output, params, None, watch);
    }
    let file = io::read(input)?;
    let done = denoise(model, CloudView::from_f64(file.points()), params, watch)?;
    file.write(output, &done.points)?;
    Ok(done.report)
}

/// [`denoise_file`] in pieces of about so many points, whatever would fit into memory; for tests.
///
/// # Errors
/// As [`denoise_file`].
#[doc(hidden)]
pub fn denoise_in_pieces(
    model: &Model,
    input: &Path,
    output: &Path,
    params: &Params,
    piece: u64,
    watch: &mut dyn Watch,
) -> Result<Report> {
    let whole = || Error::Unsupported("this file is read whole".into());
    let scan = Stream::open(input)?
        .filter(|scan| scan.writes(output))
        .ok_or_else(whole)?;
    stream::run(model, &scan, input, output, params, Some(piece), watch)
}
