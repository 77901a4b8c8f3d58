"""ScoreDenoise (Luo & Hu, ICCV 2021) in plain PyTorch, as a whole process: scoredenoise.py IN.xyz OUT.xyz

The published network at its published size (quietcloud_onnx/scoredenoise/plain.py) and the published way around it: three
times as many patches of 1000 points as would cover the cloud, their seeds farthest from each other; 30 steps for each, in
which every scan point adds its score to the 4 moved points nearest to it; as many points of their union as came in, again
farthest from each other. The weights are random: they do not change the time, and the result is of no use.
"""

import sys
import time

import numpy as np
import torch
from quietcloud_onnx.scoredenoise import plain

PATCH, COVER, BATCH = 1000, 3, 10
STEPS, RATE, DECAY, ENSEMBLE = 30, 0.2, 0.95, 4


def farthest(points, count):
    """Rows of ``count`` points, each the farthest from those before it."""
    rows, distance = [0], torch.full([len(points)], torch.inf)
    for _ in range(count - 1):
        distance = torch.minimum(distance, (points - points[rows[-1]]).square().sum(1))
        rows.append(int(distance.argmax()))
    return torch.tensor(rows)


def ascend(networks, scan):
    """Patches [p,n,3] and where 30 steps lead their points."""
    p, n, _ = scan.shape
    networks["features"].patch = n
    features = networks["features"](scan.flatten(0, 1)).repeat_interleave(ENSEMBLE, 0)
    state = scan.clone()
    for step in range(STEPS):
        near = torch.cdist(scan, state).topk(ENSEMBLE, largest=False).indices.flatten(1)[:, :, None].expand(-1, -1, 3)
        offsets = state.gather(1, near) - scan.repeat_interleave(ENSEMBLE, 1)
        moves = networks["score"](offsets.flatten(0, 1), features).view(p, -1, 3)
        state = state + RATE * DECAY**step * torch.zeros_like(state).scatter_add(1, near, moves)
    return state


@torch.no_grad()
def denoise(networks, points):
    center = (points.amax(0) + points.amin(0)) / 2
    scale = (points - center).norm(dim=1).max()
    points = (points - center) / scale
    size = min(PATCH, len(points))
    seeds = points[farthest(points, max(1, COVER * len(points) // size))]
    moved = []
    for some in seeds.split(BATCH):
        near = torch.cdist(some, points).topk(size, largest=False).indices
        moved.append((ascend(networks, points[near] - some[:, None]) + some[:, None]).flatten(0, 1))
    union = torch.cat(moved)
    return union[farthest(union, len(points))] * scale + center


if __name__ == "__main__":
    torch.manual_seed(0)
    networks = {"features": plain.Features().eval(), "score": plain.Score().eval()}
    points = torch.from_numpy(np.loadtxt(sys.argv[1], dtype=np.float32, ndmin=2))
    start = time.perf_counter()
    clean = denoise(networks, points)
    print(f"smooth {time.perf_counter() - start:.4f} s")
    np.savetxt(sys.argv[2], clean.numpy(), "%.7f")
