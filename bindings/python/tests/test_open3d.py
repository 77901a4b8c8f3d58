"""Open3D's point clouds of both kinds: cleaner, of the same make, and the input as it was."""

import numpy as np
import open3d as o3d
import pytest
from conftest import roughness

import quietcloud
import quietcloud.open3d

QUIET = {"noise": 0.02, "progress": False}


@pytest.fixture
def legacy(sphere):
    points = sphere.copy()
    points[5, 1] = np.nan
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points))
    cloud.normals = cloud.colors = o3d.utility.Vector3dVector(np.abs(np.sin(sphere)))
    cloud.covariances = o3d.utility.Matrix3dVector(sphere[:, :, None] * sphere[:, None, :])
    return cloud


@pytest.fixture(params=[o3d.core.float32, o3d.core.float64])
def tensor(request, legacy):
    cloud = o3d.t.geometry.PointCloud.from_legacy(legacy, request.param)
    cloud.point.ring = o3d.core.Tensor(np.arange(len(legacy.points), dtype=np.uint16)[:, None])
    return cloud


def test_a_cloud_of_doubles(legacy):
    before = {name: np.array(getattr(legacy, name)) for name in ("points", "normals", "colors", "covariances")}
    clean, offset = quietcloud.open3d.remove_noise(legacy, **QUIET)
    for name, values in before.items():
        assert np.array_equal(getattr(legacy, name), values, equal_nan=True), name
        assert name == "points" or np.array_equal(getattr(clean, name), values), name
    points = np.asarray(clean.points)
    assert np.array_equal(points, quietcloud.denoise(before["points"], **QUIET), equal_nan=True)
    finite = np.isfinite(before["points"]).all(axis=1)
    assert roughness(points[finite]) < 0.8 * roughness(before["points"][finite])
    assert np.allclose((before["points"] + offset)[finite], points[finite], atol=1e-15)
    assert not offset[~finite].any() and offset.dtype == np.float64


def test_a_cloud_of_tensors(tensor):
    positions = tensor.point.positions
    before = {name: tensor.point[name].clone() for name in tensor.point}
    clean, offset = quietcloud.open3d.remove_noise(tensor, **QUIET)
    for name, values in before.items():
        assert np.array_equal(tensor.point[name].numpy(), values.numpy(), equal_nan=name == "positions"), name
        assert name == "positions" or np.array_equal(clean.point[name].numpy(), values.numpy()), name
    assert set(clean.point) == set(before) and "ring" in before
    assert clean.point.positions.dtype == offset.dtype == positions.dtype and offset.device == tensor.device
    expected = quietcloud.denoise(positions.numpy(), **QUIET)
    assert np.array_equal(clean.point.positions.numpy(), expected, equal_nan=True)
    finite = np.isfinite(expected).all(axis=1)
    assert np.allclose((positions + offset).numpy()[finite], expected[finite], atol=1e-6)
    assert not offset.numpy()[~finite].any()


def test_the_result_lives_on_without_its_arrays(tensor):
    clean, offset = quietcloud.open3d.remove_noise(tensor, **QUIET)
    kept = clean.point.positions.numpy().copy()
    del tensor
    np.ones((3000, 3))  # may take freed memory
    assert np.array_equal(clean.point.positions.numpy(), kept, equal_nan=True)


def test_tensors_are_arrays_too(tensor):
    result = quietcloud.denoise(tensor.point.positions, **QUIET)
    assert np.array_equal(result, quietcloud.denoise(tensor.point.positions.numpy(), **QUIET), equal_nan=True)


def test_empty_clouds_stay_empty():
    clean, offset = quietcloud.open3d.remove_noise(o3d.geometry.PointCloud(), progress=False)
    assert len(clean.points) == 0 and offset.shape == (0, 3)
    clean, offset = quietcloud.open3d.remove_noise(o3d.t.geometry.PointCloud(), progress=False)
    assert clean.is_empty() and tuple(offset.shape) == (0, 3)


def test_a_filter_reports(legacy):
    run = quietcloud.Filter(noise=0.02)
    quietcloud.open3d.remove_noise(legacy, filter=run, progress=False)
    assert run.report["finite"] == len(legacy.points) - 1
    with pytest.raises(TypeError):
        quietcloud.open3d.remove_noise(legacy, filter=run, noise=0.02)


def test_what_is_no_cloud_is_refused(sphere):
    with pytest.raises(TypeError, match="ndarray"):
        quietcloud.open3d.remove_noise(sphere)
    whole = o3d.t.geometry.PointCloud(o3d.core.Tensor(np.zeros((10, 3), np.int32)))
    with pytest.raises(TypeError, match="int32"):
        quietcloud.open3d.remove_noise(whole)


def test_compare_shows_both_coloured_by_offset(legacy, tensor, monkeypatch):
    shown = []
    monkeypatch.setattr(o3d.visualization, "draw_geometries", lambda clouds, **_: shown.extend(clouds))
    for cloud in (legacy, tensor):
        clean, offset = quietcloud.open3d.remove_noise(cloud, **QUIET)
        left, right = quietcloud.open3d.color_by_offset(cloud, clean)
        assert np.array_equal(left.colors, right.colors) and len(left.colors) == len(legacy.points)
        moved = np.linalg.norm(np.asarray(offset) if cloud is legacy else offset.numpy(), axis=1)
        green = np.asarray(left.colors)[:, 1]
        assert green[np.argmax(moved)] > 0.9 and green[np.argmin(moved)] < 0.1
        shown.clear()
        quietcloud.open3d.compare(cloud, clean)
        boxes = [shape.get_axis_aligned_bounding_box() for shape in shown]
        assert len(boxes) == 2 and boxes[0].max_bound[0] < boxes[1].min_bound[0]
    quietcloud.open3d.compare(o3d.geometry.PointCloud(), o3d.geometry.PointCloud())
    with pytest.raises(ValueError, match="as many"):
        quietcloud.open3d.compare(legacy, o3d.geometry.PointCloud())
