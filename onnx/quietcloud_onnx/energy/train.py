"""Trains the energy of the Langevin denoiser by denoising score matching, and a network that estimates the noise.

    python -m quietcloud_onnx.energy.train --pool pool --out run --minutes 10
"""

import argparse

import numpy as np
import torch

from .. import loop
from ..losses import noise_loss
from ..networks import NoiseNetwork
from ..scoredenoise.patches import read_pool
from ..states import state_batches
from .losses import denoising
from .networks import EnergyNetwork

SIGMAS = (0.05, 5.0)  # in units of the clean pitch, log-uniform


def build(config):
    return torch.nn.ModuleDict({"score": EnergyNetwork(**config["score"]), "noise": NoiseNetwork(**config["noise"])})


class System:
    """For the shared loop."""

    name = "langevin-denoiser"
    columns = ["score", "noise"]

    def __init__(self, pool, points=2000):
        self.pool, score = pool, EnergyNetwork().config
        self.config = {"score": score, "noise": {"k": score["k"]}, "points": points, "sigmas": list(SIGMAS)}

    def networks(self):
        return build(self.config)

    def batches(self, seed):
        low, high = np.log(SIGMAS)
        draw = lambda rng: np.exp(rng.uniform(low, high))
        return state_batches(read_pool(self.pool, 100), seed, self.config["points"], self.config["score"]["k"], draw)

    def losses(self, networks, batch, progress):
        inside = batch["inside"][:, 0] > 0
        score = networks["score"](batch["edges"], batch["neighbors"], batch["sigma"])[inside]
        sigma = batch["sigma"][inside]
        matched = denoising(score, batch["z"][inside], sigma, sigma**2) / 3
        return [matched, noise_loss(networks["noise"](batch["edges"], batch["neighbors"]), batch["sigma"], batch["inside"])]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pool", required=True, help="folder of clean clouds (python -m quietcloud_onnx.data)")
    args = loop.add_arguments(parser, minutes=10, rate=2e-3, ema=0.995).parse_args()
    loop.run(System(args.pool), args)


if __name__ == "__main__":
    main()
