//! A small point renderer: overlapping discs, blended where they meet (after Botsch et al., "High-quality surface
//! splatting on today's GPUs", 2005), lit from above and to the left.

use super::nearest::{Point, Tree, parallel};
use super::plane::planes;

/// Where the picture is taken from; orthographic, z is up in the scene.
#[derive(Clone, Copy)]
pub struct Camera {
    pub target: Point,
    /// Degrees around the vertical axis and above the horizon.
    pub azimuth: f64,
    pub elevation: f64,
    /// What the picture shows from its left to its right side, in scene units.
    pub width: f64,
}

impl Camera {
    /// Right, up and towards the viewer.
    fn axes(&self) -> [Point; 3] {
        let (sa, ca) = self.azimuth.to_radians().sin_cos();
        let (se, ce) = self.elevation.to_radians().sin_cos();
        [[-sa, ca, 0.0], [-se * ca, -se * sa, ce], [ce * ca, ce * sa, se]]
    }

    /// Right and up of the target, and towards the viewer, in scene units.
    pub fn see(&self, point: &Point) -> Point {
        let d: Point = std::array::from_fn(|a| point[a] - self.target[a]);
        self.turn(&d)
    }

    fn turn(&self, d: &Point) -> Point {
        self.axes().map(|axis| dot(&axis, d))
    }
}

/// A cloud made ready to be drawn: every point is a disc with a normal and a radius.
pub struct Surfels<'a> {
    points: &'a [Point],
    normals: Vec<Point>,
    radii: Vec<f64>,
}

impl<'a> Surfels<'a> {
    /// Normals come from few neighbours on purpose: noise shall be seen as roughness.
    pub fn new(points: &'a [Point]) -> Self {
        let tree = Tree::new(points);
        let normals = planes(points, &tree, 12)
            .iter()
            .map(|plane| plane.normal)
            .collect();
        let mut radii = parallel(points.len(), |i| {
            let near = tree.nearest(&points[i], 7);
            near.iter().map(|hit| hit.0.sqrt()).sum::<f64>() / (near.len() - 1).max(1) as f64
        });
        let mut sorted = radii.clone();
        sorted.sort_by(f64::total_cmp);
        // A lonely point stays a small dot.
        let limit = 2.0 * sorted.get(sorted.len() / 2).copied().unwrap_or(1.0);
        radii
            .iter_mut()
            .for_each(|radius| *radius = 1.1 * radius.min(limit));
        Surfels {
            points,
            normals,
            radii,
        }
    }

    /// Brightness (0 to 1) of every pixel, row by row from the top; empty pixels are `None`.
    pub fn draw(&self, camera: &Camera, width: usize, height: usize) -> Vec<Option<f32>> {
        let pixel = camera.width / width as f64;
        let mut depth = vec![f64::NEG_INFINITY; width * height];
        self.discs(camera, pixel, width, height, |at, z, _, _, _| {
            depth[at] = depth[at].max(z);
        });
        let mut normal = vec![[0.0; 3]; width * height];
        self.discs(camera, pixel, width, height, |at, z, radius, weight, n| {
            // Whatever lies within a radius behind the front belongs to the same surface.
            if z > depth[at] - radius {
                for a in 0..3 {
                    normal[at][a] += weight * n[a];
                }
            }
        });
        let reach = 1.0 / (8.0 * pixel);
        parallel(width * height, |at| {
            (depth[at] > f64::NEG_INFINITY).then(|| {
                (light(&normal[at]) * open_sky(&depth, at, width, height, reach)).clamp(0.0, 1.0) as f32
            })
        })
    }

    /// Calls `paint(pixel, depth, radius, weight, normal)` for every pixel that a disc covers.
    fn discs(
        &self,
        camera: &Camera,
        pixel: f64,
        width: usize,
        height: usize,
        mut paint: impl FnMut(usize, f64, f64, f64, &Point),
    ) {
        for ((point, normal), &size) in self.points.iter().zip(&self.normals).zip(&self.radii) {
            let [x, y, z] = camera.see(point);
            let mut n = camera.turn(normal);
            if n[2] < 0.0 {
                n = n.map(|c| -c);
            }
            let (column, row) = (x / pixel + width as f64 / 2.0, height as f64 / 2.0 - y / pixel);
            let radius = size.max(0.8 * pixel);
            let reach = radius / pixel;
            let columns = ((column - reach).max(0.0) as usize)
                ..((column + reach + 1.0).clamp(0.0, width as f64) as usize);
            let rows =
                ((row - reach).max(0.0) as usize)..((row + reach + 1.0).clamp(0.0, height as f64) as usize);
            // A disc seen from its edge would be a needle: none is steeper than 75 degrees.
            let (sx, sy) = (-n[0] / n[2].max(0.26), -n[1] / n[2].max(0.26));
            for r in rows {
                for c in columns.clone() {
                    let dx = (c as f64 + 0.5 - column) * pixel;
                    let dy = (row - r as f64 - 0.5) * pixel;
                    let dz = sx * dx + sy * dy;
                    let inside = 1.0 - (dx * dx + dy * dy + dz * dz) / (radius * radius);
                    if inside > 0.0 {
                        paint(r * width + c, z + dz, radius, inside, &n);
                    }
                }
            }
        }
    }
}

/// A key light from above left, a weak one from the right, and some light from everywhere.
fn light(normal: &Point) -> f64 {
    let length = dot(normal, normal).sqrt().max(f64::MIN_POSITIVE);
    let n = normal.map(|c| c / length);
    let key = dot(&n, &[-0.45, 0.62, 0.64]).max(0.0);
    let fill = dot(&n, &[0.77, 0.10, 0.63]).max(0.0);
    0.13 + 0.72 * key + 0.17 * fill
}

/// Darkens what lies behind its neighbours on the screen (Boucheny's eye-dome lighting).
fn open_sky(depth: &[f64], at: usize, width: usize, height: usize, reach: f64) -> f64 {
    let (row, column) = ((at / width) as isize, (at % width) as isize);
    let mut blocked = 0.0;
    for ring in [3, 7] {
        for (dr, dc) in [(-ring, 0), (ring, 0), (0, -ring), (0, ring)] {
            let (r, c) = (row + dr, column + dc);
            if (0..height as isize).contains(&r) && (0..width as isize).contains(&c) {
                let other = depth[r as usize * width + c as usize];
                blocked += ((other - depth[at]) * reach).clamp(0.0, 1.0);
            }
        }
    }
    (-0.14 * blocked).exp()
}

fn dot(a: &Point, b: &Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sphere_is_round_closed_and_lit_from_above_left() {
        // Fibonacci's sphere: evenly spread points.
        let points: Vec<Point> = (0..4000)
            .map(|i| {
                let z = 1.0 - (2.0 * f64::from(i) + 1.0) / 4000.0;
                let (s, c) = (f64::from(i) * 2.399_963_229_728_653).sin_cos();
                let r = (1.0 - z * z).sqrt();
                [r * c, r * s, z]
            })
            .collect();
        let camera = Camera {
            target: [0.0; 3],
            azimuth: 30.0,
            elevation: 20.0,
            width: 2.5,
        };
        let image = Surfels::new(&points).draw(&camera, 100, 100);
        let covered = image.iter().flatten().count() as f64;
        let expected = std::f64::consts::PI * (100.0 / 2.5_f64).powi(2);
        assert!((covered / expected - 1.0).abs() < 0.08, "{covered} of {expected}");
        let (top_left, bottom_right) = (image[35 * 100 + 35].unwrap(), image[65 * 100 + 65].unwrap());
        assert!(top_left > bottom_right + 0.2, "{top_left} {bottom_right}");
    }
}
