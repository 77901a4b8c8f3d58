"""Noise that differs from place to place, as the Rust core sees it (src/pipeline/varying.rs)."""

import numpy as np

CELL, SAME, VARIED, LEAST, MOST, WILDEST = 8.0, 0.18, 0.28, 0.5, 3.0, 6.0


def cells_of(points, sigmas):
    """{cell: [points, sum of log sigma, sum of sigma, sums of coordinates]} of a cloud [n,3] in model units."""
    keys, cell = np.unique(np.floor(points / CELL).astype(np.int64), axis=0, return_inverse=True)
    values = np.c_[np.ones(len(points)), np.log(sigmas), np.minimum(sigmas, WILDEST * np.median(sigmas)), points]
    sums = np.stack([np.bincount(cell.ravel(), column, len(keys)) for column in values.T], 1)
    return {tuple(key): row for key, row in zip(keys.tolist(), sums)}


def means(cells, places):
    """[m,2]: mean log sigma and mean sigma around ``places`` [m,3]; a point counts by how near its cell's middle lies."""
    at = places / CELL - 0.5
    corner = np.floor(at).astype(np.int64)
    sums = np.zeros((len(places), 3))
    for step in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(step, at - corner, 1 - (at - corner)), axis=1)
        found = np.array([cells.get(key, np.zeros(3))[:3] for key in map(tuple, (corner + step).tolist())])
        sums += weight[:, None] * found
    return sums[:, 1:] / sums[:, :1]


def factors(points, sigmas):
    """[n]: the noise of each point, of that of the whole cloud; 1 where it is nearly the same everywhere.

    points [n,3] and sigmas [n], the noise that the model sees around each, in model units.
    """
    cells = cells_of(points, sigmas)
    sums = np.stack(list(cells.values()))
    logs = means(cells, sums[:, 3:] / sums[:, :1])[:, 0]
    order = np.argsort(logs)
    reached = np.cumsum(sums[order, 0]) / sums[:, 0].sum()
    low, high = (logs[order][np.searchsorted(reached, share)] for share in (0.1, 0.9))
    share = np.clip(((high - low) / 2.56 - SAME) / (VARIED - SAME), 0, 1)
    if share == 0:
        return np.ones(len(points))
    return np.clip((means(cells, points)[:, 1] / np.median(sigmas)) ** share, LEAST, MOST)
