"""Targets and losses of METHOD 1. Everything is in units of the cloud; z = (x - target) / sigma, [n,3]."""

import numpy as np
import torch
from scipy.spatial import cKDTree

from .native import call, library


def origin_target(noisy, clean, sigma):
    """The draw that moved each point away from its own origin."""
    return (noisy - clean) / sigma


def nearest_target(noisy, clean, sigma, around, m=4):
    """Away from the mean of the m nearest clean points of ``around`` [c,3] (ScoreDenoise)."""
    _, index = cKDTree(around).query(noisy, m)
    return (noisy - around[index].reshape(len(noisy), -1, 3).mean(1)) / sigma


def surface_target(noisy, clean, sigma, around, normals):
    """Away from the surface: the tangent plane at the nearest clean point of ``around`` with its ``normals``."""
    _, index = cKDTree(around).query(noisy)
    offset = ((noisy - around[index]) * normals[index]).sum(1, keepdims=True)
    return offset * normals[index] / sigma


def target(kind, noisy, clean, sigma, around, normals):
    if kind == "origin":
        return origin_target(noisy, clean, sigma)
    if kind == "nearest":
        return nearest_target(noisy, clean, sigma, around)
    if kind == "surface":
        return surface_target(noisy, clean, sigma, around, normals)
    raise ValueError(f"unknown target {kind!r}: origin, nearest or surface")


def nearest_rows(points, among, k=8):
    """The rows of the k nearest of ``among`` [c,3] for each of ``points`` [n,3], nearest first: [n,min(k,c)]."""
    return cKDTree(among).query(points, min(k, len(among)))[1].reshape(len(points), -1)


def match(points, among, near, rounds=40):
    """A row of ``among`` [n,3] for each of ``points`` [n,3], none twice, so that the squared distances are small: pairs swap
    what they have as long as both together gain, beginning with each its own row; what a point wishes for is one of ``near``
    [n,k]. Within 5 to 25 % of the optimum (earth mover's distance) where points lie within a few spacings of their own, in a
    hundredth of the time."""
    if library() is not None:
        return _native_match(points, among, near, rounds)
    rows = np.arange(len(points))
    has, owner = rows.copy(), rows.copy()
    cost = lambda who, row: ((points[who] - among[row]) ** 2).sum(1)  # noqa: E731
    for turn in range(rounds):
        want = near[:, turn % near.shape[1]]
        other = owner[want]
        gain = cost(rows, has) + cost(other, want) - cost(rows, want) - cost(other, has)
        asks = np.flatnonzero(gain > 1e-9)
        best = np.zeros(len(points))
        np.maximum.at(best, asks, gain[asks])
        np.maximum.at(best, other[asks], gain[asks])
        # Of the swaps that a point is asked for, the best one.
        first = asks[(best[asks] == gain[asks]) & (best[other[asks]] == gain[asks])]
        second = other[first]
        has[first], has[second] = has[second], has[first]
        owner[has[first]], owner[has[second]] = first, second
    return has


def _native_match(points, among, near, rounds):
    points, among = (np.ascontiguousarray(rows, np.float64) for rows in (points, among))
    near = np.ascontiguousarray(near, np.int64)
    has, *numbers = np.empty((3, len(points)), np.int64)
    call("match", points, among, near, *near.shape, rounds, has, *np.empty((2, len(points))), *numbers)
    return has


def set_loss(estimate, clean, level, normals, patch, weight, inside, within, detail):
    """What a cloud is judged by, of the clean estimate x_a - sigma z_theta [n,3], in units of ``level`` [n,1] and per coordinate:
    half of the squared distance to the surface - the tangent plane at the nearest point of ``clean`` [n,3] - and half of that of
    the surface - the tangent plane at each clean point - to its nearest estimate; and, ``within`` (a number or [n,1]) times,
    the squared distance within the surface to the clean point that ``match`` gives it. (Across it, too, that would be the mean
    over several points of what bends, which lies inside of it.)

    The mean over all origins that a point may have (target "origin") lies off a curved surface by about sigma^2 / radius, and
    inside of what is sharp; of a set every clean point must be taken by somebody, tips and rims too. ``detail`` [n,1], mean 1,
    is how much each clean point counts where it asks for estimates: few are near a tip that was rounded off, and none of them
    is far from the surface. ``patch`` [n,1] tells the patches of a batch apart.
    """
    nearest, covering, matched = torch.empty((3, len(clean)), dtype=torch.long)
    found, wanted, number = (tensor.detach().cpu().double().numpy() for tensor in (estimate, clean, patch))
    for one in np.unique(number):
        rows = np.flatnonzero(number[:, 0] == one)
        near = nearest_rows(found[rows], wanted[rows])
        nearest[rows] = torch.from_numpy(rows[near[:, 0]])
        covering[rows] = torch.from_numpy(rows[nearest_rows(wanted[rows], found[rows], 1)[:, 0]])
        matched[rows] = torch.from_numpy(rows[match(found[rows], wanted[rows], near)])
    nearest, covering, matched = (rows.to(clean.device) for rows in (nearest, covering, matched))
    across = ((estimate - clean[nearest]) / level * normals[nearest]).sum(1, keepdim=True).pow(2)
    missed = ((estimate[covering] - clean) / level * normals).sum(1, keepdim=True).pow(2)
    way = (estimate - clean[matched]) / level
    moved = way.pow(2).sum(1, keepdim=True) - (way * normals[matched]).sum(1, keepdim=True).pow(2)
    total = (across + detail * missed) / 2 + within * detail[matched] * moved
    return (total / 3 * weight * inside).sum() / inside.sum()


def score_loss(predicted, wanted, weight, inside, normals, tangential=1.0):
    """sum_i w_i ||z_q - z_theta||^2 over the points ``inside`` [n,1], per coordinate.

    ``tangential`` < 1 (a number or [n,1]) counts the error within the surface (``normals`` [n,3] at the clean points) less: with the target
    "origin" most of it is a draw that nothing can predict, which drowns the normal part in the gradient. Where the
    surface is certain the minimiser stays the same.
    """
    error = predicted - wanted
    across = (error * normals).sum(1, keepdim=True).pow(2)
    along = error.pow(2).sum(1, keepdim=True) - across
    squared = (across + tangential * along) / 3
    return (squared * weight * inside).sum() / inside.sum()


def noise_error(predicted, sigma_relative, floor=0.02):
    """[n,1]: log estimate - log truth."""
    return predicted - torch.log(torch.sqrt(sigma_relative**2 + floor**2))


def noise_loss(predicted, sigma_relative, inside, floor=0.02):
    """|log estimate - log truth|: its minimiser is the median, so single wild neighbourhoods do not pull it."""
    return (noise_error(predicted, sigma_relative, floor).abs() * inside).sum() / inside.sum()


def median_noise_loss(predicted, sigma_relative, inside, patch, floor=0.02):
    """|log estimate - log truth| of patches as a whole, each told by the middle half of its points ``inside``: a cloud's noise is
    the median of what its points tell. Where a single neighbourhood can't tell noise from shape, all of them may err the same
    way, and nothing in ``noise_loss`` objects."""
    error, known = noise_error(predicted, sigma_relative, floor), inside > 0
    of_patches = []
    for number in patch[known].unique():
        sorted_errors = error[known & (patch == number)].sort().values
        cut = len(sorted_errors) // 4
        of_patches.append(sorted_errors[cut : len(sorted_errors) - cut].mean().abs())
    return torch.stack(of_patches).mean()


def jarque_bera(values):
    """Jarque-Bera statistic of a sample: n/6 (S^2 + (K-3)^2/4); chi-squared with 2 degrees of freedom when normal."""
    values = np.asarray(values, np.float64).ravel()
    centred = values - values.mean()
    variance = (centred**2).mean()
    skew = (centred**3).mean() / variance**1.5
    kurtosis = (centred**4).mean() / variance**2
    return len(values) / 6 * (skew**2 + (kurtosis - 3) ** 2 / 4)
