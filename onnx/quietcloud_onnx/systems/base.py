"""What all generative systems share: their options, their batches of clouds, and what one tells the exporter."""

import itertools
from dataclasses import dataclass

import numpy as np
import torch

from .. import shapes

COMMON = {"points": 256, "batch": 16, "shapes": 2100, "seed": 0}
POOL_POINTS = 1024  # of each training cloud; a batch takes a random share of them


@dataclass
class Stage:
    """One network of a bundle: how it is called (``inputs`` by name, in order) and what it gives."""

    role: str
    network: torch.nn.Module
    inputs: dict  # name -> (rows, width) without the batch axis; rows "n" or 1
    outputs: tuple


class Generator:
    """Base of the systems. A subclass sets name, columns and defaults, and writes

    networks() losses(...)      for the loop (loop.py)
    stages(networks)            the networks of the bundle, a list of Stage
    manifest()                  the fields of bundle.json that are its own
    draw(rng, points, steps)    the standard normal draws of one run, by name
    generate(call, draws)       the reference sampler: one cloud [n,3]; call(role, *arrays) runs a network
    reconstruct(call, points, draws)   where there is an encoder
    """

    defaults = {}

    def __init__(self, **options):
        unknown = set(options) - set(COMMON) - set(self.defaults)
        if unknown:
            raise ValueError(f"{self.name} has no option {', '.join(sorted(unknown))}")
        self.config = {**COMMON, **self.defaults, **options}

    def __getattr__(self, name):
        try:
            return self.__dict__["config"][name]
        except KeyError:
            raise AttributeError(name) from None

    def freeze(self, networks):
        """Called before an export, with what was trained: for what becomes part of the manifest."""

    def restore(self, manifest):
        """The same from a manifest that was written."""

    def batches(self, seed, average):
        """Endless {"points": [batch, points, 3]}: other points of other shapes every time."""
        pool = shapes.clouds(self.shapes, POOL_POINTS, self.config["seed"])
        rng = np.random.default_rng(seed)
        return ({"points": torch.from_numpy(draw_batch(rng, pool, self.batch, self.points))} for _ in itertools.count())


def draw_batch(rng, pool, batch, points):
    """``points`` of the points of ``batch`` clouds of the pool [m, *, 3], without replacement."""
    chosen = rng.choice(len(pool), batch, replace=len(pool) < batch)
    return np.stack([pool[i][rng.permutation(pool.shape[1])[:points]] for i in chosen])


def spread_times(count, device=None):
    """``count`` times in (0,1), one in each of ``count`` equal parts: lower variance than independent ones (VDM, I.1)."""
    return ((torch.rand(1, device=device) + torch.arange(count, device=device) / count) % 1.0)[torch.randperm(count, device=device)]
