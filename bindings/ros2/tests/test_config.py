"""config/denoise.param.yaml says what the library's own table says."""

import os
import subprocess
from pathlib import Path

import yaml

PACKAGE = Path(__file__).parents[1] / "quietcloud_ros"
OWN = {"model": "", "device": "auto", "queue_depth": 2, "max_latency_ms": 0.0}


def test_every_option_is_there_with_its_initial_value():
    listed = subprocess.run([Path(os.environ["PROGRAMS"]) / "options"], check=True, capture_output=True, text=True).stdout
    convert = {"number": float, "integer": int, "choice": str}
    expected = dict(OWN)
    for line in listed.splitlines():
        name, kind, value = line.split()
        expected[name] = convert[kind](value)
    document = yaml.safe_load((PACKAGE / "config/denoise.param.yaml").read_text())
    given = document["/**"]["ros__parameters"]
    assert given == expected
    # rclcpp tells 0 and 0.0 apart.
    assert {name: type(value) for name, value in given.items()} == {n: type(v) for n, v in expected.items()}
