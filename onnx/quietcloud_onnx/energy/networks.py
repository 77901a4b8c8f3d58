"""A local energy for denoising: how unlikely a point is at a place, given its neighbourhood and the level of noise.

The score of a cloud is that of each point while the others rest. Lengths are in units of the local spacing s_i, so the
score is in units of 1 / s_i.
"""

import torch
from torch import nn

from ..networks import Conditioned
from .gradient import gradient_graph


class LocalEnergy(nn.Module):
    """E(d | h, sigma) [n,1]: of moving a point by ``d`` [n,3] in units of its local spacing.

    In d / sigma, because a level's score is of the order of 1 / sigma. Smooth activations: the gradient of the energy is
    what is trained."""

    def __init__(self, width, hidden):
        super().__init__()
        self.place = nn.Linear(3, hidden, bias=False)
        self.around = nn.Linear(width, hidden)
        self.middle = nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, 1, bias=False)

    def forward(self, d, h, sigma):
        first = nn.functional.silu(self.place(d / sigma) + self.around(h))
        return self.last(nn.functional.silu(self.middle(first)))


class EnergyNetwork(Conditioned):
    """-grad E of every point where it is, [n,3] in units of 1 / s_i.

    edges [n,k,3] float32   (x_j - x_i) / s_i
    neighbors [n,k] int32   row of each neighbour
    sigma [n,1] float32     sigma / s_i
    """

    def __init__(self, width=48, layers=5, directions=48, k=20, hidden=64):
        super().__init__(width, layers, directions, k)
        self.config = dict(width=width, layers=layers, directions=directions, k=k, hidden=hidden)
        self.norm = nn.LayerNorm(width)
        self.energy = LocalEnergy(width, hidden)
        self.climb = self.gradient

    def gradient(self, d, h, sigma):
        with torch.enable_grad():
            energy = self.energy(d.requires_grad_(), h, sigma)
            return -torch.autograd.grad(energy, d, torch.ones_like(energy), create_graph=self.training)[0]

    def forward(self, edges, neighbors, sigma, rings=None):
        h = self.norm(self.features(edges, neighbors, sigma, rings))
        return self.climb(torch.zeros_like(h[:, :3]), h, sigma[: h.shape[0]])

    def traceable(self):
        """The same with the energy's gradient as a plain graph, for the export."""
        width = self.norm.normalized_shape[0]
        example = torch.zeros(7, 3), torch.zeros(7, width), torch.ones(7, 1)
        self.climb = gradient_graph(self.energy, *example)
        return self
