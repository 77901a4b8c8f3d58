"""The reference sampler: METHOD 1 in NumPy and PyTorch, written to be read, against which the Rust core is checked.

Two differences from the Rust core are deliberate: no tiles, and noise wider than the neighbours reach is not looked at
again in thinned surroundings. Everything else - normalisation, graph, noise estimate, levels, steps - follows the same
definitions.
"""

import numpy as np
import torch

from .graph import knn_graph, relative_edges
from .spread import spread
from .turn import turn
from .varying import factors


def normalize(points, k):
    """Centre (bounding-box midpoint) and scale (median local spacing): model units = (x - centre) / scale."""
    center = (points.max(0) + points.min(0)) / 2
    spacing = float(np.median(knn_graph(points - center, k)[1]))
    return center, spacing if spacing > 0 else 1.0


def _tensors(points, neighbors, spacing):
    return torch.from_numpy(relative_edges(points, neighbors, spacing)), torch.from_numpy(neighbors)


@torch.no_grad()
def seen_noise(network, points, k):
    """Estimated noise around each point, [n], in the units of ``points``."""
    neighbors, spacing = knn_graph(points, k)
    edges, index = _tensors(points, neighbors, spacing)
    return np.exp(network(edges, index).numpy()[:, 0].astype(np.float64)) * spacing


def estimate_noise(network, points, k):
    """Median over the points of their estimated noise, in the units of ``points``."""
    return float(np.median(seen_noise(network, points, k)))


@torch.no_grad()
def run_levels(network, points, levels, k, refresh, eta=0.0, draws=None, factors=1.0, most=None, turned=False):
    """The reverse chain over relative sigmas ``levels`` (falling, ending at 0).

    Returns x_0 [n,3] in model units and the neighbours [n,k] that the last step saw.

    factors [n]: of each point's noise to that of the level, where eta is 0.
    most (a number or [n,1]): how far points are evened out, in model units, before each new graph; None: not at all.
    turned: whether each step shows the network the cloud in another orientation.
    draws [steps,n,3]: the standard normal eps of every step, used where eta > 0. The rescaled state of the posterior
    with clean estimate c, from sigma to tau: x_tau = c + (tau/sigma) sqrt(1 - eta^2 (1 - tau^2/sigma^2)) (x - c) + noise.
    """
    state = points.astype(np.float64)
    for step, (sigma, lower) in enumerate(zip(levels[:-1], levels[1:])):
        if step == 0 or (refresh and step % refresh == 0):
            if step > 0 and most is not None:
                state = spread(state, neighbors, most)
            neighbors, spacing = knn_graph(state, k)
        z = answer(network, state, neighbors, spacing, sigma * factors, turn(step) if turned else np.eye(3))
        z *= np.reshape(factors, (-1, 1))
        state = posterior_step(state, z, sigma, lower, eta, None if draws is None else draws[step])
    return state, neighbors


def answer(network, state, neighbors, spacing, sigma, orientation):
    """What the network says of a state [n,3] that it is shown in an orientation [3,3], turned back: [n,3] float64. ``sigma``, a
    number or [n], in the units of the state."""
    edges = relative_edges(state @ orientation.T, neighbors, spacing)
    relative = (sigma / spacing)[:, None].astype(np.float32)
    said = network(*map(torch.from_numpy, (edges, neighbors, relative)))
    return said.numpy().astype(np.float64) @ orientation


def posterior_step(state, z, sigma, lower, eta, draw):
    """One reverse step in rescaled coordinates (METHOD 1): q(x^s | x^t, clean) with its variance scaled by eta^2."""
    clean = state - sigma * z
    if lower == 0:
        return clean
    # In (alpha, sigma) form, relative to the signal: variance of x_a^s given x_a^t and the clean point.
    variance = eta**2 * lower**2 * (1 - lower**2 / sigma**2)
    state = clean + np.sqrt(lower**2 - variance) * z
    return state + np.sqrt(variance) * draw if eta > 0 else state


def steps_at(given, noise):
    """Steps at ``noise`` spacings where one spacing takes ``given``: on a line from half of that at 0, up to 1.5 times that."""
    return int(min(np.ceil(given * (1 + noise) / 2), given + given // 2))


def denoise(networks, points, schedule, settings, sigma=None, steps=None, draws=None):
    """A cloud [n,3] in any units -> (clean cloud, noise in the same units, number of steps taken)."""
    k = settings["k"]
    center, scale = normalize(points, k)
    cloud = (points - center) / scale
    own, eta = 1.0, settings.get("eta", 0.0)
    if sigma is None:
        sigmas = seen_noise(networks["noise"], cloud, k)
        sigma = float(np.median(sigmas))
        own = factors(cloud, sigmas) if eta == 0 else own
    else:
        sigma = sigma / scale
    levels = schedule.levels_from(sigma, steps or steps_at(settings["steps"], sigma), settings["rho"])
    share = settings.get("spread", 0)
    most = share * sigma * np.reshape(own, (-1, 1)) if share > 0 else None
    clean, neighbors = run_levels(networks["score"], cloud, levels, k, settings["refresh"], eta, draws, own, most, settings.get("turned", False))
    if most is not None:
        clean = spread(clean, neighbors, most, spare_edges=True)
    return clean * scale + center, sigma * scale, len(levels) - 1
