"""Turns a checkpoint of the public ScoreDenoise implementation into a bundle.

    python -m quietcloud_onnx.import_scoredenoise CHECKPOINT --out my-model --name my-model [--license SPDX]

CHECKPOINT is a torch file with the state dict, by itself or under the key ``state_dict``. The dynamic graph - every
block looks for the nearest points among its own features - is inside of features.onnx, within a patch.

Patches. The public implementation cuts 3 N / 1000 overlapping patches of 1000 points, moves each by itself and thins
their union to N points, so that no point of the result belongs to one of the scan. Here every point keeps its place in
the cloud: features come from the patch of 1000 in whose middle third the point lies (scoredenoise/ascent.py:patches),
and the ascent goes over the whole cloud at once. The steps, their decay and the ensemble are the public ones.
"""

import argparse
from pathlib import Path

import torch

from . import denoiser
from .scoredenoise import plain
from .scoredenoise.export import export_plain


def read(path):
    """The state dict of a checkpoint; nothing in the file is run."""
    with torch.serialization.safe_globals([argparse.Namespace]):
        saved = torch.load(path, map_location="cpu", weights_only=True)
    return saved.get("state_dict", saved)


def convert(state, out, name, license="", source="", neighbors=plain.K):
    """Writes the bundle of a state dict and returns its manifest.

    Raises ValueError where the state dict has another layout."""
    networks, out = plain.from_state_dict(state, neighbors), Path(out)
    out.mkdir(parents=True, exist_ok=True)
    manifest = {
        "format": 1,
        "name": name,
        "method": "scoredenoise",
        **export_plain(networks, out),
        "trained_noise": [0.1, 3.0],
        "provenance": {
            "denoiser": "ScoreDenoise in the public implementation's layout, imported.",
            "data": source,
            "parameters": {role: sum(p.numel() for p in networks[role].parameters()) for role in networks},
        },
        "license": license,
        "scores": {},
    }
    return denoiser.write(out, manifest, networks)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint")
    parser.add_argument("--out", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--license", default="", help="licence of the weights, an SPDX expression")
    parser.add_argument("--source", default="", help="one sentence: where the weights come from")
    parser.add_argument("--neighbors", type=int, default=plain.K, help="neighbours in feature space; not in the state dict")
    args = parser.parse_args()
    convert(read(args.checkpoint), args.out, args.name, args.license, args.source, args.neighbors)


if __name__ == "__main__":
    main()
