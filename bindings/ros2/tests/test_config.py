"""What the packages say agrees with the library: parameters and versions; and their Python is Python."""

import os
import subprocess
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

ROS2 = Path(__file__).parents[1]
PACKAGE = ROS2 / "quietcloud_ros"
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


@pytest.mark.parametrize("name", ["quietcloud_ros", "quietcloud_vendor"])
def test_versions_agree(name):
    package = ElementTree.parse(ROS2 / name / "package.xml").getroot()
    cargo = tomllib.loads((ROS2.parents[1] / "Cargo.toml").read_text())["workspace"]["package"]
    assert package.get("format") == "3" and package.findtext("name") == name
    assert package.findtext("version") == cargo["version"]
    assert {license.text for license in package.findall("license")} == set(cargo["license"].split(" OR "))


@pytest.mark.parametrize("file", ["launch/denoise.launch.py", "launch/denoise_container.launch.py", "scripts/noisy_room.py"])
def test_python_files_compile(file):
    # The launch system is not among the wheels; it is where the node is.
    compile((PACKAGE / file).read_text(), file, "exec")
