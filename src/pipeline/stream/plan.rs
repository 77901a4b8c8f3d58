//! Whether a file is worked on in pieces, and how large these are.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::boxes::BLOCK;
use crate::bundle::Method;
use crate::error::{Error, Result};
use crate::io::Stream;
use crate::model::Model;
use crate::params::{ByName, Params};
use crate::pipeline::budget::{FILE_MB, POINT_BYTES, threads};

/// Points of a piece, where there is room for them: less would be mostly surroundings, more would lose more work to a kill.
const PIECE: u64 = 1 << 20;

pub(super) struct Plan {
    pub(super) threads: usize,
    /// Points of a piece without its surroundings.
    pub(super) piece: u64,
    /// Points of a piece with them.
    pub(super) most: usize,
    /// MiB for the run of a piece.
    pub(super) memory: usize,
}

/// MiB that a file's run may take.
fn bound(params: &Params) -> usize {
    match params.max_memory_mb {
        0 => FILE_MB,
        given => given,
    }
}

/// Whether the whole file is too much for the bound, and it, the model and the result are such that pieces will do.
pub(in crate::pipeline) fn streams(model: &Model, scan: &Stream, output: &Path, params: &Params) -> bool {
    // The file, its copy, its points and the result's, and the run itself.
    let k = model.manifest().graph.k;
    let each = 2 * scan.stride() + 48 + POINT_BYTES + 4 * k;
    let needed = scan.len().saturating_mul(each as u64);
    needed > (bound(params) as u64) << 20 && scan.writes(output) && is_local(model)
}

/// Whether a point's way depends on nothing but its neighbourhood, the frame and the noise.
fn is_local(model: &Model) -> bool {
    let manifest = model.manifest();
    let walks = !matches!(manifest.method, Method::ScoreDenoise | Method::Langevin);
    walks && manifest.normalization == "spacing" && manifest.sampling.eta == 0.0
}

/// # Errors
/// [`Error::Unsupported`] for a model whose points don't stay in their neighbourhood.
pub(super) fn local(model: &Model) -> Result<()> {
    if is_local(model) {
        return Ok(());
    }
    Err(Error::Unsupported(format!(
        "the model {} can't work on pieces of a cloud: its steps are random or look at all of it",
        model.manifest().name
    )))
}

pub(super) fn plan(model: &Model, params: &Params) -> Result<Plan> {
    local(model)?;
    params.check()?;
    model.manifest().expect(crate::bundle::Capability::Denoise)?;
    let memory = bound(params);
    let each = POINT_BYTES + 4 * model.manifest().graph.k;
    // A third for tiles at work, the rest for points; a piece with its surroundings is rarely more than twice the piece.
    let most = ((memory << 20) / 3 * 2 / each).max(2 * BLOCK as usize);
    let piece = (most as u64 / 4 / BLOCK * BLOCK).clamp(BLOCK, PIECE);
    Ok(Plan {
        threads: threads(params),
        piece,
        most,
        memory,
    })
}

/// What a run's result depends on, besides the points.
pub(super) fn settings(model: &Model, params: &Params) -> String {
    let result = Params {
        threads: 0,
        max_memory_mb: 0,
        ..*params
    };
    // The manifest names the hashes of the networks.
    let digest = Sha256::digest(format!("{:?}", model.manifest()).as_bytes());
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} {result:?} {hash}", env!("CARGO_PKG_VERSION"))
}
