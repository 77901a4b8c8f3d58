"""Tiles on the workers of a Dask cluster: the same points as one run over the whole."""

import os
import subprocess

import numpy as np
import pytest
from dask.distributed import Client, LocalCluster

import quietcloud
import quietcloud.dask

HEADER = "ply\nformat binary_little_endian 1.0\nelement vertex {}\nproperty double x\nproperty double y\nproperty double z\nend_header\n"


@pytest.fixture(scope="module")
def client():
    """Two processes; spawned, as a process that has used quietcloud must not be forked."""
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            yield client


def write(path, points):
    path.write_bytes(HEADER.format(len(points)).encode() + points.tobytes())


def read(path):
    return np.frombuffer(path.read_bytes().split(b"end_header\n", 1)[1], "<f8").reshape(-1, 3)


def terrain(count):
    random = np.random.default_rng(3)
    x, y = random.uniform(0, count**0.5, (2, count))
    points = np.stack([x, y, 3 * np.sin(x / 15) * np.cos(y / 20)], axis=1)
    return points + 0.1 * random.normal(size=points.shape)


@pytest.fixture(autouse=True)
def named(command, monkeypatch):
    monkeypatch.setenv("QUIETCLOUD_COMMAND", os.fspath(command))


def test_two_workers_give_what_one_run_gives(client, tmp_path):
    points = terrain(20_000)
    write(tmp_path / "scan.ply", points)
    folder = tmp_path / "tiles"
    made = quietcloud.dask.denoise(client, tmp_path / "scan.ply", tmp_path / "clean.ply", folder, points=4096, quality="fast")
    assert len(made["tiles"]) == 5
    run = quietcloud.Filter(quality="fast")
    whole = run(points, progress=False)
    assert made["noise"] == pytest.approx(run.report["noise"], rel=1e-6)
    assert np.abs(read(tmp_path / "clean.ply") - whole).max() < 1e-5 * made["spacing"]
    assert np.abs(whole - points).max() > 0.01
    names = {name for tile in made["tiles"] for name in (tile["file"], tile["clean"])}
    assert {path.name for path in folder.iterdir()} == names | {"manifest.json"}
    # Again: the tiles are there.
    before = {name: (folder / name).stat().st_mtime_ns for name in names}
    quietcloud.dask.denoise(client, tmp_path / "scan.ply", tmp_path / "clean.ply", folder, points=4096, quality="fast")
    assert {name: (folder / name).stat().st_mtime_ns for name in names} == before


def test_errors_of_the_command_are_the_library_s(client, tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        quietcloud.dask.denoise(client, tmp_path / "nowhere.ply", tmp_path / "clean.ply", tmp_path / "tiles")
    write(tmp_path / "scan.ply", terrain(100))
    with pytest.raises(ValueError, match="quality"):
        quietcloud.dask.denoise(client, tmp_path / "scan.ply", tmp_path / "c.ply", tmp_path / "tiles", quality="best")
    assert subprocess.run([os.environ["QUIETCLOUD_COMMAND"], "--version"], check=False).returncode == 0
