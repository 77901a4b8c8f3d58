"""Evening points out within the surface, as the Rust core does it (src/spread.rs): repulsion as in WLOP."""

import numpy as np

from .graph import local_spacing
from .native import call, library

REACH, NEAR, GAIN, ROUNDS = 1.2, 12, 0.4, 3

# Share of a neighbourhood's extent that lies across its surface (``fold``) from which on a point stays where it is.
FOLDED = 0.06


def within_surface(points, neighbors):
    """[n,3,3]: 2 C / tr C with the covariance C of each neighbourhood, whose members count less towards its rim."""
    offsets = points[neighbors] - points[:, None]
    squares = (offsets**2).sum(2)
    weights = 1 - squares / np.maximum(squares.max(1, keepdims=True), 1e-300)
    total = 1 + weights.sum(1)
    mean = (weights[:, :, None] * offsets).sum(1) / total[:, None]
    second = np.einsum("nk,nki,nkj->nij", weights, offsets, offsets) / total[:, None, None]
    covariance = second - mean[:, :, None] * mean[:, None, :]
    trace = np.trace(covariance, axis1=1, axis2=2)[:, None, None]
    return np.divide(2 * covariance, trace, out=np.zeros_like(covariance), where=trace > 0)


def fold(within):
    """[n] of ``within_surface``'s [n,3,3]: 0 on a plane and on a line, 1/9 where no direction is special, .03 to .06 at an
    edge. det C / (I2 tr C), with I2 the second invariant."""
    trace = np.trace(within, axis1=1, axis2=2)
    second = (trace**2 - np.einsum("nij,nji->n", within, within)) / 2
    product = second * trace
    return np.divide(np.linalg.det(within), product, out=np.zeros_like(product), where=product > 0)


def spread(points, neighbors, most, spare_edges=False):
    """``points`` [n,3] moved away from crowded sides, each by at most ``most`` (a number or [n,1]), in their units.

    neighbors [n,k]: those that the last step saw, before it moved the points.
    spare_edges: points near an edge, where the covariance's plane is neither of the two faces, move less or not at all.
    """
    spacing = local_spacing(points, neighbors)
    if library() is not None and not spare_edges:
        return _native_spread(points, neighbors, most, spacing)
    squares = ((points[neighbors] - points[:, None]) ** 2).sum(2)
    neighbors = np.take_along_axis(neighbors, np.argsort(squares, 1, kind="stable"), 1)
    within, near = within_surface(points, neighbors), neighbors[:, :NEAR]
    if spare_edges:
        within = within * np.maximum(0, 1 - fold(within) / FOLDED)[:, None, None]
    state = points
    for _ in range(ROUNDS):
        away = state[:, None] - state[near]
        length = np.linalg.norm(away, axis=2)
        weight = np.maximum(1 - length / (REACH * spacing[:, None]), 0) / np.maximum(length, 1e-300)
        push = GAIN * spacing[:, None] * (weight[:, :, None] * away).sum(1)
        way = state + np.einsum("nij,nj->ni", within, push) - points
        state = points + way * np.minimum(1, most / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-300))
    return state


def _native_spread(points, neighbors, most, spacing):
    points, neighbors = np.ascontiguousarray(points, np.float64), np.ascontiguousarray(neighbors, np.int32)
    most = np.ascontiguousarray(np.broadcast_to(np.reshape(most, (-1,)), len(points)), np.float64)
    state, before, within, near = np.empty(points.shape), np.empty(points.shape), np.empty((len(points), 9)), np.empty((len(points), NEAR), np.int32)
    call("spread", points, neighbors, most, spacing, *neighbors.shape, REACH, GAIN, state, before, within, near)
    return state
