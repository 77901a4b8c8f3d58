//! How near to the best possible: `cargo bench --bench limit -- 0.44 0.84`, noise in spacings.
//!
//! A plane is sampled as benchmarks sample shapes (saturated dart throwing) and made noisy. Where a point was within the plane
//! can only be guessed from how the others lie: the best that any method can do there, with plane, noise and the sampling known,
//! follows from the posterior. Draws of it come from a Metropolis chain; the points with the least mean chamfer distance to the
//! draws from an alternation like that of k-means. What they have on the truth lies a little above what is possible, as the
//! draws are few, and what they have on the draws that they were fitted to below. All in units of a point's area.

#[path = "../tests/stand_in/mod.rs"]
mod stand_in;

use std::f64::consts::TAU;

use quietcloud::params::Quality;
use quietcloud::{CloudView, Device, Model, Params, denoise};

const POINTS: usize = 2000;
const DARTS: usize = 8 * POINTS;
const SETTLING: usize = 3000; // sweeps until the chain counts
const APART: usize = 100; // sweeps between draws
const DRAWS: usize = 60;
const ROUNDS: usize = 30;

type Point = [f64; 3];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.uniform() * n as f64) as usize
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (TAU * self.uniform()).cos()
    }
}

/// From a to b, the short way round a square of side 1 whose opposite sides are one.
fn way(a: &Point, b: &Point) -> Point {
    let [x, y, z] = std::array::from_fn(|c| b[c] - a[c]);
    [x - x.round(), y - y.round(), z]
}

fn square(v: &Point) -> f64 {
    v.iter().map(|x| x * x).sum()
}

/// Rows of points by their cell of the square.
struct Grid {
    side: usize,
    cells: Vec<Vec<usize>>,
}

impl Grid {
    fn new(size: f64) -> Self {
        let side = (1.0 / size).floor().max(3.0) as usize;
        Self {
            side,
            cells: vec![Vec::new(); side * side],
        }
    }

    fn of(points: &[Point]) -> Self {
        let mut grid = Self::new(1.0 / (points.len() as f64).sqrt());
        for (row, point) in points.iter().enumerate() {
            let cell = grid.cell(point);
            grid.cells[cell].push(row);
        }
        grid
    }

    fn cell(&self, point: &Point) -> usize {
        let [x, y] = [0, 1].map(|c| (point[c].rem_euclid(1.0) * self.side as f64) as usize % self.side);
        y * self.side + x
    }

    /// The rows whose cell is ``ring`` cells away.
    fn ring(&self, point: &Point, ring: usize) -> impl Iterator<Item = usize> {
        let (cell, r) = (self.cell(point), ring as isize);
        let at = move |start: usize, by: isize| (start as isize + by).rem_euclid(self.side as isize) as usize;
        let places = (-r..=r).flat_map(move |y| (-r..=r).map(move |x| (x, y)));
        let rim = places.filter(move |(x, y)| x.abs().max(y.abs()) == r);
        rim.flat_map(move |(x, y)| {
            self.cells[at(cell / self.side, y) * self.side + at(cell % self.side, x)]
                .iter()
                .copied()
        })
    }

    fn near(&self, point: &Point) -> impl Iterator<Item = usize> {
        self.ring(point, 0).chain(self.ring(point, 1))
    }

    /// The row of ``points``, from which the grid was made, that is nearest, and the way there.
    fn nearest(&self, points: &[Point], point: &Point) -> (usize, Point) {
        let mut best = (usize::MAX, [f64::MAX.sqrt(), 0.0, 0.0]);
        for ring in 0..self.side / 2 {
            for row in self.ring(point, ring) {
                let there = way(point, &points[row]);
                if square(&there) < square(&best.1) {
                    best = (row, there);
                }
            }
            if square(&best.1).sqrt() <= ring as f64 / self.side as f64 {
                break;
            }
        }
        best
    }
}

fn chamfer(a: &[Point], b: &[Point]) -> f64 {
    let side = |from: &[Point], to: &[Point]| {
        let grid = Grid::of(to);
        from.iter().map(|p| square(&grid.nearest(to, p).1)).sum::<f64>()
    };
    side(a, b) + side(b, a)
}

/// POINTS points, none nearer to another than the radius, and the radius: as quietcloud_onnx.data makes them.
fn throw_darts(random: &mut Random) -> (Vec<Point>, f64) {
    let mut radius = (0.7 / POINTS as f64).sqrt();
    loop {
        let (mut points, mut grid) = (Vec::new(), Grid::new(radius));
        for _ in 0..DARTS {
            let dart = [random.uniform(), random.uniform(), 0.0];
            if grid
                .near(&dart)
                .all(|row| square(&way(&dart, &points[row])) >= radius * radius)
            {
                let cell = grid.cell(&dart);
                grid.cells[cell].push(points.len());
                points.push(dart);
            }
        }
        let share = points.len() as f64 / POINTS as f64;
        if share >= 1.0 {
            for last in (1..points.len()).rev() {
                points.swap(last, random.below(last + 1));
            }
            points.truncate(POINTS);
            return (points, radius);
        }
        radius *= if share > 0.97 { 0.985 } else { 0.99 * share.sqrt() };
    }
}

/// The chain: where the points may have been that were seen at ``seen``.
struct Chain<'a> {
    seen: &'a [Point],
    sigma: f64,
    radius: f64,
    state: Vec<Point>,
    grid: Grid,
}

impl<'a> Chain<'a> {
    fn new(seen: &'a [Point], sigma: f64, radius: f64) -> Self {
        let mut grid = Grid::new(radius);
        for (row, point) in seen.iter().enumerate() {
            let cell = grid.cell(point);
            grid.cells[cell].push(row);
        }
        Self {
            seen,
            sigma,
            radius,
            state: seen.to_vec(),
            grid,
        }
    }

    fn unlikely(&self, row: usize, at: &Point) -> f64 {
        square(&way(at, &self.seen[row])) / (2.0 * self.sigma * self.sigma)
    }

    /// How much too near others are to ``row`` if that is ``at``.
    fn overlap(&self, row: usize, at: &Point) -> f64 {
        let others = self.grid.near(at).filter(|&other| other != row);
        let lengths = others.map(|other| square(&way(at, &self.state[other])).sqrt());
        lengths
            .filter(|&length| length < self.radius)
            .map(|length| 1.0 + 5.0 * (1.0 - length / self.radius))
            .sum()
    }

    fn put(&mut self, row: usize, at: Point) {
        let (from, to) = (self.grid.cell(&self.state[row]), self.grid.cell(&at));
        self.grid.cells[from].retain(|&other| other != row);
        self.grid.cells[to].push(row);
        self.state[row] = at;
    }

    /// A sweep at the price ``hard`` of an overlap: most points try to move, some to change places with a neighbour.
    fn sweep(&mut self, random: &mut Random, hard: f64) {
        for turn in 0..POINTS {
            let row = random.below(POINTS);
            let here = self.state[row];
            if turn % 4 == 0 {
                let others: Vec<usize> = self.grid.near(&here).filter(|&other| other != row).collect();
                if others.is_empty() {
                    continue;
                }
                let other = others[random.below(others.len())];
                let there = self.state[other];
                let more = self.unlikely(row, &there) + self.unlikely(other, &here)
                    - self.unlikely(row, &here)
                    - self.unlikely(other, &there);
                // As many may be chosen on the way back, or it would not be the posterior.
                let back = self.grid.near(&there).count() - 1;
                if random.uniform() < (-more).exp() * others.len() as f64 / back as f64 {
                    self.put(row, there);
                    self.put(other, here);
                }
                continue;
            }
            let far = 0.25 / (POINTS as f64).sqrt() * (0.8 * random.normal()).exp();
            let there = [0, 1].map(|c| (here[c] + far * random.normal()).rem_euclid(1.0));
            let there = [there[0], there[1], 0.0];
            let more = self.unlikely(row, &there) - self.unlikely(row, &here)
                + hard * (self.overlap(row, &there) - self.overlap(row, &here));
            if random.uniform() < (-more).exp() {
                self.put(row, there);
            }
        }
    }

    fn draws(mut self, random: &mut Random) -> Vec<Vec<Point>> {
        for sweep in 0..SETTLING {
            self.sweep(random, 0.2 * 100f64.powf(sweep as f64 / SETTLING as f64));
        }
        let draw = |_| {
            (0..APART).for_each(|_| self.sweep(random, 20.0));
            self.state.clone()
        };
        (0..DRAWS).map(draw).collect()
    }
}

/// The points, begun at ``start``, with the least mean chamfer distance to ``draws``.
fn fit(start: &[Point], draws: &[Vec<Point>]) -> Vec<Point> {
    let mut points = start.to_vec();
    for _ in 0..ROUNDS {
        let (mut sums, mut counts) = (vec![[0.0; 3]; POINTS], vec![0.0; POINTS]);
        let grid = Grid::of(&points);
        for draw in draws {
            let of_draw = Grid::of(draw);
            let ways = points
                .iter()
                .enumerate()
                .map(|(row, point)| (row, of_draw.nearest(draw, point).1));
            let back = draw.iter().map(|point| {
                let (row, there) = grid.nearest(&points, point);
                (row, there.map(|x| -x))
            });
            for (row, there) in ways.chain(back) {
                (0..3).for_each(|c| sums[row][c] += there[c]);
                counts[row] += 1.0;
            }
        }
        for ((point, sum), count) in points.iter_mut().zip(&sums).zip(&counts) {
            *point = [0, 1, 2].map(|c| point[c] + sum[c] / count);
        }
    }
    points
}

/// What quietcloud makes of ``seen``, with as much of its copies around it as keeps rims away.
fn quiet(model: &Model, quality: Quality, seen: &[Point]) -> Vec<Point> {
    let shifts = [
        [0.0, 0.0],
        [0.0, 1.0],
        [0.0, -1.0],
        [1.0, 0.0],
        [1.0, 1.0],
        [1.0, -1.0],
        [-1.0, 0.0],
        [-1.0, 1.0],
        [-1.0, -1.0],
    ];
    let copies = shifts
        .iter()
        .flat_map(|by| seen.iter().map(|p| [p[0] + by[0], p[1] + by[1], p[2]]));
    let cloud: Vec<Point> = copies.collect();
    let params = Params {
        quality,
        ..Params::default()
    };
    let clean = denoise(model, CloudView::from_f64(&cloud), &params, &mut ()).unwrap();
    clean.points[..seen.len()].to_vec()
}

fn main() {
    stand_in::need_runtime();
    let model = Model::builtin(Device::Cpu).unwrap();
    let given: Vec<f64> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    println!(
        "noise  seed  noisy  best  on its draws  balanced  of that in the plane  high  of that in the plane"
    );
    for sigma in if given.is_empty() { vec![0.44] } else { given } {
        for seed in 1..=3 {
            let mut random = Random(seed);
            let (clean, radius) = throw_darts(&mut random);
            let sigma_here = sigma / (POINTS as f64).sqrt();
            let noisy: Vec<Point> = clean
                .iter()
                .map(|p| p.map(|x| x + sigma_here * random.normal()))
                .collect();
            let flat = |points: &[Point]| points.iter().map(|p| [p[0], p[1], 0.0]).collect::<Vec<_>>();
            let seen = flat(&noisy);
            let draws = Chain::new(&seen, sigma_here, radius).draws(&mut random);
            let best = fit(&seen, &draws);
            let on_draws = draws.iter().map(|draw| chamfer(&best, draw)).sum::<f64>() / DRAWS as f64;
            let ours = [Quality::Balanced, Quality::High].map(|quality| quiet(&model, quality, &noisy));
            let [(balanced, balanced_flat), (high, high_flat)] =
                ours.map(|points| (chamfer(&points, &clean), chamfer(&flat(&points), &clean)));
            println!(
                "{sigma:5} {seed:5} {:6.4} {:5.4} {on_draws:13.4} {balanced:9.4} {balanced_flat:21.4} {high:5.4} {high_flat:21.4}",
                chamfer(&noisy, &clean),
                chamfer(&best, &clean)
            );
        }
    }
}
