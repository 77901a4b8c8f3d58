"""quietcloud beside Open3D's own smoothers: Chamfer and point-to-mesh distance and time, in one run.

    python bench/smoothers.py lion.off fertility.off --quietcloud ../../target/release/quietcloud [--model FOLDER]

Points are sampled on each mesh by Poisson disk and get Gaussian noise of 1, 2 and 3 % of the bounding sphere's radius.
The smoothers' parameters are tuned on the ground truth, for each amount of noise, which flatters them; quietcloud gets
nothing but the points. Every number is a mean over the meshes, times 10^4. One thread.
"""

import argparse
import os
import subprocess
import tempfile
import time
from itertools import product
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before Open3D is loaded

import numpy as np
import open3d as o3d
from scipy.spatial import cKDTree

import quietcloud

# Name: function of the cloud, the median distance to a neighbour and the parameters; the grid of the parameters.
PEERS = {
    "smooth_mls": (
        lambda cloud, s, radius: cloud.smooth_mls(o3d.geometry.KDTreeSearchParamRadius(radius * s)),
        [(2.0, 2.5, 3.0, 4.0, 5.0, 6.5, 8.0)],
    ),
    "smooth_laplacian": (
        lambda cloud, s, times, step, knn: cloud.smooth_laplacian(times, step, knn),
        [(1, 2, 4, 8), (0.3, 0.6), (10, 20, 40)],
    ),
    "smooth_taubin": (
        lambda cloud, s, times, knn: cloud.smooth_taubin(times, 0.5, -0.53, knn),
        [(1, 3, 10, 30), (10, 20, 40)],
    ),
    "smooth_bilateral": (
        lambda cloud, s, radius, near, far: cloud.smooth_bilateral(
            o3d.geometry.KDTreeSearchParamHybrid(radius * s, 100), near * s, far * s
        ),
        [(2.5, 4.0, 6.0), (1.0, 2.0, 4.0), (0.5, 1.0, 2.0)],
    ),
}


def cloud_of(points: np.ndarray) -> o3d.geometry.PointCloud:
    return o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points))


def sample(path: Path, count: int) -> np.ndarray:
    mesh = o3d.io.read_triangle_mesh(str(path))
    o3d.utility.random.seed(0)
    return np.asarray(mesh.sample_points_poisson_disk(count).points)


def sphere(points: np.ndarray) -> tuple[np.ndarray, float]:
    center = (points.max(axis=0) + points.min(axis=0)) / 2
    return center, np.linalg.norm(points - center, axis=1).max()


def chamfer(result: np.ndarray, clean: np.ndarray) -> float:
    return np.mean(cKDTree(clean).query(result)[0] ** 2) + np.mean(cKDTree(result).query(clean)[0] ** 2)


def judged(command: Path, mesh: Path, clean: np.ndarray, result: np.ndarray) -> list[float]:
    """Chamfer and point-to-mesh distance (p3d05) of the command, times 10^4."""
    with tempfile.TemporaryDirectory() as folder:
        for name, points in (("clean", clean), ("result", result)):
            np.savetxt(f"{folder}/{name}.xyz", points, fmt="%.9g")
        run = [command, "compare", f"{folder}/clean.xyz", f"{folder}/result.xyz", "--mesh", mesh]
        told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    numbers = dict(line.rsplit(maxsplit=1) for line in told.splitlines())
    return [1e4 * float(numbers[name]) for name in ("chamfer", "p2m p3d05")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("meshes", nargs="+", type=Path)
    parser.add_argument("--quietcloud", type=Path, required=True, help="the program, which measures the results")
    parser.add_argument("--model", type=Path, help="a model folder instead of the built-in model")
    parser.add_argument("--points", type=int, default=10_000)
    args = parser.parse_args()

    model = quietcloud.Model(args.model)
    clouds = [(mesh, clean, *sphere(clean)) for mesh in args.meshes for clean in [sample(mesh, args.points)]]
    table: dict[str, list[tuple[float, ...]]] = {}
    for percent in (1, 2, 3):
        random = np.random.default_rng(percent)
        noisy = [clean + random.normal(size=clean.shape) * radius * percent / 100 for _, clean, _, radius in clouds]

        def measure(name: str, function) -> None:
            rows = []
            for (mesh, clean, _, _), points in zip(clouds, noisy, strict=True):
                start = time.perf_counter()
                result = function(points)
                took = time.perf_counter() - start
                rows.append([*judged(args.quietcloud, mesh, clean, result), took])
            table.setdefault(name, []).append(tuple(np.mean(rows, axis=0)))
            print(percent, name, *np.round(table[name][-1], 3), flush=True)

        measure("noisy", lambda points: points)
        for name, (smooth, grid) in PEERS.items():

            def smoothed(points: np.ndarray, *parameters: float) -> np.ndarray:
                spacing = np.median(cKDTree(points).query(points, 2)[0][:, 1])
                return np.asarray(smooth(cloud_of(points), spacing, *parameters).points)

            def loss(parameters: tuple[float, ...]) -> float:
                pairs = zip(clouds, noisy, strict=True)
                return sum(chamfer(smoothed(points, *parameters), clean) / radius**2 for (_, clean, _, radius), points in pairs)

            best = min(product(*grid), key=loss)
            print(percent, name, "tuned to", best, flush=True)
            measure(name, lambda points: smoothed(points, *best))
        measure("quietcloud", lambda points: quietcloud.denoise(points, model=model, threads=1, progress=False))

    print("\n| CD / P2M, x 10^4 | 1 % | 2 % | 3 % | s |\n|---|---|---|---|---|")
    for name, cells in table.items():
        numbers = " | ".join(f"{cd:.2f} / {p2m:.2f}" for cd, p2m, _ in cells)
        print(f"| {name} | {numbers} | {np.mean([took for *_, took in cells]):.2f} |")


if __name__ == "__main__":
    main()
