"""The library and the command of this checkout, which cargo brings up to date."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
RELEASE = ROOT / "target/release"


def built(name: str, *what: str) -> Path:
    subprocess.run(["cargo", "build", "--release", "--locked", *what], cwd=ROOT, check=True)
    return RELEASE / name


# A job that a shell put into the background ignores Ctrl-C, and so would the tests that send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Before the package is imported, here and by the processes that the tests start.
PACKAGE = str(ROOT / "bindings/python")
sys.path.insert(0, PACKAGE)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [PACKAGE, os.environ.get("PYTHONPATH")]))
os.environ["QUIETCLOUD_LIBRARY"] = str(built("libquietcloud.so", "--lib"))


@pytest.fixture(scope="session")
def command() -> Path:
    """The program quietcloud."""
    return built("quietcloud", "--bin", "quietcloud")


@pytest.fixture(scope="session")
def sphere() -> np.ndarray:
    """2000 points of the unit sphere, float64, with 2 % of noise."""
    return noisy_sphere(2000)


def noisy_sphere(count: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    points = random.normal(size=(count, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points + 0.02 * random.normal(size=points.shape)


def roughness(points: np.ndarray) -> float:
    """Root mean square distance to the unit sphere."""
    return float(np.sqrt(np.mean((np.linalg.norm(points, axis=1) - 1) ** 2)))
