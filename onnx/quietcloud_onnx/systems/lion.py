"""LION (METHOD 6; Zeng et al., 2022): a global and a point latent, and a diffusion model in each.

Symbols: global latent z [dz], point latents h [n, 3 + dh]. Phase 0 trains the autoencoder, phase 1 the two latent
diffusion models with the autoencoder frozen.
"""

import numpy as np
import torch

from .. import samplers
from ..schedule import Schedule, clocks, shifted_cosine_sigmas
from ..set_networks import GlobalEncoder, GlobalNoiseNet, NoiseNet, SetNetwork
from .base import Generator, Stage, spread_times
from .vae import divergence, reparametrize


class PointEncoder(torch.nn.Module):
    """q(h | x, z): starts as the points themselves, their extra features 0, with a deviation of about 0.14."""

    def __init__(self, latent, extra, **size):
        super().__init__()
        self.extra = extra
        self.net = SetNetwork(3, 2 * (3 + extra), latent, **size)

    def forward(self, points, latent):
        mean, log_sd = self.net(points, latent)[0].chunk(2, -1)
        return torch.nn.functional.pad(points, (0, self.extra)) + mean, (log_sd - 2).clamp(-8, 2)


class PointPrior(NoiseNet):
    """eps_psi(h_t, z_0, t)."""

    def forward(self, point_state, latent, time):
        return super().forward(point_state, time, latent)


class PointDecoder(torch.nn.Module):
    """p(x | h, z): the mean, which starts as the first three features of h."""

    def __init__(self, latent, extra, **size):
        super().__init__()
        self.net = SetNetwork(3 + extra, 3, latent, **size)

    def forward(self, point_latent, latent):
        return point_latent[..., :3] + self.net(point_latent, latent)[0]


def elbo_terms(points, decoded, z, h, sd):
    """(-log p(x|h,z) of a Gaussian of deviation ``sd`` without its constant, KL of z, KL of h), nats per point, means."""
    n = points.shape[1]
    reconstruction = (points - decoded).pow(2).flatten(1).sum(1) / (2 * sd**2)
    return [term.mean() / n for term in (reconstruction, divergence(*z), divergence(*h))]


class Lion(Generator):
    """ELBO with ``lambda_global`` and ``lambda_point`` before the divergences, then eps-prediction in both latents."""

    name, columns, phases = "lion", ("reconstruction", "kl_global", "kl_point", "global_prior", "point_prior"), (0.35, 0.65)
    defaults = {
        "latent": 32, "extra": 1, "sd": 0.15, "lambda_global": 0.01, "lambda_point": 1.0,
        "schedule": {"low": 0.01, "high": 25.0, "middle": 0.6, "steps": 1000},
        "encoder": {"blocks": 3}, "autoencoder": {"blocks": 2, "width": 48}, "global_prior": {"width": 192}, "point_prior": {},
    }

    def __init__(self, **options):
        super().__init__(**options)
        self.chain = Schedule(shifted_cosine_sigmas(**self.schedule))

    def networks(self):
        c = self.config
        return torch.nn.ModuleDict({
            "global_encoder": GlobalEncoder(self.latent, **self.encoder),
            "point_encoder": PointEncoder(self.latent, self.extra, **self.autoencoder),
            "decoder": PointDecoder(self.latent, self.extra, **self.autoencoder),
            "global_prior": GlobalNoiseNet(self.latent, **c["global_prior"]),
            "point_prior": PointPrior(3 + self.extra, self.latent, **c["point_prior"]),
        })  # fmt: skip

    def losses(self, networks, batch, phase, progress):
        points, zero = batch["points"], torch.zeros((), device=batch["points"].device)
        if phase == 0:
            z = networks["global_encoder"](points)
            z_draw = reparametrize(*z)
            h = networks["point_encoder"](points, z_draw)
            decoded = networks["decoder"](reparametrize(*h), z_draw)
            reconstruction, kl_z, kl_h = elbo_terms(points, decoded, z, h, self.sd)
            # The shape latent's price rises from next to nothing: paid in full from the start, it would stay unused.
            price = self.lambda_global * (0.01 + 0.99 * min(1.0, 2 * progress))
            return reconstruction, price * kl_z, self.lambda_point * kl_h, zero, zero
        with torch.no_grad():
            z = reparametrize(*networks["global_encoder"](points))
            h = reparametrize(*networks["point_encoder"](points, z))
        global_loss = self.diffusion_loss(networks["global_prior"], z)
        point_loss = self.diffusion_loss(lambda state, time: networks["point_prior"](state, z, time), h)
        return zero, zero, zero, global_loss, point_loss

    def diffusion_loss(self, predict, clean):
        """||eps - eps_theta(latent_t, t/T)||^2 per coordinate."""
        steps = len(self.chain.beta)
        t = (spread_times(len(clean), clean.device) * steps).long().clamp(max=steps - 1)
        shape = (-1, *[1] * (clean.dim() - 1))
        signal, noise = (torch.tensor(np.sqrt(v), dtype=torch.float32, device=clean.device)[t].view(shape) for v in (self.chain.alpha_bar, self.chain.beta_bar))
        eps = torch.randn_like(clean)
        return (predict(signal * clean + noise * eps, (t[:, None] + 1.0) / steps) - eps).pow(2).mean()

    def stages(self, networks):
        points, state, latent, time = ("n", 3), ("n", 3 + self.extra), (1, self.latent), (1, 1)
        inputs = {
            "global_encoder": ({"points": points}, ("mean", "log_sd")),
            "point_encoder": ({"points": points, "latent": latent}, ("mean", "log_sd")),
            "decoder": ({"point_latent": state, "latent": latent}, ("points",)),
            "global_prior": ({"latent_state": latent, "time": time}, ("noise",)),
            "point_prior": ({"point_state": state, "latent": latent, "time": time}, ("noise",)),
        }
        return [Stage(role, networks[role], *spec) for role, spec in inputs.items()]

    def manifest(self):
        return {
            "prediction": "noise",
            "schedule": {"kind": "beta", "betas": [float(b) for b in self.chain.beta]},
            "latent": {"global": self.latent, "point": 3 + self.extra},
            "sampling": {"eta": 1.0, "rho": 1.0, "variance": "beta_tilde", "steps": {"fast": 50, "balanced": 200, "high": len(self.chain.beta)}},
        }

    def draw(self, rng, points, steps):
        return {
            "point_draws": rng.standard_normal((steps + 1, points, 3 + self.extra)),
            "latent_draws": rng.standard_normal((steps + 1, 1, self.latent)),
        }

    def generate(self, call, draws, eta=1.0):
        """z_T -> z_0, then h_T -> h_0 given z_0, then the decoder."""
        visited = clocks(len(self.chain.beta), len(draws["point_draws"]) - 1)
        levels, time = samplers.levels_of(self.chain, visited), lambda i: [[visited[i] / len(self.chain.beta)]]
        latent, points = draws["latent_draws"], draws["point_draws"]
        z = samplers.reverse_chain(lambda x, i: call("global_prior", x, time(i)), latent[0], levels, latent, eta)
        h = samplers.reverse_chain(lambda x, i: call("point_prior", x, z, time(i)), points[0], levels, points, eta)
        return call("decoder", h, z)

    def reconstruct(self, call, points, draws):
        """The cloud [n,3] encoded (means of both posteriors) and decoded; takes no draws."""
        z = call("global_encoder", points)[0]
        return call("decoder", call("point_encoder", points, z)[0], z)
