"""The loop that all trainings share."""

import torch
from quietcloud_onnx import loop


class Normed:
    """A network whose output depends on the statistics of batches."""

    name, config, columns = "normed", {}, ["loss"]

    def networks(self):
        return torch.nn.ModuleDict({"norm": torch.nn.BatchNorm1d(2)})


def test_averaged_networks_have_the_batches_statistics(tmp_path):
    state = loop.State(Normed(), tmp_path, torch.device("cpu"), 1e-3)
    rng = torch.Generator().manual_seed(0)
    for _ in range(60):
        batch = 5 + 3 * torch.randn(64, 2, generator=rng)
        state.step(state.networks["norm"](batch).square().mean(), 1e-3, 0.99)
    averaged = state.average["norm"]
    assert torch.equal(averaged.running_mean, state.networks["norm"].running_mean)
    assert (averaged.running_mean - 5).abs().max() < 0.5
    assert (averaged.running_var - 9).abs().max() < 2
