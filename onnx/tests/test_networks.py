import numpy as np
import torch

from quietcloud_onnx.gather import _library, gather_reduce
from quietcloud_onnx.graph import knn_graph, relative_edges
from quietcloud_onnx.networks import NoiseNetwork, ScoreNetwork


def cloud(n=700, seed=0):
    return np.random.default_rng(seed).random((n, 3)) * [20, 20, 1]


def inputs(points, k=12):
    neighbors, spacing = knn_graph(points, k)
    sigma = torch.full((len(points), 1), 0.5)
    return torch.from_numpy(relative_edges(points, neighbors, spacing)), torch.from_numpy(neighbors), sigma


def network():
    torch.manual_seed(0)
    net = ScoreNetwork(width=16, layers=4, directions=16, k=12).eval()
    torch.nn.init.normal_(net.head[-1].weight)
    return net


@torch.no_grad()
def test_translation_and_scale_change_nothing():
    points = cloud()
    here = network()(*inputs(points))
    there = network()(*inputs(points * 1e-3 + [5.0, -3.0, 2.0]))
    assert (here - there).abs().max() < 1e-3 * here.abs().max()


@torch.no_grad()
def test_the_kernel_equals_plain_pytorch_forward_and_backward():
    if _library() is None:
        raise AssertionError("no C compiler: the training kernel could not be built")
    torch.manual_seed(1)
    b, neighbors = torch.randn(50, 10), torch.randint(0, 50, (50, 7), dtype=torch.int32)
    around = b[neighbors.long()]
    plain = torch.cat([around[..., :5].amax(1), around[..., 5:].mean(1)], 1)
    assert torch.allclose(gather_reduce(b, neighbors), plain, atol=1e-6)
    with torch.enable_grad():
        seed = torch.randn(50, 10)
        mine, theirs = b.clone().requires_grad_(), b.clone().requires_grad_()
        gather_reduce(mine, neighbors).backward(seed)
        around = theirs[neighbors.long()]
        torch.cat([around[..., :5].amax(1), around[..., 5:].mean(1)], 1).backward(seed)
    assert torch.allclose(mine.grad, theirs.grad, atol=1e-5)


@torch.no_grad()
def test_rings_drop_rows_without_changing_the_core():
    """A tile with its halo gives the core the same answer as the whole cloud."""
    net, points = network(), cloud()
    edges, neighbors, sigma = inputs(points)
    whole = net(edges, neighbors, sigma)
    reached, rings, order = set(range(60)), [], list(range(60))
    counts = [60]
    for _ in range(net.hops):
        fresh = sorted(set(neighbors[order].flatten().tolist()) - reached)
        reached |= set(fresh)
        order += fresh
        counts.append(len(order))
    rings = torch.tensor(counts[-2::-1])
    local = {g: i for i, g in enumerate(order)}
    index = torch.tensor([[local.get(j, i) for j in neighbors[g].tolist()] for i, g in enumerate(order)], dtype=torch.int32)
    tile = net(edges[order], index, sigma[order], rings)
    assert tile.shape == (60, 3) and (tile - whole[:60]).abs().max() < 1e-5


@torch.no_grad()
def test_noise_network_shape():
    net = NoiseNetwork(width=16, layers=3, directions=8, k=12).eval()
    edges, neighbors, _ = inputs(cloud())
    assert net(edges, neighbors).shape == (700, 1)
