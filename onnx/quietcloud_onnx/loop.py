"""The training loop that every system shares: resumable, EMA weights, cosine rate, a log and a clock.

A system brings what differs:

    name       str, written into the checkpoint
    columns    names of the parts of its loss, as logged
    config     dict of plain values; a run goes on only with the one that it was started with
    networks() -> ModuleDict
    batches(seed, average) -> iterable of dicts of tensors; ``average``: the averaged networks at the start
    losses(networks, batch, phase, progress) -> one scalar tensor for each of ``columns``; their sum is minimised.
               ``progress`` rises from 0 to 1 over the phase: what is annealed hangs on it
    follow(average)   optional, called every LOG_EVERY steps: for batches that depend on what the networks have come to
    reopen(folder)    optional: the state dict in a bundle of the system's networks, so that --start takes a bundle, too
    muon       optional, True: matrices are trained by Muon instead of AdamW
    phases     optional shares of the run, (1.0,) unless given: each phase has its own cosine and starts from the
               average of the one before (LION trains its autoencoder first, then what runs in its latents)

Writes out/checkpoint.pt and out/log.csv. Stops when the time budget is spent and goes on where it stopped. The learning
rate falls along a cosine over the whole budget; what is exported are averaged (EMA) weights.
"""

import copy
import csv
import itertools
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from .grow import grow
from .optimizer import optimizers
from .together import average_gradients, of_the_first, start

SAVE_EVERY = 120  # seconds
LOG_EVERY = 100  # steps
APART = 1_000_000  # between the seeds of the processes


def learning_rate(progress, peak, warmup=0.02):
    if progress < warmup:
        return peak * (progress / warmup + 0.01)
    return peak * (0.5 + 0.5 * math.cos(math.pi * (progress - warmup) / (1 - warmup))) + 1e-6


def phase_of(progress, shares):
    """(phase, progress within it) at ``progress`` 0 .. 1 of the whole run."""
    for phase, share in enumerate(shares[:-1]):
        if progress < share:
            return phase, progress / share
        progress -= share
    return len(shares) - 1, progress / shares[-1]


class State:
    """What a checkpoint holds: networks, their average, the optimizers, steps and minutes spent."""

    def __init__(self, system, out, device, rate, start=None):
        self.path, self.config, self.device = Path(out) / "checkpoint.pt", {"system": system.name, **system.config}, device
        self.networks = system.networks().to(device)
        self.average = copy.deepcopy(self.networks)
        self.muon = getattr(system, "muon", False)
        self.optimizers = optimizers(self.networks, rate, self.muon)
        self.steps, self.minutes, self.phase = 0, 0.0, 0
        if self.path.exists():
            self._load()
        elif start:
            grow(self.networks, begun(system, start, device))
            self.average.load_state_dict(self.networks.state_dict())

    def _load(self):
        saved = torch.load(self.path, map_location=self.device, weights_only=True)
        # Checkpoints from before there were several systems do not name theirs, nor a phase.
        if "optimizers" not in saved or {"system": self.config["system"], **saved["config"]} != self.config:
            raise SystemExit(f"{self.path}: was trained with other options or an earlier version; choose another --out, and this as its --start")
        self.networks.load_state_dict(saved["networks"])
        self.average.load_state_dict(saved["average"])
        for optimizer, part in zip(self.optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(part)
        self.steps, self.minutes, self.phase = saved["steps"], saved["minutes"], saved.get("phase", 0)

    def save(self):
        parts = dict(networks=self.networks.state_dict(), average=self.average.state_dict(), optimizers=[optimizer.state_dict() for optimizer in self.optimizers])
        torch.save(dict(config=self.config, **parts, steps=self.steps, minutes=self.minutes, phase=self.phase), self.path.with_suffix(".part"))
        os.replace(self.path.with_suffix(".part"), self.path)

    def enter(self, phase):
        """Starts a phase: from the averaged weights, with fresh optimizers."""
        self.phase = phase
        self.networks.load_state_dict(self.average.state_dict())
        self.optimizers = optimizers(self.networks, 0.0, self.muon)

    def step(self, loss, rate, ema):
        self.networks.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(self.networks.parameters())
        torch.nn.utils.clip_grad_norm_(self.networks.parameters(), 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
        self.steps += 1
        decay = min(ema, self.steps / (self.steps + 10))
        with torch.no_grad():
            for mean, value in zip(self.average.parameters(), self.networks.parameters()):
                mean.lerp_(value, 1 - decay)
            # Statistics of batches are means already.
            for kept, value in zip(self.average.buffers(), self.networks.buffers()):
                kept.copy_(value)


def begun(system, start, device):
    """The weights in ``start``: a checkpoint, or the folder of a bundle."""
    if not Path(start).is_dir():
        return torch.load(start, map_location=device, weights_only=True)["average"]
    if not hasattr(system, "reopen"):
        raise SystemExit(f"{start}: system {system.name} starts from a checkpoint, not from a folder")
    return system.reopen(start)


def run(system, args):
    """Trains ``system``; args: those of ``add_arguments``. Returns the path of the checkpoint."""
    start(args.processes, _train, system, args)
    return Path(args.out) / "checkpoint.pt"


def _train(rank, system, args):
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    device, out = torch.device(args.device), Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    state = State(system, out, device, args.rate, args.start)
    torch.manual_seed(args.seed + rank)
    path = out / "log.csv" if rank == 0 else Path(os.devnull)
    fresh = not path.exists()
    with open(path, "a", newline="") as log_file, tqdm(total=args.minutes, initial=state.minutes, unit="min", disable=None if rank == 0 else True) as bar:
        log = csv.writer(log_file)
        if fresh:
            log.writerow(["step", "minutes", *system.columns, "rate"])
        sums, counted = np.zeros(len(system.columns)), 0
        # The clock starts with the first batch: making the data is not training.
        batches = iter(system.batches(args.seed + state.steps + APART * rank, state.average))
        batches = itertools.chain([next(batches)], batches)
        before, started = state.minutes, time.monotonic()
        last_save = started
        while True:
            state.minutes = of_the_first(before + (time.monotonic() - started) / 60)
            if state.minutes >= args.minutes or (args.steps and state.steps >= args.steps):
                break
            progress = state.steps / args.steps if args.steps else state.minutes / args.minutes
            phase, progress = phase_of(progress, getattr(system, "phases", (1.0,)))
            if phase > state.phase:
                state.enter(phase)
            rate = learning_rate(progress, args.rate)
            batch = {key: value.to(device, non_blocking=True) for key, value in next(batches).items()}
            losses = system.losses(state.networks, batch, phase, progress)
            state.step(sum(losses), rate, args.ema)
            sums, counted = sums + [loss.item() for loss in losses], counted + 1
            if state.steps % LOG_EVERY == 0:
                if hasattr(system, "follow"):
                    system.follow(state.average)
                means, sums, counted = sums / counted, np.zeros_like(sums), 0
                log.writerow([state.steps, f"{state.minutes:.2f}", *(f"{value:.5f}" for value in means), f"{rate:.2e}"])
                log_file.flush()
                bar.set_postfix({"step": state.steps} | {name: f"{value:.4f}" for name, value in zip(system.columns, means)})
            bar.update(state.minutes - bar.n)
            if rank == 0 and time.monotonic() - last_save > SAVE_EVERY:
                state.save()
                last_save = time.monotonic()
        if rank == 0:
            state.save()


def add_arguments(parser, minutes, rate, ema):
    """The options that every system's training has."""
    parser.add_argument("--out", required=True, help="folder of the run")
    parser.add_argument("--start", help="what to go on from: a run's checkpoint or, of denoisers, a bundle's folder, with the same networks, smaller ones or some of half the width")
    parser.add_argument("--minutes", type=float, default=minutes, help="time budget, training time already spent included")
    parser.add_argument("--steps", type=int, default=0, help="stop after so many steps (0: only the clock stops it)")
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--ema", type=float, default=ema)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1, help="so many train together, each with batches of its own: on a CPU, one for each core")
    return parser
