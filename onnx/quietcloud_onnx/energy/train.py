"""Trains the energy of the Langevin denoiser by denoising score matching.

    python -m quietcloud_onnx.energy.train --pool pool --out run --minutes 10
"""

import argparse

import numpy as np
import torch

from .. import loop
from ..scoredenoise.patches import Pool
from ..states import state_batches
from .losses import denoising
from .networks import EnergyNetwork

SIGMAS = (0.05, 5.0)  # in units of the clean pitch, log-uniform


def build(config):
    return torch.nn.ModuleDict({"score": EnergyNetwork(**config["score"])})


class System:
    """For the shared loop."""

    name = "langevin-denoiser"
    columns = ["score"]

    def __init__(self, pool, points=2000):
        self.pool, score = pool, EnergyNetwork().config
        self.config = {"score": score, "points": points, "sigmas": list(SIGMAS)}

    def networks(self):
        return build(self.config)

    def batches(self, seed, average):
        low, high = np.log(SIGMAS)
        draw = lambda rng: np.exp(rng.uniform(low, high))
        return state_batches(Pool(self.pool, 100), seed, self.config["points"], self.config["score"]["k"], draw)

    def losses(self, networks, batch, phase, progress):
        inside = batch["inside"][:, 0] > 0
        score = networks["score"](batch["edges"], batch["neighbors"], batch["sigma"])[inside]
        sigma = batch["sigma"][inside]
        return [denoising(score, batch["z"][inside], sigma, sigma**2) / 3]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pool", required=True, help="folder of clean clouds (python -m quietcloud_onnx.data)")
    args = loop.add_arguments(parser, minutes=10, rate=1.5e-3, ema=0.99).parse_args()
    loop.run(System(args.pool), args)


if __name__ == "__main__":
    main()
