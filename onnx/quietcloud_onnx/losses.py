"""Targets and losses of METHOD 1. Everything is in units of the cloud; z = (x - target) / sigma, [n,3]."""

import numpy as np
import torch
from scipy.spatial import cKDTree


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


def noise_loss(predicted, sigma_relative, inside, floor=0.02):
    """|log estimate - log truth|: its minimiser is the median, so single wild neighbourhoods do not pull it."""
    wanted = torch.log(torch.sqrt(sigma_relative**2 + floor**2))
    return ((predicted - wanted).abs() * inside).sum() / inside.sum()


def jarque_bera(values):
    """Jarque-Bera statistic of a sample: n/6 (S^2 + (K-3)^2/4); chi-squared with 2 degrees of freedom when normal."""
    values = np.asarray(values, np.float64).ravel()
    centred = values - values.mean()
    variance = (centred**2).mean()
    skew = (centred**3).mean() / variance**1.5
    kurtosis = (centred**4).mean() / variance**2
    return len(values) / 6 * (skew**2 + (kurtosis - 3) ** 2 / 4)
