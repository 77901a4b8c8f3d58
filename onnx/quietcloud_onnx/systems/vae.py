"""A variational autoencoder over clouds (METHOD 5): one global latent, a decoder that moves random seeds onto the shape."""

import torch

from ..set_networks import GlobalEncoder, SetNetwork
from .base import Generator, Stage


def chamfer(a, b):
    """Squared Chamfer distance of [b,n,3] and [b,m,3]: mean over a of the squared distance to b plus the reverse, [b]."""
    squared = torch.cdist(a, b).pow(2)
    return squared.amin(2).mean(1) + squared.amin(1).mean(1)


def divergence(mean, log_sd):
    """KL(N(mean, sd^2) || N(0, I)) = 1/2 (||mean||^2 + sd^2 - 2 log sd - 1), summed over all but the batch axis, [b]."""
    return 0.5 * (mean.pow(2) + (2 * log_sd).exp() - 2 * log_sd - 1).flatten(1).sum(1)


def reparametrize(mean, log_sd):
    return mean + log_sd.exp() * torch.randn_like(mean)


class Decoder(torch.nn.Module):
    """Seeds [b,n,3], standard normal draws, and a latent [b,d] -> points [b,n,3]."""

    def __init__(self, latent, **size):
        super().__init__()
        self.net = SetNetwork(3, 3, latent, **size)

    def forward(self, latent, seeds):
        return seeds + self.net(seeds, latent)[0]


class Vae(Generator):
    """Loss in nats per point: Chamfer / (4 sd^2), a Gaussian of deviation ``sd`` around the nearest point, half of the
    weight each way, and the divergence."""

    name, columns = "vae", ("reconstruction", "divergence")
    defaults = {"latent": 32, "sd": 0.1, "encoder": {"blocks": 3}, "decoder": {"blocks": 5}}

    def networks(self):
        return torch.nn.ModuleDict({"encoder": GlobalEncoder(self.latent, **self.encoder), "decoder": Decoder(self.latent, **self.decoder)})

    def losses(self, networks, batch, phase, progress):
        points = batch["points"]
        mean, log_sd = networks["encoder"](points)
        decoded = networks["decoder"](reparametrize(mean, log_sd), torch.randn_like(points))
        reconstruction = chamfer(points, decoded).mean() / (4 * self.sd**2)
        return reconstruction, divergence(mean, log_sd).mean() / points.shape[1]

    def stages(self, networks):
        return [
            Stage("encoder", networks["encoder"], {"points": ("n", 3)}, ("mean", "log_sd")),
            Stage("decoder", networks["decoder"], {"latent": (1, self.latent), "seeds": ("n", 3)}, ("points",)),
        ]

    def manifest(self):
        return {"latent": {"global": self.latent}}

    def draw(self, rng, points, steps):
        return {"point_draws": rng.standard_normal((1, points, 3)), "latent_draws": rng.standard_normal((1, 1, self.latent))}

    def generate(self, call, draws, eta=1.0):
        return call("decoder", draws["latent_draws"][0], draws["point_draws"][0])

    def reconstruct(self, call, points, draws):
        """The cloud [n,3] encoded (the posterior's mean) and decoded from the seeds in ``draws``."""
        return call("decoder", call("encoder", points)[0], draws["point_draws"][0])
