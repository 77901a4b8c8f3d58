"""DDPM as a conditional denoiser (METHOD 4): eps_theta(x_t, t) of a noisy scan's points, given their neighbour graph.

    python -m quietcloud_onnx.ddpm_denoiser --pool pool --out run --minutes 10 [--start run-of-the-default-model/checkpoint.pt]

The network of the default model on a linear beta schedule, trained with the simple loss at steps t drawn evenly. It sees
x_t / sqrt(alpha_bar_t), which stays where the cloud is, and sigma_t in the place of t; so it can start from that model.
"""

import argparse

import numpy as np
import torch

from . import loop
from .losses import noise_loss
from .networks import NoiseNetwork, ScoreNetwork
from .scoredenoise.patches import Pool
from .states import state_batches

# sigma_1 = 0.02 and sigma_T = 6 spacings, as far as the default model's schedule reaches.
BETAS = dict(start=4e-4, end=0.0354, steps=200)


def linear_sigmas(start, end, steps):
    """sigma_t = sqrt(1 / alpha_bar_t - 1) of betas that rise on a line."""
    return np.sqrt(np.expm1(-np.cumsum(np.log1p(-np.linspace(start, end, steps)))))


def build(config):
    return torch.nn.ModuleDict({"score": ScoreNetwork(**config["score"]), "noise": NoiseNetwork(**config["noise"])})


class System:
    """For the shared loop."""

    name = "ddpm-denoiser"
    columns = ["score", "noise"]

    def __init__(self, pool, points=1500):
        score = ScoreNetwork().config
        self.pool = pool
        self.config = {"score": score, "noise": {"k": score["k"]}, "points": points, "betas": BETAS}

    def networks(self):
        return build(self.config)

    def batches(self, seed, average):
        sigmas = linear_sigmas(**BETAS)
        draw = lambda rng: sigmas[rng.integers(len(sigmas))]
        return state_batches(Pool(self.pool, 100), seed, self.config["points"], self.config["score"]["k"], draw)

    def losses(self, networks, batch, phase, progress):
        error = networks["score"](batch["edges"], batch["neighbors"], batch["sigma"]) - batch["z"]
        simple = (error.pow(2) * batch["inside"]).sum() / batch["inside"].sum() / 3
        return [simple, noise_loss(networks["noise"](batch["edges"], batch["neighbors"]), batch["sigma"], batch["inside"])]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pool", required=True, help="folder of clean clouds (python -m quietcloud_onnx.data)")
    args = loop.add_arguments(parser, minutes=10, rate=5e-4, ema=0.99).parse_args()
    loop.run(System(args.pool), args)


if __name__ == "__main__":
    main()
