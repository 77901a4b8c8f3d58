"""Validation clouds that anyone can make again: Poisson-disk clouds of a mesh in the unit sphere, and noisy copies.

    python -m quietcloud_onnx.benchmark --out clouds MESH [MESH ...]

writes clouds/<n>/clean/<shape>.xyz and clouds/<n>/<kind>-<percent>/<shape>.xyz, and clouds/meshes/<shape>.off in the
same frame; noise in per cent of the unit sphere's radius.
"""

import argparse
from pathlib import Path

import numpy as np

from .data import poisson_disk, read_mesh
from .noise import KINDS


def write_off(path, vertices, faces):
    with open(path, "w") as file:
        file.write(f"OFF\n{len(vertices)} {len(faces)} 0\n")
        np.savetxt(file, vertices, "%.9g")
        np.savetxt(file, np.c_[np.full(len(faces), 3), faces], "%d")


def uneven(rng, vertices, faces, size):
    """About ``size`` points whose density falls along x to a quarter: of a dense cloud that many are left by chance."""
    points, _ = poisson_disk(vertices, faces, 4 * size, rng)
    height = (points[:, 0] - points[:, 0].min()) / np.ptp(points[:, 0])
    share = 0.25 + 0.75 * height
    return points[rng.random(len(points)) < share * size / share.sum()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("meshes", nargs="+", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--sizes", nargs="+", type=int, default=[10_000, 50_000])
    parser.add_argument("--percent", nargs="+", type=float, default=[1, 2, 3])
    parser.add_argument("--kinds", nargs="+", choices=sorted(KINDS), default=["gaussian"])
    parser.add_argument("--uneven", action="store_true", help="the density falls to a quarter from one side to the other")
    args = parser.parse_args()
    (args.out / "meshes").mkdir(parents=True, exist_ok=True)
    for path in args.meshes:
        vertices, faces = read_mesh(path)
        write_off(args.out / "meshes" / f"{path.stem}.off", vertices, faces)
        for size in args.sizes:
            rng = np.random.default_rng([size, *path.stem.encode()])
            clean = uneven(rng, vertices, faces, size) if args.uneven else poisson_disk(vertices, faces, size, rng)[0]
            jobs = [("clean", clean)]
            for kind in args.kinds:
                jobs += [(f"{kind}-{percent:g}", clean + KINDS[kind](rng, clean, percent / 100)) for percent in args.percent]
            for name, cloud in jobs:
                folder = args.out / str(size) / name
                folder.mkdir(parents=True, exist_ok=True)
                np.savetxt(folder / f"{path.stem}.xyz", cloud, "%.7f")
        print(path.stem, flush=True)


if __name__ == "__main__":
    main()
