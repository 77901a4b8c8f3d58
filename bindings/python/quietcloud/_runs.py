"""What filters and generators share: options by name, one run at a time, a report of the last one."""

import ctypes
import threading
import warnings
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from ctypes import c_double
from numbers import Real
from typing import Any, ClassVar

from ._library import PROGRESS, C, check, text
from ._model import Model
from ._options import Option
from ._progress import Progress, listener
from ._worker import interruptible


class Runs(ABC):
    """A handle of the library: a filter's or a generator's."""

    #: The word in the names of the handle's functions.
    _kind: ClassVar[str]
    #: Names of the report's whole numbers and of its times.
    _counts: ClassVar[Collection[str]]
    _times: ClassVar[Collection[str]]

    def __init__(self, model: Model, options: dict[str, float | str]) -> None:
        handle = ctypes.c_void_p()
        check(self._function("new")(model._handle, handle))
        self._handle = handle
        self._at_work = threading.Lock()
        weakref.finalize(self, self._function("free"), handle).atexit = False
        self.set(**options)

    def _function(self, name: str) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(C, f"{self._kind}_{name}")
        return function

    @abstractmethod
    def _options(self) -> dict[str, Option]:
        """The options of the handle, by name."""

    def _known(self, name: str) -> bytes:
        known = self._options()
        if name not in known:
            raise TypeError(f"there is no option {name!r}; the options are {', '.join(known)}")
        return name.encode()

    def set(self, **options: float | str) -> None:
        """Sets options by name.

        Raises TypeError for an unknown name or a value that is no number or word, ValueError for one out of bounds.
        """
        for name, value in options.items():
            key = self._known(name)
            if isinstance(value, str):
                check(self._function("set_string")(self._handle, key, _word(value)))
            elif isinstance(value, Real):
                check(self._function("set_number")(self._handle, key, number(value)))
            else:
                raise TypeError(f"{name} is a {type(value).__name__}, expected a number or a word")

    def get(self, name: str) -> float | str:
        """The value of an option: a word, such as "auto" or "balanced", where it has one, else a number."""
        key, option = self._known(name), self._options()[name]
        word = text(self._function("get_string"), self._handle, key)
        if word in option.choices:
            return word
        value = c_double()
        check(self._function("get_number")(self._handle, key, value))
        return int(value.value) if option.kind == "integer" else value.value

    def _work(self, call: Callable[[], int], progress: Progress) -> None:
        """Makes a call of the library that runs networks; it returns a status."""

        def heard(callback: Any) -> None:
            check(self._function("set_progress")(self._handle, callback, None))
            try:
                check(call())
            finally:
                check(self._function("set_progress")(self._handle, PROGRESS(), None))

        if not self._at_work.acquire(blocking=False):
            raise RuntimeError(f"the {self._kind} is at work: wait for its run to end, or make one {self._kind} per thread")
        try:
            with listener(progress) as hear:
                interruptible(heard, hear)
        finally:
            self._at_work.release()

    def _warn(self, depth: int) -> None:
        """Passes the last run's notes on to the caller that is ``depth`` frames up, this one counted."""
        for note in text(self._function("report_string"), self._handle, b"notes").splitlines():
            warnings.warn(note, RuntimeWarning, stacklevel=depth)

    def _report(self) -> dict[str, Any]:
        report: dict[str, Any] = {name: int(self._number(name)) for name in self._counts}
        report |= {f"{name}_ms": self._number(f"{name}_ms") for name in self._times}
        report["device"] = text(self._function("report_string"), self._handle, b"device")
        report["notes"] = text(self._function("report_string"), self._handle, b"notes").splitlines()
        return report

    def _number(self, name: str) -> float:
        value = c_double()
        check(self._function("report_number")(self._handle, name.encode(), value))
        return value.value


def _word(value: str) -> bytes:
    if "\0" in value:
        raise ValueError(f"{value!r} holds a NUL character")
    return value.encode()


def number(value: float | Real) -> float:
    """As a float; ValueError for a number beyond all of them."""
    try:
        return float(value)
    except OverflowError:
        raise ValueError("the number is out of bounds: it is larger than any float") from None
