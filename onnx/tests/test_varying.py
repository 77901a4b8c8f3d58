"""Noise of its own for each place (varying.py)."""

import numpy as np
import torch

from quietcloud_onnx.graph import knn_graph
from quietcloud_onnx.sample import run_levels
from quietcloud_onnx.varying import factors


def plane(side=120):
    x, y = np.meshgrid(np.arange(side, dtype=float), np.arange(side, dtype=float))
    return np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], 1)


def test_noise_that_grows_is_followed():
    points = plane()
    sigmas = 0.2 * np.exp(points[:, 0] / 60 + 0.2 * np.random.default_rng(0).standard_normal(len(points)))
    found = factors(points, sigmas)
    inner = np.abs(points[:, 0] - 65) < 40
    assert np.abs(found / np.exp(points[:, 0] / 60 - 1) - 1)[inner].max() < 0.15


def test_errors_of_the_estimate_are_not():
    points = plane()
    assert (factors(points, 0.5 * np.exp(0.3 * np.random.default_rng(0).standard_normal(len(points)))) == 1).all()


@torch.no_grad()
def test_a_step_goes_as_far_as_the_noise_of_its_place():
    points, own = plane(20), np.linspace(0.5, 2, 400)
    up = lambda edges, neighbors, sigma: torch.tensor([[0.0, 0.0, 1.0]]).expand(len(edges), 3)  # noqa: E731
    moved, _ = run_levels(up, points, [0.3, 0.1, 0.0], 8, 1, factors=own)
    assert np.allclose(points - moved, np.c_[np.zeros((400, 2)), 0.3 * own])
    seen = []
    run_levels(lambda e, n, sigma: seen.append(sigma.numpy()) or up(e, n, sigma), points, [0.3, 0.0], 8, 1, factors=own)
    assert np.allclose(seen[0][:, 0], 0.3 * own / knn_graph(points, 8)[1], rtol=1e-5)
