"""Makes the wheel: puts the C library, the command and the licences into the package and names the oldest Linux that it
runs on.

    python -m build --wheel bindings/python       # or: pip install ./bindings/python

The library is target/release/libquietcloud.so, which cargo builds where it is not there, as it does the command beside
it; QUIETCLOUD_LIBRARY names another one. Nothing here depends on the version of Python: one wheel serves them all.
"""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def library() -> Path:
    named = os.environ.get("QUIETCLOUD_LIBRARY")
    if named:
        return Path(named).resolve()
    built = ROOT / "target/release/libquietcloud.so"
    if not built.exists():
        subprocess.run(["cargo", "build", "--release", "--lib", "--locked"], cwd=ROOT, check=True)
    return built


def command() -> Path:
    built = ROOT / "target/release/quietcloud"
    if not built.exists():
        subprocess.run(["cargo", "build", "--release", "--bin", "quietcloud", "--locked"], cwd=ROOT, check=True)
    return built


def version() -> str:
    return re.search(r'^version = "(.+)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]


class BuildWithLibrary(build_py):
    def run(self) -> None:
        super().run()
        for source, name in [(library(), "libquietcloud.so"), (command(), "bin/quietcloud")]:
            target = Path(self.build_lib, "quietcloud", name)
            target.parent.mkdir(exist_ok=True)
            shutil.copy(source, target)
            # Debug information is most of the file.
            subprocess.run([os.environ.get("STRIP", "strip"), "--strip-unneeded", target], check=True)


class BinaryDistribution(Distribution):
    def has_ext_modules(self) -> bool:
        return True  # compiled code lies in the package, so it belongs to the platform's folder


class ManylinuxWheel(bdist_wheel):
    def get_tag(self) -> tuple[str, str, str]:
        # The newest version of glibc's symbols that is asked for; the tag promises no older one.
        binaries = library().read_bytes() + command().read_bytes()
        asked = re.findall(rb"\0GLIBC_(\d+)\.(\d+)(?=\0|\.)", binaries)
        major, minor = max((int(major), int(minor)) for major, minor in asked)
        return "py3", "none", f"manylinux_{major}_{minor}_{platform.machine()}"


for licence in ("LICENSE-MIT", "LICENSE-APACHE"):
    shutil.copyfile(ROOT / licence, HERE / licence)
setup(
    version=version(),
    distclass=BinaryDistribution,
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": ManylinuxWheel},
)
