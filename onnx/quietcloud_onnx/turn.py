"""Orientations in which the sampler shows a network the cloud, as the Rust core has them (src/turn.rs)."""

import numpy as np


def turn(step):
    """The rotation [3,3] of a step; rows of what the network sees are ``rows @ turn(step).T``, of its answer ``answer @
    turn(step)``. Uniform in three numbers (Shoemake 1992) that follow a sequence without gaps (Roberts 2018)."""
    g = 1.2207440846057595  # g^4 = g + 1
    u, v, w = ((0.5 + (step + 1) / g**i) % 1.0 for i in (1, 2, 3))
    x, y = np.sqrt(1 - u) * np.array([np.sin(2 * np.pi * v), np.cos(2 * np.pi * v)])
    z, s = np.sqrt(u) * np.array([np.sin(2 * np.pi * w), np.cos(2 * np.pi * w)])
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * s), 2 * (x * z + y * s)],
            [2 * (x * y + z * s), 1 - 2 * (x * x + z * z), 2 * (y * z - x * s)],
            [2 * (x * z - y * s), 2 * (y * z + x * s), 1 - 2 * (x * x + y * y)],
        ]
    )
