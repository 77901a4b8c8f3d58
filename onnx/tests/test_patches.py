"""Patches seen on a grid of rays: still on the surface, one point for each ray. Patches bent further, and which are drawn."""

import itertools

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from quietcloud_onnx.patches import Batches, Options, bend, crest, detail, draw_patch, even_pitch, likelihood, noisy_scan, patch_states, scan_pattern, shuffled, warp


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


def sheet(side):
    grid = np.stack(np.meshgrid(np.arange(float(side)), np.arange(float(side)), indexing="ij"), -1).reshape(-1, 2)
    return np.c_[grid, np.zeros(side * side)], np.tile([0.0, 0, 1], (side * side, 1))


@pytest.mark.parametrize("seed", range(6))
def test_a_warped_sheet_has_the_normals_of_its_points(seed):
    """Against finite differences, on a sheet with four points a pitch: off by more than three degrees only on the crests."""
    points, normals = sheet(120)
    moved, turned = warp(np.random.default_rng(seed), points / 4, normals)
    lattice = moved.reshape(120, 120, 3)
    across = np.cross(np.gradient(lattice, axis=0), np.gradient(lattice, axis=1))[2:-2, 2:-2]
    across /= np.linalg.norm(across, axis=2, keepdims=True)
    cosine = (across * turned.reshape(120, 120, 3)[2:-2, 2:-2]).sum(2)
    assert cosine.min() > 0 and np.mean(cosine < np.cos(np.radians(3))) < 0.2, "turned over, or not across the sheet"
    assert bend(moved, turned, cKDTree(moved)) > 0.25 and 0.9 < even_pitch(moved) / even_pitch(points / 4) < 1.2


def test_crests_are_as_steep_as_sines_and_sharper():
    phase = np.linspace(0, np.pi, 4001)[:, None] + np.zeros(2)
    height, slope = crest(phase, np.array([0.05, 3.0]))
    assert np.allclose((slope**2).mean(0), 1, atol=0.02) and np.allclose(np.gradient(height[:, 1], phase[:, 1])[1:-1], slope[1:-1, 1], atol=1e-3)
    sharpest = np.abs(np.gradient(slope, phase[:, 0], axis=0)).max(0)
    assert sharpest[0] > 10 * sharpest[1]


def test_a_cloud_bends_by_what_its_pitch_leaves_of_a_sphere():
    """Neighbours at a distance d on a sphere differ by d / R; a box is flat almost everywhere."""
    points, normals = dense_cap(np.random.default_rng(1), 4000, 10.0)
    tree = cKDTree(points)
    distances = tree.query(points, 13)[0][:, 1:]
    assert bend(points, normals, tree) == pytest.approx(np.degrees(np.median(distances.mean(1)) / 10), rel=0.05)
    flat, up = sheet(30)
    corner, aside = np.concatenate([flat, flat[:, [2, 1, 0]]]), np.concatenate([up, up[:, [2, 1, 0]]])
    assert bend(corner, aside, cKDTree(corner)) == 0


def test_edges_tell_more_of_a_shape_than_planes():
    flat, up = sheet(30)
    points, normals = np.concatenate([flat, flat[:, [2, 1, 0]]]), np.concatenate([up, up[:, [2, 1, 0]]])
    told = detail(points, normals)[:, 0]
    edge = np.abs(points[:, [0, 2]]).max(1) <= 1
    assert told.mean() == pytest.approx(1) and told[edge].min() > 2 * told[np.abs(points[:, [0, 2]]).max(1) > 4].max()
    assert told.max() < 6 and np.allclose(detail(flat, up), 1)


def test_what_bends_like_a_statue_is_drawn_more_often():
    likely = likelihood(np.array([0.0, 6.0, 60.0]), Options(bent=10.0))
    assert likely.sum() == pytest.approx(1) and likely[1] == pytest.approx(11 * likely[0]) and likely[2] < 1.1 * likely[0]
    assert np.allclose(likelihood(np.array([0.0, 6.0, 60.0]), Options(bent=0.0)), 1 / 3)


def test_patches_are_warped_as_often_as_the_options_say():
    points, normals = sheet(50)
    tree, rng = cKDTree(points), np.random.default_rng(3)
    for share in (0.0, 1.0):
        options = Options(points=400, warped=share, uneven=0, thinned=0, scanned=0)
        piece, turned, _ = draw_patch(rng, points, normals, tree, options)
        heights = (piece - piece[0]) @ turned[0]
        assert (np.abs(heights).max() > 0.05) == bool(share)


def test_usual_noise_stays_within_the_bounds_that_were_asked_for():
    points, _ = sheet(5)
    options = Options(nearly_clean=0, usual=1.0, sigma_low=0.5, sigma_high=1.0)
    drawn = [noisy_scan(np.random.default_rng(seed), points, options)[1] for seed in range(50)]
    assert 0.5 <= min(drawn) < 0.6 and 0.9 < max(drawn) <= 1.0


def test_a_patch_gives_its_scan_and_the_states_below_it():
    points, normals = sheet(50)
    cloud = points, normals, cKDTree(points)
    still = lambda edges, neighbors, sigma: torch.zeros(len(edges), 3)  # noqa: E731
    counts = []
    for own, stale in ((0, 0), (1, 0), (0, 1)):
        options = Options(points=400, own=own, stale=stale)
        states = list(patch_states(np.random.default_rng(2), cloud, options, still))
        shares = [np.sqrt(state["tangent"][0, 0]) for state in states]
        assert shares[0] == 1 and (np.diff(shares) < 0).all()
        assert all((state["scan_edges"] == states[0]["edges"]).all() for state in states)
        # Only a stale state has the graph of another.
        assert all((state["neighbors"] == states[0]["neighbors"]).all() == bool(stale) for state in states[1:])
        counts.append(len(states))
    assert counts[0] == 1 and 2 <= counts[1] <= 4 and counts[2] == 2


def test_shuffling_gives_all_there_is_in_another_order():
    got = list(itertools.islice(shuffled(np.random.default_rng(1), itertools.count(), 10), 1000))
    assert len(set(got)) == 1000 and got != sorted(got) and set(range(900)) < set(got)


def test_batches_put_states_of_several_patches_side_by_side(tmp_path):
    points, normals = sheet(50)
    np.savez(tmp_path / "sheet.npz", points=points, normals=normals)
    batch = next(iter(Batches(tmp_path, Options(points=400, patches=3), seed=1)))
    number = batch["patch"][:, 0].long()
    assert sorted(set(number.tolist())) == [0, 1, 2]
    assert (number[batch["neighbors"].long()] == number[:, None]).all(), "a neighbour of another patch"
    assert all(torch.isfinite(value).all() for value in batch.values())
    with pytest.raises(FileNotFoundError, match="quietcloud_onnx.data"):
        next(iter(Batches(tmp_path / "none", Options(), seed=1)))
