"""The denoisers beside the default one, small: each trains, lowers its loss, and becomes a bundle that is checked."""

import argparse
import json

import numpy as np
import pytest
import torch

from quietcloud_onnx import ddpm_denoiser, denoiser, loop
from quietcloud_onnx.energy import train as energy_train
from quietcloud_onnx.schedule import Schedule
from quietcloud_onnx.scoredenoise import train as scoredenoise_train
from quietcloud_onnx.scoredenoise.patches import Options

SYSTEMS = {
    "scoredenoise": lambda pool: scoredenoise_train.System(pool, options=Options(points=300, centers=40)),
    "plain": lambda pool: scoredenoise_train.System(pool, "plain", Options(points=120, centers=20, batch=2, k=16)),
    "langevin": lambda pool: energy_train.System(pool, points=300),
    "ddpm": lambda pool: ddpm_denoiser.System(pool, points=300),
}


def losses_of(system, run):
    """The first loss of fresh and of trained networks on the same batches, which neither has seen."""
    torch.manual_seed(0)
    fresh, trained = system.networks(), system.networks()
    trained.load_state_dict(torch.load(run / "checkpoint.pt", weights_only=True)["average"])
    found = [
        [float(system.losses(networks, batch, 0, 0)[0].detach()) for networks in (fresh, trained)]
        for batch, _ in zip(system.batches(4321, fresh), range(20))
    ]
    return np.mean(found, 0)


@pytest.mark.parametrize("name", sorted(SYSTEMS))
def test_it_trains_and_its_bundle_is_checked(name, pool, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "LOG_EVERY", 10)
    arguments = ["--out", str(tmp_path / "run"), "--steps", "40", "--ema", "0.9", "--device", "cpu"]
    system = SYSTEMS[name](pool)
    loop.run(system, loop.add_arguments(argparse.ArgumentParser(), 5, 2e-3, 0.9).parse_args(arguments))
    before, after = losses_of(system, tmp_path / "run")
    assert after < 0.98 * before
    manifest = denoiser.export(tmp_path / "run", tmp_path / "bundle", name, data="two solids")
    assert json.loads((tmp_path / "bundle" / "bundle.json").read_text()) == manifest
    assert "two solids" in (tmp_path / "bundle" / "README.md").read_text()
    found = denoiser.golden_differences(tmp_path / "bundle")
    assert found and all(value <= 1e-4 for value in found.values()), found


def test_linear_betas_and_their_sigmas():
    sigmas = ddpm_denoiser.linear_sigmas(1e-4, 0.02, 1000)
    assert np.allclose(Schedule(sigmas).beta, np.linspace(1e-4, 0.02, 1000), rtol=1e-6)
    assert torch.isfinite(torch.from_numpy(sigmas)).all()
