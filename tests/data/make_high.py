"""Writes the model with a network of its own for quality high: random weights, with windows and neighbours of neighbours.

Run `python tests/data/make_high.py [FOLDER]`; needs what training needs (onnx/).
"""

import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "onnx"))

from quietcloud_onnx import export  # noqa: E402
from quietcloud_onnx.networks import NoiseNetwork, ScoreNetwork  # noqa: E402


def lively(network):
    """What training begins with at zero is given something to say."""
    with torch.no_grad():
        for values in network.parameters():
            if not values.any():
                values.normal_(0, 0.05)
    return network


if __name__ == "__main__":
    torch.manual_seed(3)
    networks = {
        "score": lively(ScoreNetwork(16, 2, 8, 12)),
        "score_high": lively(ScoreNetwork(16, 5, 8, 12, crowding=4, windows=True, wide=2)),
        "noise": NoiseNetwork(8, 2, 8, 12),
    }
    out = sys.argv[1] if len(sys.argv) > 1 else HERE / "high"
    made = {"data": "none: random weights, for tests"}
    export.write(out, "high-of-its-own", networks, 12, [0.02, 7.0], made, None, export.SETTINGS, export.STEPS)
