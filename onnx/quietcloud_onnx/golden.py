"""Golden vectors of a bundle: a small scan, recorded noise draws, and what the reference sampler makes of them.

Arrays of golden.npz (float64 unless said):

    points [n,3]            the scan, in its own units
    estimate []             its estimated noise, same units; only with a noise network
    sigma []                the noise level handed to the runs below, same units
    levels [m+1]            relative sigmas of the chain, in model units
    draws [m,n,3]           standard normal eps of every step
    clean [n,3]             result at eta = 0
    clean_stochastic [n,3]  result at eta = 1 with ``draws``
    clean_high [n,3]        as ``clean``, by the network of quality high; only where there is one
"""

import numpy as np

from .sample import denoise, estimate_noise, normalize, steps_at


def scan(count=600, seed=7):
    """Two thirds of a sphere and a cube's corner, evenly sampled enough, metres with an offset."""
    rng = np.random.default_rng(seed)
    turn = np.arange(count // 2) * np.pi * (3 - np.sqrt(5))
    z = np.linspace(-1, 0.4, count // 2)
    ball = np.stack([np.sqrt(1 - z**2) * np.cos(turn), np.sqrt(1 - z**2) * np.sin(turn), z], 1)
    side = rng.random((count - count // 2, 3)) * 1.2
    side[np.arange(len(side)), rng.integers(0, 3, len(side))] = 0
    clean = np.concatenate([ball, side + [1.4, 0, 0]]) * 3.0 + [100.0, -40.0, 7.0]
    return clean + rng.standard_normal(clean.shape) * 0.09, 0.09


def write(networks, schedule, settings, path):
    points, sigma = scan()
    k = settings["k"]
    center, scale = normalize(points, k)
    cloud = (points - center) / scale
    levels = schedule.levels_from(sigma / scale, steps_at(settings["steps"], sigma / scale), settings["rho"])
    draws = np.random.default_rng(11).standard_normal((len(levels) - 1, *points.shape))
    estimate = {"estimate": np.float64(estimate_noise(networks["noise"], cloud, k) * scale)} if "noise" in networks else {}
    high = {}
    if "score_high" in networks:
        high["clean_high"] = denoise({**networks, "score": networks["score_high"]}, points, schedule, {**settings, "eta": 0.0}, sigma)[0]
    np.savez(
        path,
        **estimate,
        **high,
        points=points,
        sigma=np.float64(sigma),
        levels=np.asarray(levels, np.float64),
        draws=draws,
        clean=denoise(networks, points, schedule, {**settings, "eta": 0.0}, sigma)[0],
        clean_stochastic=denoise(networks, points, schedule, {**settings, "eta": 1.0}, sigma, draws=draws)[0],
    )
