#!/usr/bin/env python3
"""Two surfaces side by side, as seen by the camera that took the scan: picture.py WITHOUT.ply WITH.ply OUT.png

--window LEFT TOP RIGHT BOTTOM crops, in units of the focal length (x to the right, y down, as x/z and y/z of a point).
Needs numpy and Pillow. Reads the binary PLY that pcl::io::savePLYFileBinary writes.
"""

import argparse

import numpy as np
from PIL import Image, ImageDraw

BACKGROUND = 255
LIGHT = np.array([-0.75, -0.45, -0.48])  # from the upper left, grazing: roughness shows


def read_ply(path):
    data = open(path, "rb").read()
    end = data.index(b"end_header\n") + len(b"end_header\n")
    words = [line.split() for line in data[:end].decode().splitlines()]
    elements = {line[1]: int(line[2]) for line in words if line[0] == "element"}
    faces_at = next(i for i, line in enumerate(words) if line[:2] == ["element", "face"])
    types = {"float": "<f4", "uchar": "u1", "int": "<i4", "uint": "<u4"}
    vertex = np.dtype([(line[2], types[line[1]]) for line in words[:faces_at] if line[0] == "property"])
    vertices = np.frombuffer(data, vertex, elements["vertex"], end)
    face = np.dtype([("count", "u1"), ("corner", "<i4", 3)])
    faces = np.frombuffer(data, face, elements["face"], end + vertices.nbytes)
    return np.stack([vertices[axis] for axis in "xyz"], 1).astype(float), faces["corner"]


def draw(vertices, faces, window, width, height):
    """Flat-shaded triangles with a depth buffer."""
    left, top, right, bottom = window
    x = (vertices[:, 0] / vertices[:, 2] - left) / (right - left) * width
    y = (vertices[:, 1] / vertices[:, 2] - top) / (bottom - top) * height
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-30
    normal *= -np.sign((normal * a).sum(1, keepdims=True))  # towards the camera
    shade = 40 + 200 * np.clip(normal @ (LIGHT / np.linalg.norm(LIGHT)), 0, 1)
    image = np.full((height, width), float(BACKGROUND))
    depth = np.full((height, width), np.inf)
    for corners, brightness, z in zip(faces, shade, a[:, 2]):
        px, py = x[corners], y[corners]
        x0, x1 = max(0, int(px.min())), min(width - 1, int(px.max()) + 1)
        y0, y1 = max(0, int(py.min())), min(height - 1, int(py.max()) + 1)
        if x0 > x1 or y0 > y1:
            continue
        gx, gy = np.meshgrid(np.arange(x0, x1 + 1) + 0.5, np.arange(y0, y1 + 1) + 0.5)
        edges = [(px[(i + 1) % 3] - px[i]) * (gy - py[i]) - (py[(i + 1) % 3] - py[i]) * (gx - px[i]) for i in range(3)]
        inside = np.all(np.stack(edges) >= 0, 0) | np.all(np.stack(edges) <= 0, 0)
        near = inside & (z < depth[y0 : y1 + 1, x0 : x1 + 1])
        depth[y0 : y1 + 1, x0 : x1 + 1][near] = z
        image[y0 : y1 + 1, x0 : x1 + 1][near] = brightness
    return image


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("without")
    parser.add_argument("with_us", metavar="with")
    parser.add_argument("out")
    parser.add_argument("--window", nargs=4, type=float, default=[-0.55, -0.42, 0.55, 0.42])
    args = parser.parse_args()
    left, top, right, bottom = args.window
    width = 800
    height = round(width * (bottom - top) / (right - left))
    picture = Image.new("L", (2 * width + 8, height), BACKGROUND)
    for i, path in enumerate((args.without, args.with_us)):
        panel = Image.fromarray(draw(*read_ply(path), args.window, 2 * width, 2 * height).astype(np.uint8))
        picture.paste(panel.resize((width, height), Image.Resampling.BOX), (i * (width + 8), 0))
        ImageDraw.Draw(picture).text((i * (width + 8) + 14, 12), ("without", "with quietcloud")[i], fill=0, font_size=24)
    picture.save(args.out)


if __name__ == "__main__":
    main()
