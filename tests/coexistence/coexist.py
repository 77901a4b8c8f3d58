"""coexist.py ORDER LIBRARY RUNTIME OTHER NETWORK: quietcloud beside another release of ONNX Runtime in one process.

ORDER: other_first or ours_first. LIBRARY: libquietcloud.so. RUNTIME: the ONNX Runtime that it is told to use. OTHER: a
folder with another release of the Python package onnxruntime. NETWORK: any network, which both run.

Each is right alone (in a process of its own), and right again beside the other; with the other's symbols in plain
sight of everybody (RTLD_GLOBAL), which is how a host makes it hardest.
"""

import ctypes
import glob
import os
import subprocess
import sys

order, library, runtime, other, network = sys.argv[1:6]
if not os.path.isdir(os.path.join(other, "onnxruntime")):
    print(f"no other ONNX Runtime in {other}")
    sys.exit(77)
sys.path.insert(0, other)
import numpy as np  # noqa: E402

CLOUD = (lambda u: (u / np.linalg.norm(u, axis=1, keepdims=True)).astype(np.float32))(
    np.random.default_rng(1).normal(size=(1500, 3))
) * np.random.default_rng(2).normal(1, 0.02, size=(1500, 1)).astype(np.float32)


class Ours:
    """quietcloud through its C interface."""

    def __init__(self):
        self.api = ctypes.CDLL(library)
        self.api.quietcloud_last_error.restype = ctypes.c_char_p
        self.model, self.filter = ctypes.c_void_p(), ctypes.c_void_p()
        self.check(self.api.quietcloud_set_runtime(runtime.encode()))
        self.check(self.api.quietcloud_model_open(None, b"cpu", ctypes.byref(self.model)))
        self.check(self.api.quietcloud_filter_new(self.model, ctypes.byref(self.filter)))

    def check(self, status):
        if status:
            raise RuntimeError(self.api.quietcloud_last_error().decode())

    def run(self):
        points = CLOUD.copy()
        at = points.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        size = ctypes.c_size_t
        self.check(self.api.quietcloud_filter_run_f32(self.filter, at, size(len(points)), size(0), at, size(0)))
        return points

    def version(self):
        buffer, needed = ctypes.create_string_buffer(1 << 16), ctypes.c_size_t()
        size = ctypes.c_size_t(len(buffer))
        self.check(self.api.quietcloud_model_describe(self.model, buffer, size, ctypes.byref(needed)))
        return buffer.value.decode().split('"runtime":')[1].split('"version":"')[1].split('"')[0]


class Other:
    """The other release through its Python package."""

    def __init__(self):
        for path in glob.glob(os.path.join(other, "onnxruntime/capi/libonnxruntime.so.*")):
            ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
        import onnxruntime

        self.release = onnxruntime.__version__
        self.session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])

    def run(self):
        rng = np.random.default_rng(3)
        types = {"tensor(float)": np.float32, "tensor(int32)": np.int32, "tensor(int64)": np.int64}
        rows, neighbors = 64, 20
        feed = {}
        for wanted in self.session.get_inputs():
            shape = [size if isinstance(size, int) else rows for size in wanted.shape]
            if wanted.name == "neighbors":
                feed[wanted.name] = rng.integers(0, rows, (rows, shape[1] if shape[1] != rows else neighbors))
            elif wanted.name == "edges":
                feed[wanted.name] = rng.normal(size=(rows, shape[1] if shape[1] != rows else neighbors, 3))
            elif wanted.name == "rings":
                feed[wanted.name] = np.full(shape if isinstance(wanted.shape[0], int) else [RINGS], rows)
            else:
                feed[wanted.name] = np.full((rows, 1), 0.5)
            feed[wanted.name] = feed[wanted.name].astype(types[wanted.type])
        return self.session.run(None, feed)[0]

    def version(self):
        return self.release


def rings():
    import json

    manifest = json.load(open(os.path.join(os.path.dirname(network), "bundle.json")))
    return next(stage["hops"] for stage in manifest["stages"] if stage["role"] == "score")


RINGS = rings()


def alone(kind):
    """What `kind` computes in a process of its own."""
    answer = subprocess.run([sys.executable, *sys.argv, kind], capture_output=True, check=True).stdout
    return np.frombuffer(answer, np.float32)


if len(sys.argv) > 6:
    sys.stdout.buffer.write({"ours": Ours, "other": Other}[sys.argv[6]]().run().tobytes())
    sys.exit()

expected = {kind: alone(kind) for kind in ("ours", "other")}
if order == "other_first":
    theirs = Other()
    theirs.run()
    ours = Ours()
else:
    ours = Ours()
    ours.run()
    theirs = Other()
assert ours.version() != theirs.version(), f"both are {ours.version()}"
assert not np.array_equal(expected["ours"], CLOUD.ravel()), "nothing was done"
for _ in range(3):
    for kind, host in (("ours", ours), ("other", theirs)):
        assert np.array_equal(host.run().ravel(), expected[kind]), f"{kind} computes something else beside the other"
print(f"quietcloud on {ours.version()} beside {theirs.version()}, {order}: both right")
