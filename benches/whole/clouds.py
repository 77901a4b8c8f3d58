"""Noisy clouds of an analytic surface, so that a comparison needs no file from elsewhere.

    python clouds.py OUT.xyz POINTS

A ball with bumps, radius 1 + 0.1 sin 6x sin 6y sin 6z along the direction (x, y, z); directions on Fibonacci's spiral, in
random order; Gaussian noise as wide as the pitch (the square root of a point's share of the ball), whatever the number of
points: every neighbourhood asks for the same work.
"""

import sys

import numpy as np


def cloud(points):
    rng = np.random.default_rng(points)
    number = rng.permutation(points)
    height = 1 - (2 * number + 1) / points
    around, ring = number * np.pi * (3 - 5**0.5), np.sqrt(1 - height**2)
    direction = np.stack([ring * np.cos(around), ring * np.sin(around), height], 1)
    radius = 1 + 0.1 * np.sin(6 * direction).prod(1, keepdims=True)
    return radius * direction + np.sqrt(4 * np.pi / points) * rng.standard_normal((points, 3))


if __name__ == "__main__":
    np.savetxt(sys.argv[1], cloud(int(sys.argv[2])), "%.7f")
