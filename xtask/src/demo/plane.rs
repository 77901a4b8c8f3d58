//! Planes fitted to neighbourhoods: normals to shade with, and roughness, a figure that needs no ground truth.

use super::nearest::{Point, Tree, parallel};

/// A plane through the centre of some points, by principal components.
#[derive(Clone, Copy)]
pub struct Plane {
    pub normal: Point,
    /// Root mean square distance of the points to the plane.
    pub residual: f64,
    /// Standard deviation of the points along the plane's shorter direction.
    pub extent: f64,
}

/// The plane of each point's `k` nearest neighbours, itself among them.
pub fn planes(points: &[Point], tree: &Tree, k: usize) -> Vec<Plane> {
    parallel(points.len(), |i| {
        let near: Vec<Point> = tree
            .nearest(&points[i], k)
            .into_iter()
            .map(|(_, j)| points[j as usize])
            .collect();
        fit(&near)
    })
}

/// Plane residual over 30 neighbours, before and after, root mean square over the same flat places.
///
/// Flat is a property of the input alone, at a larger scale: the half of the points whose 120 neighbours are closest
/// to a plane. Edges and corners, where a plane's residual is shape and not noise, fall out.
pub fn roughness(before: &[Point], after: &[Point]) -> (f64, f64) {
    let before_tree = Tree::new(before);
    let wide = planes(before, &before_tree, 120);
    let flatness: Vec<f64> = wide
        .iter()
        .map(|plane| plane.residual / plane.extent.max(f64::MIN_POSITIVE))
        .collect();
    let mut sorted = flatness.clone();
    sorted.sort_by(f64::total_cmp);
    let limit = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    let measure = |points: &[Point], tree: &Tree| {
        let planes = planes(points, tree, 30);
        let flat: Vec<f64> = planes
            .iter()
            .zip(&flatness)
            .filter(|(_, f)| **f <= limit)
            .map(|(p, _)| p.residual.powi(2))
            .collect();
        (flat.iter().sum::<f64>() / flat.len().max(1) as f64).sqrt()
    };
    (measure(before, &before_tree), measure(after, &Tree::new(after)))
}

fn fit(points: &[Point]) -> Plane {
    let n = points.len().max(1) as f64;
    let center: Point = std::array::from_fn(|a| points.iter().map(|p| p[a]).sum::<f64>() / n);
    let mut covariance = [[0.0; 3]; 3];
    for p in points {
        let d: Point = std::array::from_fn(|a| p[a] - center[a]);
        for row in 0..3 {
            for column in 0..3 {
                covariance[row][column] += d[row] * d[column] / n;
            }
        }
    }
    let (values, vectors) = eigen(covariance);
    let mut rank = [0, 1, 2];
    rank.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    Plane {
        normal: std::array::from_fn(|a| vectors[a][rank[0]]),
        residual: values[rank[0]].max(0.0).sqrt(),
        extent: values[rank[1]].max(0.0).sqrt(),
    }
}

/// Eigenvalues and eigenvectors (columns) of a symmetric matrix by cyclic Jacobi rotations
/// (Golub & Van Loan, Matrix Computations, 8.5).
fn eigen(mut m: [[f64; 3]; 3]) -> (Point, [[f64; 3]; 3]) {
    let mut v = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    for _ in 0..12 {
        let scale: f64 = (0..3).map(|i| m[i][i].abs()).sum();
        if m[0][1].abs() + m[0][2].abs() + m[1][2].abs() <= 1e-15 * scale {
            break;
        }
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if m[p][q] == 0.0 {
                continue;
            }
            let tau = (m[q][q] - m[p][p]) / (2.0 * m[p][q]);
            let t = tau.signum() / (tau.abs() + tau.hypot(1.0));
            let c = t.hypot(1.0).recip();
            let s = t * c;
            for row in &mut m {
                (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
            }
            let (one, other) = (m[p], m[q]);
            m[p] = std::array::from_fn(|a| c * one[a] - s * other[a]);
            m[q] = std::array::from_fn(|a| s * one[a] + c * other[a]);
            for row in &mut v {
                (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
            }
        }
    }
    ([m[0][0], m[1][1], m[2][2]], v)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tilted plane of 40 x 40 points with alternating offsets of `height` along its normal.
    fn sheet(height: f64) -> Vec<Point> {
        (0..1600)
            .map(|i| {
                let (u, v) = (f64::from(i % 40), f64::from(i / 40));
                let w = if (i % 40 + i / 40) % 2 == 0 {
                    height
                } else {
                    -height
                };
                [u * 0.6 - w * 0.8, v, u * 0.8 + w * 0.6]
            })
            .collect()
    }

    #[test]
    fn finds_the_normal_and_the_residual() {
        let plane = fit(&sheet(0.1));
        let along = plane.normal[0] * -0.8 + plane.normal[2] * 0.6;
        assert!((along.abs() - 1.0).abs() < 1e-6, "{:?}", plane.normal);
        assert!((plane.residual - 0.1).abs() < 1e-3, "{}", plane.residual);
    }

    #[test]
    fn roughness_sees_the_noise_go() {
        let (before, after) = roughness(&sheet(0.1), &sheet(0.02));
        assert!(
            (before - 0.1).abs() < 0.01 && (after - 0.02).abs() < 0.002,
            "{before} {after}"
        );
    }
}
