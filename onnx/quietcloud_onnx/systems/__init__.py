"""The generative systems: each a network, a loss and a manifest entry; loop, data and export are shared.

    python -m quietcloud_onnx.systems ddpm --out run --minutes 10
"""

from .ddpm import Ddpm

SYSTEMS = {system.name: system for system in (Ddpm,)}


def system_of(config):
    """The system that a checkpoint's ``config`` belongs to."""
    options = dict(config)
    return SYSTEMS[options.pop("system")](**options)
