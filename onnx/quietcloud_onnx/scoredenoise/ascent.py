"""The reference sampler of METHOD 2 in NumPy, without tiles, against which the Rust core is checked."""

import numpy as np
from scipy.spatial import cKDTree


def pairs(scan, state, count, contributions):
    """(rows of scan points, rows of moved points) whose local score counts where.

    sum    every scan point adds its score to the ``count`` moved points nearest to it (the public implementation)
    mean   every point takes the mean of the scores of the ``count`` scan points nearest to its own place in the scan
           (the paper's formula)
    """
    rows = np.repeat(np.arange(len(scan)), count)
    near = cKDTree(state if contributions == "sum" else scan).query(scan, count)[1].ravel()
    return (rows, near) if contributions == "sum" else (near, rows)


def ascend(score, scan, features, units, sampling, steps):
    """Climbs from ``scan`` [n,3]. score(offsets [m,3], features [m,F]) -> [m,3] in units of the scan points, ``units`` [n];
    ``sampling`` has rate, decay, ensemble and contributions as a manifest does."""
    state, count, how = scan.copy(), sampling["ensemble"], sampling["contributions"]
    for step in range(steps):
        of, on = pairs(scan, state, count, how)
        offsets = ((state[on] - scan[of]) / units[of, None]).astype(np.float32)
        moves = np.asarray(score(offsets, features[of]), np.float64) * units[of, None]
        total = np.zeros_like(state)
        np.add.at(total, on, moves / (count if how == "mean" else 1))
        state = state + sampling["rate"] * sampling["decay"] ** step * total
    return state


def patches(points, size, core):
    """(rows, rows whose features count) of each patch: in the order of the points, each that has no features yet is a
    seed; of the ``size`` points nearest to it the nearest ``core`` take their features from this patch, unless they
    have some."""
    tree, done = cKDTree(points), np.zeros(len(points), bool)
    for seed in range(len(points)):
        if not done[seed]:
            rows = tree.query(points[seed], min(size, len(points)))[1]
            fresh = np.flatnonzero(~done[rows[:core]])
            done[rows[fresh]] = True
            yield rows, fresh


def patch_features(network, points, size, core):
    """Features [n,F] of a cloud on the unit sphere; network(points [m,3]) -> [m,F]."""
    result = None
    for rows, fresh in patches(points, size, core):
        features = np.asarray(network(points[rows].astype(np.float32)))
        if result is None:
            result = np.zeros((len(points), features.shape[1]), np.float32)
        result[rows[fresh]] = features[fresh]
    return result


def unit_sphere(points):
    """Centre of the bounding box and distance of the farthest point from it."""
    center = (points.max(0) + points.min(0)) / 2
    return center, np.linalg.norm(points - center, axis=1).max()
