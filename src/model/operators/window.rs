//! `WindowReduce`: what a point's neighbours have, the maximum and the mean, counted by where they lie.

use ort::operator::ComputeContext;
use ort::value::TensorElementType::{Float32, Int32};

use super::{Recipe, input, sizes};
use crate::widest::widest;

/// `b` \[m,c\] float32, `neighbors` \[n,k\] int32, rows of b, `edges` \[n,k,3\], the relative position e of each, `windows`
/// \[5,c\], rows x y z, square, offset of `t = offset + (x y z) e + square |e|^2` -> \[n,c\]: the maximum of `b + t` over the
/// neighbours on the first half of the channels, the mean of `b relu(t)` on the second.
pub(super) const WINDOW_REDUCE: Recipe = Recipe {
    name: "WindowReduce",
    inputs: &[Float32, Int32, Float32, Float32],
    compute,
};

/// Rows of `windows`.
const ROWS: usize = 5;

fn compute(context: &ComputeContext) -> ort::Result<()> {
    let inputs = [
        input(context, 0)?,
        input(context, 1)?,
        input(context, 2)?,
        input(context, 3)?,
    ];
    let (b_shape, b) = inputs[0].try_extract_tensor::<f32>()?;
    let (shape, neighbors) = inputs[1].try_extract_tensor::<i32>()?;
    let (edges_shape, edges) = inputs[2].try_extract_tensor::<f32>()?;
    let (windows_shape, windows) = inputs[3].try_extract_tensor::<f32>()?;
    let [m, c] = sizes(b_shape)?;
    let [n, k] = sizes(shape)?;
    let fits = sizes(edges_shape)? == [n, k, 3] && sizes(windows_shape)? == [ROWS, c];
    if c == 0 || c % 2 != 0 || k == 0 || !fits {
        return Err(ort::Error::new(format!(
            "{c} channels, neighbours {shape}, edges {edges_shape} and windows {windows_shape} do not fit"
        )));
    }
    if let Some(wrong) = neighbors.iter().find(|&&j| j < 0 || j as usize >= m) {
        return Err(ort::Error::new(format!("neighbour {wrong} of {m} rows")));
    }
    let Some(mut out) = context.output(0, [n as i64, c as i64])? else {
        return Ok(());
    };
    let out = out.try_extract_tensor_mut::<f32>()?.1;
    window_reduce(b, neighbors, edges, windows, c, k, out);
    Ok(())
}

widest! {
    fn window_reduce(b: &[f32], neighbors: &[i32], edges: &[f32], windows: &[f32], c: usize, k: usize, out: &mut [f32]) => reduce_rows
}

#[inline(always)]
fn reduce_rows(
    b: &[f32],
    neighbors: &[i32],
    edges: &[f32],
    windows: &[f32],
    c: usize,
    k: usize,
    out: &mut [f32],
) {
    let (edges, _) = edges.as_chunks::<3>();
    let rows = neighbors.chunks_exact(k).zip(edges.chunks_exact(k));
    for (out, (row, edges)) in out.chunks_exact_mut(c).zip(rows) {
        let around = Around {
            b,
            row,
            edges,
            windows,
        };
        // As many channels at once as stay in registers together with their windows.
        let mut at = 0;
        while at < c {
            let left = if at < c / 2 { c / 2 - at } else { c - at };
            at += match left {
                16.. => around.reduce::<16>(at, out),
                8.. => around.reduce::<8>(at, out),
                _ => around.reduce::<1>(at, out),
            };
        }
    }
}

/// One point's neighbours.
struct Around<'a> {
    b: &'a [f32],
    row: &'a [i32],
    edges: &'a [[f32; 3]],
    windows: &'a [f32],
}

impl Around<'_> {
    /// `L` channels from `at` on, all of one half; says how many these are.
    #[inline(always)]
    fn reduce<const L: usize>(&self, at: usize, out: &mut [f32]) -> usize {
        let c = out.len();
        let highest = at < c / 2;
        let (mut windows, mut kept) = ([[0.0; L]; ROWS], [0.0; L]);
        for (row, window) in windows.iter_mut().enumerate() {
            window.copy_from_slice(&self.windows[row * c + at..][..L]);
        }
        if highest {
            kept = [f32::NEG_INFINITY; L];
        }
        for (&j, &[x, y, z]) in self.row.iter().zip(self.edges) {
            let square = x * x + y * y + z * z;
            let b = &self.b[j as usize * c + at..][..L];
            let mut bowl = [0.0; L];
            for l in 0..L {
                bowl[l] = windows[4][l]
                    + (x * windows[0][l] + y * windows[1][l] + z * windows[2][l] + square * windows[3][l]);
            }
            if highest {
                for l in 0..L {
                    let value = b[l] + bowl[l];
                    kept[l] = if value > kept[l] { value } else { kept[l] };
                }
            } else {
                for l in 0..L {
                    // Chosen before it is multiplied by: a product under a condition would be looked up lane by lane.
                    let weight = if bowl[l] > 0.0 { bowl[l] } else { 0.0 };
                    kept[l] += b[l] * weight;
                }
            }
        }
        let share = if highest { 1.0 } else { 1.0 / self.row.len() as f32 };
        for (out, kept) in out[at..at + L].iter_mut().zip(kept) {
            *out = kept * share;
        }
        L
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maximum_and_mean_by_place_at_any_width() {
        let some = |n: usize, step: usize| -> Vec<f32> {
            (0..n).map(|i| ((i * step) % 23) as f32 / 8.0 - 1.3).collect()
        };
        for (c, k) in [(2, 1), (6, 3), (80, 20), (84, 20), (160, 5)] {
            let (m, n) = (17, 9);
            let (b, edges, windows) = (some(m * c, 7), some(n * k * 3, 5), some(ROWS * c, 11));
            let neighbors: Vec<i32> = (0..n * k).map(|i| ((i * 31) % m) as i32).collect();
            let mut out = vec![f32::NAN; n * c];
            window_reduce(&b, &neighbors, &edges, &windows, c, k, &mut out);
            for (at, &found) in out.iter().enumerate() {
                let (i, channel) = (at / c, at % c);
                let window = |row: usize| windows[row * c + channel];
                let values = (i * k..(i + 1) * k).map(|slot| {
                    let e = &edges[slot * 3..][..3];
                    let place: f32 = (0..3).map(|a| window(a) * e[a]).sum();
                    let square: f32 = e.iter().map(|x| x * x).sum();
                    let bowl = window(4) + place + window(3) * square;
                    (b[neighbors[slot] as usize * c + channel], bowl)
                });
                let wanted = if channel < c / 2 {
                    values.map(|(b, t)| b + t).fold(f32::NEG_INFINITY, f32::max)
                } else {
                    values.map(|(b, t)| b * t.max(0.0)).sum::<f32>() / k as f32
                };
                assert!(
                    (found - wanted).abs() < 1e-4,
                    "{found} {wanted} (c {c} k {k} row {i} channel {channel})"
                );
            }
        }
    }
}
