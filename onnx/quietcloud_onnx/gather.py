"""``gather_reduce(b, neighbors)``: max over the neighbours on the first half of the channels, mean on the second;
``window_reduce`` is the same with neighbours that count by where they lie.

On a CPU with a C compiler a small kernel does each (about four times faster than PyTorch's gather, forward and
backward); elsewhere plain PyTorch; in an ONNX file each is one node (``operators.py``).
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import torch

from . import operators

SOURCE = Path(__file__).with_name("gather.c")
# Without the last three a compiler must not choose before it has compared: three times slower.
FLAGS = ("-O3", "-march=native", "-fno-trapping-math", "-ffinite-math-only", "-fno-signed-zeros")


@lru_cache
def _library():
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "quietcloud"
    target = cache / f"gather-{hashlib.sha256(SOURCE.read_bytes() + repr(FLAGS).encode()).hexdigest()[:16]}.so"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            built = Path(folder) / "gather.so"
            command = [compiler, *FLAGS, "-shared", "-fPIC", str(SOURCE), "-o", str(built)]
            if subprocess.run(command, capture_output=True).returncode != 0:
                return None
            os.replace(built, target)
    return ctypes.CDLL(str(target))


def _pointer(tensor):
    return ctypes.c_void_p(tensor.data_ptr())


class _GatherReduce(torch.autograd.Function):
    @staticmethod
    def forward(ctx, b, neighbors):
        b = b.contiguous()
        (n, k), c = neighbors.shape, b.shape[1]
        half = c // 2
        out, arg = b.new_empty(n, c), torch.empty(n, half, dtype=torch.int32)
        sizes = [ctypes.c_int64(v) for v in (n, k, c, half)]
        _library().gather_forward(_pointer(b), _pointer(neighbors), *sizes, _pointer(out), _pointer(arg))
        ctx.save_for_backward(neighbors, arg)
        ctx.sizes, ctx.shape = sizes, b.shape
        return out

    @staticmethod
    def backward(ctx, grad):
        neighbors, arg = ctx.saved_tensors
        grad, out = grad.contiguous(), grad.new_zeros(ctx.shape)
        _library().gather_backward(_pointer(grad), _pointer(neighbors), _pointer(arg), *ctx.sizes, _pointer(out))
        return out, None


def gather_reduce(b, neighbors):
    """b [m,c] float32 with an even c, neighbors [n,k] int32 (rows of b) -> [n,c]."""
    if torch.jit.is_tracing():
        return operators.GatherReduce.apply(b, neighbors)
    if b.device.type == "cpu" and b.dtype == torch.float32 and _library() is not None:
        return _GatherReduce.apply(b, neighbors)
    return operators.GatherReduce.forward(None, b, neighbors)


class _WindowReduce(torch.autograd.Function):
    @staticmethod
    def forward(ctx, b, neighbors, edges, windows):
        b, edges, windows = b.contiguous(), edges.contiguous(), windows.contiguous()
        (n, k), c = neighbors.shape, b.shape[1]
        half = c // 2
        out, arg = b.new_empty(n, c), torch.empty(n, half, dtype=torch.int32)
        sizes = [ctypes.c_int64(v) for v in (n, k, c, half)]
        _library().window_forward(*map(_pointer, (b, neighbors, edges, windows)), *sizes, _pointer(out), _pointer(arg))
        ctx.save_for_backward(b, neighbors, edges, windows, arg)
        ctx.sizes = sizes
        return out

    @staticmethod
    def backward(ctx, grad):
        b, neighbors, edges, windows, arg = ctx.saved_tensors
        grad, out, slope = grad.contiguous(), torch.zeros_like(b), torch.zeros_like(windows)
        _library().window_backward(*map(_pointer, (b, grad, neighbors, edges, windows, arg)), *ctx.sizes, _pointer(out), _pointer(slope))
        return out, None, None, slope


def window_reduce(b, neighbors, edges, windows):
    """The same with neighbours that count by where they lie: edges [n,k,3] relative positions e, windows [5,c] rows x y z,
    square, offset of t = offset + (x y z) . e + square |e|^2: max of b + t on the first half of the channels, mean of
    b relu(t) on the second."""
    if torch.jit.is_tracing():
        return operators.WindowReduce.apply(b, neighbors, edges, windows)
    if b.device.type == "cpu" and b.dtype == torch.float32 and _library() is not None:
        return _WindowReduce.apply(b, neighbors, edges, windows)
    return operators.WindowReduce.forward(None, b, neighbors, edges, windows)
