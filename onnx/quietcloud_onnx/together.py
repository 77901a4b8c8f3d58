"""Processes that train one network together: each has its own batches, their gradients are averaged.

On two cores, two processes that make their own batches get a third more done than one with a worker beside it.
"""

import tempfile
from pathlib import Path

import torch
from torch import distributed


def start(processes, work, *args):
    """``work(rank, *args)`` in so many processes; in this one, if that is the only one."""
    if processes < 1:
        raise ValueError(f"{processes} processes can't train: at least 1")
    if processes == 1:
        return work(0, *args)
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(_join, (processes, Path(folder) / "meeting", work, args), processes)


def _join(rank, processes, meeting, work, args):
    distributed.init_process_group("gloo", init_method=meeting.as_uri(), rank=rank, world_size=processes)
    work(rank, *args)
    distributed.destroy_process_group()


def of_the_first(value):
    """The number that the process of rank 0 has, in every process."""
    if not distributed.is_initialized():
        return value
    shared = torch.tensor(value, dtype=torch.float64)
    distributed.broadcast(shared, 0)
    return shared.item()


def average_gradients(parameters):
    """Puts the mean over the processes into each gradient."""
    if not distributed.is_initialized():
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    for gradient, mean in zip(gradients, flat.split([gradient.numel() for gradient in gradients])):
        gradient.copy_(mean.view_as(gradient))
