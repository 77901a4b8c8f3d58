"""How sharp edges stay: quietcloud beside PCL's MLS and CGAL's bilateral smoothing, on solids with flat faces.

    cmake -S benches/peers -B target/peers -DCMAKE_BUILD_TYPE=Release && cmake --build target/peers
    python -m quietcloud_onnx.edges --cli target/release/quietcloud --peers target/peers [--clouds FOLDER]

The measure is the mean squared distance to the surface of the points that came from within two spacings of an edge, x 1e4, for
solids in the unit sphere. The solids are beams, prisms and plates made here (10 000 points, 1 and 2 % noise); with
``--clouds`` also each CLEAN.npy [n,3] of a folder with its CLEAN_noisy*.npy. A peer's figure is the best of a grid of settings,
found on the truth; quietcloud estimates the noise.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from .protocol import ours, peer
from .shapes import extrusion

GRIDS = {
    "pcl_mls": [(radius, order) for radius in (2, 2.5, 3, 4, 5) for order in (1, 2)],
    "cgal_bilateral": [(k, angle, times) for k in (20, 40, 80) for angle in (15, 30, 60) for times in (1, 3)],
}


class Faces:
    """The flat faces of a solid, found in a dense cloud [n,3] of exact points on it."""

    def __init__(self, dense):
        self.pitch = pitch(dense)
        tree = cKDTree(dense)
        near = dense[tree.query(dense, 12)[1]]
        values, vectors = np.linalg.eigh(np.einsum("nki,nkj->nij", near - near.mean(1, keepdims=True), near - near.mean(1, keepdims=True)))
        flat = values[:, 0] < 1e-6 * values[:, 1]
        left, self.planes, self.trees = flat.copy(), [], []
        while left.any():
            at = np.flatnonzero(left)[0]
            normal = vectors[at, :, 0]
            on = np.abs((dense - dense[at]) @ normal) < 0.01 * self.pitch
            left[at] = False
            if (on & flat).sum() > 0.01 * len(dense):
                left &= ~on
                # Of the plane itself, better than twelve points tell it.
                center = dense[on].mean(0)
                normal = np.linalg.svd(dense[on] - center, full_matrices=False)[2][2]
                self.planes.append((center, normal))
                self.trees.append(cKDTree(dense[on]))

    def distances(self, points):
        """To the nearest face, [n]: along its normal where the foot lies in it, to its rim elsewhere."""
        found = []
        for (center, normal), tree in zip(self.planes, self.trees):
            height = (points - center) @ normal
            beside = tree.query(points - height[:, None] * normal)[0]
            found.append(np.hypot(height, np.where(beside < 1.5 * self.pitch, 0, beside)))
        return np.min(found, 0)

    def near_edges(self, points, reach):
        """Whether two faces lie within ``reach`` of each of ``points`` of the surface."""
        return np.sort([tree.query(points)[0] for tree in self.trees], 0)[1] <= reach + self.pitch


def pitch(points, k=20):
    return np.median(np.sqrt(np.pi / k) * cKDTree(points).query(points, k + 1)[0][:, -1])


def solids():
    """(name, polygon [m,2], height)."""
    regular = lambda corners: np.stack([np.cos(t := np.arange(corners) * 2 * np.pi / corners), np.sin(t)], 1)  # noqa: E731
    yield "box", np.array([(0, 0), (1.0, 0), (1.0, 0.7), (0, 0.7)]), 0.8
    yield "L", np.array([(0, 0), (1.0, 0), (1.0, 0.3), (0.3, 0.3), (0.3, 1.0), (0, 1.0)]), 1.2
    yield "T", np.array([(0, 1), (1, 1), (1, 0.75), (0.65, 0.75), (0.65, 0), (0.35, 0), (0.35, 0.75), (0, 0.75)]), 0.9
    yield "U", np.array([(0, 0), (1, 0), (1, 0.9), (0.75, 0.9), (0.75, 0.25), (0.25, 0.25), (0.25, 0.9), (0, 0.9)]), 1.0
    yield "hexagon", regular(6), 0.6
    yield "wedge", np.array([(0, 0), (1.0, 0), (0, 0.5)]), 0.8
    yield "sheet", np.array([(0, 0), (1.4, 0), (1.4, 1.0), (0, 1.0)]), 0.12


def made(count=10_000, among=200_000):
    """Yields (cell, name, clean, noisy, faces) of the solids at two noise levels; faces are found ``among`` so many points."""
    for number, (name, polygon, height) in enumerate(solids()):
        rng = np.random.default_rng([7, number])
        clean, dense = extrusion(rng, count, polygon, height), extrusion(rng, among, polygon, height)
        center = (dense.max(0) + dense.min(0)) / 2
        radius = np.linalg.norm(dense - center, axis=1).max()
        clean, dense = (clean - center) / radius, (dense - center) / radius
        faces = Faces(dense)
        for percent in (1, 2):
            yield f"CAD {percent} %", name, clean, clean + percent / 100 * rng.standard_normal(clean.shape), faces


def given(folder):
    """The same of the clouds in a folder."""
    for path in sorted(folder.glob("*.npy")):
        for noisy in sorted(folder.glob(f"{path.stem}_noisy*.npy")):
            clean = np.load(path).astype(float)
            center = (clean.max(0) + clean.min(0)) / 2
            radius = np.linalg.norm(clean - center, axis=1).max()
            clean = (clean - center) / radius
            yield path.stem, path.stem, clean, (np.load(noisy) - center) / radius, Faces(clean)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cli", required=True, type=Path)
    parser.add_argument("--peers", required=True, type=Path)
    parser.add_argument("--clouds", type=Path)
    args = parser.parse_args()
    cells = {}
    with tempfile.TemporaryDirectory() as folder:
        scan, result = Path(folder) / "scan.xyz", Path(folder) / "result.xyz"
        for cell, name, clean, noisy, faces in [*made(), *(given(args.clouds) if args.clouds else [])]:
            edge = faces.near_edges(clean, 2 * pitch(clean))
            np.savetxt(scan, noisy, "%.9g")
            error = lambda points: 1e4 * (faces.distances(points[edge]) ** 2).mean()  # noqa: E731
            row = cells.setdefault(cell, {}).setdefault(name, {})
            row["noisy"] = {(): error(noisy)}
            for method, settings in {**GRIDS, "quietcloud": [()]}.items():
                for setting in settings:
                    smooth = peer(args.peers / method, [str(x) for x in setting]) if setting else ours(args.cli, [])
                    smooth(scan, result)
                    row.setdefault(method, {})[setting] = error(np.loadtxt(result))
            print(cell, name, f"{edge.sum()} points", {m: round(min(f.values()), 4) for m, f in row.items()}, flush=True)
    print("\n| | noisy | PCL MLS | CGAL bilateral | quietcloud |\n|---|---|---|---|---|")
    for cell, rows in cells.items():
        figures = []
        for method in ("noisy", *GRIDS, "quietcloud"):
            settings = next(iter(rows.values()))[method]
            figures.append(min(np.mean([row[method][setting] for row in rows.values()]) for setting in settings))
        print(f"| {cell} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |")


if __name__ == "__main__":
    main()
