"""Evening out (spread.py); that Rust does the same is for the golden vectors to say."""

import numpy as np
import torch

from quietcloud_onnx import graph
from quietcloud_onnx import spread as module
from quietcloud_onnx.graph import knn_graph, local_spacing
from quietcloud_onnx.native import library
from quietcloud_onnx.patches import Options, graph_of, own_states
from quietcloud_onnx.sample import run_levels
from quietcloud_onnx.spread import fold, spread, within_surface


def angle(side=30, shake=0.3):
    """Two squares at a right angle, shaken within themselves: z = 0 for x > 0 and x = 0 for z > 0."""
    rng = np.random.default_rng(0)
    along = np.stack(np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5), -1).reshape(-1, 2) + shake * rng.uniform(-1, 1, (side * side, 2))
    zero = np.zeros((len(along), 1))
    return np.concatenate([np.c_[along, zero], np.c_[zero, along[:, 1:], along[:, :1]]])


def off(points):
    """Squared distance to the nearer of the two planes."""
    return np.minimum(points[:, 0] ** 2, points[:, 2] ** 2)


def unevenness(points):
    """How far distances to the nearest other point stray, relative to their mean."""
    neighbors, _ = knn_graph(points, 1)
    distances = np.linalg.norm(points - points[neighbors[:, 0]], axis=1)
    return distances.std() / distances.mean()


def test_folds_are_told_from_planes_and_lines():
    straight = np.stack([np.diag(d) for d in ([1.0, 1, 0], [2, 0, 0], [0, 0, 0], [2 / 3, 2 / 3, 2 / 3], [1.2, 0.6, 0.2])])
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    for within in (straight, turn @ straight @ turn.T):
        assert np.allclose(fold(within), [0, 0, 0, 1 / 9, 0.144 / 2.16])
    points = angle()
    near = np.minimum(points[:, 0], points[:, 2]) + np.maximum(points[:, 0], points[:, 2]) < 1
    folds = fold(within_surface(points, knn_graph(points, 20)[0]))
    assert np.median(folds[near]) > 0.02 and np.median(folds[~near]) < 0.01


def test_edges_are_spared():
    points = angle()
    neighbors, _ = knn_graph(points, 20)
    like, spared = (off(spread(points, neighbors, 1.0, spare_edges=edges)).mean() for edges in (False, True))
    assert spared < 0.1 * like
    assert unevenness(spread(points, neighbors, 1.0, spare_edges=True)) < 0.6 * unevenness(points)


@torch.no_grad()
def test_the_sampler_evens_out_before_each_new_graph():
    points = np.c_[np.random.default_rng(0).uniform(0, 20, (400, 2)), np.zeros(400)]
    still = lambda edges, neighbors, sigma: torch.zeros(len(edges), 3)  # noqa: E731
    same = [run_levels(still, points, levels, 20, refresh, most=1.0)[0] for levels, refresh in (([1.0, 0.0], 1), ([1.0, 0.5, 0.0], 0))]
    assert (same[0] == points).all() and (same[1] == points).all(), "one graph, nothing to even out"
    moved = run_levels(still, points, [1.0, 0.5, 0.0], 20, 1, most=1.0)[0]
    assert (moved == spread(points, knn_graph(points, 20)[0], 1.0)).all()


def test_training_states_are_those_of_the_sampler():
    points = np.c_[np.random.default_rng(0).uniform(0, 20, (400, 2)), np.zeros(400)]
    network = lambda edges, neighbors, sigma: edges.mean(1) * torch.tensor([0.2, 0.5, 0.8])  # noqa: E731
    found = list(own_states(np.random.default_rng(5), points, 0.8, graph_of(points, 20), network, Options()))
    levels = [0.8, *(level for _, level, _ in found)]
    assert len(found) > 1 and 0 < levels[-1] and np.allclose(np.diff(levels), np.diff(levels)[0])
    for count, (state, _, graph) in enumerate(found, 1):
        walked, neighbors = run_levels(network, points, levels[: count + 1], 20, 1, most=0.8, turned=True)
        assert (state == spread(walked, neighbors, 0.8)).all() and (graph[0] == knn_graph(state, 20)[0]).all()
    assert unevenness(found[-1][0]) < 0.5 * unevenness(points), "the network is trained on what the sampler will show it"


def test_kernels_give_what_numpy_gives(monkeypatch):
    assert library() is not None, "no C compiler: NumPy would be compared with itself"
    rng = np.random.default_rng(0)
    points = rng.standard_normal((600, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True) * rng.uniform(0.9, 1.1, (600, 1))
    points[:3] = points[3]
    for k, most in ((20, 0.05), (20, rng.uniform(0, 0.1, (600, 1))), (5, 0.05)):
        neighbors, _ = knn_graph(points, k)
        moved = points + 0.02 * rng.standard_normal(points.shape)
        moved[:2] = moved[2]
        found = local_spacing(moved, neighbors), spread(moved, neighbors, most)
        with monkeypatch.context() as patch:
            patch.setattr(graph, "library", lambda: None)
            patch.setattr(module, "library", lambda: None)
            wanted = local_spacing(moved, neighbors), spread(moved, neighbors, most)
        assert np.allclose(found[0], wanted[0], rtol=1e-12) and np.abs(found[1] - wanted[1]).max() < 1e-12
        assert np.abs(found[1] - moved).max() > 0.01
