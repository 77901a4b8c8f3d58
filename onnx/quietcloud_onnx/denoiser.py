"""Bundles of the denoisers beside the default one: ScoreDenoise, Langevin on an energy, DDPM on a neighbour graph.

    python -m quietcloud_onnx.denoiser --run run --out my-model --name my-model [--noise models/default]

``run`` is what the bundle promises, written with the reference samplers; golden vectors come from it.
"""

import argparse
import hashlib
import json
import platform
import shutil
from pathlib import Path

import numpy as np
import torch

from . import ddpm_denoiser, golden, scoredenoise
from .energy import train as energy_train
from .energy.langevin import anneal
from .export import export_stage, stage_entry
from .graph import knn_graph, relative_edges
from .sample import estimate_noise, normalize, run_levels, steps_at
from .schedule import Schedule, geometric_sigmas
from .scoredenoise import ascent
from .scoredenoise.export import export_scoredenoise, ours

GRAPH = ("edges", "neighbors", "sigma", "rings")


def schedule_of(manifest):
    spec = manifest["schedule"]
    if spec["kind"] == "linear":
        return Schedule(ddpm_denoiser.linear_sigmas(spec["start"], spec["end"], spec["steps"]))
    return Schedule(spec["sigmas"])


def graph_score(network, state, k):
    """score(state, sigma, call) in model units for ``anneal``; the graph is built anew for every call."""

    @torch.no_grad()
    def score(state, sigma, call):
        neighbors, spacing = knn_graph(state, k)
        inputs = relative_edges(state, neighbors, spacing), neighbors, (sigma / spacing)[:, None].astype(np.float32)
        return network(*map(torch.from_numpy, inputs)).numpy().astype(np.float64) / spacing[:, None]

    return score


@torch.no_grad()
def climb(networks, manifest, points, steps):
    """ScoreDenoise: ``points`` in model units to the clean ones."""
    score = lambda offsets, features: networks["score"](torch.from_numpy(offsets), torch.from_numpy(features)).numpy()  # noqa: E731
    if manifest["normalization"] == "sphere":
        see = lambda patch: networks["features"](torch.from_numpy(patch)).numpy()  # noqa: E731
        features, units = ascent.patch_features(see, points, **{"size": manifest["patch"]["points"], "core": manifest["patch"]["core"]}), np.ones(len(points))
    else:
        neighbors, units = knn_graph(points, manifest["graph"]["k"])
        features = networks["features"](*map(torch.from_numpy, (relative_edges(points, neighbors, units), neighbors))).numpy()
    return ascent.ascend(score, points, features, units, manifest["sampling"], steps)


def run(networks, manifest, points, sigma, random=0.0, draws=None):
    """(clean cloud, number of steps) of a cloud [n,3] with noise ``sigma``, both in any units. ``random``: eta of ddpm, the
    heat of langevin; draws [calls,n,3]. ``networks`` by role, in PyTorch or check.OnnxStage."""
    k, sampling = manifest["graph"]["k"], manifest["sampling"]
    center, scale = ascent.unit_sphere(points) if manifest["normalization"] == "sphere" else normalize(points, k)
    cloud = (points - center) / scale
    if manifest["method"] == "scoredenoise":
        steps = sampling["steps"]["balanced"]
        return climb(networks, manifest, cloud, steps) * scale + center, steps
    steps = steps_at(sampling["steps"]["balanced"], sigma / scale)
    levels = schedule_of(manifest).levels_from(sigma / scale, steps, sampling["rho"])
    if manifest["method"] == "langevin":
        clean = anneal(graph_score(networks["score"], cloud, k), cloud, levels[:-1], sampling, random, draws)
    else:
        clean = run_levels(networks["score"], cloud, levels, k, manifest["graph"]["refresh"], random, draws)
    return clean * scale + center, len(levels) - 1


def golden_arrays(networks, manifest):
    """golden.npz: as golden.py says, with the number of steps; scoredenoise draws nothing."""
    points, sigma = golden.scan()
    clean, steps = run(networks, manifest, points, sigma)
    arrays = {"points": points, "sigma": np.float64(sigma), "clean": clean, "steps": np.float64(steps)}
    if manifest["method"] != "scoredenoise":
        draws = np.random.default_rng(11).standard_normal((steps * manifest["sampling"].get("inner", 1), *points.shape))
        arrays |= {"draws": draws, "clean_stochastic": run(networks, manifest, points, sigma, 1.0, draws)[0]}
    if "noise" in networks:
        center, scale = normalize(points, manifest["graph"]["k"])
        arrays["estimate"] = np.float64(estimate_noise(networks["noise"], (points - center) / scale, manifest["graph"]["k"]) * scale)
    return arrays


def golden_differences(folder):
    """Largest differences between ONNX Runtime's run and golden.npz, in local spacings (noise: relative)."""
    from .check import open_bundle

    manifest, stages = open_bundle(folder)
    with np.load(Path(folder) / "golden.npz") as gold:
        scale = normalize(gold["points"], manifest["graph"]["k"])[1]
        result = {"clean": np.abs(run(stages, manifest, gold["points"], float(gold["sigma"]))[0] - gold["clean"]).max() / scale}
        if "draws" in gold:
            found = run(stages, manifest, gold["points"], float(gold["sigma"]), 1.0, gold["draws"])[0]
            result["clean_stochastic"] = np.abs(found - gold["clean_stochastic"]).max() / scale
        if "estimate" in gold:
            found = golden_arrays(stages, {**manifest, "method": "scoredenoise"})["estimate"] if False else None
    return result


def write(out, manifest, networks, noise=None):
    """bundle.json, golden.npz and README.md beside the stages that are there; ``noise``: a bundle whose noise stage this
    one takes over (the same graph), so that it can find the level of noise by itself."""
    out = Path(out)
    if noise is not None:
        source = json.loads((Path(noise) / "bundle.json").read_text())
        entry = next(entry for entry in source["stages"] if entry["role"] == "noise")
        if source["graph"]["k"] != manifest["graph"]["k"]:
            raise ValueError(f"{noise} looks at {source['graph']['k']} neighbours, this model at {manifest['graph']['k']}")
        shutil.copyfile(Path(noise) / entry["file"], out / "noise.onnx")
        manifest["stages"].append({**entry, "file": "noise.onnx"})
        manifest["provenance"]["noise"] = f"the noise stage is that of {source['name']}"
        from .check import OnnxStage

        networks = {**networks, "noise": OnnxStage(out, manifest["stages"][-1], entry)}
    np.savez(out / "golden.npz", **golden_arrays(networks, manifest))
    (out / "bundle.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (out / "README.md").write_text(card(manifest))
    return manifest


def card(manifest):
    made = manifest["provenance"]
    parameters = ", ".join(f"{count} ({role})" for role, count in made["parameters"].items())
    lines = [
        f"# {manifest['name']}\n",
        f"{made['denoiser']} Method `{manifest['method']}`; parameters: {parameters}; {manifest['graph']['k']} neighbours.\n",
        f"- Data: {made.get('data') or 'not stated'}",
    ]
    if "minutes" in made:
        lines.append(f"- Training: {made['minutes']:g} minutes, {made['steps']} steps, on {made['hardware']}")
    if "noise" in made:
        lines.append(f"- Noise level: {made['noise']}")
    lines.append(f"- Licence: {manifest['license']}")
    if manifest["scores"]:
        lines.append("\nChamfer distance and point-to-mesh distance (p3d05), x 1e4, mean over the validation shapes:\n")
        lines.append("| cloud | noisy CD | noisy P2M | CD | P2M |\n|---|---|---|---|---|")
        for cell, s in manifest["scores"].items():
            lines.append(f"| {cell} | {s['noisy'][0]:.2f} | {s['noisy'][1]:.2f} | {s['result'][0]:.2f} | {s['result'][1]:.2f} |")
    return "\n".join(lines) + "\n"
