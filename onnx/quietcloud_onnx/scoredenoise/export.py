"""ScoreDenoise's two stages as ONNX files, ours and the public layout's, and the fields of the manifest that go with them."""

import warnings

import torch

from ..export import finish, export_stage, stage_entry

# As published: alpha_0 = 0.2 of the sum over 4, shrinking by 0.95, 30 steps.
PUBLIC = {"rate": 0.2, "decay": 0.95, "ensemble": 4, "contributions": "sum", "steps": {"fast": 15, "balanced": 30, "high": 60}}
# The paper's mean over neighbours in the scan: continuous in the positions, where the public sum over neighbours in the
# moved cloud jumps with each change of neighbours. All steps add up to 2.3 times the way: longer ascents made very noisy
# scans worse (two shapes left out of this training, 3 % noise: Chamfer distance 6.9e-4 after 15 steps of 0.5 x 0.95^k, 5.7e-4
# after 6 of these).
OURS = {"rate": 0.7, "decay": 0.7, "ensemble": 4, "contributions": "mean", "steps": {"fast": 3, "balanced": 6, "high": 12}}
PATCH = {"points": 1000, "core": 333}


def export_score(score, width, path):
    """offsets [m,3], features [m,width] -> score [m,3], any m."""
    _trace(score, (torch.randn(50, 3), torch.randn(50, width)), path, ["offsets", "features"], "score", "m")


def export_patch_features(features, path):
    """points [m,3] of one patch -> features [m,F]; the dynamic graph inside, for any m above its number of neighbours."""
    _trace(features, (torch.randn(60, 3),), path, ["points"], "features", "m")


def _trace(network, example, path, inputs, output, axis):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, example, str(path), input_names=inputs, output_names=[output],
            dynamic_axes={name: {0: axis} for name in [*inputs, output]}, opset_version=17, dynamo=False,
        )
    finish(path)


def export_edge(networks, out):
    """Stages of our networks; the fields of the manifest."""
    k = networks["features"].config["k"]
    inputs = export_stage(networks["features"], out / "features.onnx", k, "features")
    export_score(networks["score"], networks["score"].config["features"], out / "score.onnx")
    stages = [
        stage_entry(out, "features", inputs, "features", networks["features"].hops),
        stage_entry(out, "score", ("offsets", "features"), "score", 0),
    ]
    return {"graph": {"k": k}, "normalization": "spacing", "sampling": OURS, "stages": stages}


def export_plain(networks, out, patch=PATCH):
    """The same of networks in the public layout, which look at patches of a cloud on the unit sphere."""
    networks["features"].patch = 0
    export_patch_features(networks["features"], out / "features.onnx")
    export_score(networks["score"], networks["features"].features, out / "score.onnx")
    stages = [
        stage_entry(out, "features", ("points",), "features", 0),
        stage_entry(out, "score", ("offsets", "features"), "score", 0),
    ]
    return {"graph": {"k": networks["features"].convs[0].k}, "normalization": "sphere", "patch": patch, "sampling": PUBLIC, "stages": stages}


def merged(saved):
    """The averaged weights of a checkpoint with the running statistics of the networks that were trained: the loop
    averages parameters only."""
    counted = {key: value for key, value in saved["networks"].items() if "running_" in key or key.endswith("num_batches_tracked")}
    return {**saved["average"], **counted}
