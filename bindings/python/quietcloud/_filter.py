"""Filters: options, runs and what they report."""

import ctypes
import threading
import warnings
import weakref
from ctypes import c_double
from numbers import Real
from typing import Any

import numpy as np

from ._library import PROGRESS, C, check, text
from ._model import Model, default_model
from ._options import options
from ._points import as_array, coordinates, like
from ._progress import Progress, listener
from ._runtime import prepare
from ._worker import interruptible

_COUNTS = ("points", "finite", "passed_through", "steps", "tiles", "workers")
_LENGTHS = ("spacing", "noise", "noise_spacing")
_STAGES = ("normalize", "graph", "noise", "network", "sampler", "restore", "total", "runtime")


class Filter:
    """Options that are set once, any number of runs, and a report of the last one.

        filter = quietcloud.Filter(noise=0.004, quality="high")
        clean = filter(points)
        print(filter.report["steps"], filter.report["total_ms"])

    Parameters
    ----------
    model
        None is the model that is built in. Any number of filters may share one.
    options
        As ``quietcloud.options()`` lists them, numbers or words; the others keep their initial value.

    A filter belongs to one thread at a time.
    """

    def __init__(self, model: Model | None = None, **options: float | str) -> None:
        handle = ctypes.c_void_p()
        check(C.filter_new((model or default_model())._handle, handle))
        self._handle = handle
        self._at_work = threading.Lock()
        weakref.finalize(self, C.filter_free, handle).atexit = False
        self.set(**options)

    def set(self, **options: float | str) -> None:
        """Sets options by name.

        Raises TypeError for an unknown name or a value that is no number or word, ValueError for one out of bounds.
        """
        for name, value in options.items():
            key = _known(name)
            if isinstance(value, str):
                check(C.filter_set_string(self._handle, key, _word(value)))
            elif isinstance(value, Real):
                check(C.filter_set_number(self._handle, key, _number(value)))
            else:
                raise TypeError(f"{name} is a {type(value).__name__}, expected a number or a word")

    def get(self, name: str) -> float | str:
        """The value of an option: a word, such as "auto" or "balanced", where it has one, else a number."""
        key, option = _known(name), options()[name]
        word = text(C.filter_get_string, self._handle, key)
        if word in option.choices:
            return word
        value = c_double()
        check(C.filter_get_number(self._handle, key, value))
        return int(value.value) if option.kind == "integer" else value.value

    def __call__(self, points: Any, *, progress: Progress = True) -> np.ndarray:
        """Removes the noise; see ``quietcloud.denoise``."""
        prepare()
        array = as_array(points)
        xyz = coordinates(array)
        result = np.empty(xyz.shape, xyz.dtype)
        if not self._at_work.acquire(blocking=False):
            raise RuntimeError("the filter is at work: wait for its run to end, or make one filter per thread")
        try:
            with listener(progress) as hear:
                interruptible(lambda callback: self._run(callback, xyz, result), hear)
        finally:
            self._at_work.release()
        if len(xyz):  # that there was nothing to do is no news for an empty cloud
            for note in text(C.filter_report_string, self._handle, b"notes").splitlines():
                warnings.warn(note, RuntimeWarning, stacklevel=2)
        return like(array, result)

    def _run(self, callback: Any, xyz: np.ndarray, result: np.ndarray) -> None:
        function = C.filter_run_f32 if xyz.dtype == np.float32 else C.filter_run_f64
        stride = xyz.strides[0] if len(xyz) > 1 else 0
        check(C.filter_set_progress(self._handle, callback, None))
        try:
            check(function(self._handle, xyz.ctypes.data, len(xyz), stride, result.ctypes.data, 0))
        finally:
            check(C.filter_set_progress(self._handle, PROGRESS(), None))

    @property
    def report(self) -> dict[str, Any]:
        """What the last run did: points, finite, passed_through, spacing, noise (standard deviation, given or estimated,
        in the cloud's unit), noise_spacing, estimated, steps, tiles, workers, device, notes, and times in milliseconds.

        Raises ValueError where no run has succeeded yet.
        """
        report: dict[str, Any] = {name: int(self._number(name)) for name in _COUNTS}
        report |= {name: self._number(name) for name in (*_LENGTHS, *(f"{stage}_ms" for stage in _STAGES))}
        report["estimated"] = bool(self._number("estimated"))
        report["device"] = text(C.filter_report_string, self._handle, b"device")
        report["notes"] = text(C.filter_report_string, self._handle, b"notes").splitlines()
        return report

    def _number(self, name: str) -> float:
        value = c_double()
        check(C.filter_report_number(self._handle, name.encode(), value))
        return value.value


def _known(name: str) -> bytes:
    if name not in options():
        raise TypeError(f"there is no option {name!r}; the options are {', '.join(options())}")
    return name.encode()


def _word(value: str) -> bytes:
    if "\0" in value:
        raise ValueError(f"{value!r} holds a NUL character")
    return value.encode()


def _number(value: Real) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError("the number is out of bounds: it is larger than any float") from None
