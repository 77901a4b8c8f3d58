"""Trains ScoreDenoise.

    python -m quietcloud_onnx.scoredenoise.train --pool pool --out run [--network edge|plain] [--features run] --minutes 10

``edge`` is ours; ``plain`` the published network with the published positions, noise and loss, for comparison.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from .. import loop
from ..networks import ScoreNetwork
from . import networks, plain
from .patches import Options, Pool, graph_patch, make_batch, sphere_patch

# As published: patches of 1000 points, 128 of them trained; 4 patches a step fit a processor's time, 32 a GPU's.
PLAIN = dict(points=1000, centers=128, frame=32, batch=4, k=plain.K, tangential=1.0, sigma_low=0.0, sigma_high=0.0)


def build(config):
    if config["network"] == "plain":
        features = plain.Features()
        return torch.nn.ModuleDict({"features": features, "score": plain.Score(features.features)})
    return torch.nn.ModuleDict({"features": networks.FeatureNetwork(**config["features"]), "score": networks.LocalScore(**config["score"])})


def from_score_network(saved, sigma=0.8):
    """Weights for our feature network out of a checkpoint of ``quietcloud_onnx.train``: its score network without the
    last layers, its input for the noise level held at ``sigma`` local spacings."""
    score = ScoreNetwork(**saved["config"]["score"])
    score.load_state_dict({key[6:]: value for key, value in saved["average"].items() if key.startswith("score.")})
    with torch.no_grad():
        condition = score.embed(torch.tensor([[np.log(sigma + 1e-3), sigma]], dtype=torch.float32))[0]
        weights = {}
        for name, module in score.named_modules():
            if name == "edge.mix" or name.endswith(".near"):
                weights[name + ".weight"] = module.weight[:, : -len(condition)]
                weights[name + ".bias"] = module.bias + module.weight[:, -len(condition) :] @ condition
    kept = {key: value for key, value in score.state_dict().items() if key.startswith(("edge.", "convs."))}
    return {**kept, **weights}


def local_score_loss(score, goal, weight):
    """sum over coordinates of w_i ||S_i(x) - (mean of nearest clean points - x)||^2, mean over the positions x.

    score, goal [c,f,3]: f positions around each of c scan points; weight [c]."""
    return ((score - goal).pow(2).sum(2) * weight[:, None]).mean()


class System:
    """For the shared loop."""

    name = "scoredenoise"
    columns = ["score"]

    def __init__(self, pool, network="edge", options=None, features=None):
        self.pool, self.features = pool, features
        self.options = options or Options(**(PLAIN if network == "plain" else {}))
        self.config = {"network": network, "options": asdict(self.options)}
        if network == "edge":
            self.config |= {"features": networks.FeatureNetwork(k=self.options.k).config, "score": networks.LocalScore().config}

    def networks(self):
        built = build(self.config)
        if self.config["network"] == "plain":
            built["features"].patch = self.options.points
        elif self.features:
            saved = torch.load(Path(self.features) / "checkpoint.pt", map_location="cpu", weights_only=True)
            built["features"].load_state_dict(from_score_network(saved), strict=False)
        return built

    def batches(self, seed, average):
        rng = np.random.default_rng(seed)
        # A published cloud has 10 000 points at least: in a sparser one its noise drowns the shape.
        plain_one = self.config["network"] == "plain"
        pool = Pool(self.pool, 4 * self.options.points if plain_one else 100)
        while True:
            yield make_batch(rng, pool, self.options, sphere_patch if plain_one else graph_patch)

    def losses(self, built, batch, phase, progress):
        inputs = ("edges", "neighbors") if "edges" in batch else ("points",)
        features = built["features"](*(batch[name] for name in inputs))[batch["centers"]]
        count = batch["offsets"].shape[1]
        around = features[:, None].expand(-1, count, -1).flatten(0, 1)
        score = built["score"](batch["offsets"].flatten(0, 1), around).unflatten(0, (-1, count))
        return [local_score_loss(score, batch["goal"], batch["weight"])]


def parser():
    result = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    result.add_argument("--pool", required=True, help="folder of clean clouds (python -m quietcloud_onnx.data)")
    result.add_argument("--network", choices=["edge", "plain"], default="edge")
    result.add_argument("--features", help="run of quietcloud_onnx.train: our feature network starts from its score network")
    return loop.add_arguments(result, minutes=10, rate=2e-3, ema=0.995)


def main():
    args = parser().parse_args()
    loop.run(System(args.pool, args.network, features=args.features), args)


if __name__ == "__main__":
    main()
