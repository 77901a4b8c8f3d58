"""Noise as sensors make it. Every kind takes points [n,3] and sigma in their units and returns displacements [n,3]; sigma
is the standard deviation of a coordinate (along a ray: of the ray's)."""

import numpy as np


def gaussian(rng, points, sigma):
    return sigma * rng.standard_normal(points.shape)


def laplace(rng, points, sigma):
    return rng.laplace(scale=sigma * np.sqrt(0.5), size=points.shape)


def uniform_ball(rng, points, sigma):
    """Uniform in a ball; radius sqrt(5) gives each coordinate variance sigma^2."""
    direction = rng.standard_normal(points.shape)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    return sigma * direction * np.sqrt(5.0) * np.cbrt(rng.random((len(points), 1)))


def sight_rays(rng, points):
    """Distances [n,1] and directions [n,3] of the lines of sight from a viewpoint outside of the cloud."""
    reach = np.linalg.norm(points - points.mean(0), axis=1).max()
    direction = rng.standard_normal(3)
    eye = points.mean(0) + direction / np.linalg.norm(direction) * reach * rng.uniform(2, 6)
    ray = points - eye
    distance = np.linalg.norm(ray, axis=1, keepdims=True)
    return distance, ray / distance


def along_ray(rng, points, sigma):
    """A depth sensor's: displaced along the line of sight only."""
    _, ray = sight_rays(rng, points)
    return sigma * ray * rng.standard_normal((len(points), 1))


def depth_steps(rng, points, sigma):
    """A depth camera's: distances rounded to steps, so that neighbours err together, and a little noise before that.

    A rounding to steps q has the variance q^2 / 12; it gets a random share of sigma^2."""
    distance, ray = sight_rays(rng, points)
    share = rng.uniform(0.75, 0.99)
    step = sigma * np.sqrt(12 * share)
    measured = distance + sigma * np.sqrt(1 - share) * rng.standard_normal(distance.shape)
    return (np.round(measured / step) * step - distance) * ray


def discrete(rng, points, sigma):
    """Three sixths stay, three sixths jump along an axis (as in ScoreDenoise's discrete noise)."""
    draw = np.zeros(points.shape)
    jumps = rng.integers(0, 6, len(points))
    rows = np.flatnonzero(jumps < 3)
    draw[rows, jumps[rows]] = rng.choice([-1.0, 1.0], len(rows))
    return sigma * draw * np.sqrt(6.0)


def anisotropic(rng, points, sigma):
    """Gaussian with a random covariance of mean variance sigma^2 (condition number up to about 10)."""
    basis, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    scale = np.exp(rng.uniform(-0.6, 0.6, 3))
    scale /= np.sqrt((scale**2).mean())
    return sigma * rng.standard_normal(points.shape) @ (basis * scale) @ basis.T


KINDS = {
    "gaussian": gaussian,
    "laplace": laplace,
    "uniform": uniform_ball,
    "ray": along_ray,
    "steps": depth_steps,
    "discrete": discrete,
    "anisotropic": anisotropic,
}


def add_outliers(rng, displacement, share, reach):
    """Makes a ``share`` of the displacements ``reach`` times wider: stray returns."""
    stray = rng.random(len(displacement)) < share
    displacement = displacement.copy()
    displacement[stray] *= reach
    return displacement, stray
