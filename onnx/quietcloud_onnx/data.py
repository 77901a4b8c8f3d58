"""Meshes in, Poisson-disk clouds out: the pool of clean clouds that training draws its patches from.

    python -m quietcloud_onnx.data --out pool [--solids N] [--rounded N] MESH_FOLDER [MESH_FOLDER ...]

Every cloud is an .npz with ``points`` [n,3] and ``normals`` [n,3] (float32), in the unit sphere.
"""

import argparse
import os
import re
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from .solids import solid

MESH_SUFFIXES = (".off", ".obj", ".ply")

# PU-Net's test shapes are the public benchmark; a model that has seen them under any name is worth nothing there.
BENCHMARK = (
    "camel casting chair coverrear cow duck eight elephant elk fandisk genus3 3holes horse icosahedron kitten moai "
    "octahedron pig quadric sculpt star "
    # Near relatives of eight and genus3 in CGAL's collection; left out to be safe.
    "3torus double holes"
).split()
# Shapes that the project keeps for validation.
VALIDATION = "bunny nefertiti fertility lion arm rocker-arm".split()


def stem_matches(name: str, words) -> bool:
    """True when one of ``words`` is a whole word of the file name (so that `star` spares `start`)."""
    stem = re.sub(r"[^a-z0-9-]+", " ", Path(name).stem.lower().replace("_", " "))
    parts = set(re.split(r"[ -]+", stem)) | set(stem.split())
    return any(word in parts or re.fullmatch(word + r"\d*", stem) for word in words)


def training_meshes(folders):
    """Paths of all meshes below ``folders`` that are neither benchmark nor validation shapes."""
    found = []
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix.lower() in MESH_SUFFIXES and not stem_matches(path.name, BENCHMARK + VALIDATION):
                found.append(path)
    return found


def strip_triangles(strips):
    """Triangles [f,3] of triangle strips, one row of vertices after another with -1 between them (PLY's ``tristrips``)."""
    first = np.flatnonzero(np.r_[True, strips[:-1] < 0])
    place = np.arange(len(strips)) - np.repeat(first, np.diff(np.r_[first, len(strips)]))
    a, b, c = strips[:-2], strips[1:-1], strips[2:]
    # Every other triangle of a strip runs the other way round.
    turned = (place[:-2] % 2 == 1)[:, None]
    faces = np.where(turned, np.stack([b, a, c], 1), np.stack([a, b, c], 1))
    return faces[(faces.min(1) >= 0) & (a != b) & (b != c) & (a != c)]


def read_mesh(path):
    """Vertices [v,3] float64 and triangles [f,3] of a mesh, normalised to the unit sphere."""
    import trimesh

    try:
        loaded = trimesh.load(path, process=False)
        strips = loaded.metadata.get("_ply_raw", {}).get("tristrips")
        # What is made of strips, trimesh takes for a cloud.
        mesh = loaded if strips or isinstance(loaded, trimesh.Trimesh) else trimesh.load(path, process=False, force="mesh")
        vertices = np.asarray(mesh.vertices, np.float64)
        parts = [strip_triangles(row["f1"].astype(np.int64)) for row in strips["data"]["vertex_indices"]] if strips else [mesh.faces]
        faces = np.concatenate(parts).astype(np.int64)
    except Exception as error:  # a reader of other people's files: whatever breaks in it is the file's fault
        raise ValueError(f"{path}: {error}") from error
    if len(faces) == 0 or not np.isfinite(vertices).all():
        raise ValueError(f"{path}: no finite triangle mesh")
    used = vertices[np.unique(faces)]
    center = (used.max(0) + used.min(0)) / 2
    radius = np.sqrt(((used - center) ** 2).sum(1)).max()
    if not radius > 0:
        raise ValueError(f"{path}: all vertices coincide")
    return (vertices - center) / radius, faces


def sample_uniform(vertices, faces, count, rng):
    """``count`` points uniform by area on the triangles: points [n,3] and unit normals [n,3]."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    area = np.linalg.norm(cross, axis=1)
    if not area.sum() > 0:
        raise ValueError("the mesh has no area")
    face = rng.choice(len(faces), count, p=area / area.sum())
    u, v = np.sqrt(rng.random(count)), rng.random(count)
    points = a[face] * (1 - u)[:, None] + b[face] * (u * (1 - v))[:, None] + c[face] * (u * v)[:, None]
    return points, cross[face] / area[face][:, None]


def poisson_disk(vertices, faces, count, rng, oversampling=8):
    """Exactly ``count`` points, no two much closer than the blue-noise distance: dart throwing over a dense sample.

    Dart throwing is run in parallel rounds (a point wins when its priority beats every living neighbour's), which
    gives the same distribution as throwing the darts one after the other in order of priority.
    """
    points, normals = sample_uniform(vertices, faces, count * oversampling, rng)
    tree = cKDTree(points)
    area = np.linalg.norm(np.cross(vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]]), axis=1).sum() / 2
    # Saturated dart throwing holds about 0.70 A/r^2 points; a tighter radius leaves a few to drop at random.
    radius = np.sqrt(0.70 * area / count)
    for _ in range(12):
        chosen = _independent_set(tree, len(points), radius, rng)
        if len(chosen) >= count:
            break
        radius *= 0.985 if len(chosen) > 0.97 * count else np.sqrt(len(chosen) / count) * 0.99
    chosen = rng.permutation(chosen)[:count]
    return points[chosen], normals[chosen]


def _independent_set(tree, n, radius, rng):
    pairs = tree.query_pairs(radius, output_type="ndarray")
    priority = rng.permutation(n)
    undecided, chosen = np.ones(n, bool), np.zeros(n, bool)
    low = np.where(priority[pairs[:, 0]] < priority[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
    high = pairs.sum(1) - low
    while undecided.any():
        beaten = np.zeros(n, bool)
        beaten[high] = True
        winners = undecided & ~beaten
        chosen |= winners
        undecided &= ~winners
        undecided[high[winners[low]]] = False
        alive = undecided[low] & undecided[high]
        low, high = low[alive], high[alive]
    return np.flatnonzero(chosen)


def build_pool(meshes, out, per_mesh, seed, low=3000, high=60000, prefix="", shaped=lambda *mesh: mesh):
    """Writes ``per_mesh`` clouds of what ``shaped`` makes of each mesh into ``out``, sizes log-uniform in [low, high]."""
    os.makedirs(out, exist_ok=True)
    jobs = [(turn, path) for turn in range(per_mesh) for path in meshes]
    for turn, path in jobs:
        name = Path(out) / f"{prefix}{path.parent.name}-{path.stem}-{turn}.npz"
        if name.exists():
            continue
        rng = np.random.default_rng([seed, turn, *path.stem.encode()])
        try:
            vertices, faces = read_mesh(path)
            count = int(np.exp(rng.uniform(np.log(low), np.log(high))))
            points, normals = poisson_disk(*shaped(vertices, faces), count, rng)
        except (ValueError, IndexError) as error:
            print(f"skipped {path.name}: {error}", flush=True)
            continue
        write_cloud(name, points, normals)


def build_solids(count, out, seed, low=3000, high=60000):
    """Writes clouds of ``count`` solids with sharp edges into ``out``."""
    os.makedirs(out, exist_ok=True)
    for number in range(count):
        name = Path(out) / f"solid-{number}.npz"
        if not name.exists():
            rng = np.random.default_rng([seed, number])
            write_cloud(name, *poisson_disk(*solid(rng), int(np.exp(rng.uniform(np.log(low), np.log(high)))), rng))


def rounded(vertices, faces, fine=100_000, coarse=150):
    """The mesh as Loop's subdivision rounds it off, with at least ``fine`` triangles: of the coarse mesh of a statue, a statue.
    ValueError for one with less than ``coarse`` triangles, of which nothing would be left."""
    if len(faces) < coarse:
        raise ValueError(f"{len(faces)} triangles are too few to be rounded off")
    import trimesh

    mesh = trimesh.Trimesh(vertices, faces, process=False)
    mesh.merge_vertices()
    rounds = int(np.ceil(np.log(max(fine / len(mesh.faces), 1)) / np.log(4)))
    return trimesh.remesh.subdivide_loop(mesh.vertices, mesh.faces, iterations=rounds) if rounds else (mesh.vertices, mesh.faces)


def write_cloud(path, points, normals):
    partial = path.with_suffix(".part")
    with open(partial, "wb") as file:
        np.savez(file, points=points.astype(np.float32), normals=normals.astype(np.float32))
    os.replace(partial, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--out", required=True)
    parser.add_argument("--per-mesh", type=int, default=2)
    parser.add_argument("--solids", type=int, default=0, help="clouds of solids with sharp edges, made up at random")
    parser.add_argument("--rounded", type=int, default=0, help="clouds of each mesh rounded off, too")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if not args.folders and not args.solids:
        parser.error("no MESH_FOLDER and no --solids: there is nothing to make clouds of")
    meshes = training_meshes(args.folders)
    print(f"{len(meshes)} meshes")
    build_pool(meshes, args.out, args.per_mesh, args.seed)
    build_pool(meshes, args.out, args.rounded, args.seed, prefix="rounded-", shaped=rounded)
    build_solids(args.solids, args.out, args.seed)


if __name__ == "__main__":
    main()
