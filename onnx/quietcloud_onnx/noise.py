"""Noise as sensors make it. Every kind returns draws [n,3] scaled so that a coordinate's (or, along a ray, the ray's)
standard deviation is 1; the caller multiplies by sigma."""

import numpy as np


def gaussian(rng, points):
    return rng.standard_normal(points.shape)


def laplace(rng, points):
    return rng.laplace(scale=np.sqrt(0.5), size=points.shape)


def uniform_ball(rng, points):
    """Uniform in a ball; radius sqrt(5) gives each coordinate unit variance."""
    direction = rng.standard_normal(points.shape)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    return direction * np.sqrt(5.0) * np.cbrt(rng.random((len(points), 1)))


def along_ray(rng, points):
    """A depth sensor's: displaced along the line of sight only, from a viewpoint outside of the cloud."""
    reach = np.linalg.norm(points - points.mean(0), axis=1).max()
    direction = rng.standard_normal(3)
    eye = points.mean(0) + direction / np.linalg.norm(direction) * reach * rng.uniform(2, 6)
    ray = points - eye
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    return ray * rng.standard_normal((len(points), 1))


def discrete(rng, points):
    """Three sixths stay, three sixths jump along an axis (as in ScoreDenoise's discrete noise), unit variance."""
    draw = np.zeros(points.shape)
    jumps = rng.integers(0, 6, len(points))
    rows = np.flatnonzero(jumps < 3)
    draw[rows, jumps[rows]] = rng.choice([-1.0, 1.0], len(rows))
    return draw * np.sqrt(6.0)


def anisotropic(rng, points):
    """Gaussian with a random covariance of mean variance 1 (condition number up to about 10)."""
    basis, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    scale = np.exp(rng.uniform(-0.6, 0.6, 3))
    scale /= np.sqrt((scale**2).mean())
    return rng.standard_normal(points.shape) @ (basis * scale) @ basis.T


KINDS = {
    "gaussian": gaussian,
    "laplace": laplace,
    "uniform": uniform_ball,
    "ray": along_ray,
    "discrete": discrete,
    "anisotropic": anisotropic,
}


def add_outliers(rng, displacement, share, reach):
    """Replaces a ``share`` of the draws by draws ``reach`` times wider: stray returns."""
    stray = rng.random(len(displacement)) < share
    displacement = displacement.copy()
    displacement[stray] *= reach
    return displacement, stray
