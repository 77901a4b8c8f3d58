//! The step from one level of noise to a lower one, the same for every diffusion method in (alpha, sigma) form.

use crate::schedule::Level;

/// Moves one point from level `from` to the less noisy level `to`, given an estimate of its clean position.
///
/// With `c = 1 - SNR(from) / SNR(to)`, `z = (x - alpha_from clean) / sigma_from` and `eps` the draw `noise`:
/// `alpha_to clean + sigma_to (sqrt(1 - eta^2 c) z + eta sqrt(c) eps)`.
///
/// `eta` 0 is deterministic (DDIM; in rescaled coordinates SBD's `x + (sigma_to - sigma_from) z`), 1 draws from
/// `q(x_to | x_from, clean)`: the ancestral step of DDPM and SBD, whose variance `sigma_to^2 c` is `beta_tilde`,
/// and of VDM, whose `c` it is. Song et al. 2021 (DDIM), Kingma et al. 2021 (VDM).
pub fn posterior<const D: usize>(
    x: [f64; D],
    clean: [f64; D],
    from: &Level,
    to: &Level,
    eta: f64,
    noise: [f64; D],
) -> [f64; D] {
    if from.sigma == 0.0 {
        return clean;
    }
    let ratio = to.relative() / from.relative();
    let drop = (1.0 - ratio) * (1.0 + ratio);
    let keep = (1.0 - eta * eta * drop).max(0.0).sqrt();
    let fresh = eta * drop.max(0.0).sqrt();
    std::array::from_fn(|a| {
        let z = (x[a] - from.alpha * clean[a]) / from.sigma;
        to.alpha * clean[a] + to.sigma * (keep * z + fresh * noise[a])
    })
}
