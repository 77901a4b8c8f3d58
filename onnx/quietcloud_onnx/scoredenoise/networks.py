"""Our ScoreDenoise: features of every scan point from its neighbour graph, and the score around it.

Lengths are in units of the point's local spacing s_i, only relative positions enter: translation and scale change
nothing. The score is the displacement to the surface, as in the public implementation (not divided by a variance).
"""

import torch
from torch import nn

from ..networks import EdgeConv, EdgeLayer


class FeatureNetwork(nn.Module):
    """Features h of every scan point, [n,features].

    edges [n,k,3] float32   (Y_j - Y_i) / s_i
    neighbors [n,k] int32   row of each neighbour
    """

    def __init__(self, width=80, layers=6, directions=64, k=20, features=48):
        super().__init__()
        self.config = dict(width=width, layers=layers, directions=directions, k=k, features=features)
        self.hops = layers - 1
        self.edge = EdgeLayer(width, directions, 0)
        self.convs = nn.ModuleList(EdgeConv(width, 0) for _ in range(layers - 1))
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, features))

    def forward(self, edges, neighbors, rings=None):
        h = self.edge(edges, [])
        for hop, conv in enumerate(self.convs):
            h = conv(h, neighbors, edges, [], None if rings is None else rings[hop])
        return self.head(h)


class LocalScore(nn.Module):
    """S_i(x), [m,3] in units of s_i: where the surface lies, seen from positions around scan points.

    offsets [m,3]           (x - Y_i) / s_i
    features [m,features]   h_i
    """

    def __init__(self, features=48, width=64, blocks=2):
        super().__init__()
        self.config = dict(features=features, width=width, blocks=blocks)
        self.first = nn.Linear(3 + features, width)
        self.inner = nn.ModuleList(nn.Linear(width, width) for _ in range(blocks))
        self.outer = nn.ModuleList(nn.Linear(width + 3 + features, width) for _ in range(blocks))
        self.last = nn.Linear(width, 3)
        nn.init.zeros_(self.last.weight)

    def forward(self, offsets, features):
        around = torch.cat([offsets, features], 1)
        h = self.first(around)
        for inner, outer in zip(self.inner, self.outer):
            h = h + outer(torch.cat([torch.relu(inner(torch.relu(h))), around], 1))
        return self.last(torch.relu(h))
