"""VDM (METHOD 7; Kingma et al., 2021): continuous time, a learned monotone gamma, a bound in bits per dimension."""

import math

import numpy as np
import torch

from .. import samplers
from ..schedule import clocks
from ..set_networks import NoiseNet
from .base import Generator, Stage, spread_times

TABLE = 1000  # intervals of the exported gamma table


class Gamma(torch.nn.Module):
    """gamma(t), t in [0,1], rising from ``low`` to ``high``: a line plus sigmoids with positive weights (VDM, H).

    The ends are fixed: low = 2 log precision says how finely a coordinate is described (the density of points on a
    surface has no finite optimum), high leaves next to nothing of the signal. The way between them is learned.
    """

    def __init__(self, low, high, width=64):
        super().__init__()
        self.low, self.high = low, high
        self.line = torch.nn.Parameter(torch.zeros(()))
        self.weight = torch.nn.Parameter(torch.full((width,), -3.0))
        self.slope = torch.nn.Parameter(torch.full((width,), 2.0))
        self.center = torch.nn.Parameter(torch.linspace(0, 1, width))

    def _raw(self, t):
        """An increasing function and its derivative at t [b]."""
        line, weight, slope = (torch.nn.functional.softplus(p) for p in (self.line, self.weight, 4 * self.slope))
        gate = torch.sigmoid(slope * (t[:, None] - self.center))
        return line * t + (weight * gate).sum(1), line + (weight * slope * gate * (1 - gate)).sum(1)

    def forward(self, t):
        """gamma(t) and gamma'(t), both [b]."""
        ends, _ = self._raw(torch.tensor([0.0, 1.0], device=t.device))
        value, slope = self._raw(t)
        scale = (self.high - self.low) / (ends[1] - ends[0])
        return self.low + scale * (value - ends[0]), scale * slope


def noised(points, gamma, eps):
    """x_t = sqrt(sigmoid(-gamma)) x_0 + sqrt(sigmoid(gamma)) eps; gamma [b]."""
    wide = gamma[:, None, None]
    return torch.sigmoid(-wide).sqrt() * points + torch.sigmoid(wide).sqrt() * eps


def error(predict, points, gamma, eps):
    """||eps - eps^||^2 per coordinate, [b]."""
    return (predict(noised(points, gamma, eps), gamma[:, None]) - eps).pow(2).mean((1, 2))


def continuous_loss(predict, points, gamma, slope, eps, weight=1.0):
    """1/2 gamma'(t) w ||eps - eps^||^2 at every cloud's own time, nats per coordinate, [b]."""
    return 0.5 * slope * weight * error(predict, points, gamma, eps)


def discrete_loss(predict, points, gamma_upper, gamma_lower, eps, steps):
    """T/2 expm1(gamma(i/T) - gamma((i-1)/T)) ||eps - eps^||^2 at every cloud's own i, nats per coordinate, [b]."""
    return steps / 2 * torch.expm1(gamma_upper - gamma_lower) * error(predict, points, gamma_upper, eps)


def prior_loss(points, gamma_end):
    """KL(q(x_1|x_0) || N(0,I)), nats per coordinate, mean over the batch."""
    variance, signal = 1 / (1 + math.exp(-gamma_end)), 1 / (1 + math.exp(gamma_end))
    return 0.5 * (variance + signal * points.pow(2).mean() - 1 - math.log(variance))


def reconstruction_loss(gamma_start):
    """E -log N(x_0; z_0/alpha_0, e^gamma(0) I), nats per coordinate: a density, the same for every cloud."""
    return 0.5 * (math.log(2 * math.pi) + gamma_start + 1)


@torch.no_grad()
def bound(predict, gamma, points, steps=None, draws=64):
    """The bound on -log2 p(x_0) in bits per dimension (model units), continuous or with ``steps`` steps."""
    parts = []
    for _ in range(draws):
        t, eps = spread_times(len(points)), torch.randn_like(points)
        if steps is None:
            parts.append(continuous_loss(predict, points, *gamma(t), eps))
        else:
            i = (t * steps).floor().clamp(max=steps - 1) + 1
            parts.append(discrete_loss(predict, points, gamma(i / steps)[0], gamma((i - 1) / steps)[0], eps, steps))
    terms = {
        "prior": float(prior_loss(points, gamma.high)),
        "reconstruction": reconstruction_loss(gamma.low),
        "diffusion": float(torch.stack(parts).mean()),
    }
    terms = {name: value / math.log(2) for name, value in terms.items()}
    return {**terms, "total": sum(terms.values())}


class Vdm(Generator):
    """``power`` p of the weight w(SNR) = (1 + SNR)^-p: 0 trains on the bound itself, more looks less at fine detail."""

    name, columns = "vdm", ("diffusion",)
    defaults = {"precision": 0.01, "high": 6.0, "power": 0.25, "network": {"fourier": [-2, 2]}}

    def networks(self):
        low = 2 * math.log(self.precision)
        return torch.nn.ModuleDict({"gamma": Gamma(low, self.high), "score": NoiseNet(span=(low, self.high), **self.network)})

    def losses(self, networks, batch, phase, progress):
        points = batch["points"]
        gamma, slope = networks["gamma"](spread_times(len(points), points.device))
        weight = torch.sigmoid(gamma.detach()) ** self.power
        loss = continuous_loss(networks["score"], points, gamma, slope, torch.randn_like(points), weight)
        # The expected loss does not depend on gamma between its ends; what gamma can do is lower the variance of the
        # estimate. d E[l^2] = E[2 l dl], so gamma's share of the gradient is scaled by 2 l (VDM, I.2).
        factor = 2 * loss.detach()
        for tensor in (gamma, slope):
            if tensor.requires_grad:
                tensor.register_hook(lambda g: g * factor)
        return (loss.mean(),)

    def bound(self, networks, points, **options):
        return bound(networks["score"], networks["gamma"], points, **options)

    def stages(self, networks):
        return [Stage("score", networks["score"], {"points": ("n", 3), "gamma": (1, 1)}, ("noise",))]

    def freeze(self, networks):
        """The learned gamma as the table that the bundle carries, gamma(i / TABLE)."""
        with torch.no_grad():
            self.table = networks["gamma"](torch.linspace(0, 1, TABLE + 1))[0].double().numpy()

    def restore(self, manifest):
        self.table = np.array(manifest["schedule"]["gammas"])

    def manifest(self):
        return {
            "prediction": "noise",
            "schedule": {"kind": "gamma", "gammas": [float(g) for g in self.table]},
            "sampling": {"eta": 1.0, "rho": 1.0, "steps": {"fast": 50, "balanced": 200, "high": TABLE}},
        }

    def draw(self, rng, points, steps):
        return {"point_draws": rng.standard_normal((steps + 1, points, 3))}

    def generate(self, call, draws, eta=1.0):
        point_draws = draws["point_draws"]
        gammas = self.table[clocks(TABLE, len(point_draws) - 1)]
        return samplers.vdm_chain(lambda x, i: call("score", x, [[gammas[i]]]), point_draws[0], gammas, point_draws)
