"""The C library: found, loaded, its functions declared."""

import ctypes
import os
from collections.abc import Callable
from ctypes import POINTER, c_char_p, c_double, c_int32, c_size_t, c_void_p
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ._errors import exception

#: What the library calls during a run, on the thread that called it; any result but 0 cancels.
PROGRESS = ctypes.CFUNCTYPE(c_int32, c_void_p, c_double)

_TEXT = (c_void_p, c_size_t, POINTER(c_size_t))  # buffer, size, needed
_RUN = (c_void_p, c_void_p, c_size_t, c_size_t, c_void_p, c_size_t)
_MAKE = (c_void_p, c_size_t, c_size_t, c_void_p, c_size_t)
_BETWEEN = (c_void_p, c_void_p, c_size_t, c_void_p, c_size_t, c_size_t, c_double, c_void_p, c_size_t, c_size_t)
_RATE = (c_void_p, c_size_t, c_size_t, c_void_p, c_size_t, c_double, c_void_p)
_BOUND = (c_void_p, c_void_p, c_size_t, c_size_t, POINTER(c_double), POINTER(c_double))

# Result and arguments of what is used of quietcloud.h, without the prefix quietcloud_.
_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "version": (c_char_p,),
    "last_error": (c_char_p,),
    "set_runtime": (c_int32, c_char_p),
    "model_open": (c_int32, c_char_p, c_char_p, POINTER(c_void_p)),
    "model_open_memory": (c_int32, c_char_p, c_size_t, c_char_p, POINTER(c_void_p)),
    "model_free": (None, c_void_p),
    "model_device": (c_int32, c_void_p, *_TEXT),
    "model_describe": (c_int32, c_void_p, *_TEXT),
    "filter_new": (c_int32, c_void_p, POINTER(c_void_p)),
    "filter_free": (None, c_void_p),
    "filter_set_number": (c_int32, c_void_p, c_char_p, c_double),
    "filter_set_string": (c_int32, c_void_p, c_char_p, c_char_p),
    "filter_get_number": (c_int32, c_void_p, c_char_p, POINTER(c_double)),
    "filter_get_string": (c_int32, c_void_p, c_char_p, *_TEXT),
    "filter_set_progress": (c_int32, c_void_p, PROGRESS, c_void_p),
    "filter_run_f32": (c_int32, *_RUN),
    "filter_run_f64": (c_int32, *_RUN),
    "filter_report_number": (c_int32, c_void_p, c_char_p, POINTER(c_double)),
    "filter_report_string": (c_int32, c_void_p, c_char_p, *_TEXT),
    "filter_option_count": (c_size_t,),
    "filter_option_name": (c_char_p, c_size_t),
    "filter_option_help": (c_char_p, c_size_t),
    "filter_option_unit": (c_char_p, c_size_t),
    "filter_option_choice": (c_char_p, c_size_t, c_size_t),
    "filter_option_kind": (c_int32, c_size_t),
    "filter_option_bounds": (c_int32, c_size_t, *[POINTER(c_double)] * 3),
    "generator_new": (c_int32, c_void_p, POINTER(c_void_p)),
    "generator_free": (None, c_void_p),
    "generator_set_number": (c_int32, c_void_p, c_char_p, c_double),
    "generator_set_string": (c_int32, c_void_p, c_char_p, c_char_p),
    "generator_get_number": (c_int32, c_void_p, c_char_p, POINTER(c_double)),
    "generator_get_string": (c_int32, c_void_p, c_char_p, *_TEXT),
    "generator_bounds": (c_int32, c_void_p, c_char_p, *[POINTER(c_double)] * 3),
    "generator_set_progress": (c_int32, c_void_p, PROGRESS, c_void_p),
    "generator_run_f32": (c_int32, *_MAKE),
    "generator_run_f64": (c_int32, *_MAKE),
    "generator_reconstruct_f32": (c_int32, *_RUN),
    "generator_reconstruct_f64": (c_int32, *_RUN),
    "generator_diffuse_denoise_f32": (c_int32, *_RUN),
    "generator_diffuse_denoise_f64": (c_int32, *_RUN),
    "generator_interpolate_f32": (c_int32, *_BETWEEN),
    "generator_interpolate_f64": (c_int32, *_BETWEEN),
    "generator_likelihood_f32": (c_int32, *_BOUND),
    "generator_likelihood_f64": (c_int32, *_BOUND),
    "generator_report_number": (c_int32, c_void_p, c_char_p, POINTER(c_double)),
    "generator_report_string": (c_int32, c_void_p, c_char_p, *_TEXT),
    "generator_option_count": (c_size_t,),
    "generator_option_name": (c_char_p, c_size_t),
    "generator_option_help": (c_char_p, c_size_t),
    "generator_option_unit": (c_char_p, c_size_t),
    "generator_option_choice": (c_char_p, c_size_t, c_size_t),
    "generator_option_kind": (c_int32, c_size_t),
    "confidence_f32": (c_int32, *_RATE),
    "confidence_f64": (c_int32, *_RATE),
}


def _load(path: Path) -> SimpleNamespace:
    """quietcloud.h as attributes. Every call gives up the GIL."""
    try:
        library = ctypes.CDLL(os.fspath(path))
    except OSError as error:
        raise ImportError(f"quietcloud's library can't be loaded: {error}") from error
    functions = SimpleNamespace()
    for name, (result, *arguments) in _FUNCTIONS.items():
        function = getattr(library, f"quietcloud_{name}")
        function.restype, function.argtypes = result, arguments
        setattr(functions, name, function)
    return functions


def _path() -> Path:
    """The library in this package; QUIETCLOUD_LIBRARY names another one, such as cargo's in a checkout."""
    named = os.environ.get("QUIETCLOUD_LIBRARY")
    return Path(named) if named else Path(__file__).with_name("libquietcloud.so")


C = _load(_path())


def check(code: int) -> None:
    """Raises for a failed call that was made on this thread just now."""
    if code:
        raise exception(code, C.last_error().decode())


def text(ask: Callable[..., int], *arguments: object) -> str:
    """What a function copies into a buffer whose size it tells."""
    needed = c_size_t()
    check(ask(*arguments, None, 0, needed))
    buffer = ctypes.create_string_buffer(needed.value)
    check(ask(*arguments, buffer, needed, None))
    return buffer.value.decode()


def version() -> str:
    """The library's version."""
    return str(C.version(), "utf-8")
