"""The measure of sharp edges."""

import numpy as np
import pytest
from quietcloud_onnx import edges


@pytest.fixture(scope="module")
def solid():
    return {name: (clean, faces) for cell, name, clean, _, faces in edges.made(4000, 40_000) if cell == "CAD 1 %"}


@pytest.mark.parametrize("name, planes", [("box", 6), ("hexagon", 8), ("wedge", 5), ("L", 8), ("T", 9), ("U", 9), ("sheet", 6)])
def test_faces_are_found(solid, name, planes):
    clean, faces = solid[name]
    assert len(faces.planes) == planes
    assert np.sqrt((faces.distances(clean) ** 2).mean()) < 0.1 * edges.pitch(clean)


def test_distances_are_those_to_the_box(solid):
    clean, faces = solid["box"]
    high = np.abs(clean).max(0)
    rng = np.random.default_rng(0)
    points = rng.uniform(-1.2, 1.2, (500, 3)) * high
    outside = np.linalg.norm(np.maximum(np.abs(points) - high, 0), axis=1)
    exact = np.where(outside > 0, outside, (high - np.abs(points)).min(1))
    assert np.abs(faces.distances(points) - exact).max() < 2 * faces.pitch


def test_points_near_edges_are_those_close_to_two_faces(solid):
    clean, faces = solid["box"]
    high, reach = np.abs(clean).max(0), 2 * edges.pitch(clean)
    second = np.sort(high - np.abs(clean), 1)[:, 1]
    near = faces.near_edges(clean, reach)
    assert near[second < reach].all()
    assert not near[second > reach + 3 * faces.pitch].any()
