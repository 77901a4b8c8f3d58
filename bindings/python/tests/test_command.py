"""The same bytes as the command, for the same points, options and seed."""

import subprocess

import numpy as np
import pytest

import quietcloud


def write(path, points):
    name = {"f4": "float", "f8": "double"}[points.dtype.str[1:]]
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(points)}"]
    header += [f"property {name} {axis}" for axis in "xyz"] + ["end_header", ""]
    path.write_bytes("\n".join(header).encode() + points.tobytes())


def read(path, dtype):
    return np.frombuffer(path.read_bytes().split(b"end_header\n", 1)[1], dtype).reshape(-1, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", [{}, {"noise": 0.03, "seed": 7, "quality": "high"}, {"threads": 1, "steps": 3}])
def test_same_bytes(sphere, command, tmp_path, dtype, options):
    points = sphere.astype(dtype)
    write(tmp_path / "in.ply", points)
    flags = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    run = [command, "denoise", tmp_path / "in.ply", tmp_path / "out.ply", *flags]
    subprocess.run(run, check=True, capture_output=True)
    expected = read(tmp_path / "out.ply", dtype)
    result = quietcloud.denoise(points, progress=False, **options)
    assert result.tobytes() == expected.tobytes()
    assert not np.array_equal(result, points)
