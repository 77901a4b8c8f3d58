"""``gather_reduce(b, neighbors)``: max over the neighbours on the first half of the channels, mean on the second;
``window_reduce`` is the same with neighbours that count by where they lie.

On a CPU with a C compiler a small kernel does each (about four times faster than PyTorch's gather, forward and
backward); elsewhere plain PyTorch; in an ONNX file each is one node (``operators.py``).
"""

import torch

from . import operators
from .native import call, library


class _GatherReduce(torch.autograd.Function):
    @staticmethod
    def forward(ctx, b, neighbors):
        b = b.contiguous()
        (n, k), c = neighbors.shape, b.shape[1]
        half = c // 2
        out, arg = b.new_empty(n, c), torch.empty(n, half, dtype=torch.int32)
        call("gather_forward", b, neighbors, n, k, c, half, out, arg)
        ctx.save_for_backward(neighbors, arg)
        ctx.sizes, ctx.shape = (n, k, c, half), b.shape
        return out

    @staticmethod
    def backward(ctx, grad):
        neighbors, arg = ctx.saved_tensors
        out = grad.new_zeros(ctx.shape)
        call("gather_backward", grad.contiguous(), neighbors, arg, *ctx.sizes, out)
        return out, None


def gather_reduce(b, neighbors):
    """b [m,c] float32 with an even c, neighbors [n,k] int32 (rows of b) -> [n,c]."""
    if torch.jit.is_tracing():
        return operators.GatherReduce.apply(b, neighbors)
    if b.device.type == "cpu" and b.dtype == torch.float32 and library() is not None:
        return _GatherReduce.apply(b, neighbors)
    return operators.GatherReduce.forward(None, b, neighbors)


class _WindowReduce(torch.autograd.Function):
    @staticmethod
    def forward(ctx, b, neighbors, edges, windows):
        b, edges, windows = b.contiguous(), edges.contiguous(), windows.contiguous()
        (n, k), c = neighbors.shape, b.shape[1]
        half = c // 2
        out, arg = b.new_empty(n, c), torch.empty(n, half, dtype=torch.int32)
        call("window_forward", b, neighbors, edges, windows, n, k, c, half, out, arg)
        ctx.save_for_backward(b, neighbors, edges, windows, arg)
        ctx.sizes = n, k, c, half
        return out

    @staticmethod
    def backward(ctx, grad):
        b, neighbors, edges, windows, arg = ctx.saved_tensors
        out, slope = torch.zeros_like(b), torch.zeros_like(windows)
        call("window_backward", b, grad.contiguous(), neighbors, edges, windows, arg, *ctx.sizes, out, slope)
        return out, None, None, slope


def window_reduce(b, neighbors, edges, windows):
    """The same with neighbours that count by where they lie: edges [n,k,3] relative positions e, windows [5,c] rows x y z,
    square, offset of t = offset + (x y z) . e + square |e|^2: max of b + t on the first half of the channels, mean of
    b relu(t) on the second."""
    if torch.jit.is_tracing():
        return operators.WindowReduce.apply(b, neighbors, edges, windows)
    if b.device.type == "cpu" and b.dtype == torch.float32 and library() is not None:
        return _WindowReduce.apply(b, neighbors, edges, windows)
    return operators.WindowReduce.forward(None, b, neighbors, edges, windows)
