"""Every generative system, small: training lowers the loss on held-out shapes, the bundle gives what PyTorch gives."""

import argparse
import json

import numpy as np
import pytest
import torch

from quietcloud_onnx import bundle, check, evaluate, loop, set_networks
from quietcloud_onnx.systems import SYSTEMS

TINY = {"width": 16, "context": 24, "blocks": 2, "heads": 4, "value": 4}
OPTIONS = {
    "ddpm": {"network": TINY},
    "langevin": {"network": TINY, "levels": 12},
    "vae": {"encoder": TINY, "decoder": TINY, "latent": 8},
    "lion": {"encoder": TINY, "autoencoder": TINY, "point_prior": TINY, "global_prior": {"width": 24}, "latent": 8},
    "vdm": {"network": TINY},
}


def arguments(out, steps):
    parser = loop.add_arguments(argparse.ArgumentParser(), minutes=5, rate=5e-3, ema=0.9)
    return parser.parse_args(["--out", str(out), "--steps", str(steps), "--device", "cpu"])


def system_of(name):
    return SYSTEMS[name](**OPTIONS[name], points=64, batch=8, shapes=35)


@pytest.fixture(scope="module", params=sorted(SYSTEMS))
def trained(request, tmp_path_factory):
    out = tmp_path_factory.mktemp(request.param)
    loop.run(system_of(request.param), arguments(out, 80))
    return out


def test_training_lowers_the_loss_on_held_out_shapes(trained):
    system, networks, saved = bundle.load(trained)
    assert saved["steps"] == 80
    before, after = (evaluate.held_out_loss(system, n, rounds=4) for n in (evaluate.untrained(system), networks))
    # The divergence of an autoencoder starts at 0: it is the whole that has to fall.
    assert sum(after.values()) < 0.95 * sum(before.values())


def test_a_bundle_says_what_it_is_and_gives_what_pytorch_gave(trained, tmp_path):
    system, networks, _ = bundle.load(trained)
    written = bundle.write(tmp_path, "tiny", system, networks)
    manifest = json.loads((tmp_path / "bundle.json").read_text())
    assert manifest == json.loads(json.dumps(written)) and manifest["format"] == 1 and manifest["normalization"] == "shape"
    assert all(value <= check.TOLERANCE for value in bundle.golden_differences(tmp_path).values())
    gold = np.load(tmp_path / "golden.npz")
    assert all(np.isfinite(gold[name]).all() and gold[name].dtype == np.float64 for name in gold)
    assert len(gold["expected"]) == bundle.GOLDEN_POINTS == gold["point_draws"].shape[1]
    assert system.name in (tmp_path / "README.md").read_text()
    again, call, _ = bundle.open_bundle(tmp_path)
    for points in (30, 200):
        made = again.generate(call, again.draw(np.random.default_rng(0), points, 3))
        assert made.shape == (points, 3) and np.isfinite(made).all()
    (tmp_path / written["stages"][0]["file"]).write_bytes(b"other")
    with pytest.raises(SystemExit):
        bundle.golden_differences(tmp_path)


def test_a_run_goes_on_only_with_its_own_options(tmp_path):
    system = system_of("ddpm")
    loop.run(system, arguments(tmp_path, 3))
    loop.run(system, arguments(tmp_path, 5))
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["steps"] == 5
    with pytest.raises(SystemExit):
        loop.run(SYSTEMS["ddpm"](**OPTIONS["ddpm"], points=32), arguments(tmp_path, 6))
    with pytest.raises(ValueError, match="no option colour"):
        SYSTEMS["ddpm"](colour=1)


def test_phases_start_from_the_average(tmp_path):
    assert [loop.phase_of(p, (0.25, 0.75))[0] for p in (0, 0.24, 0.26, 1.0)] == [0, 0, 1, 1]
    assert loop.phase_of(0.625, (0.25, 0.75))[1] == pytest.approx(0.5)
    system = system_of("lion")
    loop.run(system, arguments(tmp_path, 12))
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert saved["phase"] == 1
    for name in saved["networks"]:
        frozen = name.split(".")[0] in ("global_encoder", "point_encoder", "decoder")
        if frozen:
            assert torch.allclose(saved["networks"][name], saved["average"][name], atol=1e-6), f"{name} moved while it was frozen"


@torch.no_grad()
def test_set_networks_know_no_order_and_any_number():
    torch.manual_seed(0)
    network = set_networks.NoiseNet(**TINY)
    torch.nn.init.normal_(network.net.leave.weight)
    points, level = torch.randn(1, 50, 3), torch.tensor([[0.3]])
    turn = torch.randperm(50)
    out = network(points, level)
    assert torch.allclose(network(points[:, turn], level), out[:, turn], atol=1e-5)
    # Every point twice: pooled means stay what they were.
    assert torch.allclose(network(torch.cat([points, points], 1), level)[:, :50], out, atol=1e-5)


def test_fourier_features_are_the_papers():
    x = torch.tensor([[0.3, -0.7]])
    found = set_networks.fourier_features(x, -1, 1)[0].numpy()
    bands = [f(2.0**n * np.pi * x[0].numpy()) for n in (-1, 0, 1) for f in (np.sin, np.cos)]
    assert found == pytest.approx(np.concatenate([x[0].numpy(), *bands]), abs=1e-6)


def test_networks_that_do_not_export_as_they_run_are_refused(tmp_path):
    class Liar(torch.nn.Module):
        """Traced at 100 points, and bound to them."""

        def forward(self, points, time):
            return points * float(points.shape[1]) + 0 * time.unsqueeze(1)

    with pytest.raises(ValueError, match="differ"):
        bundle.write(tmp_path, "liar", SYSTEMS["ddpm"](), {"score": Liar()})
