"""The loop that all trainings share."""

from types import SimpleNamespace

import pytest
import torch
from quietcloud_onnx import loop
from quietcloud_onnx.optimizer import Muon, optimizers, orthogonal


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


class Linear:
    """Learns a matrix from products with it."""

    name, config, columns, muon = "linear", {}, ["loss"], True

    def networks(self):
        return torch.nn.ModuleDict({"map": torch.nn.Linear(32, 16)})


def losses_of(state, steps, rate=0.02):
    """Loss before every step, on the same draws for every state."""
    rng = torch.Generator().manual_seed(0)
    wanted, found = torch.randn(16, 32, generator=rng), []
    for _ in range(steps):
        x = torch.randn(64, 32, generator=rng)
        loss = (state.networks["map"](x) - x @ wanted.t()).square().mean()
        found.append(loss.item())
        state.step(loss, rate, 0.99)
    return found


def test_muon_has_the_matrices_and_nothing_else():
    networks = torch.nn.ModuleDict({"map": torch.nn.Linear(32, 16), "see": torch.nn.Linear(3, 32, bias=False), "norm": torch.nn.LayerNorm(32)})
    adam, muon = optimizers(networks, 1e-3, muon=True)
    held = [{id(p) for group in optimizer.param_groups for p in group["params"]} for optimizer in (adam, muon)]
    assert held[1] == {id(networks["map"].weight)} and held[0] | held[1] == {id(p) for p in networks.parameters()}
    assert len(optimizers(networks, 1e-3)) == 1


def test_orthogonal_keeps_directions_and_brings_singular_values_near_one():
    torch.manual_seed(1)
    for shape in ((24, 40), (40, 24)):
        matrix = torch.randn(shape) * torch.logspace(-1, 1, shape[1])
        left, values, right = torch.linalg.svd(matrix, full_matrices=False)
        inside = left.t() @ orthogonal(matrix[None])[0] @ right.t()
        assert values[0] / values[-1] > 5
        assert (inside.diagonal() > 0.4).all() and (inside.diagonal() < 1.3).all()
        assert (inside - inside.diagonal().diag()).abs().max() < 1e-3


def test_muon_steps_as_pytorch_does():
    torch.manual_seed(0)
    mine, theirs = (torch.nn.Parameter(torch.eye(32, 20)) for _ in range(2))
    steppers = Muon([mine], 1e-2, weight_decay=1e-3), torch.optim.Muon([theirs], 1e-2, weight_decay=1e-3, adjust_lr_fn="match_rms_adamw")
    for _ in range(5):
        mine.grad = torch.randn(32, 20)
        theirs.grad = mine.grad.clone()
        for stepper in steppers:
            stepper.step()
    # PyTorch's is in bfloat16.
    assert (mine - theirs).norm() < 0.02 * (mine - torch.eye(32, 20)).norm()


def test_muon_steps_matrices_of_one_shape_apart():
    torch.manual_seed(0)
    given, ways = ([torch.randn(24, 40) * size for size in (0.1, 1.0, 10.0)] for _ in range(2))
    together, alone = ([torch.nn.Parameter(matrix.clone()) for matrix in given] for _ in range(2))
    steppers = [Muon(together, 1e-2), *(Muon([matrix], 1e-2) for matrix in alone)]
    for matrices in (together, alone):
        for matrix, way in zip(matrices, ways):
            matrix.grad = way.clone()
    for stepper in steppers:
        stepper.step()
    for one, other, before in zip(together, alone, given):
        assert (one - before).abs().max() > 1e-3
        assert torch.allclose(one, other, atol=1e-6)


def test_a_run_goes_on_as_if_it_had_not_stopped(tmp_path):
    torch.manual_seed(0)
    whole = loop.State(Linear(), tmp_path / "whole", torch.device("cpu"), 1e-3)
    parts = loop.State(Linear(), tmp_path, torch.device("cpu"), 1e-3)
    parts.networks.load_state_dict(whole.networks.state_dict())
    long = losses_of(whole, 40)
    assert long[-1] < 0.9 * long[0]
    losses_of(parts, 40)
    parts.save()
    again = loop.State(Linear(), tmp_path, torch.device("cpu"), 1e-3)
    assert losses_of(again, 5) == losses_of(whole, 5)


def test_a_checkpoint_of_another_optimizer_is_refused(tmp_path):
    state = loop.State(Linear(), tmp_path, torch.device("cpu"), 1e-3)
    state.save()
    saved = torch.load(state.path, weights_only=True)
    saved["optimizer"] = saved.pop("optimizers")[0]
    torch.save(saved, state.path)
    with pytest.raises(SystemExit, match="--start"):
        loop.State(Linear(), tmp_path, torch.device("cpu"), 1e-3)


class Shared:
    """Learns a number from what each process is given: ``seeds`` of them in every batch."""

    name, config, columns, muon = "shared", {}, ["loss"], True

    def __init__(self, *seeds):
        self.seeds = seeds

    def networks(self):
        return torch.nn.ModuleDict({"map": torch.nn.Linear(32, 16)})

    def batches(self, seed, average):
        draws = [torch.Generator().manual_seed(seed + apart) for apart in self.seeds]
        while True:
            yield {"x": torch.cat([torch.randn(8, 32, generator=draw) for draw in draws])}

    def losses(self, networks, batch, phase, progress):
        return [(networks["map"](batch["x"]) - 3).square().mean()]


def test_processes_train_as_one_does_with_the_batches_of_all(tmp_path):
    trained = []
    for processes, seeds in ((1, (0, loop.APART)), (2, (0,)), (1, (0,))):
        out = tmp_path / str(len(trained))
        path = loop.run(Shared(*seeds), SimpleNamespace(out=out, minutes=5, steps=100, rate=1e-2, ema=0.9, seed=3, device="cpu", threads=1, processes=processes, start=None))
        trained.append(torch.load(path, weights_only=True))
        assert len((out / "log.csv").read_text().splitlines()) == 2, "one log, by one of them"
    one, two, half = (run["networks"]["map.weight"] for run in trained)
    assert trained[1]["steps"] == 100
    assert (one - two).norm() < 0.01 * (one - half).norm()


def test_no_process_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least 1"):
        loop.run(Shared(0), SimpleNamespace(out=tmp_path, processes=0))


def test_a_process_that_fails_ends_them_all(tmp_path):
    other = Shared(0)
    other.config = {"not": "what is there"}
    loop.State(Shared(0), tmp_path, torch.device("cpu"), 1e-3).save()
    with pytest.raises(Exception, match="exit code 1"):
        loop.run(other, SimpleNamespace(out=tmp_path, minutes=5, steps=3, rate=1e-2, ema=0.9, seed=3, device="cpu", threads=1, processes=2, start=None))
