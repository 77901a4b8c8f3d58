//! Schedules given as noise relative to the signal, SBD's view.

use super::{Schedule, check_length};
use crate::error::{Error, Result};
use crate::schedule::Level;

/// Range of relative noise in which alpha, sigma and their squares keep full precision.
const RANGE: std::ops::RangeInclusive<f64> = 1e-70..=1e70;

impl Schedule {
    /// Relative noise `sigma_1 .. sigma_T`, ascending and positive, in the units of the cloud.
    ///
    /// # Errors
    /// [`Error::Argument`] for an empty list, values that don't ascend, or values outside of 1e-70 to 1e70.
    pub fn sigmas(sigmas: &[f64]) -> Result<Schedule> {
        check_length(sigmas.len())?;
        let mut levels = vec![Level::CLEAN];
        for (i, &sigma) in sigmas.iter().enumerate() {
            let last = if i > 0 { sigmas[i - 1] } else { 0.0 };
            if !RANGE.contains(&sigma) || sigma <= last {
                return Err(Error::Argument(format!(
                    "relative noise {} of the schedule is {sigma}, expected more than {last} and within 1e-70 to 1e70",
                    i + 1
                )));
            }
            levels.push(Level::from_relative((i + 1) as f64, sigma));
        }
        Ok(Schedule { levels })
    }
}
