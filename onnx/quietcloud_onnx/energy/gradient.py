"""An energy network exported as its score: the graph of the gradient, so that a runtime without autograd can climb it.

``make_fx`` records what the energy and its backward pass do as one plain graph of tensor operations, which then goes
through the exporter as any network does.
"""

import torch
from torch import nn
from torch._decomp import core_aten_decompositions
from torch.fx.experimental.proxy_tensor import make_fx


class Score(nn.Module):
    """-grad E with respect to the first input. ``energy(x, *others)`` [n] or [n,1], rows independent of each other."""

    def __init__(self, energy):
        super().__init__()
        self.energy = energy

    def forward(self, x, *others):
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            energy = self.energy(x, *others)
            return -torch.autograd.grad(energy, x, torch.ones_like(energy))[0]


def _size(x, axis):
    return x.shape[axis]


def _expand(x, sizes):
    return x.expand(sizes)


def _view(x, sizes):
    return x.reshape(sizes)


# The exporter follows sizes through tensors' own methods; through these operators it sees the example's numbers.
FOLLOWED = {torch.ops.aten.sym_size.int: _size, torch.ops.aten.expand.default: _expand, torch.ops.aten.view.default: _view}


def gradient_graph(energy, *example):
    """A module without autograd that computes ``Score(energy)``, for any number of rows."""
    energy = energy.eval().requires_grad_(False)
    graph = make_fx(Score(energy), core_aten_decompositions(), tracing_mode="symbolic", _allow_non_fake_inputs=True)(*example)
    for node in graph.graph.nodes:
        node.target = FOLLOWED.get(node.target, node.target)
    graph.recompile()
    return graph
