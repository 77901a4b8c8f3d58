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

/// A point counts with at most this many times the noise that is usual: what is seen around a stray has no bound.
const WILDEST: f64 = 6.0;

/// What is known of the noise in a cell.
#[derive(Clone, Copy, Default)]
struct Cell {
    points: f64,
    /// Sums of the logarithms of their noise, of the noise, and of their coordinates.
    logs: f64,
    sigmas: f64,
    places: [f64; 3],
}

impl Cell {
    fn add(&mut self, other: &Cell) {
        self.points += other.points;
        self.logs += other.logs;
        self.sigmas += other.sigmas;
        (0..3).for_each(|a| self.places[a] += other.places[a]);
    }
}

/// The noise around all points of a cloud, as it is seen one after the other.
pub(super) struct Seen {
    /// The noise of the whole cloud.
    usual: f64,
    cells: HashMap<[i64; 3], Cell>,
    /// The cell of the last points, which mostly is that of the next: not in `cells` yet.
    last: Option<([i64; 3], Cell)>,
}

impl Seen {
    /// Of a cloud with the noise `usual`, in model units.
    pub(super) fn new(usual: f64) -> Seen {
        Seen {
            usual,
            cells: HashMap::new(),
            last: None,
        }
    }

    /// `place` and `sigma`, the noise that the model sees there, in model units.
    pub(super) fn add(&mut self, place: [f64; 3], sigma: f64) {
        if !(sigma > 0.0 && sigma.is_finite()) {
            return;
        }
        let at = place.map(|c| (c / CELL).floor() as i64);
        let one = Cell {
            points: 1.0,
            logs: sigma.ln(),
            sigmas: sigma.min(WILDEST * self.usual),
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
            usual: self.usual,
            share: 1.0,
        };
        let [low, high] = varying.tenths(|varying, place| varying.around(place)[0]);
        // Tenths of a normal distribution lie 2.56 standard deviations apart.
        let strays = (high - low) / 2.56;
        varying.share = ((strays - SAME) / (VARIED - SAME)).clamp(0.0, 1.0);
        (varying.share > 0.0).then_some(varying)
    }
}

/// How the noise varies over a cloud.
pub(super) struct Varying {
    cells: HashMap<[i64; 3], Cell>,
    usual: f64,
    share: f64,
}

impl Varying {
    /// Four points of five have between these shares of the whole cloud's noise.
    pub(super) fn range(&self) -> [f64; 2] {
        self.tenths(|varying, place| f64::from(varying.factor(place)))
    }

    /// The noise at a place, of that of the whole cloud.
    pub(super) fn factor(&self, place: [f64; 3]) -> f32 {
        let [_, sigma] = self.around(place);
        (sigma / self.usual).powf(self.share).clamp(LEAST, MOST) as f32
    }

    /// What a tenth of the points lies below, and what a tenth lies above, by the middles of their cells.
    fn tenths(&self, of: impl Fn(&Varying, [f64; 3]) -> f64) -> [f64; 2] {
        let cells = self.cells.values();
        let mut found: Vec<(f64, f64)> = cells
            .map(|cell| (of(self, cell.places.map(|c| c / cell.points)), cell.points))
            .collect();
        found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let all: f64 = found.iter().map(|cell| cell.1).sum();
        [0.1, 0.9].map(|share| {
            let mut below = 0.0;
            let at = found.iter().find(|cell| {
                below += cell.1;
                below >= share * all
            });
            at.map_or(0.0, |cell| cell.0)
        })
    }

    /// Mean logarithm of the noise in the cells around a place, and its mean, which is what counts: a depth camera's steps
    /// are seen where they are, and hardly on the flats between. A point counts by how near its cell's middle lies, along
    /// each axis.
    fn around(&self, place: [f64; 3]) -> [f64; 2] {
        let corner = place.map(|c| (c / CELL - 0.5).floor());
        let way: [f64; 3] = std::array::from_fn(|a| place[a] / CELL - 0.5 - corner[a]);
        let mut sum = Cell::default();
        for side in 0..8 {
            let step: [usize; 3] = std::array::from_fn(|a| side >> a & 1);
            let at = std::array::from_fn(|a| (corner[a] as i64).saturating_add(step[a] as i64));
            if let Some(cell) = self.cells.get(&at) {
                let weights = (0..3).map(|a| if step[a] == 1 { way[a] } else { 1.0 - way[a] });
                let weight: f64 = weights.product();
                sum.logs += weight * cell.logs;
                sum.sigmas += weight * cell.sigmas;
                sum.points += weight * cell.points;
            }
        }
        if sum.points > 0.0 {
            [sum.logs, sum.sigmas].map(|all| all / sum.points)
        } else {
            [self.usual.ln(), self.usual]
        }
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
        let (mut all, errors) = (Seen::new(sigma(60.0)), Noise::new(5));
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
        assert!(Seen::new(1.0).varying().is_none());
    }

    #[test]
    fn a_step_is_bounded() {
        let at = |noise: [f64; 2], x| {
            let varying = seen(|x| noise[usize::from(x >= 60.0)]).unwrap();
            f64::from(varying.factor([x, 50.0, 0.0]))
        };
        // The usual noise is that of the further half.
        assert_eq!((at([0.01, 1.0], 5.0), at([1.0, 0.01], 5.0)), (LEAST, MOST));
        assert!((at([0.01, 1.0], 115.0) - 1.0).abs() < 0.1);
    }

    #[test]
    fn what_some_points_see_counts_up_to_a_bound() {
        let among = |wild: f64| {
            let mut all = Seen::new(0.1);
            (0..120 * 120).for_each(|i| {
                let (x, y) = ((i % 120) as f64, (i / 120) as f64);
                let seen = if x < 60.0 && i % 2 == 0 { wild } else { 0.1 };
                all.add([x, y, 0.0], seen);
            });
            f64::from(all.varying().unwrap().factor([20.0, 50.0, 0.0]))
        };
        // Half of them at 4.6 times the noise: (1 + 4.6) / 2. Of a logarithm's mean the root of 4.6 would be left.
        assert!((among(0.46) - 2.8).abs() < 0.01, "{}", among(0.46));
        assert_eq!(among(1e9), MOST);
    }
}
