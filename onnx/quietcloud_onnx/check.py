"""Proves a bundle: ONNX Runtime against the golden vectors, and against PyTorch when the checkpoint is at hand.

    python -m quietcloud_onnx.check my-model [--run run]
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from . import bundle
from .export import SHAPES, example, networks_of
from .sample import denoise, estimate_noise, normalize
from .schedule import Schedule

TOLERANCE = 1e-4  # in model units (local spacing = 1)


class OnnxStage:
    """A stage of a bundle, called like the PyTorch network that it was exported from."""

    def __init__(self, folder, entry, k):
        path = Path(folder) / entry["file"]
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != entry["sha256"]:
            raise SystemExit(f"{path}: sha256 is {found}, bundle.json says {entry['sha256']}")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.entry, self.k = entry, k

    def run(self, feeds):
        return torch.from_numpy(self.session.run(None, {name: value.numpy() for name, value in feeds.items()})[0])

    def __call__(self, *inputs):
        names = ("edges", "neighbors", "sigma")
        if not {*names, "rings"}.issuperset(self.entry["inputs"]):
            names = self.entry["inputs"]
        feeds = dict(zip(names, inputs))
        feeds["rings"] = torch.full((self.entry["hops"],), len(inputs[0]), dtype=torch.int64)
        return self.run({name: feeds[name] for name in self.entry["inputs"]})


def open_bundle(folder):
    manifest = json.loads((Path(folder) / "bundle.json").read_text())
    stages = {entry["role"]: OnnxStage(folder, entry, manifest["graph"]["k"]) for entry in manifest["stages"]}
    return manifest, stages


def golden_differences(folder):
    """Largest differences (model units) between ONNX Runtime's run and golden.npz; noise as a relative difference."""
    manifest, stages = open_bundle(folder)
    gold = np.load(Path(folder) / "golden.npz")
    k, sampling = manifest["graph"]["k"], manifest["sampling"]
    settings = {"k": k, "rho": sampling["rho"], "refresh": manifest["graph"]["refresh"], "steps": sampling["steps"]["balanced"], "spread": sampling.get("spread", 0.0), "turned": sampling.get("turned", False)}
    schedule = Schedule(manifest["schedule"]["sigmas"])
    center, scale = normalize(gold["points"], k)
    cloud = (gold["points"] - center) / scale
    clean, _, _ = denoise(stages, gold["points"], schedule, settings, float(gold["sigma"]))
    stochastic, _, _ = denoise(stages, gold["points"], schedule, {**settings, "eta": 1.0}, float(gold["sigma"]), draws=gold["draws"])
    result = {
        "clean": np.abs(clean - gold["clean"]).max() / scale,
        "clean_stochastic": np.abs(stochastic - gold["clean_stochastic"]).max() / scale,
    }
    if "score_high" in stages:
        high, _, _ = denoise({**stages, "score": stages["score_high"]}, gold["points"], schedule, settings, float(gold["sigma"]))
        result["clean_high"] = np.abs(high - gold["clean_high"]).max() / scale
    if "noise" in stages:
        result["estimate"] = abs(estimate_noise(stages["noise"], cloud, k) * scale / float(gold["estimate"]) - 1)
    return result


def torch_differences(folder, run, high=None, noise=None):
    """Largest difference of every stage's output between PyTorch and ONNX Runtime, with rows dropped ring by ring."""
    networks = networks_of(run, high, noise)
    networks.eval()
    manifest, stages = open_bundle(folder)
    result = {}
    for role, stage in stages.items():
        torch.manual_seed(3)
        names = stage.entry["inputs"]
        assert all(name in SHAPES for name in names)
        feeds = {name: example(name, 500, manifest["graph"]["k"], stage.entry["hops"]) for name in names}
        with torch.no_grad():
            result[role] = float((networks[role](*feeds.values()) - stage.run(feeds)).abs().max())
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("--run", help="folder with the checkpoint that the bundle was exported from")
    parser.add_argument("--high", help="the same of its network for quality high")
    parser.add_argument("--noise", help="the same of its noise network")
    args = parser.parse_args()
    if json.loads((Path(args.bundle) / "bundle.json").read_text())["provenance"].get("config", {}).get("system", "sbd") != "sbd":
        differences = bundle.golden_differences(args.bundle)
    elif "denoiser" in json.loads((Path(args.bundle) / "bundle.json").read_text())["provenance"]:
        from . import denoiser

        differences = denoiser.golden_differences(args.bundle)
    else:
        differences = golden_differences(args.bundle)
    if args.run:
        differences |= {f"torch {role}": value for role, value in torch_differences(args.bundle, args.run, args.high, args.noise).items()}
    for name, value in differences.items():
        print(f"{name:18s} {value:.2e}  {'ok' if value <= TOLERANCE else 'TOO LARGE'}")
    raise SystemExit(any(value > TOLERANCE for value in differences.values()))


if __name__ == "__main__":
    main()
