//! `GatherReduce`: what a point's neighbours have, the maximum and the mean.

use ort::operator::ComputeContext;
use ort::value::TensorElementType::{Float32, Int32};

use super::{Recipe, input, sizes};
use crate::widest::widest;

/// `b` \[m,c\] float32, `neighbors` \[n,k\] int32, rows of b -> \[n,c\]: the maximum over the neighbours on the first half of the
/// channels, the mean on the second.
pub(super) const GATHER_REDUCE: Recipe = Recipe {
    name: "GatherReduce",
    inputs: &[Float32, Int32],
    compute,
};

fn compute(context: &ComputeContext) -> ort::Result<()> {
    let (b, neighbors) = (input(context, 0)?, input(context, 1)?);
    let (b_shape, b) = b.try_extract_tensor::<f32>()?;
    let (shape, neighbors) = neighbors.try_extract_tensor::<i32>()?;
    let [m, c] = sizes(b_shape)?;
    let [n, k] = sizes(shape)?;
    if c == 0 || c % 2 != 0 || k == 0 {
        return Err(ort::Error::new(format!(
            "{c} channels and {k} neighbours, expected an even number and at least one"
        )));
    }
    if let Some(wrong) = neighbors.iter().find(|&&j| j < 0 || j as usize >= m) {
        return Err(ort::Error::new(format!("neighbour {wrong} of {m} rows")));
    }
    let Some(mut out) = context.output(0, [n as i64, c as i64])? else {
        return Ok(());
    };
    gather_reduce(b, neighbors, c, k, out.try_extract_tensor_mut::<f32>()?.1);
    Ok(())
}

widest! {
    fn gather_reduce(b: &[f32], neighbors: &[i32], c: usize, k: usize, out: &mut [f32]) => reduce_rows
}

/// Channels that are reduced at once: as many as stay in registers.
const LANES: usize = 40;

#[inline(always)]
fn reduce_rows(b: &[f32], neighbors: &[i32], c: usize, k: usize, out: &mut [f32]) {
    let half = c / 2;
    let share = 1.0 / k as f32;
    for (out, row) in out.chunks_exact_mut(c).zip(neighbors.chunks_exact(k)) {
        let (highest, mean) = out.split_at_mut(half);
        reduce_part(
            b,
            row,
            c,
            0,
            highest,
            |kept, value| if value > kept { value } else { kept },
        );
        reduce_part(b, row, c, half, mean, |sum, value| sum + value);
        mean.iter_mut().for_each(|sum| *sum *= share);
    }
}

#[inline(always)]
fn reduce_part(
    b: &[f32],
    row: &[i32],
    c: usize,
    from: usize,
    out: &mut [f32],
    with: impl Fn(f32, f32) -> f32 + Copy,
) {
    let mut at = from;
    let mut chunks = out.chunks_exact_mut(LANES);
    for out in &mut chunks {
        let mut kept: [f32; LANES] = lanes(b, row[0] as usize * c + at);
        for &j in &row[1..] {
            let other = lanes(b, j as usize * c + at);
            (0..LANES).for_each(|l| kept[l] = with(kept[l], other[l]));
        }
        out.copy_from_slice(&kept);
        at += LANES;
    }
    for out in chunks.into_remainder() {
        let value = |j: i32| b[j as usize * c + at];
        *out = row[1..]
            .iter()
            .fold(value(row[0]), |kept, &j| with(kept, value(j)));
        at += 1;
    }
}

#[inline(always)]
fn lanes(b: &[f32], start: usize) -> [f32; LANES] {
    b[start..start + LANES].try_into().unwrap_or([0.0; LANES])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maximum_and_mean_of_rows_at_any_width() {
        for (c, k) in [(2, 1), (6, 3), (80, 20), (84, 20), (160, 5), (200, 2)] {
            let (m, n) = (17, 9);
            let b: Vec<f32> = (0..m * c).map(|i| ((i * 7919) % 1013) as f32 - 500.0).collect();
            let neighbors: Vec<i32> = (0..n * k).map(|i| ((i * 31) % m) as i32).collect();
            let mut out = vec![f32::NAN; n * c];
            gather_reduce(&b, &neighbors, c, k, &mut out);
            for (at, &found) in out.iter().enumerate() {
                let (i, channel) = (at / c, at % c);
                let values = neighbors[i * k..][..k]
                    .iter()
                    .map(|&j| b[j as usize * c + channel]);
                let wanted = if channel < c / 2 {
                    values.fold(f32::NEG_INFINITY, f32::max)
                } else {
                    values.sum::<f32>() * (1.0 / k as f32)
                };
                assert_eq!(found, wanted, "c {c} k {k} row {i} channel {channel}");
            }
        }
    }
}
