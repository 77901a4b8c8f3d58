"""A score network over whole clouds and annealed Langevin sampling (METHOD 3; Song and Ermon, 2019)."""

import math

import numpy as np
import torch

from .. import samplers
from ..schedule import clocks, geometric_sigmas
from ..set_networks import NoiseNet
from .base import Generator, Stage, spread_times


def denoising_loss(score, points, noisy, sigma):
    """E sigma^2 ||s(x~) - grad log q(x~|x)||^2 per coordinate, grad log q = -(x~ - x)/sigma^2; sigma [b,1,1].

    The factor sigma^2 gives every level the same weight (Song and Ermon's choice).
    """
    return (sigma.pow(2) * (score + (noisy - points) / sigma.pow(2)).pow(2)).mean()


class ScoreNet(torch.nn.Module):
    """s_theta(x, sigma) [b,n,3] of clouds with unit variance under noise sigma [b,1]."""

    def __init__(self, low, high, **size):
        super().__init__()
        self.noise = NoiseNet(span=(math.log(low), math.log(high)), log=True, **size)

    def forward(self, points, sigma):
        wide = sigma.unsqueeze(1)
        return -self.noise(points / (1 + wide.pow(2)).sqrt(), sigma) / wide


class Langevin(Generator):
    """Geometric levels ``low`` .. ``high`` in model units, ``inner`` steps of eps^2/2 = rate sigma^2 at each."""

    name, columns = "langevin", ("score",)
    defaults = {"low": 0.02, "high": 4.0, "levels": 60, "inner": 4, "rate": 0.15, "network": {}}

    def __init__(self, **options):
        super().__init__(**options)
        self.sigmas = geometric_sigmas(self.low, self.high, self.levels)

    def networks(self):
        return torch.nn.ModuleDict({"score": ScoreNet(self.low, self.high, **self.network)})

    def losses(self, networks, batch, phase, progress):
        points = batch["points"]
        sigma = self.low * (self.high / self.low) ** spread_times(len(points), points.device)[:, None]
        noisy = points + sigma[..., None] * torch.randn_like(points)
        return (denoising_loss(networks["score"](noisy, sigma), points, noisy, sigma[..., None]),)

    def stages(self, networks):
        return [Stage("score", networks["score"], {"points": ("n", 3), "sigma": (1, 1)}, ("score",))]

    def manifest(self):
        steps = {"fast": self.levels // 4, "balanced": self.levels // 2, "high": self.levels}
        return {
            "prediction": "score",
            "schedule": {"kind": "sigma", "sigmas": [float(s) for s in self.sigmas]},
            "sampling": {"eta": 1.0, "rho": 1.0, "inner": self.inner, "rate": self.rate, "final": True, "steps": steps},
        }

    def draw(self, rng, points, steps):
        draws = rng.standard_normal((1 + steps * self.inner, points, 3))
        draws[0] *= self.sigmas[-1]
        return {"point_draws": draws}

    def generate(self, call, draws, eta=1.0):
        """One cloud [n,3]; row 0 of the draws is the state at the noisiest level."""
        point_draws = draws["point_draws"]
        visited = clocks(self.levels, (len(point_draws) - 1) // self.inner)[:-1]
        sigmas = self.sigmas[np.array(visited) - 1]
        score = lambda x, i: call("score", x, [[sigmas[i]]])  # noqa: E731
        return samplers.langevin_chain(score, point_draws[0], sigmas, point_draws, self.inner, self.rate, True)
