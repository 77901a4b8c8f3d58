import numpy as np
import pytest

from quietcloud_onnx import shapes


def test_clouds_are_in_model_units_and_come_again_with_their_seed():
    clouds = shapes.clouds(14, 200, seed=1)
    assert clouds.shape == (14, 200, 3) and clouds.dtype == np.float32 and np.isfinite(clouds).all()
    assert np.abs(clouds.mean(1)).max() < 1e-5 and np.allclose((clouds**2).mean((1, 2)), 1, atol=1e-5)
    assert (clouds == shapes.clouds(14, 200, seed=1)).all() and (clouds != shapes.clouds(14, 200, seed=2)).any()
    points, center, scale = shapes.to_model_units(np.array([[1.0, 2, 3], [3.0, 2, 1]]))
    assert np.allclose(points * scale + center, [[1, 2, 3], [3, 2, 1]])


def test_an_extrusion_has_its_area_everywhere_and_its_hole_nowhere():
    square = np.array([[0.0, 0], [2, 0], [2, 2], [0, 2]])
    points = shapes.extrusion(np.random.default_rng(0), 40_000, square, 1.0, [(2, (1.0, 1.0), 0.5)])
    caps, walls, tube = 2 * (4 - np.pi / 4), 8.0, np.pi
    on_cap = (np.abs(points[:, 2]) < 1e-9) | (np.abs(points[:, 2] - 1) < 1e-9)
    radius = np.linalg.norm(points[:, :2] - 1, axis=1)
    on_tube = ~on_cap & (np.abs(radius - 0.5) < 1e-9)
    assert (radius > 0.5 - 1e-9).all()
    for share, area in ((on_cap.mean(), caps), (on_tube.mean(), tube)):
        wanted = area / (caps + walls + tube)
        assert abs(share - wanted) < 4 * np.sqrt(wanted / len(points))


def test_a_hole_through_one_flange_leaves_the_other_whole():
    polygon = np.array([[0, 0], [1, 0], [1, 0.2], [0.2, 0.2], [0.2, 1], [0, 1]], float)
    hole = (1, (0.6, 0.5), 0.2)  # along y, at x = 0.6, z = 0.5
    points = shapes.extrusion(np.random.default_rng(0), 20_000, polygon, 1.0, [hole])
    across = np.hypot(points[:, 0] - 0.6, points[:, 2] - 0.5)
    assert (across > 0.2 - 1e-9).all()
    tube = np.abs(across - 0.2) < 1e-9
    assert 100 < tube.sum() and points[tube, 1].max() <= 0.2, "the tube ends where the flange does"


@pytest.mark.parametrize("family", sorted(shapes.FAMILIES))
def test_points_lie_on_a_surface(family):
    """A surface's points keep their spacing when projected nowhere: thin, without volume."""
    from scipy.spatial import cKDTree

    points = shapes.to_model_units(shapes.FAMILIES[family](np.random.default_rng(3), 4000))[0]
    gap = np.median(cKDTree(points).query(points, 2)[0][:, 1])
    fewer = np.median(cKDTree(points[:1000]).query(points[:1000], 2)[0][:, 1])
    assert 1.8 < fewer / gap < 2.2, "four times fewer points on a surface are twice as far apart (1.6 in a volume)"
