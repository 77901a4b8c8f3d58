"""The one call that most need."""

from typing import Any

import numpy as np

from ._filter import Filter
from ._model import Model
from ._progress import Progress


def denoise(
    points: Any,
    noise: float | str = "auto",
    quality: float | str = "balanced",
    seed: int = 0,
    progress: Progress = True,
    *,
    model: Model | None = None,
    **options: float | str,
) -> np.ndarray:
    """Moves every point towards the surface that it was measured from.

    Parameters
    ----------
    points
        [n, 3] of float32 or float64, in any unit and with any strides; a structured array with the fields x, y, z; or
        whatever gives such an array by DLPack (PyTorch, JAX, Open3D tensors), ``__array_interface__`` or ``__array__``.
        Read where it lies if x, y, z are side by side and the rows go forwards, else copied once. Never written to.
    noise
        Standard deviation of the noise along each axis, in the unit of the points; "auto" (or 0) estimates it.
    quality
        "fast", "balanced" or "high".
    seed
        The same points, options and seed give the same bytes, whatever the number of threads.
    progress
        True shows a bar where the run takes longer than half a second. A function gets the part that is done, from 0 to
        1, on the thread that called; it cancels the run by raising.
    model
        None is the model that is built in.
    options
        ``steps``, ``threads``, ``max_memory_mb``, ...: ``quietcloud.options()`` lists them all.

    Returns
    -------
    numpy.ndarray
        A new array with as many points, in the same order and of the same type. Points with a NaN or an infinity come
        back as they are; a structured array keeps its other fields.

    Raises
    ------
    TypeError, ValueError
        Points of a wrong type or shape; an unknown option or a value out of its bounds.
    Error
        A broken model, no ONNX Runtime, a network that failed.
    KeyboardInterrupt
        Ctrl-C stops the run within milliseconds.

    The GIL is released while the library works; any number of threads may call at once.
    """
    run = Filter(model, noise=noise, quality=quality, seed=seed, **options)
    return run(points, progress=progress)
