"""Small networks over whole clouds, for the generative systems: order of the points and their number are free.

Every block pools the cloud into a few learned means (attention over the points, so that the result does not depend on
how many there are), adds them to a context vector, and lets the context scale and shift the features of each point
(PointNet's pooled context with FiLM instead of concatenation). No neighbours: cheap on a CPU, O(n).

Batched here: points [b,n,d], level and latents [b,*]. ``Unbatched`` gives what is exported: [n,d] and [1,*].
"""

import math

import torch
from torch import nn


def fourier_features(x, low, high):
    """sin(2^n pi x), cos(2^n pi x) for n = low .. high beside x itself (METHOD 7): [..., d] -> [..., d (1 + 2 (high - low + 1))]."""
    bands = [x]
    for n in range(low, high + 1):
        angle = x * (2.0**n * math.pi)
        bands += [torch.sin(angle), torch.cos(angle)]
    return torch.cat(bands, -1)


class Pool(nn.Module):
    """[b,n,width] -> [b, heads * value]: ``heads`` weighted means over the points."""

    def __init__(self, width, heads, value):
        super().__init__()
        self.weight, self.value = nn.Linear(width, heads), nn.Linear(width, value)

    def forward(self, h):
        return (self.weight(h).softmax(1).transpose(1, 2) @ self.value(h)).flatten(1)


class Block(nn.Module):
    def __init__(self, width, context, heads, value):
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.pool = Pool(width, heads, value)
        self.gather = nn.Sequential(nn.Linear(heads * value + context, context), nn.SiLU(), nn.Linear(context, context))
        self.film = nn.Linear(context, 2 * width)
        self.inner, self.outer = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, h, context):
        u = self.norm(h)
        context = context + self.gather(torch.cat([self.pool(u), context], 1))
        scale, shift = self.film(torch.nn.functional.silu(context)).unsqueeze(1).chunk(2, -1)
        return h + self.outer(torch.nn.functional.silu(self.inner(u) * (1 + scale) + shift)), context


class SetNetwork(nn.Module):
    """Points [b,n,inputs] and a condition [b,condition] -> per-point outputs [b,n,outputs] and a context [b,context]."""

    def __init__(self, inputs=3, outputs=3, condition=0, width=64, context=96, blocks=5, heads=12, value=12, fourier=(-2, 1)):
        super().__init__()
        self.fourier = tuple(fourier)
        bands = 1 + 2 * (self.fourier[1] - self.fourier[0] + 1)
        self.enter = nn.Linear(inputs * bands, width)
        self.begin = nn.Linear(max(condition, 1), context)
        self.blocks = nn.ModuleList(Block(width, context, heads, value) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, outputs)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, points, condition=None):
        h = self.enter(fourier_features(points, *self.fourier))
        if condition is None:
            condition = torch.ones_like(points[:, 0, :1])
        context = self.begin(condition)
        for block in self.blocks:
            h, context = block(h, context)
        return self.leave(self.norm(h)), context


class NoiseNet(nn.Module):
    """eps_theta(x_t, level, latent): [b,n,d] at a level [b,1] given as what the system exports (time, gamma or sigma).

    The level is brought to 0 .. 1 by ``span``; "log" does so with its logarithm.
    """

    def __init__(self, dims=3, latent=0, span=(0.0, 1.0), log=False, **size):
        super().__init__()
        self.span, self.log = tuple(span), log
        self.embed = nn.Sequential(nn.Linear(13, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU())
        self.net = SetNetwork(dims, dims, 64 + latent, **size)
        # Mostly noise is mostly its own prediction: a learned share of x, so that the network need not carry it.
        self.share = nn.Linear(64, 1)
        nn.init.zeros_(self.share.weight)
        nn.init.zeros_(self.share.bias)

    def forward(self, points, level, latent=None):
        level = (level.log() if self.log else level) - self.span[0]
        embedded = self.embed(fourier_features(level / (self.span[1] - self.span[0]), -1, 4))
        condition = embedded if latent is None else torch.cat([embedded, latent], 1)
        return self.net(points, condition)[0] + points * self.share(embedded).unsqueeze(1)


class GlobalNoiseNet(nn.Module):
    """eps_theta of a global latent [b,d] at time [b,1]: a residual perceptron."""

    def __init__(self, dims, width=256, blocks=3):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(13, 64), nn.SiLU())
        self.enter = nn.Linear(dims + 64, width)
        self.blocks = nn.ModuleList(nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)) for _ in range(blocks))
        self.leave = nn.Linear(width, dims)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, state, time):
        h = self.enter(torch.cat([state, self.embed(fourier_features(time, -1, 4))], 1))
        for block in self.blocks:
            h = h + block(h)
        return self.leave(h)


class GlobalEncoder(nn.Module):
    """q(z | x): points [b,n,3] -> mean [b,latent], log_sd [b,latent]."""

    def __init__(self, latent, context=96, **size):
        super().__init__()
        self.net = SetNetwork(3, 1, 0, context=context, **size)
        self.head = nn.Sequential(nn.SiLU(), nn.Linear(context, 2 * latent))

    def forward(self, points):
        mean, log_sd = self.head(self.net(points)[1]).chunk(2, 1)
        return mean, log_sd.clamp(-10, 3)


class Unbatched(nn.Module):
    """The network as it is exported: point tensors (those named in ``pointwise``) [n,d] without the batch axis."""

    def __init__(self, network, names, pointwise):
        super().__init__()
        self.network, self.lift = network, [name in pointwise for name in names]

    def forward(self, *tensors):
        result = self.network(*(t.unsqueeze(0) if lift else t for t, lift in zip(tensors, self.lift)))
        drop = lambda r: r.squeeze(0) if r.dim() == 3 else r  # noqa: E731
        return tuple(map(drop, result)) if isinstance(result, tuple) else drop(result)
