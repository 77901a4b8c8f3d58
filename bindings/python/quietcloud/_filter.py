"""Filters: options, runs and what they report."""

from typing import Any

import numpy as np

from ._library import C
from ._model import Model, default_model
from ._options import Option, options
from ._points import as_array, coordinates, like, stride
from ._progress import Progress
from ._runs import Runs
from ._runtime import prepare


class Filter(Runs):
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

    _kind = "filter"
    _counts = ("points", "finite", "passed_through", "steps", "tiles", "workers")
    _times = ("normalize", "graph", "noise", "network", "sampler", "restore", "total", "runtime")

    def __init__(self, model: Model | None = None, **options: float | str) -> None:
        super().__init__(model or default_model(), options)

    def _options(self) -> dict[str, Option]:
        return options()

    def __call__(self, points: Any, *, progress: Progress = True) -> np.ndarray:
        """Removes the noise; see ``quietcloud.denoise``."""
        prepare()
        array = as_array(points)
        xyz = coordinates(array)
        result = np.empty(xyz.shape, xyz.dtype)
        run = C.filter_run_f32 if xyz.dtype == np.float32 else C.filter_run_f64
        places = (xyz.ctypes.data, len(xyz), stride(xyz), result.ctypes.data, 0)
        self._work(lambda: int(run(self._handle, *places)), progress)
        if len(xyz):  # that there was nothing to do is no news for an empty cloud
            self._warn(depth=3)
        return like(array, result)

    @property
    def report(self) -> dict[str, Any]:
        """What the last run did: points, finite, passed_through, spacing, noise (standard deviation, given or estimated,
        in the cloud's unit), noise_spacing, noise_low and noise_high (where it varies over the cloud, four points of five
        have one between these), estimated, steps, tiles, workers, device, notes, and times in milliseconds.

        Raises ValueError where no run has succeeded yet.
        """
        report = self._report()
        report |= {name: self._number(name) for name in ("spacing", "noise", "noise_spacing", "noise_low", "noise_high")}
        report["estimated"] = bool(self._number("estimated"))
        return report
