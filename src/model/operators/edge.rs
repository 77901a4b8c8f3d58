//! `EdgeReduce`: what a point's relative neighbours look like along learned directions.

use ort::operator::ComputeContext;
use ort::value::TensorElementType::Float32;

use super::{Recipe, input, sizes};
use crate::widest::widest;

/// `edges` \[n,k,3\], `reach` \[3,r\], `share` \[3,s\], `bias` \[s\] -> \[n,r+s+9\]: `max_j e_j reach`, `mean_j relu(e_j share +
/// bias)`, the mean of `e_j` and its second moments xx yy zz xy yz zx.
pub(super) const EDGE_REDUCE: Recipe = Recipe {
    name: "EdgeReduce",
    inputs: &[Float32, Float32, Float32, Float32],
    compute,
};

/// Means and second moments.
const MOMENTS: usize = 9;

fn compute(context: &ComputeContext) -> ort::Result<()> {
    let inputs = [
        input(context, 0)?,
        input(context, 1)?,
        input(context, 2)?,
        input(context, 3)?,
    ];
    let (shape, edges) = inputs[0].try_extract_tensor::<f32>()?;
    let (reach_shape, reach) = inputs[1].try_extract_tensor::<f32>()?;
    let (share_shape, share) = inputs[2].try_extract_tensor::<f32>()?;
    let (_, bias) = inputs[3].try_extract_tensor::<f32>()?;
    let [n, k, axes] = sizes(shape)?;
    let [rows, r] = sizes(reach_shape)?;
    let [share_rows, s] = sizes(share_shape)?;
    if k == 0 || [axes, rows, share_rows] != [3; 3] || bias.len() != s {
        return Err(ort::Error::new(format!(
            "edges {shape}, reach {reach_shape}, share {share_shape} and a bias of {} do not fit",
            bias.len()
        )));
    }
    let Some(mut out) = context.output(0, [n as i64, (r + s + MOMENTS) as i64])? else {
        return Ok(());
    };
    edge_reduce(
        edges,
        k,
        reach,
        share,
        bias,
        out.try_extract_tensor_mut::<f32>()?.1,
    );
    Ok(())
}

widest! {
    fn edge_reduce(edges: &[f32], k: usize, reach: &[f32], share: &[f32], bias: &[f32], out: &mut [f32]) => reduce_rows
}

/// Directions that are looked along at once: as many as stay in registers.
const LANES: usize = 32;

#[inline(always)]
fn reduce_rows(edges: &[f32], k: usize, reach: &[f32], share: &[f32], bias: &[f32], out: &mut [f32]) {
    let (r, s) = (reach.len() / 3, share.len() / 3);
    let part = 1.0 / k as f32;
    for (out, edges) in out
        .chunks_exact_mut(r + s + MOMENTS)
        .zip(edges.chunks_exact(3 * k))
    {
        let (edges, _) = edges.as_chunks::<3>();
        let (extent, out) = out.split_at_mut(r);
        let (beyond, moments) = out.split_at_mut(s);
        for (chunk, extent) in extent.chunks_mut(LANES).enumerate() {
            let planes = columns(reach, r, chunk * LANES);
            let mut kept = [f32::NEG_INFINITY; LANES];
            for &edge in edges {
                for (l, kept) in kept.iter_mut().enumerate() {
                    let along = product(edge, &planes, l);
                    *kept = if along > *kept { along } else { *kept };
                }
            }
            extent.copy_from_slice(&kept[..extent.len()]);
        }
        for (chunk, beyond) in beyond.chunks_mut(LANES).enumerate() {
            let from = chunk * LANES;
            let planes = columns(share, s, from);
            let mut offsets = [0.0; LANES];
            offsets[..beyond.len()].copy_from_slice(&bias[from..from + beyond.len()]);
            let mut sum = [0.0; LANES];
            for &edge in edges {
                for l in 0..LANES {
                    let over = product(edge, &planes, l) + offsets[l];
                    sum[l] += if over > 0.0 { over } else { 0.0 };
                }
            }
            (0..beyond.len()).for_each(|l| beyond[l] = sum[l] * part);
        }
        moments.fill(0.0);
        for &[x, y, z] in edges {
            let products = [x, y, z, x * x, y * y, z * z, x * y, y * z, z * x];
            (0..MOMENTS).for_each(|m| moments[m] += products[m]);
        }
        moments.iter_mut().for_each(|m| *m *= part);
    }
}

/// The three rows of a matrix \[3,width\] from column `from` on; 0 beyond its last.
#[inline(always)]
fn columns(matrix: &[f32], width: usize, from: usize) -> [[f32; LANES]; 3] {
    let wide = LANES.min(width - from);
    std::array::from_fn(|axis| {
        let mut row = [0.0; LANES];
        row[..wide].copy_from_slice(&matrix[axis * width + from..][..wide]);
        row
    })
}

/// Of one lane: a loop over lanes around it becomes wide instructions, where a function of arrays may stay a call.
#[inline(always)]
fn product([x, y, z]: [f32; 3], planes: &[[f32; LANES]; 3], l: usize) -> f32 {
    x * planes[0][l] + y * planes[1][l] + z * planes[2][l]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_shares_and_moments_at_any_width() {
        let some = |n: usize, step: usize| -> Vec<f32> {
            (0..n).map(|i| ((i * step) % 23) as f32 / 8.0 - 1.3).collect()
        };
        for (n, k, r, s) in [(1, 1, 1, 1), (5, 20, 32, 32), (3, 7, 40, 5), (2, 3, 0, 70)] {
            let (edges, reach, share, bias) =
                (some(n * k * 3, 7), some(3 * r, 5), some(3 * s, 11), some(s, 3));
            let mut out = vec![f32::NAN; n * (r + s + MOMENTS)];
            edge_reduce(&edges, k, &reach, &share, &bias, &mut out);
            for (i, row) in out.chunks_exact(r + s + MOMENTS).enumerate() {
                let edges: Vec<&[f32]> = edges[i * k * 3..][..k * 3].chunks_exact(3).collect();
                let dot = |e: &[f32], m: &[f32], width: usize, c: usize| -> f32 {
                    (0..3).map(|a| e[a] * m[a * width + c]).sum()
                };
                let mean = |of: &dyn Fn(&[f32]) -> f32| edges.iter().map(|e| of(e)).sum::<f32>() / k as f32;
                let mut wanted: Vec<f32> = (0..r)
                    .map(|c| {
                        edges
                            .iter()
                            .map(|e| dot(e, &reach, r, c))
                            .fold(f32::MIN, f32::max)
                    })
                    .collect();
                wanted.extend((0..s).map(|c| mean(&|e| (dot(e, &share, s, c) + bias[c]).max(0.0))));
                wanted.extend((0..3).map(|a| mean(&|e| e[a])));
                let pairs = [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (2, 0)];
                wanted.extend(pairs.map(|(a, b)| mean(&|e| e[a] * e[b])));
                for (found, wanted) in row.iter().zip(&wanted) {
                    assert!(
                        (found - wanted).abs() < 1e-4,
                        "{found} {wanted} (n {n} k {k} r {r} s {s})"
                    );
                }
            }
        }
    }
}
