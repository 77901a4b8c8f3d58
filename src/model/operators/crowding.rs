//! `Crowding`: on which side of a point its neighbours crowd.

use ort::operator::ComputeContext;
use ort::value::TensorElementType::Float32;

use super::{Recipe, input, sizes};
use crate::widest::widest;

/// `edges` \[n,k,3\], `slope` \[c\], `peak` \[c\] -> \[n,3c\]: `sum_j relu(peak + slope |e_j|) e_j / |e_j|`, x y z of the first
/// slope, then of the next; lengths are `sqrt(e^2 + 1e-6)`.
pub(super) const CROWDING: Recipe = Recipe {
    name: "Crowding",
    inputs: &[Float32, Float32, Float32],
    compute,
};

fn compute(context: &ComputeContext) -> ort::Result<()> {
    let inputs = [input(context, 0)?, input(context, 1)?, input(context, 2)?];
    let (shape, edges) = inputs[0].try_extract_tensor::<f32>()?;
    let (_, slope) = inputs[1].try_extract_tensor::<f32>()?;
    let (_, peak) = inputs[2].try_extract_tensor::<f32>()?;
    let [n, k, axes] = sizes(shape)?;
    if k == 0 || axes != 3 || slope.is_empty() || slope.len() != peak.len() {
        return Err(ort::Error::new(format!(
            "edges {shape}, {} slopes and {} peaks do not fit",
            slope.len(),
            peak.len()
        )));
    }
    let Some(mut out) = context.output(0, [n as i64, 3 * slope.len() as i64])? else {
        return Ok(());
    };
    crowding(edges, k, slope, peak, out.try_extract_tensor_mut::<f32>()?.1);
    Ok(())
}

widest! {
    fn crowding(edges: &[f32], k: usize, slope: &[f32], peak: &[f32], out: &mut [f32]) => sum_rows
}

#[inline(always)]
fn sum_rows(edges: &[f32], k: usize, slope: &[f32], peak: &[f32], out: &mut [f32]) {
    for (out, edges) in out
        .chunks_exact_mut(3 * slope.len())
        .zip(edges.chunks_exact(3 * k))
    {
        out.fill(0.0);
        for edge in edges.chunks_exact(3) {
            let length = (edge[0] * edge[0] + edge[1] * edge[1] + edge[2] * edge[2] + 1e-6).sqrt();
            for ((sum, slope), peak) in out.chunks_exact_mut(3).zip(slope).zip(peak) {
                let weight = length * slope + peak;
                let weight = if weight > 0.0 { weight / length } else { 0.0 };
                (0..3).for_each(|a| sum[a] += weight * edge[a]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_points_to_the_crowded_side_and_sees_what_is_near_only() {
        let edges = [1.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 3.0];
        let mut out = [f32::NAN; 6];
        crowding(&edges, 3, &[-1.0, -0.5], &[1.5, 1.0], &mut out);
        let wanted = [0.5, 1.0, 0.0, 0.5, 0.75, 0.0];
        assert!(
            out.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-5),
            "{out:?}"
        );
    }
}
