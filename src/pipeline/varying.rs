//! Noise that differs from place to place, as a depth camera's grows with the distance.
//!
//! The level of a run is one number, and so it stays; but each point's own noise is that number times a factor: what the
//! model sees around the points of a place, averaged over cells that are wide enough for its errors to even out. Noise that
//! is nearly the same everywhere is the same everywhere: what the averages then differ by are those errors.

use std::collections::HashMap;

use super::denoise::Run;

/// Edge of a cell in spacings: some sixty points of a surface.
const CELL: f64 = 8.0;

/// How far the logarithms of the noise at different places stray where it counts as the same everywhere, and where it fully
/// counts as it is. Of Gaussian noise on six shapes, 10 and 50 thousand points, they stray by .03 to .12, where noise grows to
/// five times from one side to the other by more than .32.
const SAME: f64 = 0.18;
const VARIED: f64 = 0.28;

/// The factor is this at least and at most. Where much less noise is seen than elsewhere the rest may be errors that neighbours
/// share; where much more is, it may be leaves and grass, which have to stay.
const LEAST: f64 = 0.5;
const MOST: f64 = 3.0;

/// What is known of the noise in a cell.
#[derive(Clone, Copy, Default)]
struct Cell {
    points: f64,
    /// Of the logarithms of their noise, and of their coordinates.
    logs: f64,
    places: [f64; 3],
}

impl Cell {
    fn add(&mut self, other: &Cell) {
        self.points += other.points;
        self.logs += other.logs;
        (0..3).for_each(|a| self.places[a] += other.places[a]);
    }
}

/// The noise around all points of a cloud, as it is seen one after the other.
#[derive(Default)]
pub(super) struct Seen {
    cells: HashMap<[i64; 3], Cell>,
    /// The cell of the last points, which mostly is that of the next: not in `cells` yet.
    last: Option<([i64; 3], Cell)>,
}

impl Seen {
    /// `place` and `sigma`, the noise that the model sees there, in model units.
    pub(super) fn add(&mut self, place: [f64; 3], sigma: f64) {
        if !(sigma > 0.0 && sigma.is_finite()) {
            return;
        }
        let at = place.map(|c| (c / CELL).floor() as i64);
        let one = Cell {
            points: 1.0,
            logs: sigma.ln(),
            places: place,
        };
        match &mut self.last {
            Some((cell, sum)) if *cell == at => sum.add(&one),
            _ => {
                self.flush();
                self.last = Some((at, one));
            }
        }
    }

    fn flush(&mut self) {
        if let Some((at, sum)) = self.last.take() {
            self.cells.entry(at).or_default().add(&sum);
        }
    }

    /// How the noise varies; nothing where it is the same everywhere.
    pub(super) fn varying(mut self) -> Option<Varying> {
        self.flush();
        let mut varying = Varying {
            cells: self.cells,
            middle: 0.0,
            share: 1.0,
            tenths: [0.0; 2],
        };
        let values = varying.cells.values();
        let mut found: Vec<(f64, f64)> = values
            .map(|cell| (varying.log(cell.places.map(|c| c / cell.points)), cell.points))
            .collect();
        found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let all: f64 = found.iter().map(|cell| cell.1).sum();
        let quantile = |share: f64| {
            let mut below = 0.0;
            let at = found.iter().find(|cell| {
                below += cell.1;
                below >= share * all
            });
            at.map_or(0.0, |cell| cell.0)
        };
        let [low, middle, high] = [0.1, 0.5, 0.9].map(quantile);
        (varying.middle, varying.tenths) = (middle, [low, high]);
        // Tenths of a normal distribution lie 2.56 standard deviations apart.
        let strays = (high - low) / 2.56;
        varying.share = ((strays - SAME) / (VARIED - SAME)).clamp(0.0, 1.0);
        (varying.share > 0.0).then_some(varying)
    }
}

/// How the noise varies over a cloud.
pub(super) struct Varying {
    cells: HashMap<[i64; 3], Cell>,
    middle: f64,
    share: f64,
    /// The logarithm that a tenth of the points lies below, and that which a tenth lies above.
    tenths: [f64; 2],
}

impl Varying {
    /// Four points of five have between these shares of the whole cloud's noise.
    pub(super) fn range(&self) -> [f64; 2] {
        self.tenths.map(|log| self.bounded(log))
    }

    /// The noise at a place, of that of the whole cloud.
    pub(super) fn factor(&self, place: [f64; 3]) -> f32 {
        self.bounded(self.log(place)) as f32
    }

    fn bounded(&self, log: f64) -> f64 {
        let log = self.share * (log - self.middle);
        log.exp().clamp(LEAST, MOST)
    }

    /// Mean logarithm of the noise in the cells around a place; a point counts by how near its cell's middle lies, along
    /// each axis.
    fn log(&self, place: [f64; 3]) -> f64 {
        let corner = place.map(|c| (c / CELL - 0.5).floor());
        let way: [f64; 3] = std::array::from_fn(|a| place[a] / CELL - 0.5 - corner[a]);
        let (mut logs, mut points) = (0.0, 0.0);
        for side in 0..8 {
            let step: [usize; 3] = std::array::from_fn(|a| side >> a & 1);
            let at = std::array::from_fn(|a| (corner[a] as i64).saturating_add(step[a] as i64));
            if let Some(cell) = self.cells.get(&at) {
                let weights = (0..3).map(|a| if step[a] == 1 { way[a] } else { 1.0 - way[a] });
                let weight: f64 = weights.product();
                logs += weight * cell.logs;
                points += weight * cell.points;
            }
        }
        if points > 0.0 { logs / points } else { self.middle }
    }
}

impl Run<'_> {
    /// Whether a run can give each point a noise of its own: where nobody has said what the noise is, and no draws are added
    /// on the way.
    pub(super) fn may_vary(&self) -> bool {
        self.params.noise == 0.0
            && self.model.manifest().sampling.eta == 0.0
            && self.tuning.eta.is_none_or(|eta| eta == 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Noise;

    /// A plane of 120 x 120 points whose noise, as the model sees it, is `sigma` with an error of a fifth.
    fn seen(sigma: impl Fn(f64) -> f64) -> Option<Varying> {
        let (mut all, errors) = (Seen::default(), Noise::new(5));
        for i in 0..120 * 120 {
            let (x, y) = ((i % 120) as f64, (i / 120) as f64);
            all.add([x, y, 0.0], sigma(x) * (0.2 * errors.normal(0, i)[0]).exp());
        }
        all.varying()
    }

    #[test]
    fn noise_that_grows_is_followed() {
        let varying = seen(|x| 0.2 * (x / 60.0).exp()).unwrap();
        for x in [30.0, 60.0, 80.0, 100.0] {
            let (found, wanted) = (f64::from(varying.factor([x, 50.0, 0.0])), (x / 60.0 - 1.0).exp());
            assert!((found / wanted - 1.0).abs() < 0.1, "{x}: {found}, {wanted}");
        }
        let [low, high] = varying.range();
        assert!(
            low == LEAST && (high / 0.8_f64.exp() - 1.0).abs() < 0.1,
            "{low} {high}"
        );
        // Nobody knows what the noise is where there are no points.
        assert_eq!(varying.factor([9e9, 0.0, 0.0]), 1.0);
        assert_eq!(varying.factor([1e300, -1e300, f64::MAX]), 1.0);
    }

    #[test]
    fn errors_of_the_estimate_are_not() {
        assert!(seen(|_| 0.5).is_none());
        assert!(seen(|x| 0.5 + 0.05 * (x / 5.0).sin()).is_none());
        assert!(seen(|_| f64::NAN).is_none() && seen(|_| 0.0).is_none());
        assert!(Seen::default().varying().is_none());
    }

    #[test]
    fn a_step_is_bounded() {
        let varying = seen(|x| if x < 60.0 { 0.01 } else { 1.0 }).unwrap();
        let (low, high) = (
            varying.factor([5.0, 50.0, 0.0]),
            varying.factor([115.0, 50.0, 0.0]),
        );
        assert!(low >= 0.5 && high <= 3.0 && high / low >= 3.0, "{low} {high}");
    }
}
