"""Bundles of the denoisers beside the default one: ScoreDenoise, Langevin on an energy, DDPM on a neighbour graph.

    python -m quietcloud_onnx.denoiser --run run --out my-model --name my-model [--noise models/default]

``run`` is what the bundle promises, written with the reference samplers; golden vectors come from it.
"""

import json
import platform
import shutil
from pathlib import Path

import numpy as np
import torch

from . import ddpm_denoiser, golden
from .card import denoiser_scores
from .energy import train as energy_train
from .energy.langevin import anneal
from .export import arguments, export_stage, stage_entry
from .graph import knn_graph, relative_edges
from .sample import estimate_noise, normalize, run_levels, steps_at
from .schedule import Schedule, geometric_sigmas
from .scoredenoise import ascent
from .scoredenoise.export import export_edge, export_plain, merged
from .scoredenoise import train as scoredenoise_train


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
        features, units = ascent.patch_features(see, points, manifest["patch"]["points"], manifest["patch"]["core"]), np.ones(len(points))
    else:
        neighbors, units = knn_graph(points, manifest["graph"]["k"])
        features = networks["features"](*map(torch.from_numpy, (relative_edges(points, neighbors, units), neighbors))).numpy()
    return ascent.ascend(score, points, features, units, manifest["sampling"], steps)


def run(networks, manifest, points, sigma, random=0.0, draws=None, steps=None):
    """(clean cloud, number of steps) of a cloud [n,3] with noise ``sigma``, both in any units. ``random``: eta of ddpm, the
    heat of langevin; draws [calls,n,3]. ``networks`` by role, in PyTorch or check.OnnxStage."""
    k, sampling = manifest["graph"]["k"], manifest["sampling"]
    center, scale = ascent.unit_sphere(points) if manifest["normalization"] == "sphere" else normalize(points, k)
    cloud = (points - center) / scale
    if manifest["method"] == "scoredenoise":
        steps = steps or sampling["steps"]["balanced"]
        return climb(networks, manifest, cloud, steps) * scale + center, steps
    steps = steps or steps_at(sampling["steps"]["balanced"], sigma / scale)
    levels = schedule_of(manifest).levels_from(sigma / scale, steps, sampling["rho"])
    if manifest["method"] == "langevin":
        clean = anneal(graph_score(networks["score"], cloud, k), cloud, levels[:-1], sampling, random, draws)
    else:
        clean, _ = run_levels(networks["score"], cloud, levels, k, manifest["graph"]["refresh"], random, draws)
    return clean * scale + center, len(levels) - 1


def estimate(network, points, k):
    center, scale = normalize(points, k)
    return estimate_noise(network, (points - center) / scale, k) * scale


def golden_arrays(networks, manifest):
    """golden.npz: as golden.py says, with the number of steps; scoredenoise draws nothing."""
    points, sigma = golden.scan()
    # A sum over neighbours in the moved cloud jumps where rounding changes a neighbour: a short run meets few of those.
    short = 3 if manifest["sampling"].get("contributions") == "sum" else None
    clean, steps = run(networks, manifest, points, sigma, steps=short)
    arrays = {"points": points, "sigma": np.float64(sigma), "clean": clean, "steps": np.float64(steps)}
    if manifest["method"] != "scoredenoise":
        draws = np.random.default_rng(11).standard_normal((steps * manifest["sampling"].get("inner", 1), *points.shape))
        arrays |= {"draws": draws, "clean_stochastic": run(networks, manifest, points, sigma, 1.0, draws, steps)[0]}
    if "noise" in networks:
        arrays["estimate"] = np.float64(estimate(networks["noise"], points, manifest["graph"]["k"]))
    return arrays


def golden_differences(folder):
    """Largest differences between ONNX Runtime's run and golden.npz, in local spacings (noise: relative)."""
    from .check import open_bundle

    manifest, stages = open_bundle(folder)
    with np.load(Path(folder) / "golden.npz") as gold:
        scale, steps = normalize(gold["points"], manifest["graph"]["k"])[1], int(gold["steps"])
        result = {"clean": np.abs(run(stages, manifest, gold["points"], float(gold["sigma"]), steps=steps)[0] - gold["clean"]).max() / scale}
        if "draws" in gold:
            found = run(stages, manifest, gold["points"], float(gold["sigma"]), 1.0, gold["draws"], steps)[0]
            result["clean_stochastic"] = np.abs(found - gold["clean_stochastic"]).max() / scale
        if "estimate" in gold:
            result["estimate"] = abs(estimate(stages["noise"], gold["points"], manifest["graph"]["k"]) / float(gold["estimate"]) - 1)
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


def export(folder, out, name, noise=None, data="", scores=None):
    """Writes the bundle of a training run (its checkpoint.pt) and returns the manifest."""
    saved, out = torch.load(Path(folder) / "checkpoint.pt", map_location="cpu", weights_only=True), Path(out)
    system, write_stages = SYSTEMS[saved["config"]["system"]]
    networks = system.build(saved["config"])
    networks.load_state_dict(merged(saved))
    networks.eval()
    out.mkdir(parents=True, exist_ok=True)
    count = {role: sum(p.numel() for p in networks[role].parameters()) for role in networks}
    fields = write_stages(networks, out, saved["config"])
    manifest = {
        "format": 1,
        "name": name,
        **fields,
        "provenance": {
            "denoiser": WHAT[fields["method"]],
            "data": data,
            "minutes": round(saved["minutes"], 1),
            "steps": saved["steps"],
            "hardware": f"one core of an {platform.machine()} CPU that others used as well",
            # Without the name of its system: that key marks what check takes for a generator.
            "config": {key: value for key, value in saved["config"].items() if key != "system"},
            "parameters": count,
        },
        "license": "MIT OR Apache-2.0",
        "scores": scores or {},
    }
    return write(out, manifest, networks, noise)


def scoredenoise_stages(networks, out, config):
    plain = config["network"] == "plain"
    fields = export_plain(networks, out) if plain else export_edge(networks, out)
    return {"method": "scoredenoise", "trained_noise": [0.1, 3.0 if plain else config["options"]["sigma_high"]], **fields}


def langevin_stages(networks, out, config):
    """The energy is exported as its gradient; the reference runs use autograd."""
    traced = energy_train.build(config)["score"]
    traced.load_state_dict(networks["score"].state_dict())
    inputs = export_stage(traced.eval().traceable(), out / "score.onnx", config["score"]["k"], "score")
    return {
        "method": "langevin",
        "prediction": "score",
        "schedule": {"kind": "sigma", "sigmas": [float(sigma) for sigma in geometric_sigmas()]},
        "graph": {"k": config["score"]["k"], "refresh": 1},
        "normalization": "spacing",
        "sampling": {"rho": 1.0, "inner": 1, "rate": 0.3, "heat": 0.1, "final": True, "steps": {"fast": 2, "balanced": 3, "high": 6}},
        "trained_noise": config["sigmas"],
        "stages": [stage_entry(out, "score", inputs, "score", networks["score"].hops)],
    }


def ddpm_stages(networks, out, config):
    k = config["score"]["k"]
    inputs = export_stage(networks["score"], out / "score.onnx", k, "noise")
    noise_inputs = export_stage(networks["noise"], out / "noise.onnx", k, "log_sigma")
    return {
        "method": "ddpm",
        "prediction": "noise",
        "schedule": {"kind": "linear", **config["betas"]},
        "graph": {"k": config["score"]["k"], "refresh": 1},
        "normalization": "spacing",
        "sampling": {"rho": 1.0, "eta": 0.0, "steps": {"fast": 2, "balanced": 4, "high": 8}},
        "trained_noise": [0.02, 6.0],
        "stages": [
            stage_entry(out, "score", inputs, "noise", networks["score"].hops),
            stage_entry(out, "noise", noise_inputs, "log_sigma", networks["noise"].hops),
        ],
    }


SYSTEMS = {
    "scoredenoise": (scoredenoise_train, scoredenoise_stages),
    "langevin-denoiser": (energy_train, langevin_stages),
    "ddpm-denoiser": (ddpm_denoiser, ddpm_stages),
}
WHAT = {
    "scoredenoise": "Gradient ascent on a local score around every point of the scan (ScoreDenoise).",
    "langevin": "Annealed Langevin dynamics on the gradient of a local energy.",
    "ddpm": "Denoising diffusion on a linear schedule, given the neighbour graph.",
}


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
        lines += denoiser_scores(manifest["scores"])
    return "\n".join(lines) + "\n"


def main():
    parser = arguments(__doc__)
    parser.add_argument("--noise", help="bundle whose noise stage this one takes over")
    args = parser.parse_args()
    export(args.run, args.out, args.name, args.noise, args.data, args.scores)


if __name__ == "__main__":
    main()
