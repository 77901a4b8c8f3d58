"""quietcloud for Open3D's point clouds, ``open3d.geometry.PointCloud`` and ``open3d.t.geometry.PointCloud``.

    import open3d as o3d
    import quietcloud.open3d

    scan = o3d.io.read_point_cloud("scan.ply")
    clean, offset = quietcloud.open3d.remove_noise(scan)
    quietcloud.open3d.compare(scan, clean)
"""

import copy
from typing import Any, TypeVar

import numpy as np
import open3d as o3d

from ._denoise import denoise
from ._filter import Filter

__all__ = ["color_by_offset", "compare", "remove_noise"]

Cloud = TypeVar("Cloud", o3d.geometry.PointCloud, o3d.t.geometry.PointCloud)

# Viridis at five places (matplotlib's, CC0): dark where nothing moved, yellow where most did.
_COLORS = np.array(
    [[0.267, 0.005, 0.329], [0.230, 0.322, 0.546], [0.128, 0.567, 0.551], [0.369, 0.789, 0.383], [0.993, 0.906, 0.144]]
)


def remove_noise(pcd: Cloud, *, filter: Filter | None = None, **options: Any) -> tuple[Cloud, Any]:
    """Moves every point towards the surface that it was measured from.

    Parameters
    ----------
    pcd
        Either kind of point cloud; it is not changed. Positions of a tensor cloud are Float32 or Float64, on any device.
    filter
        A ``quietcloud.Filter`` to use and to ask for its report afterwards.
    options
        Where no filter is given, as for ``quietcloud.denoise``: noise, quality, seed, progress, model, ...

    Returns
    -------
    clean
        A new cloud of the same kind, with as many points in the same order and all other attributes as they were.
        Normals are carried over, not turned: estimate them again where they matter.
    offset
        How far each point moved, [n, 3], so that clean = pcd + offset; 0 for points with a NaN or an infinity. A
        float64 array, or for a tensor cloud a tensor like its positions.
    """
    if isinstance(pcd, o3d.t.geometry.PointCloud):
        return _tensor(pcd, filter, options)
    if isinstance(pcd, o3d.geometry.PointCloud):
        before = np.asarray(pcd.points)
        after, offset = _move(before, filter, options)
        clean = copy.deepcopy(pcd)
        clean.points = o3d.utility.Vector3dVector(after)
        return clean, offset
    raise TypeError(f"pcd is a {type(pcd).__name__}, expected one of Open3D's point clouds")


def _tensor(pcd: o3d.t.geometry.PointCloud, filter: Filter | None, options: dict[str, Any]) -> tuple[Any, Any]:
    clean = pcd.clone()
    if "positions" not in pcd.point:
        return clean, o3d.core.Tensor.zeros(o3d.core.SizeVector([0, 3]), o3d.core.float32, pcd.device)
    # On the CPU this shares the tensor's memory, whatever its strides.
    after, offset = _move(pcd.point.positions.cpu().numpy(), filter, options)
    clean.point.positions = o3d.core.Tensor.from_numpy(after).to(pcd.device)
    return clean, o3d.core.Tensor.from_numpy(offset).to(pcd.device)


def _move(before: np.ndarray, filter: Filter | None, options: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    after = filter(before, **options) if filter else denoise(before, **options)
    finite = np.isfinite(before).all(axis=1, keepdims=True)
    return after, np.subtract(after, before, out=np.zeros_like(after), where=finite)


def color_by_offset(before: Cloud, after: Cloud) -> tuple[o3d.geometry.PointCloud, o3d.geometry.PointCloud]:
    """Copies of both clouds, coloured by how far each point moved: dark where it stayed, yellow where it moved as far as
    the upper two percent of them.

    Raises ValueError where the clouds differ in their number of points.
    """
    start, end = _positions(before), _positions(after)
    if start.shape != end.shape:
        raise ValueError(f"the clouds have {len(start)} and {len(end)} points, expected as many")
    moved = np.nan_to_num(np.linalg.norm(end - start, axis=1), posinf=0.0)
    top = np.quantile(moved, 0.98) if len(moved) else 0.0
    part = np.clip(moved / top, 0.0, 1.0) if top > 0 else np.zeros(len(moved))
    places = np.linspace(0.0, 1.0, len(_COLORS))
    colors = o3d.utility.Vector3dVector(np.stack([np.interp(part, places, channel) for channel in _COLORS.T], axis=1))
    left, right = (o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points)) for points in (start, end))
    left.colors = right.colors = colors
    return left, right


def compare(before: Cloud, after: Cloud) -> None:
    """Shows both clouds side by side in a window, coloured by how far each point moved."""
    left, right = color_by_offset(before, after)
    finite = [cloud.remove_non_finite_points() for cloud in (left, right)]
    width = finite[0].get_axis_aligned_bounding_box().get_extent()[0] if len(finite[0].points) else 0.0
    finite[1].translate((1.1 * width, 0.0, 0.0))
    o3d.visualization.draw_geometries(finite, window_name="quietcloud: before and after")


def _positions(cloud: Cloud) -> np.ndarray:
    legacy = cloud if isinstance(cloud, o3d.geometry.PointCloud) else cloud.to_legacy()
    return np.asarray(legacy.points)
