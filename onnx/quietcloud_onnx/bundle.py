"""A generative system as a bundle folder: ONNX files, manifest, golden vectors, model card, and the check of all that.

    python -m quietcloud_onnx.bundle --run run --out my-generator --name my-generator

``write`` takes networks from anywhere: your own go in as a dict of modules, batched as ``systems`` calls them.
"""

import argparse
import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from . import card, shapes
from .export import finish, hardware
from .set_networks import Unbatched
from .systems import system_of

PARITY = 1e-4  # largest difference between PyTorch and ONNX Runtime, relative to outputs of about 1
GOLDEN_POINTS, GOLDEN_STEPS = 64, 12
LIMITS = {"low": 16, "high": 100_000}  # points of a generated cloud
DATA = "7 families of shapes made by quietcloud_onnx.shapes: superquadrics, tori, chamfered boxes, cylinders and tubes, L/T/U profiles, plates and brackets with holes"


def example(inputs, points, seed):
    """Random inputs of a stage as exported; what is [1,1] is a level, in (0.05, 0.95)."""
    made = torch.Generator().manual_seed(seed)
    level = lambda: 0.05 + 0.9 * torch.rand(1, 1, generator=made)  # noqa: E731
    return tuple(
        level() if (rows, width) == (1, 1) else torch.randn(points if rows == "n" else 1, width, generator=made)
        for rows, width in inputs.values()
    )


def exported(stage):
    return Unbatched(stage.network, list(stage.inputs), [name for name, (rows, _) in stage.inputs.items() if rows == "n"])


def export_stage(stage, path):
    """Traces a network into an ONNX file, and compares both on other inputs and another number of points."""
    network, given = exported(stage).eval(), example(stage.inputs, 100, 0)
    with torch.no_grad():
        results = network(*given)
    results = results if isinstance(results, tuple) else (results,)
    named = [*zip(stage.inputs, given), *zip(stage.outputs, results)]
    axes = {name: {0: "n"} for name, tensor in named if tensor.shape[0] == 100}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, given, str(path), input_names=list(stage.inputs), output_names=list(stage.outputs), dynamic_axes=axes,
            opset_version=17, dynamo=False,
        )
    finish(path)
    difference = parity(stage, path)
    if not difference <= PARITY:
        raise ValueError(f"stage {stage.role}: ONNX Runtime and PyTorch differ by {difference:.1e}, more than {PARITY:g}")


def parity(stage, path):
    """Largest difference between PyTorch and ONNX Runtime at 37 and 500 points, relative to the output's size."""
    network, session, worst = exported(stage).eval(), open_session(path), 0.0
    for points in (37, 500):
        given = example(stage.inputs, points, points)
        with torch.no_grad():
            wanted = network(*given)
        found = session.run(None, {name: tensor.numpy() for name, tensor in zip(stage.inputs, given)})
        for a, b in zip(wanted if isinstance(wanted, tuple) else (wanted,), found):
            worst = max(worst, float(np.abs(a.numpy() - b).max() / max(1.0, a.abs().max())))
    return worst


def open_session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def caller(run):
    """call(role, *arrays) -> float64 array, or a tuple of them; run(role, float32 arrays) -> list of arrays."""

    def call(role, *arrays):
        results = [np.asarray(r, np.float64) for r in run(role, [np.asarray(a, np.float32) for a in arrays])]
        return results[0] if len(results) == 1 else tuple(results)

    return call


def torch_call(stages):
    networks = {stage.role: exported(stage).eval() for stage in stages}

    @torch.no_grad()
    def run(role, arrays):
        result = networks[role](*map(torch.from_numpy, arrays))
        return [r.numpy() for r in (result if isinstance(result, tuple) else (result,))]

    return caller(run)


def onnx_call(folder):
    """The same from the files of a bundle, their hashes checked."""
    entries = {entry["role"]: entry for entry in json.loads((Path(folder) / "bundle.json").read_text())["stages"]}
    for entry in entries.values():
        found = hashlib.sha256((Path(folder) / entry["file"]).read_bytes()).hexdigest()
        if found != entry["sha256"]:
            raise SystemExit(f"{entry['file']}: sha256 is {found}, bundle.json says {entry['sha256']}")
    sessions = {role: open_session(Path(folder) / entry["file"]) for role, entry in entries.items()}
    return caller(lambda role, arrays: sessions[role].run(None, dict(zip(entries[role]["inputs"], arrays))))


def golden(system, call):
    """Arrays of golden.npz, float64: the draws of a short run and what comes of them; encoders: a cloud, there and back."""
    rng = np.random.default_rng(11)
    steps = min(GOLDEN_STEPS, system.manifest().get("sampling", {}).get("steps", {}).get("high", 1))
    draws = system.draw(rng, GOLDEN_POINTS, steps)
    arrays = {**draws, "steps": np.float64(steps), "eta": np.float64(1.0), "expected": system.generate(call, draws)}
    if hasattr(system, "reconstruct"):
        arrays["input"] = shapes.clouds(1, GOLDEN_POINTS, 12)[0].astype(np.float64)
        arrays["reconstruction"] = system.reconstruct(call, arrays["input"], draws)
    return arrays


def write(out, name, system, networks, provenance=None, data="", license="MIT OR Apache-2.0"):
    """Writes the bundle; ``networks``: modules by name, as ``system.stages`` takes them. Returns the manifest.

    Raises ValueError where ONNX Runtime does not give what PyTorch gives.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for network in networks.values():
        network.eval()
    system.freeze(networks)
    entries, stages = [], system.stages(networks)
    for stage in stages:
        path = out / f"{stage.role}.onnx"
        export_stage(stage, path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        entries.append({"role": stage.role, "file": path.name, "sha256": digest, "inputs": list(stage.inputs), "outputs": list(stage.outputs)})
    manifest = {
        "format": 1,
        "name": name,
        "method": system.name,
        **system.manifest(),
        "normalization": "shape",
        "points": {"trained": system.points, **LIMITS},
        "stages": entries,
        "provenance": {
            "data": data,
            **(provenance or {}),
            "config": {"system": system.name, **system.config},
            "parameters": {stage.role: sum(p.numel() for p in stage.network.parameters()) for stage in stages},
        },
        "license": license,
        "scores": {},
    }
    arrays = golden(system, torch_call(stages))
    if not np.isfinite(arrays["expected"]).all():
        raise ValueError("the reference sampler's result is not finite")
    np.savez(out / "golden.npz", **arrays)
    save_manifest(out, manifest)
    return manifest


def save_manifest(folder, manifest):
    """bundle.json and the model card that says the same in words."""
    (Path(folder) / "bundle.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (Path(folder) / "README.md").write_text(card.text(manifest))


def open_bundle(folder):
    """(system, call, manifest) of a bundle on disk."""
    manifest = json.loads((Path(folder) / "bundle.json").read_text())
    system = system_of(manifest["provenance"]["config"])
    system.restore(manifest)
    return system, onnx_call(folder), manifest


def golden_differences(folder):
    """Largest differences (model units) between ONNX Runtime's run and golden.npz."""
    system, call, _ = open_bundle(folder)
    with np.load(Path(folder) / "golden.npz") as gold:
        draws = {key: gold[key] for key in ("point_draws", "latent_draws") if key in gold}
        result = {"generated": np.abs(system.generate(call, draws) - gold["expected"]).max()}
        if "input" in gold:
            result["reconstructed"] = np.abs(system.reconstruct(call, gold["input"], draws) - gold["reconstruction"]).max()
    return result


def load(run):
    """(system, averaged networks, checkpoint) of a training run."""
    saved = torch.load(Path(run) / "checkpoint.pt", map_location="cpu", weights_only=True)
    system = system_of(saved["config"])
    networks = system.networks()
    networks.load_state_dict(saved["average"])
    return system, networks.eval(), saved


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--hardware", default=hardware(), help="what it was trained on, for the model card")
    args = parser.parse_args()
    system, networks, saved = load(args.run)
    made = {"minutes": round(saved["minutes"], 1), "steps": saved["steps"], "hardware": args.hardware}
    write(args.out, args.name, system, networks, made, DATA)


if __name__ == "__main__":
    main()
