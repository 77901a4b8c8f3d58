"""Models."""

import ctypes
import json
import os
import threading
import warnings
import weakref
from collections.abc import Callable
from typing import Any

from ._library import C, check, text
from ._runtime import prepare


class Model:
    """An opened model; immutable, and any number of threads may use it at once.

    Parameters
    ----------
    folder
        A model folder, or a zip archive of one. None is the model that is built in.
    device
        "auto" (the best that works), "cpu", "cuda", "tensorrt" or "tensorrt-fp16" (half precision); "cuda:1" is the second GPU.
        One asked for by name that is not there is an error.

    Raises
    ------
    ValueError
        Unknown device.
    Error
        A broken model, no ONNX Runtime, no such device.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None, device: str = "auto") -> None:
        path = None if folder is None else os.fsencode(folder)
        if path and b"\0" in path:
            raise ValueError("the folder's name holds a NUL character")
        self._open(C.model_open, path, device=device)

    @classmethod
    def from_bytes(cls, archive: bytes, device: str = "auto") -> "Model":
        """Opens a model from memory: a zip archive of a model folder whose files are stored uncompressed."""
        model = cls.__new__(cls)
        model._open(C.model_open_memory, bytes(archive), len(archive), device=device)
        return model

    def _open(self, function: Callable[..., int], *source: object, device: str) -> None:
        prepare()
        handle = ctypes.c_void_p()
        check(function(*source, device.encode(), handle))
        self._handle = handle
        # Not at exit: the process takes everything with it, and other threads may still be at work.
        weakref.finalize(self, C.model_free, handle).atexit = False
        for note in self.info["notes"]:
            warnings.warn(note, RuntimeWarning, stacklevel=4)

    @property
    def device(self) -> str:
        """The device that the networks really run on: "cpu", "cuda", "tensorrt:1" ...."""
        return text(C.model_device, self._handle)

    @property
    def info(self) -> dict[str, Any]:
        """What the model is: name, method, steps, trained_noise (in units of the local spacing), license, runtime, ..."""
        info: dict[str, Any] = json.loads(text(C.model_describe, self._handle))
        return info

    def __repr__(self) -> str:
        return f"<quietcloud.Model {self.info['name']} on {self.device}>"


_default: Model | None = None
_opening = threading.Lock()


def default_model() -> Model:
    """The built-in model, opened once for all who do not bring their own."""
    global _default
    with _opening:
        if _default is None:
            _default = Model()
        return _default
