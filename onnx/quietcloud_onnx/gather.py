"""``gather_reduce(b, neighbors)``: max over the neighbours on the first half of the channels, mean on the second.

On a CPU with a C compiler a small kernel does it (about four times faster than PyTorch's gather, forward and
backward); elsewhere plain PyTorch; in an ONNX file it is one node (``operators.py``).
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


@lru_cache
def _library():
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "quietcloud"
    target = cache / f"gather-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]}.so"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            built = Path(folder) / "gather.so"
            command = [compiler, "-O3", "-march=native", "-shared", "-fPIC", str(SOURCE), "-o", str(built)]
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
    half = int(b.shape[1]) // 2
    if torch.jit.is_tracing():
        return operators.GatherReduce.apply(b, neighbors)
    if b.device.type == "cpu" and b.dtype == torch.float32 and _library() is not None:
        return _GatherReduce.apply(b, neighbors)
    around = b[neighbors.long()]
    return torch.cat([around[..., :half].amax(1), around[..., half:].mean(1)], 1)
