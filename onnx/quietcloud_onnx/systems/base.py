"""What all generative systems share: their options, their batches of clouds, and what one tells the exporter."""

from dataclasses import dataclass

import numpy as np
import torch

from .. import shapes

COMMON = {"points": 512, "batch": 16, "shapes": 2100, "seed": 0}
POOL_POINTS = 2048  # of each training cloud; a batch takes a random share of them


@dataclass
class Stage:
    """One network of a bundle: how it is called (``inputs`` by name, in order) and what it gives."""

    role: str
    network: torch.nn.Module
    inputs: dict  # name -> width; None as width: [1,1]
    outputs: tuple


class Generator:
    """Base of the systems; a subclass sets name, columns, defaults and writes networks, losses, manifest, golden."""

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

    def batches(self, seed):
        """Endless {"points": [batch, points, 3]}: other points of other shapes every time."""
        pool = shapes.clouds(self.shapes, POOL_POINTS, self.config["seed"])
        rng = np.random.default_rng(seed)
        while True:
            yield {"points": torch.from_numpy(draw_batch(rng, pool, self.batch, self.points))}


def draw_batch(rng, pool, batch, points):
    """``points`` of the points of ``batch`` clouds of the pool [m, *, 3], without replacement."""
    chosen = rng.choice(len(pool), batch, replace=len(pool) < batch)
    return np.stack([pool[i][rng.permutation(pool.shape[1])[:points]] for i in chosen])


def spread_times(count, device=None):
    """``count`` times in (0,1), one in each of ``count`` equal parts: lower variance than independent ones (VDM, I.1)."""
    return ((torch.rand(1, device=device) + torch.arange(count, device=device) / count) % 1.0)[torch.randperm(count, device=device)]
