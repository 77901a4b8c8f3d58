"""Every form of array: right, or a clear refusal; the input is never touched."""

import itertools

import numpy as np
import pytest
from conftest import noisy_sphere, roughness

import quietcloud


def clean(points, **options):
    return quietcloud.denoise(points, noise=0.02, progress=False, **options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_type_and_shape_stay_and_the_noise_goes(sphere, dtype):
    points = sphere.astype(dtype)
    before = points.copy()
    result = clean(points)
    assert result.dtype == dtype and result.shape == points.shape
    assert not np.shares_memory(result, points)
    assert np.array_equal(points, before)
    assert roughness(result) < 0.8 * roughness(points)


FORMS = {
    "fortran": np.asfortranarray,
    "read-only": lambda p: (q := p.copy(), q.setflags(write=False))[0],
    "every other row": lambda p: np.repeat(p, 2, axis=0)[::2],
    "inside of wider rows": lambda p: np.hstack([p[:, :1], p, p])[:, 1:4],
    "reversed columns": lambda p: p[:, ::-1].copy()[:, ::-1],
    "reversed rows": lambda p: p[::-1].copy()[::-1],
    "big endian": lambda p: p.astype(p.dtype.newbyteorder(">")),
    "transposed": lambda p: p.T.copy().T,
    "unaligned": lambda p: np.frombuffer(b"\0" + p.tobytes(), np.uint8)[1:].view(p.dtype).reshape(p.shape),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", FORMS)
def test_memory_layout_changes_nothing(sphere, dtype, form):
    points = sphere.astype(dtype)
    formed = FORMS[form](points)
    before = formed.tobytes()
    result = clean(formed)
    assert result.dtype == formed.dtype
    assert np.array_equal(result, clean(points))
    assert formed.tobytes() == before


@pytest.mark.parametrize("form", ["read-only", "every other row", "inside of wider rows", "unaligned"])
def test_nothing_is_copied_where_none_is_needed(sphere, form):
    from quietcloud._points import as_array, coordinates

    points = FORMS[form](sphere)
    assert np.shares_memory(coordinates(as_array(points)), points)


def test_rows_that_are_all_the_same_memory():
    points = np.broadcast_to(np.float32([1, 2, 3]), (50, 3))
    assert points.strides == (0, 4)
    assert np.array_equal(clean(points), clean(points.copy()))


PADDED = np.dtype({"names": ["x", "y", "z", "i"], "formats": ["f4", "f4", "f4", "u2"], "offsets": [4, 8, 12, 20], "itemsize": 32})
SCATTERED = np.dtype([("z", "f8"), ("ring", "u1"), ("y", "f8"), ("x", "f8"), ("name", "S3")])


@pytest.mark.parametrize("dtype", [PADDED, SCATTERED, np.dtype([("x", ">f4"), ("y", ">f4"), ("z", ">f4")])])
@pytest.mark.parametrize("step", [1, -1, 2])
def test_records_keep_their_other_fields(sphere, dtype, step):
    records = np.zeros(len(sphere) * abs(step), dtype)[::step]
    for axis, values in zip("xyz", sphere.T):
        records[axis] = values
    others = [name for name in dtype.names if name not in "xyz"]
    for name in others:
        records[name] = np.arange(len(records)) % 200
    before = records.copy()
    result = clean(records)
    assert result.dtype == dtype and np.array_equal(records, before)
    assert all(np.array_equal(result[name], before[name]) for name in others)
    plain = clean(np.stack([before[axis] for axis in "xyz"], axis=1).astype(before["x"].dtype.newbyteorder("=")))
    assert np.array_equal(np.stack([result[axis] for axis in "xyz"], axis=1), plain)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_points(dtype):
    assert clean(np.empty((0, 3), dtype)).shape == (0, 3)
    assert clean(np.empty((0, 3), dtype)).dtype == dtype
    assert len(clean(np.empty(0, PADDED))) == 0


@pytest.mark.parametrize("count", [1, 2, 5])
def test_too_few_points_come_back_with_a_warning(count):
    points = np.random.default_rng(0).normal(size=(count, 3))
    with pytest.warns(RuntimeWarning, match="too few"):
        assert np.array_equal(clean(points), points)


def test_points_that_are_no_numbers_pass_through(sphere):
    points = sphere.astype(np.float32)
    bits = np.array([0x7FC00123, 0x7F800000, 0xFF800000], np.uint32).view(np.float32)
    points[7, 1], points[70, 0], points[700, 2] = bits
    result = clean(points)
    wild = [7, 70, 700]
    assert result[wild].tobytes() == points[wild].tobytes()
    rest = np.isfinite(points).all(axis=1)
    assert rest.sum() == len(points) - 3 and np.array_equal(result[rest], clean(points[rest]))


class Interface:
    """Knows numpy's protocol only."""

    def __init__(self, array):
        self.array = array
        self.__array_interface__ = array.__array_interface__


class DLPack:
    """Knows DLPack only."""

    def __init__(self, array, device=None):
        self.array, self.device = array, device

    def __dlpack__(self, **how):
        return self.array.__dlpack__(**how)

    def __dlpack_device__(self):
        return self.device or self.array.__dlpack_device__()


@pytest.mark.parametrize("wrap", [Interface, DLPack, lambda p: p.tolist(), memoryview])
def test_other_peoples_arrays(sphere, wrap):
    assert np.array_equal(clean(wrap(sphere)), clean(sphere))


@pytest.mark.parametrize("shape", [(), (3,), (0,), (10, 2), (10, 4), (3, 10), (2, 10, 3), (10, 3, 1), (0, 0)])
def test_wrong_shapes_are_named(shape):
    with pytest.raises(ValueError, match=r"shape .*expected \(n, 3\)"):
        clean(np.zeros(shape))


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, bool, np.float16, np.longdouble, complex, object, "U5", "M8[s]"])
def test_wrong_types_are_named(dtype):
    with pytest.raises(TypeError, match="expected float32 or float64"):
        clean(np.zeros((10, 3), dtype))


@pytest.mark.parametrize("points", [None, 5, "cloud.ply", {"x": 1}, [[0, 0, 0]], object(), {1.0, 2.0}])
def test_what_is_no_array_is_refused(points):
    with pytest.raises(TypeError, match="expected float32 or float64"):
        clean(points)


def test_ragged_lists_are_refused():
    with pytest.raises(ValueError):
        clean([[0.0, 0.0, 0.0], [1.0]])


def test_masks_and_devices_are_not_ignored(sphere):
    with pytest.raises(TypeError, match="masked"):
        clean(np.ma.masked_invalid(sphere))
    with pytest.raises(TypeError, match="CPU"):
        clean(DLPack(sphere, device=(2, 0)))


@pytest.mark.parametrize(
    "dtype, error",
    [
        ([("x", "f4"), ("y", "f4")], "x, y and z are needed"),
        ([("x", "f4"), ("y", "f4"), ("z", "f8")], "all float32 or all float64"),
        ([("x", "i4"), ("y", "i4"), ("z", "i4")], "all float32 or all float64"),
        ([("x", "f4", 2), ("y", "f4", 2), ("z", "f4", 2)], "all float32 or all float64"),
    ],
)
def test_wrong_records_are_named(dtype, error):
    with pytest.raises(TypeError, match=error):
        clean(np.zeros(10, dtype))
    with pytest.raises(ValueError, match="one dimension"):
        clean(np.zeros((2, 5), PADDED))


def test_unit_and_offset_change_little(sphere):
    plain = clean(sphere)
    for scale, offset in itertools.product([1e-6, 1e6], [0.0, 1e3]):
        shifted = quietcloud.denoise((sphere + offset) * scale, noise=0.02 * scale, progress=False)
        assert np.abs(shifted / scale - offset - plain).max() < 1e-4


def test_larger_clouds_of_both_kinds_agree():
    points = noisy_sphere(6000).astype(np.float32)
    assert np.allclose(clean(points), clean(points.astype(float)), atol=1e-5)
