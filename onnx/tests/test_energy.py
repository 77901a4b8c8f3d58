import itertools

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from quietcloud_onnx.energy import losses
from quietcloud_onnx.energy.gradient import gradient_graph
from quietcloud_onnx.energy.langevin import anneal
from quietcloud_onnx.energy.networks import LocalEnergy

A = torch.tensor([[2.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 0.5]])


def linear_score(x):
    return -x @ A


def test_implicit_score_matching_of_a_linear_score():
    """s = -A x: ||s||^2 + 2 tr(grad s) = |A x|^2 - 2 tr A."""
    x = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    wanted = ((x @ A) ** 2).sum(1).mean() - 2 * A.trace()
    assert losses.implicit_exact(linear_score, x).item() == pytest.approx(wanted.item(), rel=1e-5)
    # The mean over all sign vectors is the trace exactly; single draws scatter around it.
    signs = torch.tensor(list(itertools.product([-1.0, 1.0], repeat=3)))[:, None].expand(-1, 200, -1)
    assert losses.implicit_hutchinson(linear_score, x, signs).item() == pytest.approx(wanted.item(), rel=1e-5)
    drawn = losses.rademacher((400, 200, 3), torch.Generator().manual_seed(1))
    assert set(drawn.unique().tolist()) == {-1.0, 1.0}
    assert losses.implicit_hutchinson(linear_score, x, drawn).item() == pytest.approx(wanted.item(), abs=0.05)


def test_the_trace_of_a_network_by_finite_differences():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    x, step = torch.randn(20, 3).double(), 1e-5
    trace = sum((net(x + step * e)[:, a] - net(x - step * e)[:, a]) / (2 * step) for a, e in enumerate(torch.eye(3).double()))
    wanted = (net(x).pow(2).sum(1) + 2 * trace).mean()
    assert losses.implicit_exact(net, x).item() == pytest.approx(wanted.item(), rel=1e-6)


def test_implicit_and_denoising_losses_prefer_the_true_score():
    """Data N(0, s^2): of the scores -c x the best is c = 1/s^2; with noise sigma, 1/(s^2 + sigma^2)."""
    rng, s, sigma = torch.Generator().manual_seed(2), 0.8, 0.6
    x, z = s * torch.randn(20_000, 3, generator=rng), torch.randn(20_000, 3, generator=rng)
    best = lambda loss: min(np.arange(0.5, 2.5, 0.1), key=lambda c: loss(c).item())  # noqa: E731
    assert best(lambda c: losses.implicit_exact(lambda x: -c * x, x)) == pytest.approx(1 / s**2, abs=0.11)
    noisy = x + sigma * z
    assert best(lambda c: losses.denoising(-c * noisy, z, sigma)) == pytest.approx(1 / (s**2 + sigma**2), abs=0.11)
    assert losses.denoising(torch.zeros(4, 3), torch.ones(4, 3), torch.full((4, 1), 0.5), 0.25).item() == pytest.approx(3.0)


def onnx_of(module, example, names, path):
    axes = {name: {0: "n"} for name in [*names, "score"]}
    torch.onnx.export(module, example, str(path), input_names=names, output_names=["score"], dynamic_axes=axes, opset_version=17, dynamo=False)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda *inputs: session.run(None, {name: value.numpy() for name, value in zip(names, inputs)})[0]


@pytest.mark.filterwarnings("ignore")
def test_an_energy_is_exported_as_its_gradient(tmp_path):
    class Quadratic(nn.Module):
        def forward(self, x):
            return 0.5 * ((x - 1) @ A * (x - 1)).sum(1)

    score = onnx_of(gradient_graph(Quadratic(), torch.randn(5, 3)), (torch.randn(5, 3),), ["points"], tmp_path / "q.onnx")
    x = torch.randn(33, 3)
    assert np.abs(score(x) - (-(x - 1) @ A).numpy()).max() < 1e-5

    torch.manual_seed(0)
    energy = LocalEnergy(6, 16)
    example = torch.randn(5, 3), torch.randn(5, 6), torch.ones(5, 1)
    score = onnx_of(gradient_graph(energy, *example), example, ["d", "h", "sigma"], tmp_path / "e.onnx")
    d, h, sigma = torch.randn(21, 3), torch.randn(21, 6), torch.rand(21, 1) + 0.5
    exact, step = energy.double(), 1e-5
    differences = [
        (exact(d.double() + step * e, h.double(), sigma.double()) - exact(d.double() - step * e, h.double(), sigma.double())) / (2 * step)
        for e in torch.eye(3).double()
    ]
    assert np.abs(score(d, h, sigma) + torch.cat(differences, 1).numpy()).max() < 1e-5


def test_the_reference_langevin_samples_a_gaussian():
    """N(m, s^2), one level: mean m and variance s^2 / (1 - r sigma^2 / (2 s^2)) within three standard errors."""
    rng, n, m, s = np.random.default_rng(3), 20_000, 0.7, 1.3
    sampling = {"inner": 150, "rate": 0.2, "final": False}
    draws = rng.standard_normal((150, n, 1))
    found = anneal(lambda x, sigma, call: (m - x) / s**2, np.zeros((n, 1)), [1.0], sampling, 1.0, draws)
    variance = s**2 / (1 - 0.2 / (2 * s**2))
    assert abs(found.mean() - m) < 3 * np.sqrt(variance / n)
    assert abs(found.var() - variance) < 3 * variance * np.sqrt(2 / n)
