"""Patches seen on a grid of rays: still on the surface, one point for each ray."""

import numpy as np
import pytest

from quietcloud_onnx.patches import even_pitch, scan_pattern


def dense_plane(rng, n=6000, size=20.0):
    points = np.concatenate([rng.uniform(0, size, (n, 2)), np.zeros((n, 1))], 1)
    return points, np.tile([0.0, 0.0, 1.0], (n, 1))


def dense_cap(rng, n, radius):
    """Points of a sphere around the origin, within a cone around +z, evenly at random."""
    height, around = rng.uniform(0.9, 1.0, n), rng.uniform(0, 2 * np.pi, n)
    ring = np.sqrt(1 - height**2)
    normals = np.stack([ring * np.cos(around), ring * np.sin(around), height], 1)
    return radius * normals, normals


def axes(seed, points, normals):
    """(the grid's axes, the pitch along each) that ``scan_pattern`` draws from this seed."""
    rng = np.random.default_rng(seed)
    view = normals.mean(0) + 0.5 * rng.standard_normal(3)
    view /= np.linalg.norm(view)
    across = np.linalg.svd(view[None])[2][1:].T
    return across, even_pitch(points) * 1.1 * np.array([1.0, np.exp(rng.uniform(0, np.log(4)))])


@pytest.mark.parametrize("seed", range(5))
def test_rays_hit_a_plane_exactly_and_at_the_middles_of_a_regular_grid(seed):
    points, normals = dense_plane(np.random.default_rng(seed))
    seen, kept = scan_pattern(np.random.default_rng(seed), points, normals)
    assert 300 <= len(seen) < len(points) and kept.shape == seen.shape
    assert np.abs(seen[:, 2]).max() < 1e-12 and (kept == [0, 0, 1]).all()
    across, pitch = axes(seed, points, normals)
    cells = seen @ across / pitch
    assert np.abs(cells - np.round(cells)).max() < 1e-9, "off the rays"
    assert len(np.unique(np.round(cells), axis=0)) == len(seen), "two points on one ray"
    assert 1 <= pitch[1] / pitch[0] <= 4


def test_on_a_sphere_the_error_is_of_second_order():
    """A point moves along its tangent plane by no more than a cell's half diagonal, stretched by the slope to the ray: the
    surface is left by half of that squared over the radius."""
    errors = []
    for n in (4000, 16_000, 64_000):
        points, normals = dense_cap(np.random.default_rng(1), n, 10.0)
        seen, kept = scan_pattern(np.random.default_rng(2), points, normals)
        assert len(seen) < n
        pitch = axes(2, points, normals)[1]
        off = np.linalg.norm(seen, axis=1) - 10.0
        facing = 0.25
        assert -1e-9 < off.min() and off.max() < (np.linalg.norm(pitch) / 2 / facing) ** 2 / 20.0
        errors.append(np.sqrt((off**2).mean()))
        assert np.allclose(np.linalg.norm(kept, axis=1), 1)
    # Half the pitch, a quarter of the error.
    assert 3.2 < errors[0] / errors[1] < 5 and 3.2 < errors[1] / errors[2] < 5, errors


def test_a_piece_that_shows_too_little_comes_back_as_it_was():
    points, normals = dense_plane(np.random.default_rng(0), n=400)
    seen, kept = scan_pattern(np.random.default_rng(0), points, normals)
    assert seen is points and kept is normals
