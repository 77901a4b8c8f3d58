"""DDPM and DDIM (METHOD 4): predict the noise of a cloud at step t, losses and variational bound of Ho et al. (2020)."""

import math

import numpy as np
import torch

from .. import samplers
from ..schedule import Schedule, clocks, shifted_cosine_sigmas
from ..set_networks import NoiseNet
from .base import Generator, Stage, spread_times


def weighted_loss(predicted, eps, weight):
    """Mean over clouds and coordinates of w_t ||eps - eps_theta||^2; predicted, eps [b,n,3], weight [b]."""
    return (weight * (predicted - eps).pow(2).mean((1, 2))).mean()


def bound_weights(schedule, variance="beta_tilde"):
    """beta_t^2 / (2 sigma_t^2 alpha_t (1 - alpha-bar_t)), t = 1..T; t = 1 with sigma_1^2 = beta_1, as L_0 has it."""
    chosen = schedule.beta_tilde.copy() if variance == "beta_tilde" else schedule.beta.copy()
    chosen[0] = schedule.beta[0]
    return schedule.beta**2 / (2 * chosen * schedule.alpha * schedule.beta_bar)


def prior_term(points, alpha_bar):
    """L_T = KL(q(x_T|x_0) || N(0,I)) in nats per point, mean over the batch [b,n,3]."""
    per_point = points.pow(2).sum(-1).mean()
    return 0.5 * (3 * (1 - alpha_bar) + alpha_bar * per_point - 3 - 3 * math.log(1 - alpha_bar))


@torch.no_grad()
def variational_bound(predict, points, schedule, variance="beta_tilde", draws=64, generator=None):
    """The bound on -log p(x_0) in nats per point (model units), as {"prior", "diffusion", "reconstruction", "total"}.

    predict(x_t, t [b] in 1..T) -> eps. The sum over t = 2..T is estimated from ``draws`` steps, L_0 from as many draws;
    p(x_0|x_1) = N(mu_theta(x_1, 1), beta_1 I), a density.
    """
    steps = len(schedule.beta)
    weights = torch.tensor(bound_weights(schedule, variance), dtype=torch.float32)

    def squared(t):
        """||eps - eps_theta||^2 per point at step t (1..T)."""
        eps = torch.randn(points.shape, generator=generator)
        x = math.sqrt(schedule.alpha_bar[t - 1]) * points + math.sqrt(schedule.beta_bar[t - 1]) * eps
        return (predict(x, torch.full((len(points),), t)) - eps).pow(2).sum(-1).mean()

    prior = prior_term(points, schedule.alpha_bar[-1])
    # t = 2..T, one draw in each of equal parts.
    offset = torch.rand(draws, generator=generator)
    chosen = 2 + ((torch.arange(draws) + offset) / draws * (steps - 1)).long().clamp(max=steps - 2)
    diffusion = (steps - 1) * torch.stack([weights[t - 1] * squared(int(t)) for t in chosen]).mean()
    if variance == "beta":
        ratio = schedule.beta_tilde[1:] / schedule.beta[1:]
        diffusion = diffusion + 1.5 * float((ratio - 1 - np.log(ratio)).sum())
    first = torch.stack([squared(1) for _ in range(draws)]).mean()
    reconstruction = 1.5 * math.log(2 * math.pi * schedule.beta[0]) + first / (2 * schedule.alpha[0])
    parts = {"prior": float(prior), "diffusion": float(diffusion), "reconstruction": float(reconstruction)}
    return {**parts, "total": sum(parts.values())}


class Ddpm(Generator):
    """eps_theta(x_t, t/T) under a shifted cosine schedule; weight "simple" or "bound"."""

    name, columns = "ddpm", ("noise",)
    defaults = {"schedule": {"low": 0.01, "high": 25.0, "middle": 0.4, "steps": 1000}, "weight": "simple", "network": {}}

    def __init__(self, **options):
        super().__init__(**options)
        self.chain = Schedule(shifted_cosine_sigmas(**self.schedule))
        weights = np.ones(len(self.chain.beta)) if self.weight == "simple" else bound_weights(self.chain)
        self.weights = torch.tensor(weights / weights.mean(), dtype=torch.float32)

    def networks(self):
        return torch.nn.ModuleDict({"score": NoiseNet(**self.network)})

    def losses(self, networks, batch, phase, progress):
        points = batch["points"]
        steps = len(self.chain.beta)
        t = (spread_times(len(points), points.device) * steps).long().clamp(max=steps - 1)
        signal, noise = (torch.tensor(np.sqrt(v), dtype=torch.float32, device=points.device)[t][:, None, None] for v in (self.chain.alpha_bar, self.chain.beta_bar))
        eps = torch.randn_like(points)
        predicted = networks["score"](signal * points + noise * eps, (t[:, None] + 1.0) / steps)
        return (weighted_loss(predicted, eps, self.weights.to(points.device)[t]),)

    def bound(self, networks, points, **options):
        """The variational bound of clouds [b,n,3] in nats per point."""
        steps = len(self.chain.beta)
        return variational_bound(lambda x, t: networks["score"](x, t[:, None] / steps), points, self.chain, **options)

    def stages(self, networks):
        return [Stage("score", networks["score"], {"points": ("n", 3), "time": (1, 1)}, ("noise",))]

    def manifest(self):
        return {
            "prediction": "noise",
            "schedule": {"kind": "beta", "betas": [float(b) for b in self.chain.beta]},
            "sampling": {"eta": 1.0, "rho": 1.0, "variance": "beta_tilde", "steps": {"fast": 50, "balanced": 200, "high": len(self.chain.beta)}},
        }

    def draw(self, rng, points, steps):
        return {"point_draws": rng.standard_normal((steps + 1, points, 3))}

    def generate(self, call, draws, eta=1.0):
        """One cloud [n,3]; call(role, *arrays) runs a network. As many steps as there are draws."""
        point_draws = draws["point_draws"]
        visited = clocks(len(self.chain.beta), len(point_draws) - 1)
        levels = samplers.levels_of(self.chain, visited)
        predict = lambda x, i: call("score", x, [[visited[i] / len(self.chain.beta)]])  # noqa: E731
        return samplers.reverse_chain(predict, point_draws[0], levels, point_draws, eta)
