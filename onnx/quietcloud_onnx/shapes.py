"""Families of shapes that the generative systems are trained on, as samplers of surface points.

Superquadrics, tori, and solids as CAD programs make them: boxes with chamfers, cylinders and tubes, prisms, L, T and U
profiles, plates and brackets with holes. No files and no licences: every cloud comes out of a few random numbers.
The points are uniform by area. ``clouds`` gives them in model units (METHOD's x^0 for generators): centred on their mean,
divided by the RMS over all coordinates, so that a coordinate has unit variance. z points up; shapes are not turned.
"""

import numpy as np
from scipy.spatial import ConvexHull

from .data import sample_uniform


def _grid_mesh(surface, rows=48, columns=64):
    """Triangles of a surface [rows+1, columns+1, 3] sampled on a grid of its two angles."""
    vertices = surface.reshape(-1, 3)
    corner = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).ravel()
    across, down = corner + 1, corner + columns + 1
    return vertices, np.concatenate([np.stack([corner, across, down], 1), np.stack([across, down + 1, down], 1)])


def superquadric(rng, count):
    """Barr's superellipsoid: x = a c(v)^e1 c(u)^e2 ..., from boxes through balls to spindles."""
    e1, e2 = rng.uniform(0.15, 1.6, 2)
    power = lambda value, e: np.sign(value) * np.abs(value) ** e  # noqa: E731
    v, u = np.meshgrid(np.linspace(-np.pi / 2, np.pi / 2, 49), np.linspace(-np.pi, np.pi, 65), indexing="ij")
    unit = np.stack([power(np.cos(v), e1) * power(np.cos(u), e2), power(np.cos(v), e1) * power(np.sin(u), e2), power(np.sin(v), e1)], -1)
    return sample_uniform(*_grid_mesh(unit * rng.uniform(0.4, 1.0, 3)), count, rng)[0]


def torus(rng, count):
    """A ring with an elliptic section."""
    v, u = np.meshgrid(np.linspace(0, 2 * np.pi, 49), np.linspace(0, 2 * np.pi, 65), indexing="ij")
    tube, rise = rng.uniform(0.12, 0.45), rng.uniform(0.12, 0.45)
    ring = 1 + tube * np.cos(v)
    surface = np.stack([ring * np.cos(u), rng.uniform(0.6, 1.0) * ring * np.sin(u), rise * np.sin(v)], -1)
    return sample_uniform(*_grid_mesh(surface), count, rng)[0]


def chamfered_box(rng, count):
    """A box whose twelve edges are cut off: the convex hull of three shrunk corners for each corner."""
    half = rng.uniform(0.3, 1.0, 3)
    cut = rng.uniform(0.0, 0.35) * half.min()
    signs = np.stack(np.meshgrid([-1, 1], [-1, 1], [-1, 1]), -1).reshape(-1, 1, 3)
    corners = (signs * (half - cut * (1 - np.eye(3)))).reshape(-1, 3)
    return sample_uniform(corners, ConvexHull(corners, qhull_options="QJ").simplices, count, rng)[0]


def inside_polygon(polygon, points):
    """Whether points [n,2] lie inside of a polygon [m,2] (crossing number)."""
    a, b = polygon, np.roll(polygon, -1, 0)
    x, y = points[:, :1], points[:, 1:]
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return (np.where(crosses, at > x, False).sum(1) % 2).astype(bool)


def _cut_by(hole, points, margin=0.0):
    axis, center, radius = hole
    across = np.delete(points, axis, 1) - center
    return (across**2).sum(1) < (radius - margin) ** 2


def extrusion(rng, count, polygon, height, holes=()):
    """Points on a prism over ``polygon`` [m,2], 0 <= z <= height, drilled through by ``holes`` [(axis, center [2], radius)].

    Each patch (caps, walls, walls of holes) is sampled at the same density over a simple superset and then cut to
    what belongs to the solid, so that no area has to be known in closed form.
    """
    low, high = polygon.min(0), polygon.max(0)
    sides = np.roll(polygon, -1, 0) - polygon
    length = np.linalg.norm(sides, axis=1)
    box, wall = np.prod(high - low), length.sum() * height
    reach = [float(np.r_[high - low, height][axis]) for axis, _, _ in holes]
    drilled = [2 * np.pi * radius * deep for (_, _, radius), deep in zip(holes, reach)]
    density = 3 * count / (box + wall)
    while True:
        flat = low + rng.random((2, rng.poisson(density * box), 2)) * (high - low)
        caps = [np.c_[f, np.full(len(f), z)][inside_polygon(polygon, f)] for f, z in zip(flat, (0.0, height))]
        n = rng.poisson(density * wall)
        side = rng.choice(len(sides), n, p=length / length.sum())
        walls = np.c_[polygon[side] + rng.random((n, 1)) * sides[side], rng.random(n) * height]
        skin = np.concatenate([*caps, walls])
        pieces = [skin[~np.any([_cut_by(hole, skin) for hole in holes], 0)] if holes else skin]
        for i, ((axis, center, radius), area, deep) in enumerate(zip(holes, drilled, reach)):
            n = rng.poisson(density * area)
            turn = rng.random(n) * 2 * np.pi
            tube = np.asarray(center) + radius * np.stack([np.cos(turn), np.sin(turn)], 1)
            along = rng.random(n) * deep + (0.0 if axis == 2 else low[axis])
            tube = np.insert(tube, axis, along, 1)
            kept = inside_polygon(polygon, tube[:, :2]) & (tube[:, 2] > 0) & (tube[:, 2] < height)
            for other in holes[:i] + holes[i + 1 :]:
                kept &= ~_cut_by(other, tube)
            pieces.append(tube[kept])
        points = np.concatenate(pieces)
        if len(points) >= count:
            return points[rng.permutation(len(points))[:count]]
        density *= 1.5


def _ellipse(corners, wide, deep):
    turn = np.arange(corners) * 2 * np.pi / corners
    return np.stack([wide * np.cos(turn), deep * np.sin(turn)], 1)


def cylinder(rng, count):
    """A round or regular prism, half of the time drilled along its axis (tube, nut)."""
    corners = int(rng.choice([3, 5, 6, 8, 64, 64, 64, 64]))
    radius, height = rng.uniform(0.3, 1.0), rng.uniform(0.3, 2.5)
    inner = radius * np.cos(np.pi / corners) * rng.uniform(0.4, 0.85)
    holes = [(2, (0.0, 0.0), inner)] if rng.random() < 0.5 else []
    return extrusion(rng, count, _ellipse(corners, radius, radius), height, holes)


def profile(rng, count):
    """A beam with an L, T or U section, standing or lying."""
    w, h = rng.uniform(0.5, 1.0, 2)
    t, s = rng.uniform(0.12, 0.35, 2) * (w, h)
    kind = rng.integers(3)
    if kind == 0:
        polygon = [(0, 0), (w, 0), (w, s), (t, s), (t, h), (0, h)]
    elif kind == 1:
        polygon = [(0, h), (w, h), (w, h - s), (w / 2 + t / 2, h - s), (w / 2 + t / 2, 0), (w / 2 - t / 2, 0), (w / 2 - t / 2, h - s), (0, h - s)]
    else:
        polygon = [(0, 0), (w, 0), (w, h), (w - t, h), (w - t, s), (t, s), (t, h), (0, h)]
    points = extrusion(rng, count, np.array(polygon, float), rng.uniform(0.4, 2.0))
    return points if rng.random() < 0.5 else points[:, [2, 0, 1]]


def plate(rng, count):
    """A rectangular or round plate with one to four holes."""
    wide, deep, thick = rng.uniform(0.6, 1.0), rng.uniform(0.6, 1.0), rng.uniform(0.1, 0.4)
    spread, radius = rng.uniform(0.4, 0.6), rng.uniform(0.12, 0.25)
    spots = [[(0, 0)], [(1, 0), (-1, 0)], [(1, 1), (-1, -1), (1, -1), (-1, 1)]][rng.integers(3)]
    far = spread if len(spots) < 4 else spread * 0.9
    holes = [(2, (far * wide * x, far * deep * y), radius * min(wide, deep) * (2 if len(spots) == 1 else 1)) for x, y in spots]
    polygon = np.array([(-wide, -deep), (wide, -deep), (wide, deep), (-wide, deep)])
    if len(spots) < 4 and rng.random() < 0.5:
        polygon = _ellipse(64, wide, deep)
    return extrusion(rng, count, polygon, thick, holes)


def bracket(rng, count):
    """An angle bracket: a lying L profile, a hole or two in the foot and one in the back."""
    w, h, t, long = rng.uniform(0.8, 1.2), rng.uniform(0.8, 1.2), rng.uniform(0.12, 0.25), rng.uniform(0.6, 1.4)
    polygon = np.array([(0, 0), (w, 0), (w, t), (t, t), (t, h), (0, h)])
    radius = rng.uniform(0.15, 0.28) * min(w - t, h - t, long)
    along = [0.5] if rng.random() < 0.5 else [0.27, 0.73]
    holes = [(1, ((w + t) / 2, long * a), radius) for a in along] + [(0, ((h + t) / 2, long / 2), radius)]
    # The section lies in x and y, the beam along z; afterwards y points up.
    return extrusion(rng, count, polygon, long, holes)[:, [0, 2, 1]]


FAMILIES = {f.__name__: f for f in (superquadric, torus, chamfered_box, cylinder, profile, plate, bracket)}


def to_model_units(points):
    """Centred on the mean, divided by the RMS over all coordinates; also the centre [3] and the scale."""
    center = points.mean(0)
    scale = float(np.sqrt(((points - center) ** 2).mean()))
    scale = scale if scale > 0 else 1.0
    return (points - center) / scale, center, scale


def clouds(count, points, seed, families=tuple(FAMILIES)):
    """``count`` clouds [count, points, 3] float32 in model units, the families in turn."""
    rng = np.random.default_rng(seed)
    made = [to_model_units(FAMILIES[families[i % len(families)]](rng, points))[0] for i in range(count)]
    return np.stack(made).astype(np.float32)
