"""Trains the score network and the noise network together.

    python -m quietcloud_onnx.train --pool pool --out run --minutes 60

Stops when the time budget is spent; started again with the same --out it resumes. Writes run/checkpoint.pt and
run/log.csv. The learning rate falls along a cosine over the whole budget; what is exported are averaged (EMA) weights.
"""

import argparse
import copy
import csv
import math
import os
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from .losses import noise_loss, score_loss
from .networks import NoiseNetwork, ScoreNetwork
from .patches import Batches, Options
from .schedule import Schedule, geometric_sigmas


def build(config):
    return torch.nn.ModuleDict({"score": ScoreNetwork(**config["score"]), "noise": NoiseNetwork(**config["noise"])})


def learning_rate(progress, peak, warmup=0.02):
    if progress < warmup:
        return peak * (progress / warmup + 0.01)
    return peak * (0.5 + 0.5 * math.cos(math.pi * (progress - warmup) / (1 - warmup))) + 1e-6


def step_losses(networks, batch, log_sigmas, weights, tangential):
    nearest = (batch["level"].log() - log_sigmas).abs().argmin(1)
    z = networks["score"](batch["edges"], batch["neighbors"], batch["sigma"])
    score = score_loss(z, batch["z"], weights[nearest][:, None], batch["inside"], batch["normals"], tangential * batch["tangent"])
    estimate = networks["noise"](batch["scan_edges"], batch["scan_neighbors"])
    return score, noise_loss(estimate, batch["sigma_scan"], batch["inside"])


def train(args):
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    options = Options(target=args.target, k=args.k, points=args.points, patches=args.patches)
    config = {
        "score": dict(width=args.width, layers=args.layers, directions=args.directions, k=args.k),
        "noise": dict(k=args.k),
        "options": asdict(options),
        "weight": args.weight,
        "tangential": args.tangential,
        "seed": args.seed,
    }
    networks = build(config).to(device)
    optimizer = torch.optim.AdamW(networks.parameters(), lr=args.rate, weight_decay=1e-4)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, steps, spent = out / "checkpoint.pt", 0, 0.0
    average = copy.deepcopy(networks)
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        if saved["config"] != config:
            raise SystemExit(f"{checkpoint}: was trained with other options; choose another --out")
        networks.load_state_dict(saved["networks"])
        average.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        steps, spent = saved["steps"], saved["minutes"]
    elif args.start:
        networks.load_state_dict(torch.load(args.start, map_location=device, weights_only=True)["average"])
        average.load_state_dict(networks.state_dict())
    # The workers walk down the chain with what the training has come to: on the CPU, in memory that they share.
    walker = copy.deepcopy(average["score"]).cpu().share_memory()
    schedule = Schedule(geometric_sigmas())
    weights = torch.tensor(schedule.weights(args.weight), dtype=torch.float32, device=device)
    log_sigmas = torch.tensor(np.log(schedule.sigmas), dtype=torch.float32, device=device)
    loader = torch.utils.data.DataLoader(
        Batches(args.pool, options, args.seed + steps, walker), batch_size=None, num_workers=args.workers, prefetch_factor=4 if args.workers else None
    )
    fresh = not (out / "log.csv").exists()
    with open(out / "log.csv", "a", newline="") as log_file, tqdm(total=args.minutes, initial=spent, unit="min", disable=None) as bar:
        log = csv.writer(log_file)
        if fresh:
            log.writerow(["step", "minutes", "score", "noise", "rate"])
        started, before, sums, last_save = time.monotonic(), spent, np.zeros(2), time.monotonic()

        def save():
            state = dict(config=config, networks=networks.state_dict(), average=average.state_dict(), optimizer=optimizer.state_dict(), steps=steps, minutes=spent)
            torch.save(state, checkpoint.with_suffix(".part"))
            os.replace(checkpoint.with_suffix(".part"), checkpoint)

        for batch in loader:
            spent = before + (time.monotonic() - started) / 60
            if spent >= args.minutes or (args.steps and steps >= args.steps):
                break
            rate = learning_rate(spent / args.minutes, args.rate)
            for group in optimizer.param_groups:
                group["lr"] = rate
            batch = {key: value.to(device, non_blocking=True) for key, value in batch.items()}
            score, noise = step_losses(networks, batch, log_sigmas, weights, args.tangential)
            optimizer.zero_grad(set_to_none=True)
            (score + noise).backward()
            torch.nn.utils.clip_grad_norm_(networks.parameters(), 1.0)
            optimizer.step()
            steps += 1
            decay = min(args.ema, steps / (steps + 10))
            with torch.no_grad():
                for mean, value in zip(average.parameters(), networks.parameters()):
                    mean.lerp_(value, 1 - decay)
            sums += (score.item(), noise.item())
            if steps % 100 == 0:
                walker.load_state_dict(average["score"].state_dict())
                log.writerow([steps, f"{spent:.2f}", *(f"{v:.5f}" for v in sums / 100), f"{rate:.2e}"])
                log_file.flush()
                bar.set_postfix(step=steps, score=f"{sums[0] / 100:.4f}", noise=f"{sums[1] / 100:.4f}")
                sums[:] = 0
            bar.update(spent - bar.n)
            if time.monotonic() - last_save > 120:
                save()
                last_save = time.monotonic()
        save()
    return checkpoint


def parser():
    result = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    result.add_argument("--pool", required=True, help="folder of clean clouds (python -m quietcloud_onnx.data)")
    result.add_argument("--out", required=True, help="folder of the run")
    result.add_argument("--minutes", type=float, default=60, help="time budget, training time already spent included")
    result.add_argument("--steps", type=int, default=0, help="stop after so many steps (0: only the clock stops it)")
    result.add_argument("--target", choices=["origin", "nearest", "surface"], default="origin")
    result.add_argument("--weight", choices=["sbd", "elbo", "simple"], default="simple")
    result.add_argument("--tangential", type=float, default=0.3, help="weight of the error within the surface")
    result.add_argument("--start", help="checkpoint of a run with the same networks to go on from")
    result.add_argument("--width", type=int, default=80)
    result.add_argument("--layers", type=int, default=6)
    result.add_argument("--directions", type=int, default=64)
    result.add_argument("--k", type=int, default=20)
    result.add_argument("--points", type=int, default=3000, help="points of a patch")
    result.add_argument("--patches", type=int, default=2, help="patches of a batch")
    result.add_argument("--rate", type=float, default=2e-3)
    result.add_argument("--ema", type=float, default=0.999)
    result.add_argument("--seed", type=int, default=0)
    result.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    result.add_argument("--threads", type=int, default=1)
    result.add_argument("--workers", type=int, default=1)
    return result


if __name__ == "__main__":
    train(parser().parse_args())
