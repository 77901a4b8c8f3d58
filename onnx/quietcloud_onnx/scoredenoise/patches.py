"""What ScoreDenoise is trained on: positions around points of a noisy scan, and the way from each to the surface.

The target at a position x is the mean of the nearest clean points less x (METHOD 2), at the positions of the scan
points nearest to Y_i, as published.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from ..graph import knn_graph, relative_edges
from ..patches import Options as GraphOptions
from ..patches import draw_patch


@dataclass
class Options:
    """Stored in the bundle as provenance."""

    points: int = 2000  # of a patch
    centers: int = 800  # scan points of a patch whose score is trained
    frame: int = 6  # positions around each: the sampler asks for the 4 nearest, the published 32 are mostly far from these
    clean: int = 4  # nearest clean points whose mean is the target
    tangential: float = 0.1  # how much of the way along the surface is in the target; as published: 1
    batch: int = 1  # patches
    k: int = 20
    sigma_low: float = 0.1  # in units of the clean pitch, log-uniform
    sigma_high: float = 5.0


def displacement(positions, clean, m, normals=None, tangential=1.0):
    """From positions [...,3] to the mean of their m nearest points of ``clean`` [c,3]; what of it lies along the surface
    (whose ``normals`` [c,3] are given) counts ``tangential``."""
    index = cKDTree(clean).query(positions, m)[1].reshape(*positions.shape[:-1], -1)
    ways = clean[index] - positions[..., None, :]
    if normals is not None:
        upward = (ways * normals[index]).sum(-1, keepdims=True) * normals[index]
        ways = tangential * ways + (1 - tangential) * upward
    return ways.mean(-2)


def frames(scan, centers, count):
    """The ``count`` scan points nearest to each center (itself among them), [centers,count,3]."""
    _, index = cKDTree(scan).query(scan[centers], count)
    return scan[index]


def graph_patch(rng, cloud, options):
    """A patch for our network: lengths in units of the center's local spacing."""
    clean, normals, inside = draw_patch(rng, *cloud, GraphOptions(points=options.points, k=options.k))
    sigma = np.exp(rng.uniform(np.log(options.sigma_low), np.log(options.sigma_high)))
    scan = clean + sigma * rng.standard_normal(clean.shape)
    neighbors, spacing = knn_graph(scan, options.k)
    inner = np.flatnonzero(inside)
    centers = rng.choice(inner, min(options.centers, len(inner)), replace=False)
    around = frames(scan, centers, options.frame)
    # The clean points are no denser than the scan: all of the way to their mean would draw the points together in
    # clusters, the more the longer they climb, and at little noise that spoils more than the ascent mends.
    wanted = lambda positions: displacement(positions, clean, options.clean, normals, options.tangential)  # noqa: E731
    # On its way up a point leaves the scan's positions: half of the positions lie somewhere on that way.
    goal = wanted(around)
    around = around + goal * rng.random(around.shape[:2])[..., None] * (rng.random(around.shape[:2]) < 0.5)[..., None]
    unit = spacing[centers][:, None, None]
    return dict(
        edges=relative_edges(scan, neighbors, spacing),
        neighbors=neighbors,
        centers=centers.astype(np.int64),
        offsets=(around - scan[centers][:, None]) / unit,
        goal=wanted(around) / unit,
        # Every noise level counts alike: what is left to do is of the order of the noise.
        weight=1 / ((sigma / spacing[centers]) ** 2 + 0.15**2),
    )


def sphere_patch(rng, cloud, options):
    """A patch for the plain network as published: 0.5 to 2 % noise on the unit sphere, turned and scaled; the noisy
    points nearest to a seed, absolute positions."""
    points = cloud[0]
    center = (points.max(0) + points.min(0)) / 2
    points = points - center
    points = points / np.linalg.norm(points, axis=1).max()
    sigma = rng.uniform(0.005, 0.02)
    turn = Rotation.random(random_state=int(rng.integers(2**31))).as_matrix() * rng.uniform(0.8, 1.2)
    seed = points[rng.integers(len(points))]
    # Enough of the clean cloud that noise brings no point of the patch from outside of it.
    near = points[np.argsort(((points - seed) ** 2).sum(1))[: 2 * options.points]]
    noisy = near + sigma * rng.standard_normal(near.shape)
    scan = noisy[np.argsort(((noisy - seed) ** 2).sum(1))[: options.points]] @ turn
    clean = near[: int(1.2 * options.points)] @ turn
    centers = rng.permutation(len(scan))[: options.centers]
    around = frames(scan, centers, options.frame)
    return dict(
        points=scan,
        centers=centers.astype(np.int64),
        offsets=around - scan[centers][:, None],
        goal=displacement(around, clean, options.clean),
        weight=np.full(len(centers), 0.5 / 0.01),  # its dsm_sigma
    )


def make_batch(rng, pool, options, patch):
    """Tensors of several patches side by side; rows of centers and neighbours count through all of them."""
    parts, offset = [], 0
    for _ in range(options.batch):
        part = patch(rng, pool.draw(rng), options)
        rows = len(part["edges"] if "edges" in part else part["points"])
        part["centers"] = part["centers"] + offset
        if "neighbors" in part:
            part["neighbors"] = part["neighbors"] + np.int32(offset)
        parts.append(part)
        offset += rows
    batch = {key: torch.from_numpy(np.concatenate([part[key] for part in parts])) for key in parts[0]}
    return {key: value if key in ("neighbors", "centers") else value.float() for key, value in batch.items()}


class Pool:
    """(points, normals, tree) of the clouds of at least ``fewest`` points in a pool folder; each read when first drawn."""

    def __init__(self, folder, fewest):
        self.paths, self.fewest, self.read = sorted(Path(folder).glob("*.npz")), fewest, {}
        if not any(self._fits(path) for path in self.paths):
            raise FileNotFoundError(f"{folder}: no .npz cloud of {fewest} points; make some with python -m quietcloud_onnx.data")

    def _fits(self, path):
        if path not in self.read:
            with np.load(path) as data:
                points, normals = data["points"].astype(np.float64), data["normals"].astype(np.float64)
            self.read[path] = (points, normals, cKDTree(points)) if len(points) >= self.fewest else None
        return self.read[path] is not None

    def draw(self, rng):
        while True:
            path = self.paths[rng.integers(len(self.paths))]
            if self._fits(path):
                return self.read[path]
