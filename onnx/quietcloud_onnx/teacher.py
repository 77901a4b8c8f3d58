"""Learning from a larger network: what that says of a state hasn't the draw in it that the scan's truth has, so a small network
comes near to it in a fraction of the steps."""

from pathlib import Path

import torch

from .losses import score_loss
from .networks import build
from .reopen import networks_of_bundle

# Pitches of noise above which the truth is the teacher: there a point's way within the surface is less of a draw, and it is
# where a larger network is no better.
THICK = 2.0
ALONG = 0.2  # weight of what lies within the surface


class Teacher:
    """The score network in a bundle's folder - that of quality high, if it has one - or in a run's checkpoint."""

    def __init__(self, path, device):
        if Path(path).is_dir():
            networks = networks_of_bundle(path)
        else:
            saved = torch.load(path, map_location="cpu", weights_only=True)
            networks = build(saved["config"])
            networks.load_state_dict(saved["average"])
        self.network = networks["score"].to(device).eval()

    @torch.no_grad()
    def says(self, batch):
        """z [n,3], of the states in another orientation each time, mirrored ones among them: what the pupil learns is the mean."""
        turn = torch.linalg.qr(torch.randn(3, 3))[0].to(batch["edges"])
        return self.network((batch["edges"] @ turn.T).contiguous(), batch["neighbors"], batch["sigma"]) @ turn

    def loss(self, z, batch, weight, rows):
        """How far z [n,3] is from what the teacher says, over ``rows`` [n]."""
        said = self.says(batch)
        return score_loss(z[rows], said[rows], weight[rows], batch["inside"][rows], batch["normals"][rows], ALONG)
