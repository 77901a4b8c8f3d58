"""Arrays of points as the library wants them: x, y, z side by side, one stride from point to point."""

from collections.abc import Mapping
from typing import Any

import numpy as np

Fields = Mapping[str, tuple[Any, ...]]

_CPU_DEVICES = (1, 3)  # kDLCPU and kDLCUDAHost of dlpack.h
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def as_array(points: Any) -> np.ndarray:
    """``points`` as a plain array that shares its memory where it has any; its shape and type are proven.

    Raises TypeError for what is not float32 or float64 in the host's memory, ValueError for a wrong shape.
    """
    array = _array(points)
    if array.dtype.fields is not None:
        _prove_record(array, array.dtype.fields)
    elif array.dtype.newbyteorder("=") not in _FLOATS:
        raise TypeError(f"points are {array.dtype}, expected float32 or float64: convert them, as with astype(float)")
    elif array.ndim != 2 or array.shape[1] != 3:
        raise ValueError(f"points have the shape {array.shape}, expected (n, 3): one row for each point")
    return array


def _array(points: Any) -> np.ndarray:
    if isinstance(points, np.ma.MaskedArray):
        raise TypeError("points are a masked array, whose mask would be lost: fill it, as with filled(numpy.nan)")
    if isinstance(points, np.ndarray) or not hasattr(points, "__dlpack__"):
        return np.asarray(points)
    device = points.__dlpack_device__()[0]
    device = getattr(device, "value", device)  # Open3D gives an enum that is no integer
    if device not in _CPU_DEVICES:
        raise TypeError(f"points lie on a device (DLPack type {device}): bring them to the CPU first")
    try:
        return np.from_dlpack(points)
    except (BufferError, RuntimeError) as error:
        raise TypeError(f"points can't be shared by DLPack: {error}") from error


def _prove_record(array: np.ndarray, fields: Fields) -> None:
    kinds = {axis: field[0] for axis, field in fields.items() if axis in ("x", "y", "z")}
    if len(kinds) != 3:
        raise TypeError(f"points have the fields {', '.join(fields)}; x, y and z are needed")
    if len(set(kinds.values())) != 1 or kinds["x"].newbyteorder("=") not in _FLOATS:
        raise TypeError(f"x, y and z are {', '.join(map(str, kinds.values()))}; expected all float32 or all float64")
    if array.ndim != 1:
        raise ValueError(f"points have the shape {array.shape}, expected one dimension of records")


def coordinates(array: np.ndarray) -> np.ndarray:
    """x, y, z as [n, 3] in memory that the library can read: the array's own where that is possible, else a copy."""
    xyz = array if array.dtype.fields is None else _side_by_side(array, array.dtype.fields)
    size = xyz.dtype.itemsize
    readable = xyz.dtype.isnative and xyz.strides[1] == size and (xyz.strides[0] >= 3 * size or len(xyz) <= 1)
    return xyz if readable else np.ascontiguousarray(xyz, xyz.dtype.newbyteorder("="))


def stride(xyz: np.ndarray) -> int:
    """Bytes from point to point, as the library takes them: 0 where that says nothing."""
    return xyz.strides[0] if len(xyz) > 1 else 0


def _side_by_side(array: np.ndarray, fields: Fields) -> np.ndarray:
    (kind, x), y, z = fields["x"][:2], fields["y"][1], fields["z"][1]
    if y - x != kind.itemsize or z - y != kind.itemsize:
        return np.stack([array[axis] for axis in "xyz"], axis=1)
    strides = (array.strides[0], kind.itemsize)
    return np.lib.stride_tricks.as_strided(array["x"], (len(array), 3), strides, writeable=False)


def like(array: np.ndarray, xyz: np.ndarray) -> np.ndarray:
    """New coordinates in the form of ``array``: its type, and for records its other fields."""
    if array.dtype.fields is None:
        return xyz.astype(array.dtype, copy=False)
    result = array.copy()
    for axis, values in zip("xyz", xyz.T, strict=True):
        result[axis] = values
    return result
