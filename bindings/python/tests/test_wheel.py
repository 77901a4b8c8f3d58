"""The wheel: built, proven by auditwheel and twine, installed into an empty environment and used."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

THREE_LINES = """import numpy, quietcloud
points = numpy.random.default_rng(0).normal(size=(2000, 3)).astype("f4")
print(quietcloud.denoise(points).dtype, quietcloud.Model().info["runtime"]["path"])"""


def run(*command, **options) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT / "bindings/python")
    (wheel,) = folder.iterdir()
    return wheel


def test_one_wheel_for_every_python(wheel):
    assert "-py3-none-manylinux_2_" in wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    assert {"quietcloud/libquietcloud.so", "quietcloud/bin/quietcloud", "quietcloud/py.typed", "quietcloud/open3d.py"} <= set(names)
    assert sum("LICENSE" in name for name in names) == 2
    assert not [name for name in names if "test" in name or "onnxruntime" in name]


def test_auditwheel_and_twine_find_nothing(wheel):
    platform = wheel.stem.rsplit("-", 1)[1]
    found = " ".join(run(sys.executable, "-m", "auditwheel", "show", wheel).split())
    assert f'consistent with the following platform tag: "{platform}"' in found
    assert "external shared libraries" not in found  # glibc's and gcc's versioned symbols only
    assert "PASSED" in run(sys.executable, "-m", "twine", "check", "--strict", wheel)


def test_three_lines_in_an_empty_environment(wheel, tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    # Where the packages come from may be set by the environment; nothing else of it gets in.
    run(*pip, "install", "--quiet", wheel, env=bare | {k: v for k, v in os.environ.items() if k.startswith("PIP_")})
    assert "No broken requirements" in run(*pip, "check", env=bare)
    answer = run(python, "-c", THREE_LINES, env=bare, cwd=tmp_path)
    assert answer.startswith("float32") and str(tmp_path / "venv") in answer
