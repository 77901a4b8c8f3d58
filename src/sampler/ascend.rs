//! The step along a score, for methods without a chain of levels.

/// Moves one point up the score: `x + rate score + heat sqrt(2 rate) noise`, `rate` >= 0.
///
/// `heat` 0 is ScoreDenoise's ascent (Luo & Hu, 2021), rate `alpha_0 lambda^k`. `heat` 1 is Langevin's step with
/// `rate = eps^2 / 2`: `x + eps^2 / 2 score + eps noise`, whose stationary law differs from the score's by a bias of
/// order `eps^2` (a Gaussian of variance `s^2` comes out with `s^2 / (1 - eps^2 / (4 s^2))`).
pub fn ascend<const D: usize>(
    x: [f64; D],
    score: [f64; D],
    rate: f64,
    heat: f64,
    noise: [f64; D],
) -> [f64; D] {
    let spread = heat * (2.0 * rate).sqrt();
    std::array::from_fn(|a| x[a] + rate * score[a] + spread * noise[a])
}
