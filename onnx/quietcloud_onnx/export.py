"""Writes a denoiser as a bundle: bundle.json, score.onnx, noise.onnx, golden.npz and the model card.

    python -m quietcloud_onnx.export --run run --out my-model --name my-model [--high deeper-run] [--noise noise-run]

``write`` takes networks from anywhere: any module with forward(edges, neighbors, sigma) -> noise [n,3].
"""

import argparse
import hashlib
import inspect
import json
import platform
import warnings
from pathlib import Path

import numpy as np
import torch

from . import golden, operators
from .card import denoiser_scores
from .networks import build
from .schedule import Schedule, geometric_sigmas

# What a bundle's stages may be fed with; the Rust core knows the same names (src/model/predict.rs).
SHAPES = {
    "edges": (("n", "k", 3), torch.float32),
    "neighbors": (("n", "k"), torch.int32),
    "sigma": (("n", 1), torch.float32),
    "rings": (("hops",), torch.int64),
}
SETTINGS = {"rho": 1.0, "eta": 0.0, "refresh": 1, "spread": 0.5, "turned": False}
TURNED = {**SETTINGS, "turned": True}  # for networks that were trained in all orientations, as ours are
STEPS = {"fast": 2, "balanced": 3, "high": 5}  # at a noise of one spacing


def example(name, n, k, hops):
    """A valid input: everything within reach, so that tracing sees no index out of a ring."""
    if name == "edges":
        return torch.randn(n, k, 3)
    if name == "neighbors":
        return torch.randint(0, n // 2, (n, k), dtype=torch.int32)
    if name == "sigma":
        return torch.rand(n, 1) + 0.1
    return torch.linspace(n * 0.9, n * 0.6, hops).long()


class Core(torch.nn.Module):
    """A network that computes every row of a tile, cut to the rows that are asked for."""

    def __init__(self, network):
        super().__init__()
        self.network, self.hops = network, network.hops

    def forward(self, *inputs):
        return self.network(*inputs[:-1])[: inputs[-1][-1]]


def inputs_of(network):
    """The names of SHAPES that the network's forward takes, in its order."""
    names = list(inspect.signature(network.forward).parameters)
    unknown = [name for name in names if name not in SHAPES]
    if unknown:
        raise ValueError(f"{type(network).__name__}.forward takes {', '.join(unknown)}; a denoiser may take {', '.join(SHAPES)}")
    return names


def export_stage(network, path, k, output):
    """Traces ``network`` into an ONNX file; returns the names of the inputs that it kept."""
    inputs, hops = inputs_of(network), network.hops
    if hops > 0 and "rings" not in inputs:
        network, inputs = Core(network), [*inputs, "rings"]
    axes = {name: {i: a for i, a in enumerate(SHAPES[name][0]) if a in ("n", "hops")} for name in inputs}
    axes[output] = {0: "core"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, tuple(example(name, 400, k, hops) for name in inputs), str(path), input_names=list(inputs),
            output_names=[output], dynamic_axes=axes, opset_version=17, dynamo=False, custom_opsets={operators.DOMAIN: 1},
        )
    return finish(path)


def finish(path):
    """Drops debug text (module paths, doc strings), which has no place in a shipped file, and says what our own operators
    mean. Returns the names of the inputs."""
    import onnx

    model = onnx.load(path)
    for node in model.graph.node:
        node.doc_string = ""
    model.functions.extend(operators.functions({node.op_type for node in model.graph.node if node.domain == operators.DOMAIN}))
    model.producer_name, model.producer_version = "quietcloud", ""
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return [entry.name for entry in model.graph.input]


def stage_entry(folder, role, inputs, output, hops):
    file = f"{role}.onnx"
    digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
    return {"role": role, "file": file, "sha256": digest, "hops": hops, "inputs": list(inputs), "outputs": [output]}


def load(run):
    return torch.load(Path(run) / "checkpoint.pt", map_location="cpu", weights_only=True)


def networks_of(run, high=None, noise=None):
    """The averaged networks of a run; with ``high`` also that run's score, for quality high; with ``noise`` that run's noise
    network in the place of its own."""
    saved = load(run)
    networks = build(saved["config"])
    networks.load_state_dict(saved["average"])
    if high is not None:
        networks["score_high"] = networks_of(high)["score"]
    if noise is not None:
        networks["noise"] = networks_of(noise)["noise"]
    return networks


def export(run, out, name, scores=None, data="", settings=TURNED, steps=STEPS, high=None, noise=None):
    config = load(run)["config"]
    options = config["options"]
    made = {"data": data, **training(run)}
    for role, other in (("high", high), ("noise", noise)):
        if other is not None:
            made[role] = training(other)
            if made[role]["config"]["score"]["k"] != config["score"]["k"]:
                raise SystemExit(f"{run} and {other} were trained with different numbers of neighbours")
    trained_noise = [options["sigma_low"] / 5, options["sigma_high"]]
    return write(out, name, networks_of(run, high, noise), config["score"]["k"], trained_noise, made, scores, settings, steps)


def training(run):
    """What a run's card says of it."""
    saved = load(run)
    return {"minutes": round(saved["minutes"], 1), "steps": saved["steps"], "hardware": hardware(), "config": saved["config"]}


def hardware():
    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"{platform.machine()} CPU"


def write(out, name, networks, k, trained_noise, provenance=None, scores=None, settings=SETTINGS, steps=STEPS, license="MIT OR Apache-2.0"):
    """Writes the bundle of a denoiser (method sbd) and returns its manifest.

    networks        {"score": module} and, if the noise level is to be estimated, "noise": module; "score_high": module, if
                    quality high has a score of its own. Each has ``hops``: how often it looks features up in
                    ``neighbors`` (0: it sees a point's own edges only)
    k               neighbours of each point
    trained_noise   smallest and largest noise seen in training, in units of the local spacing
    """
    out, stages = Path(out), []
    out.mkdir(parents=True, exist_ok=True)
    for role, output in (("score", "noise"), ("score_high", "noise"), ("noise", "log_sigma")):
        if role in networks:
            inputs = export_stage(networks[role].eval(), out / f"{role}.onnx", k, output)
            stages.append(stage_entry(out, role, inputs, output, networks[role].hops))
    sigmas = geometric_sigmas()
    manifest = {
        "format": 1,
        "name": name,
        "method": "sbd",
        "prediction": "noise",
        "schedule": {"kind": "sigma", "sigmas": [float(s) for s in sigmas]},
        "graph": {"k": k, "refresh": settings["refresh"]},
        "normalization": "spacing",
        "sampling": {"steps": steps, **{name: settings[name] for name in ("eta", "rho", "spread", "turned")}},
        "stages": stages,
        "trained_noise": list(trained_noise),
        "provenance": {**(provenance or {}), "parameters": {role: sum(p.numel() for p in networks[role].parameters()) for role in networks}},
        "license": license,
        "scores": scores or {},
    }
    (out / "bundle.json").write_text(json.dumps(manifest, indent=1) + "\n")
    golden.write(networks, Schedule(sigmas), {"k": k, "steps": steps["balanced"], **settings}, out / "golden.npz")
    (out / "README.md").write_text(card(manifest))
    return manifest


def card(manifest):
    made, lines = manifest["provenance"], []
    lines.append(f"# {manifest['name']}\n")
    sizes = ", ".join(f"{made['parameters'][role]}{label}" for role, label in (("score", " parameters (score)"), ("score_high", " (score of quality high)"), ("noise", " (noise level)")) if role in made["parameters"])
    lines.append(
        f"A denoiser for point clouds (method `{manifest['method']}`): {sizes}, {manifest['graph']['k']} neighbours, "
        f"trained noise {manifest['trained_noise'][0]:g} to {manifest['trained_noise'][1]:g} spacings.\n"
    )
    lines.append(f"- Data: {made.get('data') or 'not stated'}")
    if "config" in made:
        lines.append(f"- Training: {made['minutes']:g} minutes, {made['steps']} steps, on {made['hardware']}")
        for role, label in (("high", "Quality high"), ("noise", "Noise level")):
            if role in made:
                lines.append(f"- {label}: {made[role]['minutes']:g} minutes, {made[role]['steps']} steps, on {made[role]['hardware']}")
        options = made["config"]["options"]
        lines.append(f"- Target `{options['target']}`, weight `{made['config']['weight']}`, patches of {options['points']} points")
    lines.append(f"- Licence: {manifest['license']}")
    if manifest["scores"]:
        lines += denoiser_scores(manifest["scores"], "noise level estimated, ")
    return "\n".join(lines) + "\n"


def arguments(doc):
    """The parser of what every export of a denoiser is told; ``doc`` begins with what is exported."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--run", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--scores", type=read_json, help="JSON of measured scores, copied into the manifest and the card")
    parser.add_argument("--data", default="", help="one sentence: what the model was trained on")
    return parser


def read_json(path):
    return json.loads(Path(path).read_text())


def main():
    parser = arguments(__doc__)
    parser.add_argument("--high", help="run of a larger network for quality high")
    parser.add_argument("--noise", help="run whose noise network is taken (train --only noise)")
    args = parser.parse_args()
    export(args.run, args.out, args.name, args.scores, args.data, high=args.high, noise=args.noise)


if __name__ == "__main__":
    main()
