//! Orientations in which a network is shown a cloud.

use std::f64::consts::TAU;

/// A rotation of what a network sees.
///
/// A network that was trained on clouds in all orientations errs a little differently in each. Where every step shows it
/// the cloud in another one, its errors don't add up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Turn([[f32; 3]; 3]);

impl Turn {
    /// The one of step `step`: over the steps they come close to every rotation equally often.
    ///
    /// Uniform in three numbers of 0 to 1 (Shoemake, Uniform random rotations, 1992), which follow the sequence
    /// `frac(1/2 + (step + 1) / g^i)` with `g^4 = g + 1` (Roberts, The unreasonable effectiveness of quasirandom sequences,
    /// 2018).
    pub(crate) fn of(step: usize) -> Turn {
        const G: f64 = 1.220_744_084_605_759_5;
        let [u, v, w] = [1, 2, 3].map(|i| (0.5 + (step + 1) as f64 / G.powi(i)).fract());
        let ((a, b), (c, d)) = ((TAU * v).sin_cos(), (TAU * w).sin_cos());
        let (p, q) = ((1.0 - u).sqrt(), u.sqrt());
        let [x, y, z, s] = [p * a, p * b, q * c, q * d];
        let rows = [
            [
                1.0 - 2.0 * (y * y + z * z),
                2.0 * (x * y - z * s),
                2.0 * (x * z + y * s),
            ],
            [
                2.0 * (x * y + z * s),
                1.0 - 2.0 * (x * x + z * z),
                2.0 * (y * z - x * s),
            ],
            [
                2.0 * (x * z - y * s),
                2.0 * (y * z + x * s),
                1.0 - 2.0 * (x * x + y * y),
            ],
        ];
        Turn(rows.map(|row| row.map(|value| value as f32)))
    }

    /// Turns each of `vectors`, three numbers apiece.
    pub(crate) fn apply(&self, vectors: &mut [f32]) {
        for vector in vectors.as_chunks_mut::<3>().0 {
            let [x, y, z] = *vector;
            *vector = self.0.map(|[a, b, c]| a * x + b * y + c * z);
        }
    }

    /// Turns what a network answers back.
    pub(crate) fn back(&self, vector: [f32; 3]) -> [f32; 3] {
        std::array::from_fn(|a| (0..3).map(|row| self.0[row][a] * vector[row]).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::Turn;

    fn angle(a: &Turn, b: &Turn) -> f32 {
        let trace: f32 = (0..9).map(|i| a.0[i / 3][i % 3] * b.0[i / 3][i % 3]).sum();
        ((trace - 1.0) / 2.0).clamp(-1.0, 1.0).acos().to_degrees()
    }

    #[test]
    fn back_undoes_apply_and_lengths_stay() {
        for step in 0..100 {
            let (turn, given) = (Turn::of(step), [0.3, -2.0, 0.7]);
            let mut turned = given;
            turn.apply(&mut turned);
            let length = |v: [f32; 3]| v.iter().map(|c| c * c).sum::<f32>().sqrt();
            assert!((length(turned) - length(given)).abs() < 1e-5);
            let back = turn.back(turned);
            assert!(
                (0..3).all(|a| (back[a] - given[a]).abs() < 1e-5),
                "{step}: {back:?}"
            );
            let [x, y, z] = turn.0;
            let across: f32 = (0..3)
                .map(|a| x[a] * (y[(a + 1) % 3] * z[(a + 2) % 3] - y[(a + 2) % 3] * z[(a + 1) % 3]))
                .sum();
            assert!((across - 1.0).abs() < 1e-5, "a mirror at {step}");
        }
    }

    #[test]
    fn steps_differ_and_rotations_average_out() {
        let turns: Vec<Turn> = (0..1000).map(Turn::of).collect();
        for (step, turn) in turns[..8].iter().enumerate() {
            for (other, earlier) in turns[..step].iter().enumerate() {
                assert!(
                    angle(turn, earlier) > 40.0,
                    "{other} and {step}: {}",
                    angle(turn, earlier)
                );
            }
        }
        for entry in 0..9 {
            let mean = turns.iter().map(|turn| turn.0[entry / 3][entry % 3]).sum::<f32>() / 1000.0;
            assert!(mean.abs() < 0.02, "{entry}: {mean}");
        }
    }
}
