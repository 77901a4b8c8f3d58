"""Larger networks that begin as the function that a smaller one has learned."""

import re

import torch

# Weights that a layer's channels enter by, and those that have a row for each channel (windows: a column).
TAKES, HAS = r"convs\.\d+\.(near|far|out)\.weight|head\.[13]\.weight", r"edge\.mix\.|convs\.\d+\.(norm|near|far|out)\.|head\.[01]\."


def grow(networks, smaller):
    """Loads the weights ``smaller`` of a run whose networks have fewer layers or inputs, or half of the width: columns that are
    new are zero, layers that are new add nothing, and channels are there twice (``widen``)."""
    state = networks.state_dict()
    for name, channels in list(smaller.items()):
        if not name.endswith("edge.mix.bias") or name not in state or len(state[name]) == len(channels):
            continue
        if len(state[name]) != 2 * len(channels):
            raise ValueError(f"{name}: a width of {len(channels)} grows to twice that, not to {len(state[name])}")
        smaller = smaller | widen(smaller, name.removesuffix("edge.mix.bias"))
    for name, value in state.items():
        if name not in smaller:
            if re.search(r"convs\.\d+\.out\.", name):
                value.zero_()
        elif value.shape == smaller[name].shape:
            value.copy_(smaller[name])
        else:
            value.zero_()
            value[tuple(slice(size) for size in smaller[name].shape)] = smaller[name]


def widen(weights, prefix="", seed=0):
    """The weights of the network ``prefix`` with every channel twice, side by side, so that each keeps its half (of those that
    take the maximum, or the mean) and layer norms see what they saw. What enters from a channel comes from its two in shares
    that are random, so that they learn to differ (Net2Net, Chen et al. 2016)."""
    generator = torch.Generator().manual_seed(seed)
    width, result = len(weights[prefix + "edge.mix.bias"]), {}
    for name, value in weights.items():
        part = name.removeprefix(prefix)
        if not name.startswith(prefix):
            continue
        if re.match(HAS, part):
            value = value.repeat_interleave(2, 0)
        elif part.endswith(".windows"):
            value = value.repeat_interleave(2, 1)
        if re.match(TAKES, part):
            channels, rest = value[:, :width], value[:, width:]
            share = channels.std() / 2 * torch.randn(channels.shape, generator=generator)
            value = torch.cat([torch.stack([channels / 2 + share, channels / 2 - share], 2).flatten(1), rest], 1)
        result[name] = value
    return result
