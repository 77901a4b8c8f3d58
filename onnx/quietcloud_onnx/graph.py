"""The neighbour graph and its local spacing, as the Rust core computes them (src/graph.rs)."""

import numpy as np
from scipy.spatial import cKDTree

from .native import call, library


def knn_graph(points, k):
    """Neighbours [n,k] (nearest first, the point itself left out) and local spacing [n] of a cloud [n,3].

    ``spacing`` is the pitch that a flat, even cloud with the same neighbour distances would have:
    r_i^2 = (2 pi / k) mean_j |x_j - x_i|^2, then s_i = rms of r over the point and its neighbours.
    """
    n = len(points)
    _, index = cKDTree(points).query(points, min(k + 1, n))
    index = index.reshape(n, -1)
    own = index == np.arange(n)[:, None]
    # Among duplicates the point itself may not come first, or not at all: drop one column per row.
    own[~own.any(1), -1] = True
    first_own = own & (np.cumsum(own, 1) == 1)
    index = index[~first_own].reshape(n, -1)
    if index.shape[1] == 0:
        index = np.zeros((n, 1), np.int64)
    if index.shape[1] < k:
        index = index[:, np.arange(k) % index.shape[1]]
    return index.astype(np.int32), local_spacing(points, index)


def local_spacing(points, index):
    """The spacing [n] of ``knn_graph`` for neighbours [n,k] at hand."""
    n, k = index.shape
    if library() is not None:
        spacing, own = np.empty((2, n))
        call("local_spacing", np.ascontiguousarray(points, np.float64), np.ascontiguousarray(index, np.int32), n, k, spacing, own)
    else:
        squared = ((points[index] - points[:, None]) ** 2).sum(2).mean(1) * (2 * np.pi / k)
        spacing = np.sqrt((squared + squared[index].sum(1)) / (k + 1))
    floor = 1e-3 * np.median(spacing)
    return np.maximum(spacing, floor if floor > 0 else 1.0)


def relative_edges(points, neighbors, spacing):
    """EdgeFeature's relative half in units of local spacing: (x_j - x_i) / s_i, [n,k,3] float32."""
    return ((points[neighbors] - points[:, None]) / spacing[:, None, None]).astype(np.float32)
