"""Solids with sharp edges."""

import numpy as np
from quietcloud_onnx.solids import solid


def test_solids_are_closed_and_fill_the_unit_sphere():
    rng = np.random.default_rng(1)
    for _ in range(200):
        vertices, faces = solid(rng)
        edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
        assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
        assert np.isclose(np.linalg.norm(vertices[np.unique(faces)], axis=1).max(), 1)
