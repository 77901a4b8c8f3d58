"""Which points of a denoised cloud can be trusted."""

from numbers import Real
from typing import Any

import numpy as np

from ._library import C, check
from ._points import as_array, coordinates, stride
from ._runs import number
from ._runtime import prepare


def confidence(points: Any, cleaned: Any, noise: float) -> np.ndarray:
    """How ordinary each point of a cleaned cloud is: close to 0 for strays that no denoiser saves, else spread over 0 to 1.

        run = quietcloud.Filter()
        clean = run(points)
        clean = clean[quietcloud.confidence(points, clean, run.report["noise"]) > 0.01]

    Of a scan with nothing but its noise, about one point in a hundred is below 0.01; a stray six standard deviations out
    is nearly always. Strays in a clump, nearer to each other than to anything else, are not told from a surface.

    Parameters
    ----------
    points
        What went into the run: [n, 3], as for ``denoise``.
    cleaned
        What came out, in the same order and unit.
    noise
        Standard deviation of the run's noise in the unit of the points, ``report["noise"]`` of the filter. At 0 only the
        distance from the neighbours counts.

    Returns
    -------
    numpy.ndarray
        [n] of float32; 0 for points with a NaN or an infinity.

    Raises
    ------
    TypeError, ValueError
        Points of a wrong type or shape, clouds that differ in their number of points, a noise that is negative or not
        finite.

    The GIL is released while the library works; any number of threads may call at once.
    """
    prepare()
    scan, clean = coordinates(as_array(points)), coordinates(as_array(cleaned))
    if len(scan) != len(clean):
        raise ValueError(f"points and cleaned differ in their number of points: {len(scan)} and {len(clean)}")
    if scan.dtype != clean.dtype:
        scan, clean = scan.astype(np.float64), clean.astype(np.float64)
    if not isinstance(noise, Real):
        raise TypeError(f"noise is a {type(noise).__name__}, expected a number")
    rated = np.empty(len(scan), np.float32)
    rate = C.confidence_f32 if scan.dtype == np.float32 else C.confidence_f64
    cleaned_at = (clean.ctypes.data, stride(clean))
    check(rate(scan.ctypes.data, len(scan), stride(scan), *cleaned_at, number(noise), rated.ctypes.data))
    return rated
