"""A picture of what generators make: one row for each bundle, the last for held-out shapes.

    python -m quietcloud_onnx.picture docs/generated.png models/*-shapes
"""

import argparse
import struct
import zlib
from pathlib import Path

import numpy as np

from . import bundle, shapes
from .evaluate import HELD_OUT

CELL, RADIUS, POINTS, COLUMNS = 128, 0.9, 1024, 7
COLOURS = np.array([[45, 65, 165], [25, 150, 150], [240, 140, 40]])  # of the lowest, the middle and the highest points


def view(points):
    """Seen from above at the corner: pixel columns and rows, depth (larger is nearer)."""
    turn, tilt = np.deg2rad(35), np.deg2rad(25)
    x, y = points[:, 0] * np.cos(turn) - points[:, 1] * np.sin(turn), points[:, 0] * np.sin(turn) + points[:, 1] * np.cos(turn)
    up, depth = points[:, 2] * np.cos(tilt) + y * np.sin(tilt), points[:, 2] * np.sin(tilt) - y * np.cos(tilt)
    scale = CELL / 5.8
    return CELL / 2 + scale * x, CELL / 2 - scale * up, depth


def draw(points):
    """A cloud in model units as an image [CELL, CELL, 3] uint8: dots, far ones first and paler."""
    image = np.full((CELL, CELL, 3), 255.0)
    column, row, depth = view(points)
    height = np.clip((points[:, 2] + 1.8) / 3.6, 0, 1)
    plain = np.stack([np.interp(height, [0, 0.5, 1], channel) for channel in COLOURS.T], 1)
    fog = np.clip((depth - depth.min()) / (np.ptp(depth) + 1e-9), 0, 1)[:, None]
    colour = plain * (0.4 + 0.6 * fog) + 255 * 0.6 * (1 - fog)
    yy, xx = np.mgrid[0:3, 0:3] - 1
    for i in np.argsort(depth):
        c, r = int(column[i]), int(row[i])
        if 1 <= c < CELL - 1 and 1 <= r < CELL - 1:
            cover = np.clip(RADIUS + 0.5 - np.hypot(xx + c + 0.5 - column[i], yy + r + 0.5 - row[i]), 0, 1)[..., None]
            patch = image[r - 1 : r + 2, c - 1 : c + 2]
            patch += cover * (colour[i] - patch)
    return image.astype(np.uint8)


def write_png(path, image):
    """An RGB image [h,w,3] uint8."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))  # noqa: E731
    height, width, _ = image.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), image.reshape(height, -1)], 1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)) + chunk(b"IEND", b""))


def samples(folder, seed):
    system, call, manifest = bundle.open_bundle(folder)
    steps, rng = manifest.get("sampling", {}).get("steps", {}).get("balanced", 1), np.random.default_rng(seed)
    return [system.generate(call, system.draw(rng, POINTS, steps)) for _ in range(COLUMNS)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("bundles", nargs="+")
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    rows = [samples(folder, args.seed) for folder in args.bundles] + [shapes.clouds(COLUMNS, POINTS, HELD_OUT)]
    write_png(args.out, np.concatenate([np.concatenate([draw(cloud) for cloud in row], 1) for row in rows]))


if __name__ == "__main__":
    main()
