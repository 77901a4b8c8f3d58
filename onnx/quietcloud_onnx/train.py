"""Trains the denoiser of METHOD 1: the score network and the noise network together.

    python -m quietcloud_onnx.train --pool pool --out run --minutes 60

Started again with the same --out it goes on; the loop is ``loop.py``, shared with the generative systems.
"""

import argparse
import copy
from dataclasses import asdict

import numpy as np
import torch

from . import loop
from .losses import median_noise_loss, noise_loss, score_loss, set_loss
from .networks import build
from .patches import Batches, Options
from .reopen import networks_of_bundle
from .schedule import Schedule, geometric_sigmas
from .teacher import Teachers, score_of

NEARLY_CLEAN = 0.4  # pitches of noise: scans with less than that count less


class Sbd:
    """The system: patches of noisy clouds, ``||z_q - z_theta||^2`` weighted, and the noise level beside it."""

    name, columns, muon = "sbd", ("score", "noise"), True

    def __init__(self, args):
        self.only = args.only
        # What sees the noise needs no states of the chain, but thin shapes, whose noise is many pitches.
        states = dict(own=0.0, stale=0.0, usual=0.4) if args.only == "noise" else {}
        self.options = Options(target=args.target, k=args.k, points=args.points, patches=args.patches, **states)
        self.config = {
            "score": dict(width=args.width, layers=args.layers, directions=args.directions, k=args.k, crowding=args.crowding, windows=args.windows, wide=args.wide),
            "noise": dict(k=args.k, layers=4),
            "options": asdict(self.options),
            "weight": args.weight,
            "tangential": args.tangential,
            "seed": args.seed,
        }
        self.teachers = None
        if args.thick_teacher and not args.teacher:
            raise SystemExit("--thick-teacher: without --teacher there is nobody to take turns with")
        if args.teacher:
            thin = score_of(args.teacher)
            self.teachers = Teachers(thin, score_of(args.thick_teacher, args.width) if args.thick_teacher else thin, args.device)
            self.config["teachers"] = self.teachers.config
            if args.target != "set" or any(config["k"] != args.k for config in self.teachers.config):
                raise SystemExit(f"--teacher {args.teacher}: teachers are for --target set and --k of their own, {thin.config['k']} neighbours")
        self.pool, self.workers = args.pool, int(args.processes == 1) if args.workers is None else args.workers
        schedule = Schedule(geometric_sigmas())
        self.weights = torch.tensor(schedule.weights(args.weight), dtype=torch.float32, device=args.device)
        log_sigmas = torch.tensor(np.log(schedule.sigmas), dtype=torch.float32, device=args.device)
        self.between = (log_sigmas[1:] + log_sigmas[:-1]) / 2

    def networks(self):
        return build(self.config)

    def reopen(self, folder):
        return networks_of_bundle(folder, self.config["score"]["width"]).state_dict()

    def batches(self, seed, average):
        # The workers walk down the chain with what the training has come to: on the CPU, in memory that they share.
        self.walker = copy.deepcopy(average["score"]).cpu().share_memory()
        ahead = 4 if self.workers else None
        source = Batches(self.pool, self.options, seed, self.walker)
        return torch.utils.data.DataLoader(source, batch_size=None, num_workers=self.workers, prefetch_factor=ahead)

    def follow(self, average):
        self.walker.load_state_dict(average["score"].state_dict())

    def losses(self, networks, batch, phase, progress):
        parts = dict(score=self.score_loss, noise=self.noise_loss)
        return [part(networks, batch) if self.only in (None, name) else torch.zeros(()) for name, part in parts.items()]

    def noise_loss(self, networks, batch):
        estimate = networks["noise"](batch["scan_edges"], batch["scan_neighbors"])
        alone = noise_loss(estimate, batch["sigma_scan"], batch["inside"])
        return alone + median_noise_loss(estimate, batch["sigma_scan"], batch["inside"], batch["patch"])

    def score_loss(self, networks, batch):
        nearest = torch.bucketize(batch["level"][:, 0].log(), self.between)
        z = networks["score"](batch["edges"], batch["neighbors"], batch["sigma"])
        weight = self.weights[nearest][:, None]
        if self.options.target != "set":
            return score_loss(z, batch["z"], weight, batch["inside"], batch["normals"], self.config["tangential"] * batch["tangent"])
        # What is left of a scan's error hardly hangs on the state: in units of the level, late states would be all that counts.
        # Of a nearly clean scan, what its level doesn't tell is as large as the level: such states would make half of the gradient.
        weight = weight * torch.minimum(batch["tangent"].sqrt(), batch["level"] / NEARLY_CLEAN)
        if self.teachers:
            return self.teachers.loss(z, batch, weight)
        estimate = batch["state"] - batch["level"] * z
        return set_loss(estimate, batch["clean"], batch["level"], batch["normals"], batch["patch"], weight, batch["inside"], self.config["tangential"], batch["detail"])


def train(args):
    return loop.run(Sbd(args), args)


def parser():
    result = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    result.add_argument("--pool", required=True, help="folder of clean clouds (python -m quietcloud_onnx.data)")
    result.add_argument("--target", choices=["set", "origin", "nearest", "surface"], default="set")
    result.add_argument("--weight", choices=["sbd", "elbo", "simple"], default="simple")
    result.add_argument("--tangential", type=float, default=0.05, help="weight of the error within the surface; of a set, of the way to the clean point that is a point's own")
    result.add_argument("--width", type=int, default=80)
    result.add_argument("--layers", type=int, default=6)
    result.add_argument("--directions", type=int, default=64)
    result.add_argument("--crowding", type=int, default=4, help="radii at which the first layer sees crowding")
    result.add_argument("--windows", action="store_true", help="deeper layers see where the neighbours lie: slower, a little better")
    result.add_argument("--wide", type=int, default=0, help="so many of the layers, the last, look at neighbours of neighbours")
    result.add_argument("--only", choices=["score", "noise"], help="train one network and leave the other as it is")
    result.add_argument("--teacher", help="bundle or checkpoint of a larger network: what it says is learned, not the truth")
    result.add_argument("--thick-teacher", help="another that is asked where noise is thicker than two pitches; of a bundle, the network of this width")
    result.add_argument("--k", type=int, default=20)
    result.add_argument("--points", type=int, default=3000, help="points of a patch")
    result.add_argument("--patches", type=int, default=2, help="patches of a batch")
    result.add_argument("--workers", type=int, help="processes that make the batches of one that trains (1; of several that train none, each makes its own)")
    return loop.add_arguments(result, minutes=60, rate=2e-3, ema=0.999)


if __name__ == "__main__":
    train(parser().parse_args())
