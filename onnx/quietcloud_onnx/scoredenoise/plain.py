"""A plain reimplementation of the published network, in the layout of the public checkpoints' state dicts.

The features come from densely connected edge convolutions over a graph that every block builds anew among its own
features (the dynamic graph of DGCNN), within a patch; absolute positions on the unit sphere enter. Written from the
paper (Luo & Hu, ICCV 2021) and the names and shapes of the state dict; layers without a choice in them (kernel-1
convolutions over points) are kept as such, because their weights are stored that way.

``feature_net.transforms.I.linear``, ``feature_net.convs.I.{layer_first,layers.J,layer_last}.linear``;
``score_net.conv_p``, ``score_net.blocks.I.{bn_0,bn_1,fc_0,fc_1,fc_c}``, ``score_net.bn_out``, ``score_net.conv_out``.
"""

import torch
from torch import nn

K = 16  # neighbours in feature space; not in the state dict


def nearest_rows(x, k):
    """The k rows of x [n,c] nearest to each row after the very nearest, which is the row itself, [n,k].

    From the Gram matrix in double precision: single would lose the differences of distances that decide."""
    d = (x - x.mean(0)).double()
    square = (d * d).sum(1)
    distance = square[:, None] + square - 2 * d @ d.T
    return torch.topk(distance, k + 1, 1, largest=False).indices[:, 1:]


class Layer(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)

    def forward(self, x):
        return self.linear(x)


class DenseEdgeConv(nn.Module):
    """Each layer sees what all before it gave; the maximum over the neighbours is taken at the end."""

    def __init__(self, channels, growth, inner, relative, k=K):
        super().__init__()
        self.relative, self.k = relative, k
        self.layer_first = Layer(channels if relative else 3 * channels, growth)
        self.layers = nn.ModuleList(Layer(channels + (i + 1) * growth, growth) for i in range(inner))
        self.layer_last = Layer(channels + (inner + 1) * growth, growth)

    def forward(self, x, rows):
        around = x[rows]
        own = x[:, None].expand(-1, self.k, -1)
        edge = around - own if self.relative else torch.cat([own, around, around - own], 2)
        y = torch.cat([torch.relu(self.layer_first(edge)), own], 2)
        for layer in self.layers:
            y = torch.cat([torch.relu(layer(y)), y], 2)
        return torch.cat([self.layer_last(y), y], 2).amax(1)


class Features(nn.Module):
    """points [n,3] of one patch -> [n,features]. The first block compares positions only, relative to the point."""

    hops = 0

    def __init__(self, channels=24, growth=12, inner=1, blocks=4, k=K, patch=0):
        super().__init__()
        self.transforms, self.convs, inputs = nn.ModuleList(), nn.ModuleList(), 3
        for block in range(blocks):
            self.transforms.append(Layer(inputs, channels))
            self.convs.append(DenseEdgeConv(channels, growth, inner, block == 0, k))
            inputs = channels + (inner + 2) * growth
        self.features = inputs
        self.patch = patch  # rows of a patch where several lie side by side; 0: all are one

    def graph(self, x):
        if not self.patch:
            return nearest_rows(x, self.convs[0].k)
        parts = [nearest_rows(part, self.convs[0].k) + i * self.patch for i, part in enumerate(x.detach().split(self.patch))]
        return torch.cat(parts)

    def forward(self, points):
        x = points
        for block, (transform, conv) in enumerate(zip(self.transforms, self.convs)):
            x = transform(x) if block == 0 else torch.relu(transform(x))
            x = conv(x, self.graph(x))
        return x


class Block(nn.Module):
    def __init__(self, width, condition):
        super().__init__()
        self.bn_0, self.bn_1 = nn.BatchNorm1d(width), nn.BatchNorm1d(width)
        self.fc_0, self.fc_1 = nn.Conv1d(width, width, 1), nn.Conv1d(width, width, 1)
        self.fc_c = nn.Conv1d(condition, width, 1)
        nn.init.zeros_(self.fc_1.weight)

    def forward(self, x, around):
        inner = self.fc_0(torch.relu(self.bn_0(x)))
        return x + self.fc_1(torch.relu(self.bn_1(inner))) + self.fc_c(around)


class Score(nn.Module):
    """offsets [m,3], features [m,features] -> score [m,3]."""

    def __init__(self, features=60, width=128, blocks=4):
        super().__init__()
        self.conv_p = nn.Conv1d(3 + features, width, 1)
        self.blocks = nn.ModuleList(Block(width, 3 + features) for _ in range(blocks))
        self.bn_out = nn.BatchNorm1d(width)
        self.conv_out = nn.Conv1d(width, 3, 1)

    def forward(self, offsets, features):
        around = torch.cat([offsets, features], 1)[:, :, None]
        x = self.conv_p(around)
        for block in self.blocks:
            x = block(x, around)
        return self.conv_out(torch.relu(self.bn_out(x)))[:, :, 0]


def from_state_dict(state, k=K):
    """ModuleDict(features, score) with the weights of a state dict in the public layout.

    Raises ValueError where a key is missing or left over, or a shape does not fit."""
    try:
        first = state["feature_net.convs.0.layer_first.linear.weight"]
        numbered = lambda start: len({key[len(start) :].split(".")[0] for key in state if key.startswith(start)})
        networks = nn.ModuleDict({
            "features": Features(first.shape[1], first.shape[0], numbered("feature_net.convs.0.layers."), numbered("feature_net.convs."), k),
            "score": Score(state["score_net.conv_p.weight"].shape[1] - 3, state["score_net.conv_p.weight"].shape[0], numbered("score_net.blocks.")),
        })
        names = {"feature_net.": "features.", "score_net.": "score."}
        renamed = {}
        for key, value in state.items():
            start = next((s for s in names if key.startswith(s)), None)
            if start is None:
                raise ValueError(f"{key}: neither feature_net nor score_net")
            renamed[names[start] + key[len(start) :]] = value
        networks.load_state_dict(renamed)
    except (KeyError, RuntimeError, IndexError) as error:
        raise ValueError(f"not a state dict of the public ScoreDenoise: {error}") from None
    return networks.eval()
