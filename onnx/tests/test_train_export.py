"""The whole training side, small: pool -> train -> resume -> export -> check; and that training trains."""

import csv
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from quietcloud_onnx import check, export, loop, reopen, sample, teacher, train
from quietcloud_onnx.schedule import Schedule

MODELS = Path(__file__).parents[2] / "models"
SMALL = ["--width", "16", "--layers", "3", "--directions", "16", "--points", "500", "--workers", "0", "--ema", "0.9", "--device", "cpu"]


@pytest.fixture(scope="module")
def run(pool, tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    train.train(train.parser().parse_args(["--pool", str(pool), "--out", str(out), "--minutes", "60", "--steps", "300", *SMALL]))
    return out


@pytest.fixture(scope="module")
def bundle(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundle")
    export.export(run, out, "smoke", data="two solids")
    return out


@torch.no_grad()
def test_training_lowers_the_loss(run, pool):
    """On the same patches, which neither network has seen: from patch to patch losses differ by more than a short run gains."""
    system = train.Sbd(train.parser().parse_args(["--pool", str(pool), "--out", str(run), *SMALL]))
    torch.manual_seed(0)
    fresh, trained = system.networks(), system.networks()
    trained.load_state_dict(torch.load(run / "checkpoint.pt", weights_only=True)["average"])
    batches = system.batches(12345, fresh)
    found = [[system.losses(networks, batch, 0, 0) for networks in (fresh, trained)] for batch, _ in zip(batches, range(60))]
    (score, noise), (trained_score, trained_noise) = np.mean(found, 0)
    assert trained_score < 0.85 * score and trained_noise < 0.97 * noise
    assert len(list(csv.DictReader(open(run / "log.csv")))) == 3, "a row every hundred steps"


def test_training_resumes(run, pool):
    arguments = ["--pool", str(pool), "--out", str(run), "--minutes", "60", *SMALL]
    train.train(train.parser().parse_args([*arguments, "--steps", "310"]))
    assert torch.load(run / "checkpoint.pt", weights_only=True)["steps"] == 310
    with pytest.raises(SystemExit):
        train.train(train.parser().parse_args([*arguments, "--weight", "elbo"]))


def test_bundle_is_complete_and_checked(bundle):
    manifest = json.loads((bundle / "bundle.json").read_text())
    assert manifest["format"] == 1 and manifest["method"] == "sbd" and {s["role"] for s in manifest["stages"]} == {"score", "noise"}
    assert all(value <= check.TOLERANCE for value in check.golden_differences(bundle).values())
    assert "Training" in (bundle / "README.md").read_text()
    (bundle / "score.onnx").write_bytes((bundle / "score.onnx").read_bytes() + b"x")
    with pytest.raises(SystemExit):
        check.golden_differences(bundle)


def test_onnx_equals_pytorch(run, tmp_path):
    export.export(run, tmp_path, "smoke")
    assert all(value <= 1e-4 for value in check.torch_differences(tmp_path, run).values())


def test_quality_high_may_have_a_network_of_its_own(run, pool, tmp_path):
    deeper = ["--windows", "--layers", "5", "--wide", "1", "--target", "set", "--start", str(run / "checkpoint.pt"), "--steps", "20"]
    arguments = ["--pool", str(pool), "--out", str(tmp_path / "deeper"), "--minutes", "60", *SMALL, *deeper]
    train.train(train.parser().parse_args(arguments))
    manifest = export.export(run, tmp_path, "smoke", high=tmp_path / "deeper", scores={"10k": {"noisy": (3, 2), "result": (2, 1), "high": (1.75, 0.5)}})
    hops = {stage["role"]: stage["hops"] for stage in manifest["stages"]}
    assert hops == {"score": 2, "score_high": 5, "noise": 3}
    differences = check.golden_differences(tmp_path) | check.torch_differences(tmp_path, run, tmp_path / "deeper")
    assert {"clean_high", "score_high"} <= differences.keys() and all(value <= 1e-4 for value in differences.values())
    assert "| 10k | 3.00 | 2.00 | 2.00 | 1.00 | 1.75 | 0.50 |" in (tmp_path / "README.md").read_text()


def test_the_noise_network_may_be_trained_by_itself(run, pool, tmp_path):
    alone = ["--only", "noise", "--start", str(run / "checkpoint.pt"), "--steps", "20"]
    train.train(train.parser().parse_args(["--pool", str(pool), "--out", str(tmp_path / "noise"), "--minutes", "60", *SMALL, *alone]))
    before, after = (torch.load(folder / "checkpoint.pt", weights_only=True)["average"] for folder in (run, tmp_path / "noise"))
    assert {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])} == {"noise"}
    export.export(run, tmp_path, "smoke", noise=tmp_path / "noise")
    differences = check.golden_differences(tmp_path) | check.torch_differences(tmp_path, run, noise=tmp_path / "noise")
    assert all(value <= 1e-4 for value in differences.values())
    assert "- Noise level: " in (tmp_path / "README.md").read_text()
    assert check.torch_differences(tmp_path, run)["noise"] > 1e-4


def test_a_bundle_is_the_start_that_its_runs_are(run, pool, tmp_path):
    start = lambda system, folder: loop.begun(system, folder, "cpu")  # noqa: E731
    arguments = ["--pool", str(pool), "--minutes", "60", *SMALL]
    wide = ["--width", "32", "--windows", "--out", str(tmp_path / "wide"), "--start", str(run / "checkpoint.pt"), "--steps", "3"]
    train.train(train.parser().parse_args([*arguments, *wide]))
    export.export(run, tmp_path / "bundle", "smoke", high=tmp_path / "wide")
    for folder, width in ((run, "16"), (tmp_path / "wide", "32")):
        system = train.Sbd(train.parser().parse_args([*arguments, "--width", width, "--out", str(folder)]))
        found, wanted = (start(system, str(path)) for path in (tmp_path / "bundle", folder / "checkpoint.pt"))
        assert found.keys() == wanted.keys()
        assert all(torch.equal(found[name], wanted[name]) for name in found if name.startswith("score."))
    first = start(system, str(run / "checkpoint.pt"))
    assert all(torch.equal(found[name], first[name]) for name in found if name.startswith("noise."))
    go_on = train.parser().parse_args([*arguments, "--out", str(tmp_path / "on"), "--start", str(tmp_path / "bundle"), "--steps", "1", "--rate", "0"])
    train.train(go_on)
    average = torch.load(tmp_path / "on" / "checkpoint.pt", weights_only=True)["average"]
    assert all(torch.allclose(average[name], first[name], atol=1e-5) for name in first)


def test_what_training_cannot_start_from(bundle, run, pool, tmp_path):
    with pytest.raises(SystemExit, match="from a run"):
        reopen.networks_of_bundle(MODELS / "scoredenoise", 16)
    with pytest.raises(SystemExit, match="no bundle"):
        reopen.networks_of_bundle(tmp_path, 16)
    shutil.copytree(bundle, tmp_path / "other")
    shutil.copyfile(MODELS / "default" / "score.onnx", tmp_path / "other" / "score.onnx")
    with pytest.raises(SystemExit, match="score.onnx"):
        reopen.networks_of_bundle(tmp_path / "other", 16)
    with pytest.raises(SystemExit, match="from a checkpoint"):
        loop.begun(SimpleNamespace(name="ddpm"), str(bundle), "cpu")


def test_a_pupil_comes_near_to_its_teachers(run, pool, tmp_path):
    arguments = ["--pool", str(pool), "--minutes", "60", *SMALL, "--only", "score", "--steps", "100"]
    taught = train.parser().parse_args([*arguments, "--out", str(tmp_path), "--teacher", str(run / "checkpoint.pt")])
    train.train(taught)
    system = train.Sbd(taught)
    torch.manual_seed(0)
    fresh, pupil = system.networks(), system.networks()
    pupil.load_state_dict(torch.load(tmp_path / "checkpoint.pt", weights_only=True)["average"])
    batches = [batch for batch, _ in zip(system.batches(5, fresh), range(40))]
    far = lambda networks: np.mean([system.score_loss(networks, batch).item() for batch in batches])  # noqa: E731
    with torch.no_grad():
        assert far(pupil) < 0.6 * far(fresh)


@torch.no_grad()
def test_each_teacher_is_asked_for_its_noise(run, pool, tmp_path):
    arguments = ["--pool", str(pool), "--out", str(tmp_path), *SMALL, "--teacher", str(run / "checkpoint.pt")]
    system = train.Sbd(train.parser().parse_args(arguments))
    batch = next(b for b in system.batches(5, system.networks()) if (b["level"] > teacher.THICK).any() and (b["level"] < teacher.THICK).any())
    networks = system.networks()
    networks["score"].load_state_dict(system.teachers.networks[0].state_dict())
    assert system.score_loss(networks, batch) == 0
    thin, nonsense = system.teachers.networks[0], system.networks()["score"]
    one, both = batch["level"][:, 0] <= teacher.THICK, torch.ones(len(batch["level"]), dtype=torch.bool)
    for pair, wrong in (((thin, nonsense), ~one), ((nonsense, thin), one), ((nonsense, nonsense), both)):
        system.teachers = teacher.Teachers(*pair, "cpu")
        z = networks["score"](batch["edges"], batch["neighbors"], batch["sigma"]).requires_grad_()
        with torch.enable_grad():
            gradient = torch.autograd.grad(system.teachers.loss(z, batch, torch.ones_like(batch["level"])), z)[0]
        assert torch.equal(gradient.abs().sum(1) > 0, wrong & (batch["inside"][:, 0] > 0))


def test_a_teacher_that_cannot_teach_this(run, pool, tmp_path):
    arguments = ["--pool", str(pool), "--out", str(tmp_path), *SMALL, "--teacher", str(run / "checkpoint.pt")]
    for other in (["--k", "16"], ["--target", "origin"]):
        with pytest.raises(SystemExit, match="20 neighbours"):
            train.Sbd(train.parser().parse_args([*arguments, *other]))
    with pytest.raises(SystemExit, match="without --teacher"):
        train.Sbd(train.parser().parse_args(["--pool", str(pool), "--out", str(tmp_path), "--thick-teacher", str(run)]))


def test_posterior_step_at_eta_0_is_the_probability_flow():
    rng = np.random.default_rng(0)
    x, z = rng.standard_normal((5, 3)), rng.standard_normal((5, 3))
    assert np.allclose(sample.posterior_step(x, z, 2.0, 0.5, 0.0, None), x + (0.5 - 2.0) * z)


def test_reference_sampler_follows_the_closed_form_flow():
    """x0 ~ N(0, s^2): x_a(sigma) = x_a(sigma_0) sqrt((s^2+sigma^2)/(s^2+sigma_0^2)); first order in the step."""
    s, top, x = 0.7, 3.0, np.random.default_rng(1).standard_normal((50, 3))
    wanted = x * np.sqrt(s**2 / (s**2 + top**2))
    errors = []
    for steps in (40, 80):
        levels, state = np.linspace(top, 0, steps + 1), x.copy()
        for sigma, lower in zip(levels[:-1], levels[1:]):
            state = sample.posterior_step(state, state * sigma / (s**2 + sigma**2), sigma, lower, 0.0, None)
        errors.append(np.abs(state - wanted).max())
    assert 1.7 < errors[0] / errors[1] < 2.3
    assert Schedule([0.1, 0.2]).levels_from(0.15, 4, 1.0) == [0.2, 0.1, 0.0]
