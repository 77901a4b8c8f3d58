"""Messages that the real rclpy and sensor_msgs serialise, read by the C++ header against the real C++ messages.

Whatever is cleaned keeps every byte but those of x, y and z; whatever can't be is refused and comes back as it was.
"""

import copy
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

CLEAN = Path(os.environ["PROGRAMS"]) / "clean_message"
F32, F64, U8, U16, I16 = PointField.FLOAT32, PointField.FLOAT64, PointField.UINT8, PointField.UINT16, PointField.INT16


def ball(count: int) -> np.ndarray:
    """Points of a ball with 2 % of noise along the radius."""
    random = np.random.default_rng(3)
    points = random.normal(size=(count, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return (points * random.normal(1, 0.02, size=(count, 1))).astype(np.float32)


def places(width: int, height: int, step: int, row: int) -> np.ndarray:
    """The byte at which each point starts."""
    return (np.arange(height)[:, None] * row + np.arange(width)[None, :] * step).ravel()


def cloud(offsets=(0, 4, 8), step=16, width=2000, height=1, padding=0, extra=(), holes=0) -> PointCloud2:
    """A cloud whose bytes other than those of x, y and z are arbitrary."""
    row = width * step + padding
    data = np.random.default_rng(5).integers(0, 256, height * row, dtype=np.uint8)
    xyz = ball(width * height)
    if holes:
        xyz[1::holes, 0] = np.nan
        xyz[2::holes, 2] = -np.inf
    write(data, places(width, height, step, row), offsets, xyz)
    fields = [PointField(name=n, offset=o, datatype=F32, count=1) for n, o in zip("xyz", offsets)]
    fields += [PointField(name=n, offset=o, datatype=t, count=c) for n, o, t, c in extra]
    header = Header(stamp=Time(sec=1_700_000_000, nanosec=123_456_789), frame_id="lidar/top")
    message = PointCloud2(header=header, width=width, height=height, fields=fields, point_step=step, row_step=row)
    message.is_dense = not holes
    message.data.frombytes(data.tobytes())
    return message


def write(data, starts, offsets, xyz):
    for axis, offset in enumerate(offsets):
        data[starts[:, None] + offset + np.arange(4)] = xyz[:, axis : axis + 1].copy().view(np.uint8).reshape(-1, 4)


def read(data, starts, offsets) -> np.ndarray:
    columns = [data[starts[:, None] + offset + np.arange(4)].copy().view(np.float32) for offset in offsets]
    return np.concatenate(columns, axis=1)


def run(folder: Path, message: PointCloud2, packed: np.ndarray | None = None):
    """What the program said, the message that came out, and the packed coordinates that the library made."""
    names = [str(folder / name) for name in ("in.cdr", "out.cdr", "packed.f32", "cleaned.f32")]
    Path(names[0]).write_bytes(serialize_message(message))
    if packed is not None:
        packed.tofile(names[2])
    command = [str(CLEAN), *names[: 2 if packed is None else 4]]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result = deserialize_message(Path(names[1]).read_bytes(), PointCloud2)
    return said.strip(), result, None if packed is None else np.fromfile(names[3], np.float32).reshape(-1, 3)


LIDAR = [("intensity", 12, F32, 1), ("ring", 16, U16, 1), ("time", 18, F64, 1)]
CLEANED = {
    "xyz_first": dict(extra=[("intensity", 12, F32, 1)]),
    "xyz_only": dict(step=12),
    "xyz_in_the_middle": dict(offsets=(6, 10, 14), step=23, extra=[("tag", 0, U8, 6), ("ring", 18, U16, 1)]),
    "padded_rows": dict(width=50, height=40, padding=6),
    "padded_and_in_the_middle": dict(offsets=(3, 7, 11), step=17, width=50, height=40, padding=11),
    "extra_fields": dict(step=40, extra=[*LIDAR, ("spectrum", 26, U16, 7)]),
    "another_order": dict(offsets=(20, 9, 0), step=24),
    "gaps": dict(offsets=(0, 8, 16), step=24, width=40, height=50),
    "nan": dict(holes=7, width=50, height=40),
    "one_point": dict(width=1),
    "points_300k": dict(width=300_000, step=22, extra=LIDAR[:2]),
}


@pytest.mark.parametrize("case", CLEANED)
def test_only_the_coordinates_change(case, tmp_path):
    layout = CLEANED[case]
    message = cloud(**layout)
    offsets = layout.get("offsets", (0, 4, 8))
    starts = places(message.width, message.height, message.point_step, message.row_step)
    before = np.frombuffer(message.data, np.uint8)
    noisy = read(before, starts, offsets)
    said, result, expected = run(tmp_path, message, noisy)
    assert said == "clean"

    after = np.frombuffer(result.data, np.uint8)
    right = before.copy()
    write(right, starts, offsets, expected)
    assert np.array_equal(after, right)
    moved = (expected != noisy).any(axis=1)[np.isfinite(noisy).all(axis=1)]
    assert moved.mean() > 0.9 or message.width == 1
    result.data = message.data
    assert result == message


def test_holes_stay_bit_for_bit(tmp_path):
    message = cloud(holes=5)
    starts = places(message.width, message.height, message.point_step, message.row_step)
    before = np.frombuffer(message.data, np.uint8)
    holes = ~np.isfinite(read(before, starts, (0, 4, 8))).all(axis=1)
    _, result, _ = run(tmp_path, message)
    after = np.frombuffer(result.data, np.uint8)
    inside = starts[holes][:, None] + np.arange(12)
    assert holes.sum() > 500 and np.array_equal(before[inside], after[inside])
    assert np.isfinite(read(after, starts[~holes], (0, 4, 8))).all() and result.is_dense is False


def cut(message, count):
    del message.data[-count:]


def put(message, **values):
    for name, value in values.items():
        setattr(message, name, value)


def field(message, index, **values):
    put(message.fields[index], **values)


HARMLESS = {
    "row_step_of_a_single_row_is_zero": lambda m: put(m, row_step=0),
    "row_step_of_a_single_row_is_too_large": lambda m: put(m, row_step=4_000_000_000),
    "row_step_of_a_single_row_is_too_small": lambda m: put(m, row_step=16),
    "count_zero": lambda m: field(m, 0, count=0),
    "more_data_than_points": lambda m: m.data.frombytes(b"trailer"),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_harmless_lies_are_overlooked(case, tmp_path):
    message, plain = cloud(), cloud()
    HARMLESS[case](message)
    said, result, _ = run(tmp_path, message)
    assert said == "clean"
    _, right, _ = run(tmp_path, plain)
    assert result.data[: len(right.data)] == right.data and result.data[: len(plain.data)] != plain.data
    assert result.data[len(plain.data) :] == message.data[len(plain.data) :]
    assert result.row_step == message.row_step


def test_the_last_row_may_end_without_its_padding(tmp_path):
    message = cloud(width=50, height=40, padding=6)
    cut(message, 6)
    assert run(tmp_path, message)[0] == "clean"
    cut(message, 1)
    assert run(tmp_path, message)[0].startswith("refused")


EMPTY = {
    "nothing_at_all": PointCloud2,
    "no_points": lambda: cloud(width=0),
    "no_rows": lambda: cloud(width=5, height=0),
    "no_points_but_bytes": lambda: cloud(width=0, padding=100),
}


@pytest.mark.parametrize("case", EMPTY)
def test_empty_clouds_pass(case, tmp_path):
    message = EMPTY[case]()
    said, result, _ = run(tmp_path, message)
    assert said == "clean" and result == message


def as_float64(message):
    for index in range(3):
        field(message, index, datatype=F64, offset=8 * index)
    put(message, point_step=32, width=1000)


REFUSED = {
    "float64": (as_float64, "FLOAT32"),
    "int16": (lambda m: field(m, 1, datatype=I16), "FLOAT32"),
    "big_endian": (lambda m: put(m, is_bigendian=True), "big-endian"),
    "no_z": (lambda m: field(m, 2, name="zed"), "no field z"),
    "no_fields": (lambda m: put(m, fields=[]), "no field x"),
    "three_numbers_in_x": (lambda m: field(m, 0, count=3), "3 numbers"),
    "x_and_y_share_bytes": (lambda m: field(m, 1, offset=2), "share bytes"),
    "offset_outside_of_the_point": (lambda m: field(m, 2, offset=13), "point_step"),
    "offset_beyond_everything": (lambda m: field(m, 2, offset=4_294_967_295), "point_step"),
    "point_step_zero": (lambda m: put(m, point_step=0), "point_step"),
    "point_step_smaller_than_xyz": (lambda m: put(m, point_step=8), "point_step"),
    "point_step_too_large": (lambda m: put(m, point_step=17), "row_step"),
    "row_step_too_small": (lambda m: put(m, row_step=m.row_step - 1), "row_step"),
    "row_step_zero": (lambda m: put(m, row_step=0), "row_step"),
    "row_step_too_large": (lambda m: put(m, row_step=m.row_step + 17), "ask for more"),
    "row_step_beyond_everything": (lambda m: put(m, row_step=4_294_967_295), "ask for more"),
    "width_too_large": (lambda m: put(m, width=4_294_967_295), "row_step"),
    "height_too_large": (lambda m: put(m, height=m.height + 1), "ask for more"),
    "height_beyond_everything": (lambda m: put(m, height=4_294_967_295), "ask for more"),
    "a_byte_is_missing": (lambda m: cut(m, 1), "ask for more"),
    "no_data": (lambda m: cut(m, len(m.data)), "ask for more"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_lies_are_refused(case, tmp_path):
    spoil, reason = REFUSED[case]
    message = cloud(width=50, height=40)
    spoil(message)
    before = copy.deepcopy(message)
    said, result, _ = run(tmp_path, message)
    assert said.startswith("refused: ") and reason in said
    assert result == before
