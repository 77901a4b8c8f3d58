"""How flat the flat places of real scans are, before and after: the RMS distance to a fitted plane.

    python bench/planes.py scan.pcd scan.ply ... [--quality high]

Nobody knows where the surface of a real scan is, but that a wall is a plane is known well enough. In each scan the four places
are looked for that are the most like planes, 25 spacings around a point at most and far from each other; a point counts that
lies within four spacings of the plane. The same points are fitted before and after, in the scan's own unit.
"""

import argparse
from pathlib import Path

import numpy as np
import open3d as o3d
from scipy.spatial import cKDTree

import quietcloud

PLACES, SEEDS, AROUND, APART, THICK = 4, 200, 25, 40, 4  # the last three in spacings


def read(path: Path) -> np.ndarray:
    points = np.asarray(o3d.io.read_point_cloud(str(path)).points)
    return points[np.isfinite(points).all(axis=1)]


def plane(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """A point of the fitted plane, its normal and the RMS distance to it."""
    center = points.mean(axis=0)
    _, extent, axes = np.linalg.svd(points - center, full_matrices=False)
    return center, axes[2], extent[2] / np.sqrt(len(points))


def places(points: np.ndarray, spacing: float) -> list[np.ndarray]:
    """Indices of the points of each flat place."""
    random, tree, free, found = np.random.default_rng(0), cKDTree(points), np.ones(len(points), bool), []
    for _ in range(PLACES):
        best, place, seed = -np.inf, np.empty(0, int), 0
        for at in random.choice(np.flatnonzero(free), SEEDS):
            near = tree.query(points[at], 200)[1]
            near = near[free[near]]
            if len(near) < 50:
                continue
            center, normal, _ = plane(points[near])
            around = np.array(tree.query_ball_point(points[at], AROUND * spacing))
            around = around[free[around]]
            height = np.abs((points[around] - center) @ normal)
            score = (height < 3 * spacing).mean() * np.sqrt(len(around))
            if score > best:
                best, place, seed = score, around[height < THICK * spacing], at
        found.append(place)
        free[tree.query_ball_point(points[seed], APART * spacing)] = False
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scans", nargs="+", type=Path)
    parser.add_argument("--quality", default="balanced")
    args = parser.parse_args()
    print("| scan | points | moved (RMS) | RMS of four planes, before -> after |\n|---|---|---|---|")
    for scan in args.scans:
        points = read(scan)
        clean = quietcloud.denoise(points, quality=args.quality, progress=False)
        random = np.random.default_rng(1).choice(len(points), min(2000, len(points)), replace=False)
        spacing = np.median(cKDTree(points).query(points[random], 9)[0][:, 8]) / 1.6
        flat = [(plane(points[place])[2], plane(clean[place])[2]) for place in places(points, spacing)]
        moved = np.sqrt(((clean - points) ** 2).sum(axis=1).mean())
        cells = ", ".join(f"{before:.3g} -> {after:.3g}" for before, after in flat)
        print(f"| {scan.stem} | {len(points)} | {moved:.3g} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
