//! The squared distance between a point and a triangle, in the senses that the literature uses.

use super::{P2m, squared};

/// A triangle with what its distances need again and again.
pub(super) struct Triangle {
    corners: [[f64; 3]; 3],
    edges: [[f64; 3]; 2],
    /// Unit normal; None where only the edges count.
    normal: Option<[f64; 3]>,
    /// Products of the edges: 0·0, 0·1, 1·1.
    products: [f64; 3],
    /// What divides the barycentric coordinates: four times the squared area, plus pytorch3d's 1e-8.
    divisor: f64,
    /// How far the flat part reaches beyond corner 0, in edges.
    reach: f64,
}

fn minus(a: &[f64; 3], b: &[f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|axis| a[axis] - b[axis])
}

fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: &[f64; 3], b: &[f64; 3]) -> [f64; 3] {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

impl Triangle {
    pub(super) fn new(corners: [[f64; 3]; 3], sense: P2m) -> Self {
        let edges = [minus(&corners[1], &corners[0]), minus(&corners[2], &corners[0])];
        let normal = cross(&edges[0], &edges[1]);
        let double_area = dot(&normal, &normal).sqrt();
        let products = [
            dot(&edges[0], &edges[0]),
            dot(&edges[0], &edges[1]),
            dot(&edges[1], &edges[1]),
        ];
        let (flat, epsilon) = match sense {
            // thinner than this, rounding decides where the normal points, and the edges are as near as the face
            P2m::Exact => (double_area > 1e-7 * products[0].max(products[2]), 0.0),
            // pytorch3d's kEpsilon, and its least area of a face that is more than its edges
            P2m::P3d05 => (0.5 * double_area >= 1e-5, 1e-8),
        };
        let divisor = double_area * double_area + epsilon;
        Self {
            corners,
            edges,
            normal: flat.then(|| normal.map(|value| value / double_area)),
            products,
            divisor,
            // the epsilon shrinks the coordinates of a point, which widens the face by the inverse
            reach: if flat {
                divisor / (double_area * double_area)
            } else {
                1.0
            },
        }
    }

    /// The box of everything that [`Triangle::squared_distance`] can measure to.
    pub(super) fn bounds(&self) -> [[f64; 3]; 2] {
        let reached = self
            .edges
            .map(|edge| [0, 1, 2].map(|axis| self.corners[0][axis] + self.reach * edge[axis]));
        let points = self.corners.iter().chain(&reached);
        points.fold(
            [[f64::INFINITY; 3], [f64::NEG_INFINITY; 3]],
            |[low, high], point| {
                [
                    [0, 1, 2].map(|axis| low[axis].min(point[axis])),
                    [0, 1, 2].map(|axis| high[axis].max(point[axis])),
                ]
            },
        )
    }

    /// To the plane where the point projects into the triangle, to the nearest edge otherwise.
    pub(super) fn squared_distance(&self, point: &[f64; 3]) -> f64 {
        let offset = minus(point, &self.corners[0]);
        if let Some(normal) = &self.normal {
            let height = dot(&offset, normal);
            let foot = [0, 1, 2].map(|axis| offset[axis] - height * normal[axis]);
            let [p00, p01, p11] = self.products;
            let (f0, f1) = (dot(&foot, &self.edges[0]), dot(&foot, &self.edges[1]));
            let first = (p11 * f0 - p01 * f1) / self.divisor;
            let second = (p00 * f1 - p01 * f0) / self.divisor;
            let rest = 1.0 - first - second;
            if [first, second, rest]
                .iter()
                .all(|weight| (0.0..=1.0).contains(weight))
            {
                return height * height;
            }
        }
        let [a, b, c] = &self.corners;
        to_edge(point, a, b)
            .min(to_edge(point, a, c))
            .min(to_edge(point, b, c))
    }
}

fn to_edge(point: &[f64; 3], from: &[f64; 3], to: &[f64; 3]) -> f64 {
    let edge = minus(to, from);
    let length = dot(&edge, &edge);
    let along = if length > 0.0 {
        (dot(&minus(point, from), &edge) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    squared(point, &[0, 1, 2].map(|axis| from[axis] + along * edge[axis]))
}
