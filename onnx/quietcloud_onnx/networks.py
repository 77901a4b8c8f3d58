"""The default networks: the learned part of EdgeFeature in factorised form, conditioned on the noise level.

All lengths are in units of the local spacing, only relative positions enter: translation and scale change nothing.
An edge convolution over features is factorised, ``relu(A h_i + max_j B h_j)``: two matrix products per point instead
of one per edge (DGCNN's edge convolution with the same receptive field, 4-6 times cheaper on a CPU).

``rings`` lets a tile pay for its halo only where it must: rings[l] is the number of rows that layer l has to compute
(rows are sorted by their distance in hops from the tile's core). ``None`` computes every row in every layer.
"""

import math

import torch
from torch import nn

from .gather import gather_reduce, window_reduce
from .moments import crowding, edge_reduce


class Crowding(nn.Module):
    """Where a neighbourhood is crowded, [n,3 rings]: sums of the relative positions, weighted by hat functions of their
    length with learned radii. What evens out a cloud within its surface hangs on them."""

    def __init__(self, rings):
        super().__init__()
        radii = torch.linspace(0.8, 2.5, rings)
        self.slope, self.peak = nn.Parameter(-1 / radii), nn.Parameter(torch.ones(rings))

    def forward(self, edges):
        return crowding(edges, self.slope, self.peak)


class EdgeLayer(nn.Module):
    """Relative positions [n,k,3] -> features [n,width]: the neighbourhood's extent along learned
    directions, its share beyond learned planes, its moments, and where it is crowded."""

    def __init__(self, width, directions, extra, crowding=0):
        super().__init__()
        self.reach = nn.Linear(3, directions // 2, bias=False)
        self.share = nn.Linear(3, directions - directions // 2)
        self.mix = nn.Linear(directions + 9 + extra + 3 * crowding, width)
        self.crowding = Crowding(crowding) if crowding else None

    def forward(self, edges, condition):
        crowded = [self.crowding(edges)] if self.crowding else []
        seen = edge_reduce(edges, self.reach.weight.t(), self.share.weight.t(), self.share.bias)
        return torch.relu(self.mix(torch.cat([seen, *condition, *crowded], 1)))


class EdgeConv(nn.Module):
    """Residual factorised edge convolution; half of the channels take the maximum, half the mean. With ``windows`` they
    see where the neighbours lie, too."""

    def __init__(self, width, extra, windows=False):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.near = nn.Linear(width + extra, width)
        self.far = nn.Linear(width, width, bias=False)
        self.out = nn.Linear(width, width)
        # Nothing but 1 on the half that is a mean: a network without windows.
        flat = torch.cat([torch.zeros(width // 2), torch.ones(width - width // 2)])
        self.windows = nn.Parameter(torch.cat([torch.zeros(4, width), flat[None]])) if windows else None

    def forward(self, h, neighbors, edges, condition, rows):
        u = self.norm(h)
        own = u
        if rows is not None:
            h, own, neighbors, edges = h[:rows], u[:rows], neighbors[:rows], edges[:rows]
            condition = [c[:rows] for c in condition]
        if self.windows is None:
            around = gather_reduce(self.far(u), neighbors)
        else:
            around = window_reduce(self.far(u), neighbors, edges, self.windows)
        return h + self.out(torch.relu(self.near(torch.cat([own, *condition], 1)) + around))


def second_neighbors(edges, neighbors, sigma, rows):
    """Of the first ``rows`` points the edges [rows,k,3] to neighbours of their neighbours, one of each, and these [rows,k],
    in units of the point's own spacing; ``sigma`` [n,1] tells how the spacings of two points compare."""
    near, k = neighbors[:rows].long(), neighbors.shape[1]
    # Near ones of far ones and far ones of near ones: a stride that shares no factor with k takes every place once.
    stride = next(step for step in (7, 5, 3, 1) if math.gcd(step, k) == 1)
    picked = near * k + torch.arange(3, 3 + stride * k, stride, device=near.device) % k
    onward = edges.reshape(-1, 3)[picked] * (sigma[:rows, None] / sigma[near])
    return edges[:rows] + onward, neighbors.reshape(-1)[picked]


class Conditioned(nn.Module):
    """The part of a network that sees the graph and the level of noise: edges, neighbors, sigma -> features of every row
    that the last layer computes. The last ``wide`` of its layers look at neighbours of neighbours: two hops each."""

    def __init__(self, width, layers, directions, k, crowding=0, windows=False, wide=0):
        super().__init__()
        if not 0 <= wide < layers:
            raise ValueError(f"of {layers} layers, {wide} can't be wide: the first sees a point's own edges")
        self.reaches = [1] * (layers - 1 - wide) + [2] * wide
        self.hops = sum(self.reaches)
        self.embed = nn.Sequential(nn.Linear(2, 16), nn.SiLU())
        self.edge = EdgeLayer(width, directions, 16, crowding)
        self.convs = nn.ModuleList(EdgeConv(width, 16, windows) for _ in self.reaches)

    def features(self, edges, neighbors, sigma, rings):
        condition = [self.embed(torch.cat([torch.log(sigma + 1e-3), sigma], 1))]
        h, hop, wide = self.edge(edges, condition), 0, None
        for conv, reach in zip(self.convs, self.reaches):
            hop += reach
            rows = None if rings is None else rings[hop - 1]
            if reach == 2 and wide is None:
                wide = second_neighbors(edges, neighbors, sigma, rows)
            h = conv(h, *(wide or (edges, neighbors))[::-1], condition, rows)
        return h


class ScoreNetwork(Conditioned):
    """z_theta(x_a, sigma, F_T): the noise draw of every point, [n,3]; the score is -z_theta / sigma (METHOD 1).

    edges [n,k,3] float32   (x_j - x_i) / s_i
    neighbors [n,k] int32   row of each neighbour
    sigma [n,1] float32     sigma_t / s_i
    """

    def __init__(self, width=80, layers=6, directions=64, k=20, crowding=0, windows=False, wide=0):
        super().__init__(width, layers, directions, k, crowding, windows, wide)
        self.config = dict(width=width, layers=layers, directions=directions, k=k, crowding=crowding, windows=windows, wide=wide)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 3))
        nn.init.zeros_(self.head[-1].weight)

    def forward(self, edges, neighbors, sigma, rings=None):
        return self.head(self.features(edges, neighbors, sigma, rings))


class NoiseNetwork(nn.Module):
    """log(sigma / s_i) of every point, [n,1]: how noisy the scan is, seen from its neighbourhoods."""

    def __init__(self, width=32, layers=3, directions=32, k=20):
        super().__init__()
        self.config = dict(width=width, layers=layers, directions=directions, k=k)
        self.hops = layers - 1
        self.edge = EdgeLayer(width, directions, 0)
        self.convs = nn.ModuleList(EdgeConv(width, 0) for _ in range(layers - 1))
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, edges, neighbors, rings=None):
        h = self.edge(edges, [])
        for hop, conv in enumerate(self.convs):
            h = conv(h, neighbors, edges, [], None if rings is None else rings[hop])
        return self.head(h)


def build(config):
    """The two networks of a denoiser, by the configuration that a run's checkpoint holds."""
    return nn.ModuleDict({"score": ScoreNetwork(**config["score"]), "noise": NoiseNetwork(**config["noise"])})
