"""Measures a generator: set metrics against held-out shapes, beside an untrained network and beside other real shapes.

    python -m quietcloud_onnx.evaluate --run run --bundle my-generator [--steps 200]

Writes the figures into bundle.json and the model card.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from . import bundle, set_metrics, shapes

HELD_OUT, OTHERS, LOSS = 1_000_003, 2_000_003, 3_000_017  # seeds that no training uses


def generate(system, call, count, points, steps, seed=5):
    rng = np.random.default_rng(seed)
    return [system.generate(call, system.draw(rng, points, steps)) for _ in range(count)]


@torch.no_grad()
def held_out_loss(system, networks, rounds=16):
    """Mean loss on clouds that training never saw, by column; the same draws for every network."""
    torch.manual_seed(9)
    phases, columns = len(getattr(system, "phases", (1.0,))), {}
    pool, rng = shapes.clouds(140, system.points, LOSS), np.random.default_rng(9)
    for _ in range(rounds):
        batch = {"points": torch.from_numpy(pool[rng.choice(len(pool), system.batch)])}
        for phase in range(phases):
            for name, value in zip(system.columns, system.losses(networks, batch, phase, 1.0)):
                columns[name] = columns.get(name, 0.0) + value.item() / rounds
    return columns


def untrained(system):
    torch.manual_seed(1)
    networks = system.networks().eval()
    system.freeze(networks)
    return networks


def evaluate(run, folder, count, points, steps):
    system, networks, _ = bundle.load(run)
    fresh = untrained(system)
    held_out = list(shapes.clouds(count, points, HELD_OUT).astype(np.float64))
    own = set_metrics.chamfer_matrix(held_out, held_out)
    measure = lambda clouds: set_metrics.scores(clouds, held_out, own)  # noqa: E731
    scores = {"untrained": measure(generate(system, bundle.torch_call(system.stages(fresh)), count, points, min(steps, 10)))}
    losses = {"untrained": held_out_loss(system, fresh), "trained": held_out_loss(system, networks)}
    system, call, manifest = bundle.open_bundle(folder)
    scores["trained"] = measure(generate(system, call, count, points, steps))
    scores["other shapes"] = measure(list(shapes.clouds(count, points, OTHERS).astype(np.float64)))
    manifest["scores"] = {"set": scores, "clouds": count, "points": points, "steps": steps, "loss": losses}
    if hasattr(system, "bound"):
        clouds = torch.from_numpy(np.stack(held_out).astype(np.float32))
        torch.manual_seed(4)
        manifest["scores"]["bound"] = system.bound(networks, clouds[:: max(1, count // 35)])
    if hasattr(system, "reconstruct"):
        draws = system.draw(np.random.default_rng(6), points, 1)
        pairs = [set_metrics.chamfer_matrix([cloud], [system.reconstruct(call, cloud, draws)])[0, 0] for cloud in held_out]
        manifest["scores"]["reconstruction chamfer"] = float(np.mean(pairs))
    bundle.save_manifest(folder, manifest)
    return manifest["scores"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", required=True)
    parser.add_argument("--bundle", required=True)
    parser.add_argument("--clouds", type=int, default=105)
    parser.add_argument("--points", type=int, default=512)
    parser.add_argument("--steps", type=int, default=0, help="steps of the sampler (0: the bundle's `balanced`)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    sampling = json.loads((Path(args.bundle) / "bundle.json").read_text()).get("sampling", {})
    steps = args.steps or sampling.get("steps", {}).get("balanced", 1)
    print(json.dumps(evaluate(args.run, args.bundle, args.clouds, args.points, steps), indent=1))


if __name__ == "__main__":
    main()
