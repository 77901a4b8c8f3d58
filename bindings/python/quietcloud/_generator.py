"""Generators: new clouds, clouds through a model's code, and how likely a cloud is."""

from collections.abc import Callable
from ctypes import c_double
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from ._library import C
from ._model import Model
from ._options import Option, bounds, described
from ._points import as_array, coordinates, stride
from ._progress import Progress
from ._runs import Runs, number
from ._runtime import prepare


class Likelihood(NamedTuple):
    """A bound on the negative log likelihood of a cloud in model units; less is better."""

    nats_per_point: float
    #: A point has three dimensions.
    bits_per_dimension: float


class Generator(Runs):
    """A generative model's options, what it makes, and a report of the last run.

        generator = quietcloud.Generator(quietcloud.Model("my-generator"), seed=3, quality="high")
        chairs = generator.generate(clouds=16)          # [16, n, 3]
        print(generator.report["calls"], generator.report["total_ms"])

    Parameters
    ----------
    model
        A generative one; the built-in model is none. Any number of generators may share it.
    options
        steps, quality, eta, variance, tau, seed, first, threads: ``generator.options()`` says what each does.

    Raises
    ------
    TypeError, ValueError
        An unknown option or a value out of its bounds.
    Error
        The model is a denoiser.

    What a method of the model has no use for is an ``Error`` that says what the model can do. Every method takes
    ``progress`` as ``quietcloud.denoise`` does, Ctrl-C stops it, and the GIL is released while the library works. A
    generator belongs to one thread at a time.
    """

    _kind = "generator"
    _counts = ("points", "clouds", "steps", "calls")
    _times = ("total", "runtime")

    def __init__(self, model: Model, **options: float | str) -> None:
        super().__init__(model, options)

    def options(self) -> dict[str, Option]:
        """Everything that can be set, by name, within the bounds that it has with this model."""
        return dict(self._options())

    def _options(self) -> dict[str, Option]:
        return self._table

    @cached_property
    def _table(self) -> dict[str, Option]:
        names = [C.generator_option_name(index) for index in range(C.generator_option_count())]
        asked = [bounds(C.generator_bounds, self._handle, name) for name in names]
        return {name.decode(): described(i, "generator", asked[i]) for i, name in enumerate(names)}

    @property
    def points(self) -> tuple[int, int, int]:
        """The smallest and largest number of points of a cloud, and that of training."""
        low, high, trained = bounds(C.generator_bounds, self._handle, b"points")
        return int(low), int(high), int(trained)

    def generate(
        self, clouds: int = 1, points: int | None = None, *, dtype: DTypeLike = np.float32, progress: Progress = True
    ) -> np.ndarray:
        """Makes new clouds: [clouds, points, 3] of ``dtype``, float32 or float64.

        In model units: about centred, with a root mean square of about 1 over all coordinates. ``points`` is as in training
        where it is None. Cloud i is cloud ``first`` + i of the seed's sequence, and depends on nothing else: the same model,
        options and seed give the same bytes, whatever the number of threads and of clouds made at once.

        Raises ValueError for a number of points that the model does not make.
        """
        kind = np.dtype(dtype)
        if kind not in (np.float32, np.float64):
            raise TypeError(f"dtype is {kind}, expected float32 or float64")
        made = self._room(clouds, points, kind)
        run = C.generator_run_f32 if kind == np.float32 else C.generator_run_f64
        return self._make(lambda: int(run(self._handle, *made.shape[:2], made.ctypes.data, 0)), made, progress)

    def reconstruct(self, points: Any, *, progress: Progress = True) -> np.ndarray:
        """Encodes a cloud and decodes the mean of its code.

        ``points`` is [n, 3] in any unit, as for ``denoise``, without a NaN or an infinity. As many come back, as [n, 3] of
        the same precision, in the cloud's own unit and place; a vae gives them no order.
        """
        return self._through("reconstruct", points, progress)

    def diffuse_denoise(self, points: Any, *, progress: Progress = True) -> np.ndarray:
        """Encodes a cloud, noises its latents for ``tau`` steps, denoises and decodes them.

        The cloud that comes back is like the one that went in, the less so the larger the option tau is; otherwise as
        ``reconstruct``.
        """
        return self._through("diffuse_denoise", points, progress)

    def interpolate(
        self, start: Any, end: Any, share: float, points: int | None = None, *, progress: Progress = True
    ) -> np.ndarray:
        """The cloud whose code lies between those of two clouds: [points, 3].

        ``share`` is 0 for the start, 1 for the end; ``points`` as for ``generate``. float32 where both clouds are.
        """
        clouds = [coordinates(as_array(cloud)) for cloud in (start, end)]
        kind = np.result_type(*clouds)
        a, b = (np.ascontiguousarray(cloud, kind) for cloud in clouds)
        made = self._room(1, points, kind)[0]
        run = C.generator_interpolate_f32 if kind == np.float32 else C.generator_interpolate_f64
        places = (a.ctypes.data, len(a), b.ctypes.data, len(b), 0, number(share), made.ctypes.data, len(made), 0)
        return self._make(lambda: int(run(self._handle, *places)), made, progress)

    def likelihood(self, points: Any, *, progress: Progress = True) -> Likelihood:
        """Bounds the negative log likelihood of a cloud under the model, with draws of the seed; ddpm and vdm give one.

        Densities are those of the cloud in model units. Fewer ``steps`` than the schedule has give a looser bound.
        """
        prepare()
        xyz = coordinates(as_array(points))
        run = C.generator_likelihood_f32 if xyz.dtype == np.float32 else C.generator_likelihood_f64
        nats, bits = c_double(), c_double()
        place = (xyz.ctypes.data, len(xyz), stride(xyz))
        self._work(lambda: int(run(self._handle, *place, nats, bits)), progress)
        return Likelihood(nats.value, bits.value)

    @property
    def report(self) -> dict[str, Any]:
        """What the last run that made clouds did: points (of each cloud), clouds, steps, calls (of networks), device, notes,
        total_ms, and runtime_ms inside of ONNX Runtime, over all threads.

        Raises ValueError where no run has succeeded yet.
        """
        return self._report()

    def _room(self, clouds: int, points: int | None, kind: np.dtype[Any]) -> np.ndarray:
        low, high, trained = self.points
        count = trained if points is None else points
        if not low <= count <= high:
            raise ValueError(f"points can't be {count}: the model makes {low} to {high}")
        return np.empty((clouds, count, 3), kind)

    def _through(self, name: str, points: Any, progress: Progress) -> np.ndarray:
        xyz = coordinates(as_array(points))
        made = np.empty(xyz.shape, xyz.dtype)
        run = self._function(f"{name}_f32" if xyz.dtype == np.float32 else f"{name}_f64")
        places = (xyz.ctypes.data, len(xyz), stride(xyz), made.ctypes.data, 0)
        return self._make(lambda: int(run(self._handle, *places)), made, progress, depth=5)

    def _make(self, call: Callable[[], int], made: np.ndarray, progress: Progress, depth: int = 4) -> np.ndarray:
        prepare()
        self._work(call, progress)
        self._warn(depth)
        return made
