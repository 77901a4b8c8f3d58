"""Which ONNX Runtime the library uses, and in which process."""

import importlib.util
import os
from functools import cache
from pathlib import Path

from ._library import C

_process: int | None = None


@cache
def _choose() -> None:
    """Points the library to the pip package onnxruntime, which is a dependency of this one; nothing of it is imported.

    ORT_DYLIB_PATH comes first: the library knows that itself. Where the package is not there, or is built without a
    shared library (conda), the library searches on its own.
    """
    if os.environ.get("ORT_DYLIB_PATH"):
        return
    package = importlib.util.find_spec("onnxruntime")
    for folder in (package and package.submodule_search_locations) or ():
        for library in sorted(Path(folder, "capi").glob("libonnxruntime.so*")):
            # A refusal means that a runtime is loaded already, by whoever else uses the same library: it will do.
            C.set_runtime(os.fsencode(library))
            return


def prepare() -> None:
    """Before a model is opened or run."""
    global _process
    if _process is None:
        _choose()
        _process = os.getpid()
    elif _process != os.getpid():
        # The library's threads exist in the parent only; a run would wait for them forever.
        raise RuntimeError(
            "quietcloud was in use when this process was forked; start it with "
            "multiprocessing.get_context('spawn'), or open the first model after the fork"
        )
