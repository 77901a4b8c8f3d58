"""Training patches: a piece of a clean cloud, a noisy scan of it, and a state of the reverse chain."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from . import losses
from .graph import knn_graph, relative_edges
from .noise import KINDS


@dataclass
class Options:
    """What a patch is made of; stored in the bundle as provenance."""

    points: int = 3000
    patches: int = 2
    k: int = 20
    target: str = "origin"
    sigma_low: float = 0.1  # noise of a scan, log-uniform, in units of the clean pitch
    sigma_high: float = 4.5
    nearly_clean: float = 0.12  # share of scans with less noise than that, down to a fifth of sigma_low
    gaussian: float = 0.8  # share of Gaussian noise; the rest is spread over the other kinds
    stale: float = 0.25  # share of states whose graph is older (noisier) than the state, as when it is not rebuilt
    uneven: float = 0.2  # share of patches whose density varies


def even_pitch(points):
    """Spacing of a clean cloud: the one the graph would report."""
    return float(np.median(knn_graph(points, min(12, len(points) - 1))[1]))


def draw_patch(rng, points, normals, tree, options):
    """A piece of a clean cloud, randomly turned, pitch 1: points, normals, and who is far enough from the rim."""
    count = min(options.points, len(points))
    _, index = tree.query(points[rng.integers(len(points))], count)
    if rng.random() < options.uneven:
        direction = rng.standard_normal(3)
        height = points[index] @ direction
        height = (height - height.min()) / (np.ptp(height) + 1e-12)
        index = index[rng.random(count) < 0.25 + 0.75 * height]
    piece, piece_normals = points[index], normals[index]
    piece = piece - piece[0]
    turn = Rotation.random(random_state=int(rng.integers(2**31))).as_matrix()
    reach = np.linalg.norm(piece, axis=1)
    inside = reach <= 0.87 * reach.max() if len(points) > count else np.ones(len(piece), bool)
    piece = piece @ turn / even_pitch(piece)
    return piece, piece_normals @ turn, inside


def noisy_state(rng, clean, options):
    """(graph points, their sigma, state, its sigma): the scan that the graph comes from, and the chain's state."""
    low, high = options.sigma_low, options.sigma_high
    if rng.random() < options.nearly_clean:
        low, high = low / 5, low
    sigma_scan = np.exp(rng.uniform(np.log(low), np.log(high)))
    others = [kind for kind in KINDS if kind != "gaussian"]
    kind = "gaussian" if rng.random() < options.gaussian else others[rng.integers(len(others))]
    draw = KINDS[kind](rng, clean)
    scan = clean + sigma_scan * draw
    if rng.random() >= options.stale:
        return scan, sigma_scan, scan, sigma_scan
    sigma = sigma_scan * rng.uniform(0.08, 1.0)
    draw = draw if rng.random() < 0.5 else rng.standard_normal(clean.shape)
    return scan, sigma_scan, clean + sigma * draw, sigma


def make_batch(rng, clouds, options):
    """Tensors of several patches, put side by side as one graph."""
    parts, offset = [], 0
    for _ in range(options.patches):
        clean, normals, inside = draw_patch(rng, *clouds[rng.integers(len(clouds))], options)
        scan, sigma_scan, state, sigma = noisy_state(rng, clean, options)
        neighbors, spacing = knn_graph(scan, options.k)
        parts.append(
            dict(
                edges=relative_edges(state, neighbors, spacing),
                scan_edges=relative_edges(scan, neighbors, spacing),
                neighbors=neighbors + np.int32(offset),
                sigma=(sigma / spacing)[:, None],
                sigma_scan=(sigma_scan / spacing)[:, None],
                level=np.full((len(clean), 1), sigma),
                z=losses.target(options.target, state, clean, sigma, clean, normals),
                inside=inside[:, None],
            )
        )
        offset += len(clean)
    batch = {key: torch.from_numpy(np.concatenate([part[key] for part in parts])) for key in parts[0]}
    return {key: value if key == "neighbors" else value.float() for key, value in batch.items()}


class Batches(torch.utils.data.IterableDataset):
    """Endless batches from a pool folder; the folder may still be growing while it is read."""

    def __init__(self, pool, options, seed):
        self.pool, self.options, self.seed = Path(pool), options, seed

    def __iter__(self):
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        known, clouds, made = set(), [], 0
        while True:
            if made % 500 == 0:
                for path in sorted(self.pool.glob("*.npz")):
                    if path.name not in known:
                        known.add(path.name)
                        data = np.load(path)
                        clouds.append((data["points"].astype(np.float64), data["normals"].astype(np.float64), cKDTree(data["points"])))
                if not clouds:
                    raise FileNotFoundError(f"{self.pool}: no .npz cloud; make some with python -m quietcloud_onnx.data")
            made += 1
            yield make_batch(rng, clouds, self.options)
