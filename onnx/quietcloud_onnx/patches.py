"""Training patches: a piece of a clean cloud, a noisy scan of it, and a state of the reverse chain."""

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from . import losses
from .graph import knn_graph, relative_edges
from .noise import KINDS
from .sample import answer, posterior_step
from .spread import spread
from .turn import turn

USUAL = 0.3, 3.5  # pitches
BENT, BENT_SPREAD = 6.0, 0.6  # degrees, and within which ratio (natural logarithm)


@dataclass
class Options:
    """What a patch is made of; stored in the bundle as provenance."""

    points: int = 3000
    patches: int = 2
    bent: float = 10.0  # so much likelier than others are clouds that ``bend`` like a statue in 10 thousand points
    warped: float = 0.4  # share of patches that are bent further
    k: int = 20
    target: str = "origin"
    sigma_low: float = 0.1  # noise of a scan, log-uniform, in units of the clean pitch
    sigma_high: float = 7.0
    nearly_clean: float = 0.08  # share of scans with less noise than that, down to a fifth of sigma_low
    usual: float = 0.8  # share of the others between USUAL, where most scans are
    gaussian: float = 0.85  # share of Gaussian noise
    steps: float = 0.08  # share of a depth camera's steps, the hardest to tell from a clean scan; the rest is spread over the other kinds
    own: float = 0.9  # share of scans that the network walks down from; what it leaves behind on its way are states, too
    stale: float = 0.25  # share of scans of which one state more has an older (noisier) graph, as when that is not rebuilt
    uneven: float = 0.08  # share of patches whose density varies
    thinned: float = 0.05  # share of patches sampled at random, not evenly
    scanned: float = 0.1  # share of patches seen on a grid of rays, as by a depth camera or a spinning LiDAR


def even_pitch(points):
    """Spacing of a clean cloud: the one the graph would report."""
    return float(np.median(knn_graph(points, min(12, len(points) - 1))[1]))


def scan_pattern(rng, points, normals):
    """The points that a regular grid of rays hits, one for each cell: those of a far sensor on the side that the surface
    shows. Rows may be up to four times as far apart as columns. As given, where too little of the surface shows."""
    view = normals.mean(0) + 0.5 * rng.standard_normal(3)
    view /= np.linalg.norm(view)
    _, right, up = np.linalg.svd(view[None])[2]
    across = np.stack([right, up], 1)
    pitch = even_pitch(points) * 1.1 * np.array([1.0, np.exp(rng.uniform(0, np.log(4)))])
    facing = normals @ view
    seen = np.flatnonzero(facing > 0.25)
    cells = np.round(points[seen] @ across / pitch)
    _, first = np.unique(cells, axis=0, return_index=True)
    if len(first) < max(300, len(points) // 8):
        return points, normals
    seen, aim = seen[first], cells[first] * pitch
    shift = (aim - points[seen] @ across) @ across.T
    # Along the tangent plane to the middle of the ray's cell.
    depth = -(shift * normals[seen]).sum(1) / facing[seen]
    return points[seen] + shift + depth[:, None] * view, normals[seen]


def turns(points, normals, tree, chosen):
    """Mean angle between the normals of the points ``chosen`` and those of their neighbours, in degrees."""
    _, index = tree.query(points[chosen], min(13, len(points)))
    cosine = np.abs((normals[index[:, 1:]] * normals[chosen, None]).sum(2))
    return np.degrees(np.arccos(np.minimum(cosine, 1))).mean(1)


def bend(points, normals, tree):
    """Median of ``turns``: how coarse a cloud is for its shape, 0 where that is made of planes."""
    return np.median(turns(points, normals, tree, np.arange(0, len(points), max(1, len(points) // 2000))))


def detail(points, normals, least=3.0, most=4.0):
    """[n,1], mean 1: how much each point of a patch tells of its shape. In proportion to ``turns``, with ``least`` degrees added
    and what is over ``most`` times their mean cut off; the triangles of a mesh are about as dense."""
    told = turns(points, normals, cKDTree(points), np.arange(len(points))) + least
    told = np.minimum(told, most * told.mean())
    return (told / told.mean())[:, None]


def likelihood(bends, options):
    """[n], sum 1: how often clouds are drawn. Evenly drawn, a pool is mostly made of planes, and what is learned on it smooths
    too much of what is not."""
    like = np.exp(-0.5 * (np.log(np.maximum(bends, 1e-3) / BENT) / BENT_SPREAD) ** 2)
    return (1 + options.bent * like) / (1 + options.bent * like).sum()


def crest(phase, bluntness):
    """(height, slope) of waves with sharp crests, like folds and locks: sqrt(sin^2 + bluntness^2), a sine's square where that is
    large; the slope's mean square over a period is 1."""
    period = np.linspace(0, np.pi, 64, endpoint=False)[:, None]
    slope = lambda phase: np.sin(phase) * np.cos(phase) / np.sqrt(np.sin(phase) ** 2 + bluntness**2)  # noqa: E731
    steep = np.sqrt((slope(period) ** 2).mean(0))
    return np.sqrt(np.sin(phase) ** 2 + bluntness**2) / steep, slope(phase) / steep


def warp(rng, points, normals, waves=8):
    """Points [n,3] and normals of a surface, pitch 1, bent by a random field: waves of 3 to 60 pitches, every other one with
    sharp crests, whose slopes together are up to 0.6 (RMS)."""
    along, push = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in rng.standard_normal((2, waves, 3)))
    frequency = 2 * np.pi / np.exp(rng.uniform(np.log(3), np.log(60), waves))
    steep = rng.uniform(0, 0.6) / np.sqrt(waves)
    phase = points @ (along * frequency[:, None]).T + rng.uniform(0, 2 * np.pi, waves)
    # The mean square of a cosine is a half.
    height, slope = np.sqrt(2) * np.sin(phase), np.sqrt(2) * np.cos(phase)
    height[:, ::2], slope[:, ::2] = crest(phase[:, ::2] / 2, np.exp(rng.uniform(np.log(0.03), np.log(3), len(phase[0, ::2]))))
    height[:, ::2] *= 2
    moved = points + steep * (height / frequency) @ push
    jacobian = np.eye(3) + np.einsum("nw,wi,wj->nij", steep * slope, push, along)
    turned = np.linalg.solve(jacobian.transpose(0, 2, 1), normals[:, :, None])[:, :, 0]
    return moved, turned / np.linalg.norm(turned, axis=1, keepdims=True)


def draw_patch(rng, points, normals, tree, options):
    """A piece of a clean cloud, randomly turned, pitch 1: points, normals, and who is far enough from the rim."""
    sampling = rng.random()
    thin = sampling < options.thinned
    count = min(options.points * (2 if thin else 1), len(points))
    _, index = tree.query(points[rng.integers(len(points))], count)
    if thin:
        index = rng.permutation(index)[: max(count // 2, 2)]
        count = len(index)
    if rng.random() < options.uneven:
        direction = rng.standard_normal(3)
        height = points[index] @ direction
        height = (height - height.min()) / (np.ptp(height) + 1e-12)
        index = index[rng.random(count) < 0.25 + 0.75 * height]
    piece, piece_normals = points[index], normals[index]
    piece = piece - piece[0]
    if rng.random() < options.warped:
        pitch = even_pitch(piece)
        piece, piece_normals = warp(rng, piece / pitch, piece_normals)
        piece = pitch * (piece - piece[0])
    if sampling > 1 - options.scanned:
        piece, piece_normals = scan_pattern(rng, piece, piece_normals)
    turn = Rotation.random(random_state=int(rng.integers(2**31))).as_matrix()
    reach = np.linalg.norm(piece, axis=1)
    inside = reach <= 0.87 * reach.max() if len(points) > len(piece) else np.ones(len(piece), bool)
    piece = piece @ turn / even_pitch(piece)
    return piece, piece_normals @ turn, inside


def noisy_scan(rng, clean, options):
    """(scan, its sigma) of a clean piece."""
    low, high = options.sigma_low, options.sigma_high
    if rng.random() < options.nearly_clean:
        low, high = low / 5, low
    elif rng.random() < options.usual:
        low, high = np.clip(USUAL, low, high)
    sigma = np.exp(rng.uniform(np.log(low), np.log(high)))
    others = [kind for kind in KINDS if kind not in ("gaussian", "steps")]
    rest = (1 - options.gaussian - options.steps) / len(others)
    kind = rng.choice(["gaussian", "steps", *others], p=[options.gaussian, options.steps, *[rest] * len(others)])
    return clean + KINDS[kind](rng, clean, sigma), sigma


@torch.no_grad()
def own_states(rng, scan, sigma, graph, network, options):
    """(state, its sigma, its graph) for each state that ``network`` leaves behind on the first of a few even steps down from
    the scan, shown in another orientation in each of them and evened out behind it, as the sampler does it."""
    steps = rng.integers(2, 6)
    levels = sigma * (1 - np.arange(rng.integers(1, min(steps, 4)) + 1) / steps)
    state = scan
    for step, (level, lower) in enumerate(zip(levels, levels[1:])):
        neighbors, spacing, _ = graph
        z = answer(network, state, neighbors, spacing, level, turn(step))
        state = spread(posterior_step(state, z, level, lower, 0.0, None), neighbors, sigma)
        graph = graph_of(state, options.k)
        yield state, lower, graph


def stale_state(rng, clean, scan, sigma_scan):
    """(state, its sigma) less noisy than the scan from which its graph stays, as when that is not rebuilt."""
    sigma = sigma_scan * rng.uniform(0.08, 1.0)
    if rng.random() < 0.5:
        return clean + sigma / sigma_scan * (scan - clean), sigma
    return clean + sigma * rng.standard_normal(clean.shape), sigma


def graph_of(points, k):
    """Neighbours [n,k], local spacing [n] and relative edges [n,k,3] of a cloud."""
    neighbors, spacing = knn_graph(points, k)
    return neighbors, spacing, relative_edges(points, neighbors, spacing)


def patch_states(rng, cloud, options, network=None):
    """Dicts of arrays, one for each state of a patch: the scan, those that ``network`` leaves behind on its way down, perhaps
    one whose graph is the scan's."""
    clean, normals, inside = draw_patch(rng, *cloud, options)
    scan, sigma_scan = noisy_scan(rng, clean, options)
    seen, of_set = graph_of(scan, options.k), options.target == "set"
    telling = {"detail": detail(clean, normals)} if of_set else {}

    def item(state, sigma, graph):
        neighbors, spacing, edges = graph
        wanted = telling if of_set else {"z": losses.target(options.target, state, clean, sigma, clean, normals)}
        return wanted | dict(
            scan_edges=seen[2],
            scan_neighbors=seen[0],
            sigma_scan=(sigma_scan / seen[1])[:, None],
            edges=edges,
            neighbors=neighbors,
            sigma=(sigma / spacing)[:, None],
            level=np.full((len(clean), 1), sigma),
            state=state,
            clean=clean,
            normals=normals,
            # Errors within the surface stay as wide as the scan's on the way down, whatever the level says.
            tangent=np.full((len(clean), 1), min(1.0, sigma / sigma_scan) ** 2),
            inside=inside[:, None],
        )

    yield item(scan, sigma_scan, seen)
    if network is not None and rng.random() < options.own:
        for found in own_states(rng, scan, sigma_scan, seen, network, options):
            yield item(*found)
    if rng.random() < options.stale:
        state, sigma = stale_state(rng, clean, scan, sigma_scan)
        neighbors, spacing, _ = seen
        yield item(state, sigma, (neighbors, spacing, relative_edges(state, neighbors, spacing)))


def shuffled(rng, items, size):
    """Endless ``items`` in another order: each waits among ``size`` others until it is drawn."""
    held = []
    for item in items:
        held.append(item)
        if len(held) > size:
            yield held.pop(rng.integers(len(held)))


def as_batch(states):
    """Tensors of several states, put side by side as one graph."""
    parts, offset = [], 0
    for number, state in enumerate(states):
        part = state | {"patch": np.full((len(state["inside"]), 1), number)}
        for key in ("neighbors", "scan_neighbors"):
            part[key] = part[key] + np.int32(offset)
        parts.append(part)
        offset += len(part["inside"])
    batch = {key: torch.from_numpy(np.concatenate([part[key] for part in parts])) for key in parts[0]}
    return {key: value if key.endswith("neighbors") else value.float() for key, value in batch.items()}


class Batches(torch.utils.data.IterableDataset):
    """Endless batches from a pool folder; the folder may still be growing while it is read.

    ``network``, on the CPU, leaves its own states behind; with its parameters in shared memory the workers follow its
    training."""

    SHUFFLED, LOOK_AGAIN = 24, 500  # states that wait to be drawn; patches until the folder is looked at again

    def __init__(self, pool, options, seed, network=None):
        self.pool, self.options, self.seed, self.network = Path(pool), options, seed, network

    def __iter__(self):
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        states = shuffled(rng, self.states(rng), self.SHUFFLED)
        while True:
            yield as_batch(itertools.islice(states, self.options.patches))

    def states(self, rng):
        known, clouds, bends = set(), [], []
        for made in itertools.count():
            if made % self.LOOK_AGAIN == 0:
                for path in sorted(self.pool.glob("*.npz")):
                    if path.name not in known:
                        known.add(path.name)
                        data = np.load(path)
                        clouds.append((data["points"].astype(np.float64), data["normals"].astype(np.float64), cKDTree(data["points"])))
                        bends.append(bend(*clouds[-1]))
                if not clouds:
                    raise FileNotFoundError(f"{self.pool}: no .npz cloud; make some with python -m quietcloud_onnx.data")
                likely = likelihood(np.array(bends), self.options)
            yield from patch_states(rng, clouds[rng.choice(len(clouds), p=likely)], self.options, self.network)
