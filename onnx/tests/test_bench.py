"""The comparison of whole programs (benches/): its ScoreDenoise is that of the reference, its figures are what it says."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from quietcloud_onnx import benchmark, figure
from quietcloud_onnx.scoredenoise import ascent, plain

BENCHES = Path(__file__).resolve().parents[2] / "benches"
sys.path[:0] = [str(BENCHES / "peers"), str(BENCHES / "whole")]

import clouds
import report
import run
import scoredenoise


@pytest.fixture
def networks():
    torch.manual_seed(0)
    return {"features": plain.Features().eval(), "score": plain.Score().eval()}


def points(count):
    return torch.from_numpy(clouds.cloud(count)).float()


@torch.no_grad()
def test_a_patch_climbs_as_in_the_reference(networks, monkeypatch):
    monkeypatch.setattr(scoredenoise, "STEPS", 3)
    scan = points(300)
    features = networks["features"](scan).numpy()
    score = lambda offsets, features: networks["score"](torch.from_numpy(offsets), torch.from_numpy(features)).numpy()  # noqa: E731
    sampling = {"rate": 0.2, "decay": 0.95, "ensemble": 4, "contributions": "sum"}
    expected = ascent.ascend(score, scan.double().numpy(), features, np.ones(300), sampling, 3)
    # Two patches at once, each for itself.
    found = scoredenoise.ascend(networks, torch.stack([scan, scan]))
    assert np.abs(expected - scan.numpy()).max() > 0.01
    assert np.abs(found.numpy() - expected).max() < 1e-4


@torch.no_grad()
def test_where_nothing_moves_the_cloud_comes_back(networks, monkeypatch):
    monkeypatch.setattr(scoredenoise, "STEPS", 1)
    monkeypatch.setattr(scoredenoise, "PATCH", 200)
    for weight in (networks["score"].conv_out.weight, networks["score"].conv_out.bias):
        weight.zero_()
    cloud = points(500)
    clean = scoredenoise.denoise(networks, cloud)
    assert clean.shape == cloud.shape
    near = torch.cdist(clean, cloud)
    assert near.amin(1).max() < 2e-3 and len(near.argmin(1).unique()) > 490, "patches cover the cloud, and points count once"


def test_the_figure_takes_what_the_table_says():
    table = "| points | noise | method | CD | P2M | P2M exact | s |\n|---|---|---|---|---|---|---|\n"
    table += "| 10000 | gaussian-1 | noisy | 3.371 | 1.461 | 1.665 | 0.00 |\n| 10000 | gaussian-1 | open3d mls | 2.223 | 0.692 | 0.803 | 0.05 |\n"
    assert figure.rows(table) == {(10000, "gaussian-1"): [("open3d mls", 2.223, 0.692, 0.05)]}


def test_uneven_clouds_thin_out_to_a_quarter():
    square = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], float)
    points = benchmark.uneven(np.random.default_rng(0), square, np.array([(0, 1, 2), (0, 2, 3)]), 4000)
    thin, dense = (points[:, 0] < 0.2).sum(), (points[:, 0] > 0.8).sum()
    assert abs(len(points) - 4000) < 300
    # Means of .25 + .75 x over the two strips: .325 and .925.
    assert abs(thin / dense - 0.325 / 0.925) < 0.08


def test_farthest_points_are_spread():
    line = torch.tensor([[float(x), 0, 0] for x in range(9)])
    assert scoredenoise.farthest(line, 5).tolist() == [0, 8, 4, 2, 6]


def test_the_surface_is_noisy_by_a_pitch():
    cloud = clouds.cloud(20_000)
    direction = cloud / np.linalg.norm(cloud, axis=1, keepdims=True)
    off = np.linalg.norm(cloud, axis=1) - 1 - 0.1 * np.sin(6 * direction).prod(1)
    assert np.sqrt((off**2).mean()) == pytest.approx(np.sqrt(4 * np.pi / 20_000), rel=0.1)


def program(name, seconds, told):
    result = run.Program(name, 1, [])
    result.runs = {size: [(s, 50.0, told), (s + 9, 60.0, told), (s, 50.0, told)] for size, s in seconds.items()}
    return result


def test_figures_and_what_is_left_out(tmp_path):
    said = "device   cpu, ONNX Runtime 1.31.1\ntime     1250 ms: normalize 9, restore 2 (inside ONNX Runtime 1000)\n"
    ours = program("quietcloud balanced", {100: 0.5, 1000: 1.5, 2000: 2.5}, run.inside(said))
    slow = program("slow", {100: 1.0, 1000: 11.0}, [])
    assert slow.expected(10_000) == pytest.approx(101)
    estimates = tmp_path / "knn/2000/new/estimates.json"
    estimates.parent.mkdir(parents=True)
    estimates.write_text(json.dumps({"median": {"point_estimate": 3.5e6}}))
    table = run.save(tmp_path, tmp_path, [ours, slow], [1000, 2000])
    rows = {(row["program"], row["points"]): row for row in json.loads((tmp_path / "results.json").read_text())["whole"]}
    assert rows["quietcloud balanced", 2000]["s"] == 2.5, "the median"
    assert rows["slow", 2000]["left_out_s"] == pytest.approx(21)
    for line in (
        "| 1000 | slow | 1 | 11.00 | 1.00 | 50 | 50 | 7.33 | 3 |",
        "| 2000 | slow | 1 | left out: about 21 |",
        "| 2000 | balanced | 1250 | 1250 | 1.00 | 20.0% | 20.0% | 625.0 |",
        "| 2000 | 3.5 |",
    ):
        assert line in table, table


def test_a_process_is_timed_and_its_failure_told():
    seconds, memory, said = run.measured([sys.executable, "-c", "import os, time; time.sleep(0.2); x = bytearray(90_000_000); print(os.environ['WORD'])"], {"WORD": "here"})
    assert seconds >= 0.2 and memory > 85 and said == "here\n"
    with pytest.raises(SystemExit, match="no such luck"):
        run.measured([sys.executable, "-c", "raise SystemExit('no such luck')"], {})
