//! Which directions lie within the surface around a point, without a choice of its normal.

use crate::graph::Graph;

/// `2 C / tr C` of the neighbourhood of point i as xx, yy, zz, xy, yz, zx. Neighbours count less towards the rim, where it
/// is chance which of them still belongs.
pub(crate) fn within(points: &[[f64; 3]], graph: &Graph, i: usize) -> [f64; 6] {
    let offset = |j: u32| -> [f64; 3] { std::array::from_fn(|a| points[j as usize][a] - points[i][a]) };
    let rim = graph
        .row(i)
        .iter()
        .map(|&j| square(offset(j)))
        .fold(0.0, f64::max);
    if rim == 0.0 {
        return [0.0; 6];
    }
    // The point itself, at 0, has weight 1.
    let (mut total, mut mean, mut second) = (1.0, [0.0; 3], [0.0; 6]);
    for &j in graph.row(i) {
        let d = offset(j);
        let weight = 1.0 - square(d) / rim;
        total += weight;
        (0..3).for_each(|a| mean[a] += weight * d[a]);
        let products = products(d);
        (0..6).for_each(|c| second[c] += weight * products[c]);
    }
    let m = mean.map(|c| c / total);
    let squares = products(m);
    let covariance: [f64; 6] = std::array::from_fn(|c| second[c] / total - squares[c]);
    let trace = covariance[0] + covariance[1] + covariance[2];
    if trace > 0.0 {
        covariance.map(|c| 2.0 * c / trace)
    } else {
        [0.0; 6]
    }
}

/// How far a neighbourhood is from a plane, by its [`within`]: 0 on a plane and on a line, 1/9 where no direction is special,
/// .03 to .06 at an edge. `det C / (I2 tr C)` with the second invariant `I2`.
pub(crate) fn fold(m: &[f64; 6]) -> f64 {
    let [xx, yy, zz, xy, yz, zx] = *m;
    let minors = [yy * zz - yz * yz, xx * zz - zx * zx, xx * yy - xy * xy];
    let determinant = xx * minors[0] - xy * (xy * zz - yz * zx) + zx * (xy * yz - yy * zx);
    let product = minors.iter().sum::<f64>() * (xx + yy + zz);
    if product > 0.0 { determinant / product } else { 0.0 }
}

/// xx, yy, zz, xy, yz, zx.
fn products(v: [f64; 3]) -> [f64; 6] {
    [
        v[0] * v[0],
        v[1] * v[1],
        v[2] * v[2],
        v[0] * v[1],
        v[1] * v[2],
        v[2] * v[0],
    ]
}

pub(crate) fn apply(m: &[f64; 6], v: [f64; 3]) -> [f64; 3] {
    [
        m[0] * v[0] + m[3] * v[1] + m[5] * v[2],
        m[3] * v[0] + m[1] * v[1] + m[4] * v[2],
        m[5] * v[0] + m[4] * v[1] + m[2] * v[2],
    ]
}

pub(crate) fn square(v: [f64; 3]) -> f64 {
    v.iter().map(|c| c * c).sum()
}

pub(crate) fn norm(v: [f64; 3]) -> f64 {
    square(v).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_told_from_planes_and_lines() {
        let third = 2.0 / 3.0;
        assert_eq!(fold(&[1.0, 1.0, 0.0, 0.0, 0.0, 0.0]), 0.0);
        assert_eq!(fold(&[2.0, 0.0, 0.0, 0.0, 0.0, 0.0]), 0.0);
        assert_eq!(fold(&[0.0; 6]), 0.0);
        assert!((fold(&[third, third, third, 0.0, 0.0, 0.0]) - 1.0 / 9.0).abs() < 1e-15);
        // Extents 1.2, .6 and .2, straight and turned by an eighth about x: det .144, I2 1.08, trace 2.
        let turned = [1.2, 0.4, 0.4, 0.0, 0.2, 0.0];
        for m in [[1.2, 0.6, 0.2, 0.0, 0.0, 0.0], turned] {
            assert!((fold(&m) - 0.144 / 2.16).abs() < 1e-12, "{}", fold(&m));
        }
    }

    #[test]
    fn a_plane_keeps_what_is_along_it_and_drops_what_is_across() {
        let points: Vec<[f64; 3]> = (0..400)
            .map(|i| [f64::from(i % 20), f64::from(i / 20), 3.0])
            .collect();
        let graph = Graph::knn(&points, 20);
        let m = within(&points, &graph, 210);
        let kept = apply(&m, [0.3, -0.4, 5.0]);
        assert!(
            (kept[0] - 0.3).abs() < 0.02 && (kept[1] + 0.4).abs() < 0.02 && kept[2] == 0.0,
            "{kept:?}"
        );
    }
}
