"""Learning from other networks: what they say of a state hasn't the draw in it that the scan's truth has, so a small network comes
near to a large one in a fraction of the steps."""

from pathlib import Path

import torch

from .losses import score_loss
from .networks import build
from .reopen import networks_of_bundle

THICK = 2.0  # pitches of noise above which the second teacher is asked
ALONG = 0.2  # weight of what lies within the surface


def score_of(path, width=None):
    """The score network in a run's checkpoint or a bundle's folder, there that of quality high if ``width`` is its own or not given."""
    if Path(path).is_dir():
        return networks_of_bundle(path, width)["score"]
    saved = torch.load(path, map_location="cpu", weights_only=True)
    networks = build(saved["config"])
    networks.load_state_dict(saved["average"])
    return networks["score"]


class Teachers:
    """Two score networks: one for what lies at noise up to THICK, one for what lies above."""

    def __init__(self, thin, thick, device):
        self.networks = [network.to(device).eval() for network in (thin, thick)]
        self.config = [network.config for network in self.networks]

    def loss(self, z, batch, weight):
        """How far z [n,3] is from what the teachers say of the states, per coordinate."""
        thick, total = batch["level"][:, 0] > THICK, 0.0
        for network, rows in zip(self.networks, (~thick, thick)):
            if rows.any():
                with torch.no_grad():
                    said = network(batch["edges"], batch["neighbors"], batch["sigma"])
                distance = score_loss(z[rows], said[rows], weight[rows], batch["inside"][rows], batch["normals"][rows], ALONG)
                total = total + rows.float().mean() * distance
        return total
