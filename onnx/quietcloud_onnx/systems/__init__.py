"""The generative systems: each a network, a loss and a manifest entry; loop, data and export are shared.

    python -m quietcloud_onnx.systems ddpm --out run --minutes 10
"""

from .ddpm import Ddpm
from .langevin import Langevin
from .lion import Lion
from .vae import Vae
from .vdm import Vdm

SYSTEMS = {system.name: system for system in (Ddpm, Langevin, Vae, Lion, Vdm)}


def system_of(config):
    """The system that a checkpoint's ``config`` belongs to."""
    options = dict(config)
    return SYSTEMS[options.pop("system")](**options)
