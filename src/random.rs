//! Seeded normal noise that is a pure function of (seed, step, point), so that neither the number of threads nor
//! the tiling can change what a seed gives.

use std::f64::consts::TAU;

/// A source of standard normal draws, addressed by counter.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise(Source);

#[derive(Clone, Debug, PartialEq)]
enum Source {
    Seed { key: [u32; 2], stream: u32 },
    Recorded(Vec<Vec<[f64; 3]>>),
}

impl Noise {
    /// The source that belongs to `seed`; different seeds give unrelated draws.
    pub fn new(seed: u64) -> Self {
        Noise::stream(seed, 0)
    }

    /// One of the sources that belong to `seed`, unrelated to the others.
    pub fn stream(seed: u64, stream: u32) -> Self {
        let key = [seed as u32, (seed >> 32) as u32];
        Noise(Source::Seed { key, stream })
    }

    /// Draws that another implementation has made, `draws[step][point]`; zero where there is none.
    pub fn recorded(draws: Vec<Vec<[f64; 3]>>) -> Self {
        Noise(Source::Recorded(draws))
    }

    /// Three independent draws from N(0, 1) for one point in one sampler step.
    ///
    /// Equal arguments give equal bytes. Draws reach 6.6 standard deviations at most (32-bit uniforms).
    pub fn normal(&self, step: u32, point: u64) -> [f64; 3] {
        let (key, stream) = match &self.0 {
            Source::Seed { key, stream } => (*key, *stream),
            Source::Recorded(draws) => {
                let draw = draws
                    .get(step as usize)
                    .and_then(|draws| draws.get(point as usize));
                return draw.copied().unwrap_or_default();
            }
        };
        let bits = philox([point as u32, (point >> 32) as u32, step, stream], key);
        // Open interval on the left: the logarithm below never meets zero.
        let uniform = bits.map(|b| (f64::from(b) + 0.5) / 4_294_967_296.0);
        // Box and Muller (1958); the fourth draw is left.
        let first = (-2.0 * uniform[0].ln()).sqrt();
        let second = (-2.0 * uniform[2].ln()).sqrt();
        let (sin, cos) = (TAU * uniform[1]).sin_cos();
        [first * cos, first * sin, second * (TAU * uniform[3]).cos()]
    }
}

/// Philox4x32-10 of J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
fn philox(mut c: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let a = 0xD251_1F53 * u64::from(c[0]);
        let b = 0xCD9E_8D57 * u64::from(c[2]);
        c = [
            (b >> 32) as u32 ^ c[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ c[3] ^ key[1],
            a as u32,
        ];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that the authors publish with Random123.
    #[test]
    fn philox_gives_the_published_answers() {
        assert_eq!(
            philox([0; 4], [0; 2]),
            [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]
        );
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]
        );
        assert_eq!(
            philox(
                [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
                [0xa4093822, 0x299f31d0]
            ),
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        );
    }

    #[test]
    fn draws_are_standard_normal_and_uncorrelated() {
        let n = 200_000;
        let noise = Noise::new(7);
        let (mut mean, mut second, mut fourth) = ([0.0; 3], [[0.0; 3]; 3], [0.0; 3]);
        for i in 0..n {
            let z = noise.normal(i / 1000, u64::from(i % 1000));
            for a in 0..3 {
                mean[a] += z[a] / f64::from(n);
                fourth[a] += z[a].powi(4) / f64::from(n);
                for b in 0..3 {
                    second[a][b] += z[a] * z[b] / f64::from(n);
                }
            }
        }
        let error = 4.0 / f64::from(n).sqrt();
        for a in 0..3 {
            assert!(mean[a].abs() < error, "{mean:?}");
            assert!((fourth[a] - 3.0).abs() < error * 96f64.sqrt(), "{fourth:?}");
            for b in 0..3 {
                let expected = if a == b { 1.0 } else { 0.0 };
                assert!(
                    (second[a][b] - expected).abs() < error * 2f64.sqrt(),
                    "{second:?}"
                );
            }
        }
    }

    #[test]
    fn seed_step_and_point_all_matter() {
        let draw = Noise::new(1).normal(2, 3);
        assert_eq!(draw, Noise::new(1).normal(2, 3));
        assert_ne!(draw, Noise::new(2).normal(2, 3));
        assert_ne!(draw, Noise::new(1 << 32 | 1).normal(2, 3));
        assert_ne!(draw, Noise::new(1).normal(3, 3));
        assert_ne!(draw, Noise::new(1).normal(2, 4));
        assert_ne!(draw, Noise::new(1).normal(2, 3 | 1 << 32));
        assert_ne!(draw, Noise::stream(1, 1).normal(2, 3));
        assert_eq!(draw, Noise::stream(1, 0).normal(2, 3));
    }
}
