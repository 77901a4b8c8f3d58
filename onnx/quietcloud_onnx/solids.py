"""Solids with flat faces and sharp edges, as triangle meshes out of a few random numbers: what scanned meshes have few of.

Hulls of a few points have convex edges of every angle; prisms and frusta over L, T, U and star-shaped polygons have concave
ones, thin walls and round flanks too. No files and no licences.
"""

import numpy as np
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation


def triangulate(polygon):
    """Triangles [m-2,3] of a simple polygon [m,2] that runs counter-clockwise: ears are cut off one by one."""
    cross = lambda a, b, c: (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])  # noqa: E731
    left, triangles = list(range(len(polygon))), []
    while len(left) > 3:
        for at in range(len(left)):
            i, j, k = (left[(at + step) % len(left)] for step in (-1, 0, 1))
            a, b, c = polygon[i], polygon[j], polygon[k]
            inside = lambda p: min(cross(a, b, p), cross(b, c, p), cross(c, a, p)) >= 0  # noqa: B023, E731
            if cross(a, b, c) > 0 and not any(inside(polygon[other]) for other in left if other not in (i, j, k)):
                triangles.append((i, j, k))
                left.pop(at)
                break
        else:
            raise ValueError("the polygon cuts itself or runs clockwise")
    return np.array([*triangles, left])


def prism(polygon, height, top=1.0):
    """Vertices and triangles over ``polygon`` [m,2]; its copy at ``height`` is ``top`` times as wide."""
    m = len(polygon)
    cap = triangulate(polygon)
    at, after = np.arange(m), np.roll(np.arange(m), -1)
    walls = np.concatenate([np.stack([at, after, after + m], 1), np.stack([at, after + m, at + m], 1)])
    center = polygon.mean(0)
    upper = center + top * (polygon - center)
    vertices = np.concatenate([np.c_[polygon, np.zeros(m)], np.c_[upper, np.full(m, height)]])
    return vertices, np.concatenate([cap[:, ::-1], cap + m, walls])


def beam(rng):
    """The section of an L, T or U beam."""
    w, h = rng.uniform(0.5, 1.0, 2)
    t, s = rng.uniform(0.08, 0.4, 2) * (w, h)
    left, right = (w - t) / 2, (w + t) / 2
    sections = [
        [(0, 0), (w, 0), (w, s), (t, s), (t, h), (0, h)],
        [(left, 0), (right, 0), (right, h - s), (w, h - s), (w, h), (0, h), (0, h - s), (left, h - s)],
        [(0, 0), (w, 0), (w, h), (w - t, h), (w - t, s), (t, s), (t, h), (0, h)],
    ]
    return np.array(sections[rng.integers(3)], float)


def round_about(rng):
    """A polygon that is seen whole from its middle: regular, round or jagged."""
    corners = int(rng.choice([3, 4, 5, 6, 8, 12, 48]))
    radius = np.ones(corners) if rng.random() < 0.6 else rng.uniform(0.4, 1.0, corners)
    turn = np.arange(corners) * 2 * np.pi / corners
    return np.stack([radius * np.cos(turn), rng.uniform(0.4, 1.0) * radius * np.sin(turn)], 1)


def solid(rng):
    """Vertices [v,3] in the unit sphere, turned at random, and triangles [f,3]."""
    kind = rng.random()
    if kind < 0.35:
        points = rng.standard_normal((int(rng.integers(4, 14)), 3)) * rng.uniform(0.4, 1.0, 3)
        hull = ConvexHull(points)
        vertices, faces = points, hull.simplices
    elif kind < 0.65:
        vertices, faces = prism(beam(rng), rng.uniform(0.1, 2.0))
    else:
        vertices, faces = prism(round_about(rng), rng.uniform(0.08, 2.0), rng.uniform(0.3, 1.0) if rng.random() < 0.4 else 1.0)
    used = vertices[np.unique(faces)]
    center = (used.max(0) + used.min(0)) / 2
    vertices = (vertices - center) / np.linalg.norm(used - center, axis=1).max()
    return vertices @ Rotation.random(random_state=int(rng.integers(2**31))).as_matrix(), faces
