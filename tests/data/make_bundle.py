"""Writes the analytic stand-in model: no training, known behaviour, a few kB.

Run `python tests/data/make_bundle.py [FOLDER]`; needs numpy, scipy, onnx and onnxruntime.

Score stage, two hops deep, with rings as a trained network has them. With m_i the mean of the edges of point i and
M the mean over the neighbours, z_i = clip(-GAIN (m_i - (M M m)_i) / sigma): a smoothing step that keeps smooth
curvature, made of two gathers over tile-local rows so that a wrong halo or ring shows in the result.
Noise stage, one hop deep: the smallest principal variance of a neighbourhood without an eigensolver,
det C / (the sum of the principal 2x2 minors of C), averaged over the neighbours; half its logarithm.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from scipy.spatial import cKDTree

K = 16
GAIN = 0.9
SIGMAS = np.geomspace(0.02, 2.0, 64)
STEPS = {"fast": 2, "balanced": 4, "high": 8}
REFRESH = 3


def constant(name, values, dtype):
    return numpy_helper.from_array(np.array(values, dtype), name)


def node(op, inputs, output, **attributes):
    return helper.make_node(op, inputs, [output], **attributes)


def gather_mean(values, rows, output):
    """mean_j values[neighbors[i, j]] for the first `rows` rows."""
    return [
        node("Slice", ["neighbors", "zero", rows, "zero"], f"{output}_rows"),
        node("Gather", [values, f"{output}_rows"], f"{output}_around", axis=0),
        node("ReduceMean", [f"{output}_around"], output, axes=[1], keepdims=0),
    ]


def save(path, nodes, inputs, output, constants):
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs],
        [helper.make_tensor_value_info(*output)],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="quietcloud")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


EDGES = ("edges", TensorProto.FLOAT, ["rows", K, 3])
NEIGHBORS = ("neighbors", TensorProto.INT32, ["rows", K])
SIGMA = ("sigma", TensorProto.FLOAT, ["rows", 1])


def score(path):
    nodes = [
        node("ReduceMean", ["edges"], "m", axes=[1], keepdims=0),
        node("Slice", ["rings", "zero", "one", "zero"], "outer"),
        node("Slice", ["rings", "one", "two", "zero"], "core"),
        *gather_mean("m", "outer", "mm"),
        *gather_mean("mm", "core", "mmm"),
        node("Slice", ["m", "zero", "core", "zero"], "own"),
        node("Slice", ["sigma", "zero", "core", "zero"], "own_sigma"),
        node("Sub", ["mmm", "own"], "away"),
        node("Mul", ["away", "gain"], "scaled"),
        node("Div", ["scaled", "own_sigma"], "z"),
        node("Clip", ["z", "low", "high"], "noise"),
    ]
    constants = [
        constant("zero", [0], np.int64),
        constant("one", [1], np.int64),
        constant("two", [2], np.int64),
        constant("gain", GAIN, np.float32),
        constant("low", -3.0, np.float32),
        constant("high", 3.0, np.float32),
    ]
    rings = ("rings", TensorProto.INT64, [2])
    save(path, nodes, [EDGES, NEIGHBORS, SIGMA, rings], ("noise", TensorProto.FLOAT, ["core", 3]), constants)


def noise(path):
    nodes = [
        node("ReduceMean", ["edges"], "m", axes=[1], keepdims=1),
        node("Sub", ["edges", "m"], "e"),
        node("Split", ["e"], "x", axis=2),
    ]
    nodes[-1].output[:] = ["x", "y", "z"]
    for a in "xyz":
        for b in "xyz":
            if a <= b:
                nodes += [
                    node("Mul", [a, b], f"p{a}{b}"),
                    node("ReduceMean", [f"p{a}{b}"], f"c{a}{b}", axes=[1], keepdims=0),
                ]
    products = {
        "xxyy": ("cxx", "cyy"),
        "xyxy": ("cxy", "cxy"),
        "yyzz": ("cyy", "czz"),
        "yzyz": ("cyz", "cyz"),
        "xxzz": ("cxx", "czz"),
        "xzxz": ("cxz", "cxz"),
        "xyzz": ("cxy", "czz"),
        "yzxz": ("cyz", "cxz"),
        "xyyz": ("cxy", "cyz"),
        "yyxz": ("cyy", "cxz"),
    }
    nodes += [node("Mul", list(pair), name) for name, pair in products.items()]
    nodes += [
        node("Sub", ["xxyy", "xyxy"], "minor_z"),
        node("Sub", ["yyzz", "yzyz"], "minor_x"),
        node("Sub", ["xxzz", "xzxz"], "minor_y"),
        node("Sub", ["xyzz", "yzxz"], "cof_xy"),
        node("Sub", ["xyyz", "yyxz"], "cof_xz"),
        # det C by cofactors of its first row.
        node("Mul", ["cxx", "minor_x"], "det_x"),
        node("Mul", ["cxy", "cof_xy"], "det_y"),
        node("Mul", ["cxz", "cof_xz"], "det_z"),
        node("Sub", ["det_x", "det_y"], "det_xy"),
        node("Add", ["det_xy", "det_z"], "det"),
        node("Sum", ["minor_x", "minor_y", "minor_z", "tiny"], "minors"),
        node("Div", ["det", "minors"], "variance"),
        node("Max", ["variance", "floor"], "positive"),
        *gather_mean("positive", "rings", "mean"),
        node("Log", ["mean"], "log"),
        node("Mul", ["log", "half"], "log_sigma"),
    ]
    constants = [
        constant("zero", [0], np.int64),
        constant("tiny", 1e-12, np.float32),
        constant("floor", 1e-8, np.float32),
        constant("half", 0.5, np.float32),
    ]
    rings = ("rings", TensorProto.INT64, [1])
    save(path, nodes, [EDGES, NEIGHBORS, rings], ("log_sigma", TensorProto.FLOAT, ["core", 1]), constants)


def knn_graph(points):
    """Nearest first, the point itself left out; local spacing as src/graph.rs defines it."""
    _, index = cKDTree(points).query(points, K + 1)
    index = index[:, 1:]
    squared = ((points[index] - points[:, None]) ** 2).sum(2).mean(1) * (2 * np.pi / K)
    spacing = np.sqrt((squared + squared[index].sum(1)) / (K + 1))
    return index.astype(np.int32), spacing.astype(np.float32)


def estimate(folder, x):
    session = onnxruntime.InferenceSession(str(folder / "noise.onnx"), providers=["CPUExecutionProvider"])
    neighbors, spacing = knn_graph(x)
    edges = ((x[neighbors] - x[:, None]) / spacing[:, None, None].astype(float)).astype(np.float32)
    inputs = {"edges": edges, "neighbors": neighbors, "rings": np.array([len(x)], np.int64)}
    return np.median(np.exp(session.run(None, inputs)[0][:, 0].astype(float)) * spacing)


def trajectory(folder, x, levels, eta, draws):
    """METHOD 1's reverse steps in rescaled coordinates, in plain NumPy: the reference for `quietcloud check`."""
    session = onnxruntime.InferenceSession(str(folder / "score.onnx"), providers=["CPUExecutionProvider"])
    rings = np.array([len(x), len(x)], np.int64)
    for step, (now, then) in enumerate(zip(levels, levels[1:])):
        if step % REFRESH == 0:
            neighbors, spacing = knn_graph(x)
        edges = ((x[neighbors] - x[:, None]) / spacing[:, None, None].astype(float)).astype(np.float32)
        inputs = {"edges": edges, "neighbors": neighbors, "rings": rings}
        inputs["sigma"] = (now / spacing[:, None]).astype(np.float32)
        z = session.run(["noise"], inputs)[0].astype(float)
        variance = eta**2 * then**2 * (1 - then**2 / now**2)
        x = x - now * z + np.sqrt(then**2 - variance) * z + np.sqrt(variance) * draws[step]
    return x


def golden(folder):
    rng = np.random.default_rng(7)
    direction = rng.standard_normal((600, 3))
    points = 5.0 * direction / np.linalg.norm(direction, axis=1, keepdims=True) + [10.0, -20.0, 30.0]
    sigma, steps = 0.25, STEPS["balanced"]
    points += sigma * rng.standard_normal(points.shape)
    centre = (points.min(0) + points.max(0)) / 2
    scale = np.median(knn_graph(points)[1].astype(float))
    x = (points - centre) / scale
    start = np.flatnonzero(SIGMAS >= sigma / scale)[0]
    wanted = SIGMAS[start] * (1 - np.arange(1, steps) / steps)
    levels = [SIGMAS[start], *(SIGMAS[np.abs(SIGMAS - w).argmin()] for w in wanted), 0.0]
    draws = rng.standard_normal((steps, *points.shape))
    np.savez(
        folder / "golden.npz",
        points=points,
        sigma=np.float64(sigma),
        estimate=np.float64(estimate(folder, x) * scale),
        levels=np.array(levels),
        draws=draws,
        clean=trajectory(folder, x, levels, 0.0, draws) * scale + centre,
        clean_stochastic=trajectory(folder, x, levels, 1.0, draws) * scale + centre,
    )


def stage(folder, role, hops, inputs, outputs):
    sha256 = hashlib.sha256((folder / f"{role}.onnx").read_bytes()).hexdigest()
    return dict(role=role, file=f"{role}.onnx", sha256=sha256, hops=hops, inputs=inputs, outputs=outputs)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    score(folder / "score.onnx")
    noise(folder / "noise.onnx")
    golden(folder)
    manifest = {
        "format": 1,
        "name": "stand-in",
        "method": "sbd",
        "prediction": "noise",
        "schedule": {"kind": "sigma", "sigmas": SIGMAS.tolist()},
        "graph": {"k": K, "refresh": REFRESH},
        "normalization": "spacing",
        "sampling": {"eta": 0, "rho": 1.0, "steps": STEPS},
        "stages": [
            stage(folder, "score", 2, ["edges", "neighbors", "sigma", "rings"], ["noise"]),
            stage(folder, "noise", 1, ["edges", "neighbors", "rings"], ["log_sigma"]),
        ],
        "trained_noise": [0.05, 1.5],
        "provenance": {"made_by": "tests/data/make_bundle.py", "training": "none, analytic"},
        "license": "MIT OR Apache-2.0",
        "scores": {},
    }
    (folder / "bundle.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (folder / "README.md").write_text(
        "# stand-in\n\nAn analytic smoothing step in the shape of a score network, for tests and until a trained model takes\n"
        "its place. Not trained on anything; made by `tests/data/make_bundle.py`.\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "bundle")
