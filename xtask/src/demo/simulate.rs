//! A stand-in for the real scan: a depth camera that looks at boxes and balls on a shelf before a wall.

use super::nearest::Point;

/// Pixels across and down.
const COLUMNS: u32 = 320;
const ROWS: u32 = 240;

/// Standard deviation of the depth along the ray at 1 m; it grows with the square of the distance, as measured for
/// the first Kinect (Khoshelham & Elberink, Sensors 2012): 1.4 mm at 1 m.
const NOISE: f64 = 0.0014;

/// Axis-aligned boxes: lowest and highest corner in metres. x away from the sensor, y left, z up.
const BOXES: [[Point; 2]; 9] = [
    [[2.30, -2.00, -2.0], [2.40, 2.00, 2.0]],
    [[1.75, -0.80, -0.82], [2.30, 0.80, -0.75]],
    [[1.75, -0.80, 0.05], [2.30, 0.80, 0.12]],
    [[1.75, -0.87, -0.82], [2.30, -0.80, 0.12]],
    [[1.75, 0.80, -0.82], [2.30, 0.87, 0.12]],
    [[1.85, 0.20, -0.75], [2.20, 0.70, -0.30]],
    [[1.85, -0.42, -0.75], [2.20, -0.12, -0.30]],
    [[1.90, -0.70, -0.75], [2.20, -0.55, -0.20]],
    [[1.90, 0.35, 0.12], [2.20, 0.65, 0.35]],
];

/// Balls: centre and radius in metres.
const BALLS: [(Point, f64); 3] = [
    ([2.0, -0.27, -0.15], 0.15),
    ([2.0, -0.25, 0.27], 0.15),
    ([1.95, 0.45, -0.20], 0.10),
];

/// What the camera at the origin measures, noise included.
pub fn scan() -> Vec<Point> {
    let mut points = Vec::with_capacity((COLUMNS * ROWS) as usize);
    for pixel in 0..COLUMNS * ROWS {
        // 58 degrees across, as the first Kinect.
        let focal = f64::from(COLUMNS) / (2.0 * 29.0_f64.to_radians().tan());
        let left = (f64::from(COLUMNS) / 2.0 - f64::from(pixel % COLUMNS)) / focal;
        let up = (f64::from(ROWS) / 2.0 - f64::from(pixel / COLUMNS)) / focal;
        let ray = [1.0, left, up];
        let boxes = BOXES.iter().filter_map(|corners| enter_box(&ray, corners));
        let balls = BALLS
            .iter()
            .filter_map(|(center, radius)| enter_ball(&ray, center, *radius));
        if let Some(depth) = boxes.chain(balls).min_by(f64::total_cmp) {
            let measured = depth + NOISE * depth * depth * normal(pixel);
            points.push(ray.map(|c| c * measured));
        }
    }
    points
}

/// The depth at which the ray enters the box (the slab method of Kay & Kajiya).
fn enter_box(ray: &Point, [low, high]: &[Point; 2]) -> Option<f64> {
    let (mut enter, mut leave) = (0.0_f64, f64::INFINITY);
    for a in 0..3 {
        let (one, other) = (low[a] / ray[a], high[a] / ray[a]);
        enter = enter.max(one.min(other));
        leave = leave.min(one.max(other));
    }
    (enter > 0.0 && enter <= leave).then_some(enter)
}

fn enter_ball(ray: &Point, center: &Point, radius: f64) -> Option<f64> {
    let dot = |a: &Point, b: &Point| (0..3).map(|i| a[i] * b[i]).sum::<f64>();
    let (a, b) = (dot(ray, ray), dot(ray, center));
    let inside = b * b - a * (dot(center, center) - radius * radius);
    (inside >= 0.0).then(|| (b - inside.sqrt()) / a)
}

/// A normal deviate that depends on the pixel alone (SplitMix64, then Box and Muller).
fn normal(pixel: u32) -> f64 {
    let uniform = |counter: u64| {
        let mut z = counter.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let (u, v) = (uniform(2 * u64::from(pixel)), uniform(2 * u64::from(pixel) + 1));
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ray_meets_the_scene_with_the_stated_noise() {
        let points = scan();
        assert_eq!(points.len(), (COLUMNS * ROWS) as usize);
        // The first row sees the bare wall, 2.3 m away.
        let wall = &points[..COLUMNS as usize];
        let mean = wall.iter().map(|p| p[0]).sum::<f64>() / wall.len() as f64;
        let variance = wall.iter().map(|p| (p[0] - mean).powi(2)).sum::<f64>() / wall.len() as f64;
        assert!((mean - 2.3).abs() < 0.002, "{mean}");
        assert!(
            (variance.sqrt() / (NOISE * 2.3 * 2.3) - 1.0).abs() < 0.12,
            "{}",
            variance.sqrt()
        );
    }
}
