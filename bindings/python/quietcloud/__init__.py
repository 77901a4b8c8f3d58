"""Removes the noise from point clouds.

    import quietcloud
    clean = quietcloud.denoise(points)          # [n, 3], float32 or float64, in any unit

``Model`` opens another model than the built-in one, ``Filter`` keeps options and reports what a run did,
``options()`` lists what can be set, and ``quietcloud.open3d`` takes Open3D's point clouds. ``confidence`` tells strays from
the surface, and ``Generator`` makes clouds with a generative model.
"""

from ._confidence import confidence
from ._denoise import denoise
from ._errors import Error
from ._filter import Filter
from ._generator import Generator, Likelihood
from ._library import version as _version
from ._model import Model
from ._options import Option, options

__version__ = _version()
__all__ = ["Error", "Filter", "Generator", "Likelihood", "Model", "Option", "confidence", "denoise", "options"]
