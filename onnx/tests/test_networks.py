import numpy as np
import pytest
import torch

from quietcloud_onnx import moments, operators
from quietcloud_onnx.gather import gather_reduce, window_reduce
from quietcloud_onnx.graph import knn_graph, relative_edges
from quietcloud_onnx.grow import grow
from quietcloud_onnx.native import library
from quietcloud_onnx.networks import Crowding, NoiseNetwork, ScoreNetwork, second_neighbors


def cloud(n=700, seed=0):
    return np.random.default_rng(seed).random((n, 3)) * [20, 20, 1]


def inputs(points, k=12):
    neighbors, spacing = knn_graph(points, k)
    sigma = torch.full((len(points), 1), 0.5)
    return torch.from_numpy(relative_edges(points, neighbors, spacing)), torch.from_numpy(neighbors), sigma


def network(**other):
    torch.manual_seed(0)
    net = ScoreNetwork(width=16, layers=4, directions=16, k=12, **other).eval()
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
    if library() is None:
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


def test_the_window_kernel_equals_plain_pytorch_forward_and_backward():
    torch.manual_seed(2)
    neighbors, edges, seed = torch.randint(0, 50, (50, 7), dtype=torch.int32), torch.randn(50, 7, 3), torch.randn(50, 42)

    def plain(b, windows):
        around, (x, y, z, square, offset) = b[neighbors.long()], windows
        bowl = edges[..., :1] * x + edges[..., 1:2] * y + edges[..., 2:] * z + (edges**2).sum(2, keepdim=True) * square + offset
        return torch.cat([(around + bowl)[..., :21].amax(1), (around * bowl.clamp(min=0))[..., 21:].mean(1)], 1)

    results = []
    for reduce in (plain, lambda b, windows: window_reduce(b, neighbors, edges, windows)):
        torch.manual_seed(3)
        b, windows = torch.randn(50, 42, requires_grad=True), torch.randn(5, 42, requires_grad=True)
        out = reduce(b, windows)
        out.backward(seed)
        results.append((out.detach(), b.grad, windows.grad))
    assert all(torch.allclose(mine, theirs, atol=1e-4) for mine, theirs in zip(*results))


def test_the_kernels_of_the_first_layer_equal_plain_pytorch_forward_and_backward():
    torch.manual_seed(4)
    edges = torch.randn(60, 9, 3)
    for kernel, plain, shapes in (
        (moments.edge_reduce, operators.EdgeReduce, [(3, 7), (3, 5), (5,)]),
        (moments.crowding, operators.Crowding, [(4,), (4,)]),
    ):
        weights = [torch.randn(*shape) for shape in shapes]
        results = []
        for reduce in (kernel, lambda *args: plain.forward(None, *args)):
            mine = [weight.clone().requires_grad_() for weight in weights]
            out = reduce(edges, *mine)
            out.backward(torch.sin(torch.arange(out.numel()).float()).reshape(out.shape))
            results.append([out.detach(), *(weight.grad for weight in mine)])
        assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(*results))
        # Where the edges want a gradient, as those of an energy do, they get it.
        wanted = edges.clone().requires_grad_()
        kernel(wanted, *weights).sum().backward()
        assert wanted.grad.abs().sum() > 0


@torch.no_grad()
def test_windows_begin_as_none():
    torch.manual_seed(0)
    plain, seen = ScoreNetwork(16, 4, 16, 12), ScoreNetwork(16, 4, 16, 12, windows=True)
    torch.nn.init.normal_(plain.head[-1].weight)
    grow(seen, plain.state_dict())
    given = inputs(cloud())
    assert (plain(*given) - seen(*given)).abs().max() < 1e-5


@torch.no_grad()
def test_second_neighbors_lie_where_their_edges_say():
    """In a cloud whose density varies, so that spacings differ."""
    points = cloud() ** 1.5
    neighbors, spacing = knn_graph(points, 12)
    edges, index = torch.from_numpy(relative_edges(points, neighbors, spacing)), torch.from_numpy(neighbors)
    sigma = torch.from_numpy(0.5 / spacing[:, None]).float()
    onward, second = second_neighbors(edges, index, sigma, 100)
    wanted = (points[second] - points[:100, None]) / spacing[:100, None, None]
    assert second.shape == (100, 12) and second.dtype == torch.int32 and np.abs(onward.numpy() - wanted).max() < 1e-4
    assert onward.norm(dim=2).mean() > 1.15 * edges[:100].norm(dim=2).mean(), "no farther than the neighbours"


@pytest.mark.parametrize("k", [1, 7, 20, 35])
def test_second_neighbors_are_from_every_place_once(k):
    """Whose list a place is in and which place of the list: each once."""
    neighbors = (torch.arange(40)[:, None] + 1 + torch.arange(k)) % 40
    _, second = second_neighbors(torch.zeros(40, k, 3), neighbors.int(), torch.ones(40, 1), 1)
    places = (second[0] - neighbors[0] - 1) % 40
    assert sorted(places.tolist()) == list(range(k))


@torch.no_grad()
@pytest.mark.parametrize("other", [{}, {"windows": True, "wide": 2}])
def test_rings_drop_rows_without_changing_the_core(other):
    """A tile with its halo gives the core the same answer as the whole cloud."""
    net, points = network(**other), cloud()
    for conv in net.convs:
        if conv.windows is not None:
            torch.nn.init.normal_(conv.windows)
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


def test_more_wide_layers_than_there_are_are_refused():
    with pytest.raises(ValueError, match="of 4 layers, 4 can't be wide"):
        network(wide=4)


@torch.no_grad()
def test_noise_network_shape():
    net = NoiseNetwork(width=16, layers=3, directions=8, k=12).eval()
    edges, neighbors, _ = inputs(cloud())
    assert net(edges, neighbors).shape == (700, 1)


@torch.no_grad()
def test_a_grown_network_begins_as_the_smaller_one():
    small = network()
    for weight in small.parameters():
        weight.add_(0.1 * torch.randn_like(weight))
    torch.manual_seed(9)
    deeper = ScoreNetwork(**small.config | {"layers": 6, "crowding": 3, "wide": 1}).eval()
    expected, args = small(*inputs(cloud())), inputs(cloud())
    assert (deeper(*args) - expected).abs().max() > 0.1 * expected.abs().max()
    grow(deeper, small.state_dict())
    assert torch.equal(deeper(*args), expected)
    # What adds nothing yet can learn to.
    with torch.enable_grad():
        (deeper(*args) ** 2).sum().backward()
    out, mix = deeper.convs[-1].out.weight, deeper.edge.mix.weight
    assert out.abs().max() == 0 and mix[:, -9:].abs().max() == 0
    assert out.grad.abs().max() > 0 and mix.grad[:, -9:].abs().max() > 0


@pytest.mark.parametrize("more", [{}, {"layers": 6, "crowding": 3}])
def test_a_network_of_twice_the_width_begins_as_the_one_it_is_made_of(more):
    small = torch.nn.ModuleDict({"score": ScoreNetwork(16, 4, 16, 12, windows=True), "noise": NoiseNetwork(16, 3, 8, 12)}).eval()
    torch.manual_seed(4)
    with torch.no_grad():
        for weight in small.parameters():
            weight.add_(0.3 * torch.randn_like(weight))
    score, noise = ScoreNetwork(**small["score"].config | {"width": 32} | more), NoiseNetwork(**small["noise"].config | {"width": 32})
    wide = torch.nn.ModuleDict({"score": score, "noise": noise}).eval()
    grow(wide, small.state_dict())
    edges, neighbors, sigma = inputs(cloud())
    for role, args in (("score", (edges, neighbors, sigma)), ("noise", (edges, neighbors))):
        expected, found = small[role](*args), wide[role](*args)
        assert expected.std() > 0.1
        assert (found - expected).abs().max() < 1e-4 * expected.abs().max()
        # The two that a channel became learn something else each.
        (found**2).sum().backward()
        for weight in (wide[role].edge.mix.weight, wide[role].convs[0].far.weight, wide[role].convs[1].far.weight):
            assert (weight.grad[::2] - weight.grad[1::2]).norm() > 0.05 * weight.grad.norm()


def test_a_width_that_is_not_twice_the_other_is_refused():
    with pytest.raises(ValueError, match="16 grows to twice that, not to 24"):
        grow(ScoreNetwork(24, 4, 16, 12), ScoreNetwork(16, 4, 16, 12).state_dict())


def crowding(edges, rings=4):
    """[rings, 3] of one neighbourhood: where each ring's weight is pulled to."""
    return Crowding(rings)(torch.tensor(edges, dtype=torch.float32)[None])[0].unflatten(0, (rings, 3))


@torch.no_grad()
def test_crowding_is_nothing_where_neighbours_lie_all_around():
    around = np.random.default_rng(3).standard_normal((10, 3))
    assert crowding(np.concatenate([around, -around])).abs().max() < 1e-5
    angle = np.arange(8) * np.pi / 4
    assert crowding(np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)).abs().max() < 1e-5


@torch.no_grad()
def test_crowding_leans_to_the_crowded_side():
    ring = np.arange(6) * np.pi / 3
    even = np.stack([np.cos(ring), np.sin(ring), 0 * ring], 1)
    # The neighbour at +x came nearer: every ring that sees it weighs it more, so all sums lean to it, and nowhere else.
    for near in (0.7, 0.5, 0.2):
        moved = even.copy()
        moved[0] *= near
        found = crowding(moved)
        assert (found[:, 0] > 0.05).all() and found[:, 1:].abs().max() < 1e-5, found
    # Out of every ring's reach there is no crowd.
    assert crowding(4 * even + [0.5, 0, 0]).abs().max() == 0
    assert torch.allclose(crowding(-moved), -found)
