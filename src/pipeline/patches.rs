//! Patches of a scan, for networks that cut their own graph out of the points that they are given.

use std::time::Duration;

use rayon::prelude::*;

use super::job::Job;
use super::predict::Span;
use crate::bundle::{PatchSpec, StageInput};
use crate::error::{Error, Result};
use crate::graph::Places;
use crate::model::{Matrix, Network};

/// The points that a network sees at once, nearest to the seed first, and the rows whose answers count.
pub(super) struct Patch {
    rows: Vec<u32>,
    /// Which of the rows counts for which point.
    core: Vec<(u32, u32)>,
}

/// Covers the cloud by the rule of [`PatchSpec`]; `order` lists the points in the caller's order.
pub(super) fn cover(
    points: &[[f64; 3]],
    order: &[u32],
    spec: PatchSpec,
    places: &Places,
    job: &Job,
) -> Result<Vec<Patch>> {
    let mut done = vec![false; points.len()];
    let mut patches = Vec::new();
    let mut found = Vec::new();
    for &seed in order {
        if done[seed as usize] {
            continue;
        }
        job.check()?;
        places.around(points[seed as usize], spec.points, &mut found);
        let rows: Vec<u32> = found.iter().map(|&(_, i)| i).collect();
        let mut core = Vec::new();
        let mut take = |at: usize, i: u32| {
            if !std::mem::replace(&mut done[i as usize], true) {
                core.push((at as u32, i));
            }
        };
        for (at, &i) in rows.iter().enumerate().take(spec.core) {
            take(at, i);
        }
        // Among more coinciding points than a core holds the seed may come late; should it be left out altogether,
        // one of those in its place stands for it.
        match rows.iter().position(|&i| i == seed) {
            Some(at) => take(at, seed),
            None => take(0, seed),
        }
        patches.push(Patch { rows, core });
    }
    Ok(patches)
}

/// The features of every point, `width` numbers each, and the time spent inside ONNX Runtime, averaged over `workers`.
pub(super) fn features(
    network: &Network,
    points: &[[f64; 3]],
    patches: &[Patch],
    width: usize,
    workers: usize,
    span: &Span<'_>,
) -> Result<(Vec<f32>, Duration)> {
    let answers: Vec<(Vec<f32>, Duration)> = patches
        .par_iter()
        .with_min_len(patches.len().div_ceil(workers))
        .map(|patch| {
            span.job.check()?;
            let values: Vec<f32> = patch
                .rows
                .iter()
                .flat_map(|&i| points[i as usize].map(|c| c as f32))
                .collect();
            let matrix = Matrix {
                input: StageInput::Points,
                width: 3,
                values: &values,
            };
            let (mut outputs, spent) =
                network.call(&[matrix], [patch.rows.len(), width], &span.job.options)?;
            let output = outputs
                .pop()
                .ok_or_else(|| Error::Internal("a network gave nothing".into()))?;
            let row = |&(at, _): &(u32, u32)| output[at as usize * width..][..width].iter().copied();
            Ok((patch.core.iter().flat_map(row).collect(), spent))
        })
        .collect::<Result<_>>()?;
    let mut features = vec![0.0; points.len() * width];
    let mut inside = Duration::ZERO;
    for (patch, (answer, spent)) in patches.iter().zip(&answers) {
        inside += *spent;
        for (&(_, i), row) in patch.core.iter().zip(answer.chunks_exact(width)) {
            features[i as usize * width..][..width].copy_from_slice(row);
        }
    }
    span.job.advance(span.to);
    Ok((features, inside / workers as u32))
}
