"""The weights of a denoiser's bundle, read back from its ONNX files: a model that was shipped can be trained further."""

import json
import tempfile
from pathlib import Path

import numpy as np
import torch

from .export import export_stage
from .networks import build


def networks_of_bundle(folder, width=None):
    """ModuleDict of ``score`` and ``noise``, as a run has them. Of two score networks, that of quality high is taken where
    ``width`` is its own or not given.

    SystemExit, with the reason, for one that ``export`` has not made from a run."""
    if not (Path(folder) / "bundle.json").is_file():
        raise SystemExit(f"{folder}: no bundle is there (bundle.json)")
    manifest = json.loads((Path(folder) / "bundle.json").read_text())
    made, stages = manifest["provenance"], {stage["role"]: stage for stage in manifest["stages"]}
    if manifest["method"] != "sbd" or "noise" not in stages or "config" not in made:
        raise SystemExit(f"{folder}: not a denoiser that quietcloud_onnx.export has made from a run: how its networks are built isn't known")
    high = "score_high" in stages and width in (None, made["high"]["config"]["score"]["width"])
    score, noise = made["high"] if high else made, made.get("noise", made)
    networks = build({"score": score["config"]["score"], "noise": noise["config"]["noise"]})
    for role, stage in (("score", stages["score_high" if high else "score"]), ("noise", stages["noise"])):
        networks[role].load_state_dict(stage_weights(Path(folder) / stage["file"], networks[role], manifest["graph"]["k"], stage["outputs"][0]))
    return networks


def stage_weights(path, network, k, output):
    """State dict of the network of ``network``'s kind that was exported to ``path``.

    The exporter renames and turns some matrices. Which of them became what is seen by exporting ``network`` as well, with
    weights that are all different."""
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_()
        export_stage(network.eval(), Path(folder) / "stage.onnx", k, output)
        samples = initializers(Path(folder) / "stage.onnx")
    found = initializers(path)
    if [value.shape for value in samples] != [value.shape for value in found]:
        raise SystemExit(f"{path}: its weights are not those of the network that bundle.json names")
    state = network.state_dict()
    for name, parameter in state.items():
        for sample, value in zip(samples, found):
            if np.array_equal(sample, parameter.numpy()):
                state[name] = torch.from_numpy(value.copy())
                break
            if np.array_equal(sample.T, parameter.numpy()):
                state[name] = torch.from_numpy(value.T.copy())
                break
        else:
            raise SystemExit(f"{path}: no weights that could be {name}")
    return state


def initializers(path):
    """The weights of an ONNX file, in its order."""
    import onnx

    return [onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT]
