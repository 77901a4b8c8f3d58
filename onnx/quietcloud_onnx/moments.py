"""What the first layer sees of the edges: ``edge_reduce`` and ``crowding``.

On a CPU with a C compiler a small kernel does each, where the edges themselves need no gradient (ten times faster than
PyTorch, forward and backward); elsewhere plain PyTorch; in an ONNX file each is one node (``operators.py``).
"""

import torch

from . import operators
from .native import call, library


class _EdgeReduce(torch.autograd.Function):
    @staticmethod
    def forward(ctx, edges, reach, share, bias):
        edges, reach, share = edges.contiguous(), reach.contiguous(), share.contiguous()
        (n, k, _), r, s = edges.shape, reach.shape[1], share.shape[1]
        out, arg = edges.new_empty(n, r + s + 9), torch.empty(n, r, dtype=torch.int32)
        call("edge_forward", edges, reach, share, bias, n, k, r, s, out, arg)
        ctx.save_for_backward(edges, share, bias, arg)
        return out

    @staticmethod
    def backward(ctx, grad):
        edges, share, bias, arg = ctx.saved_tensors
        (n, k, _), r, s = edges.shape, arg.shape[1], share.shape[1]
        reach_grad, share_grad, bias_grad = grad.new_zeros(3, r), torch.zeros_like(share), torch.zeros_like(bias)
        call("edge_backward", grad.contiguous(), edges, share, bias, arg, n, k, r, s, reach_grad, share_grad, bias_grad)
        return None, reach_grad, share_grad, bias_grad


class _Crowding(torch.autograd.Function):
    @staticmethod
    def forward(ctx, edges, slope, peak):
        edges = edges.contiguous()
        (n, k, _), c = edges.shape, len(slope)
        out = edges.new_empty(n, 3 * c)
        call("crowding_forward", edges, slope, peak, n, k, c, out)
        ctx.save_for_backward(edges, slope, peak)
        return out

    @staticmethod
    def backward(ctx, grad):
        edges, slope, peak = ctx.saved_tensors
        slope_grad, peak_grad = torch.zeros_like(slope), torch.zeros_like(peak)
        call("crowding_backward", grad.contiguous(), edges, slope, peak, *edges.shape[:2], len(slope), slope_grad, peak_grad)
        return None, slope_grad, peak_grad


def _with(operator, kernel, edges, *weights):
    if torch.jit.is_tracing():
        return operator.apply(edges, *weights)
    if edges.device.type == "cpu" and edges.dtype == torch.float32 and not edges.requires_grad and library() is not None:
        return kernel.apply(edges, *weights)
    return operator.forward(None, edges, *weights)


def edge_reduce(edges, reach, share, bias):
    """edges [n,k,3], reach [3,r], share [3,s], bias [s] -> [n,r+s+9], as operators.EdgeReduce."""
    return _with(operators.EdgeReduce, _EdgeReduce, edges, reach, share, bias)


def crowding(edges, slope, peak):
    """edges [n,k,3], slope [c], peak [c] -> [n,3c], as operators.Crowding."""
    return _with(operators.Crowding, _Crowding, edges, slope, peak)
