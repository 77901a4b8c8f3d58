//! Schedules given as VDM's gamma, `-log SNR`.

use super::Schedule;
use crate::error::Result;

impl Schedule {
    /// A table `gamma_1 .. gamma_T`, ascending: `sigma^2 = sigmoid(gamma)`, `alpha^2 = sigmoid(-gamma)`.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for an empty list, values that don't ascend, or values outside
    /// of -322 to 322.
    pub fn gammas(gammas: &[f64]) -> Result<Schedule> {
        let relative: Vec<f64> = gammas.iter().map(|gamma| (gamma / 2.0).exp()).collect();
        Schedule::sigmas(&relative)
    }
}
