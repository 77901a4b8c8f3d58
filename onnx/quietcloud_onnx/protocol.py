"""The table that decides: quietcloud beside PCL's MLS, CGAL's jets, Open3D's smoothers and the noisy input, on the same clouds.

    python -m quietcloud_onnx.benchmark --out clouds MESH...
    cmake -S benches/peers -B target/peers -DCMAKE_BUILD_TYPE=Release && cmake --build target/peers
    python -m quietcloud_onnx.protocol --clouds clouds --cli target/release/quietcloud --peers target/peers --out table.md \
        [--open3d PYTHON]

Every number is a mean over the shapes. The peers run with each setting of a grid, and each of their two figures is the
best of the grid, found on the truth, which flatters them; quietcloud estimates the noise. CD and P2M (p3d05 and exact)
x 1e4, as `quietcloud compare` measures them; seconds are those of the smoothing alone, as each program reports them.
Open3D's need a Python that has it. `python -m quietcloud_onnx.figure table.md table.png` draws what quality costs.
"""

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

# Settings by the number of points: MLS radius (mean spacings) and order, neighbours of a jet.
GRIDS = {
    "pcl_mls": {10_000: [(2, 2), (2.5, 2), (3, 2), (4, 2)], 50_000: [(3, 2), (3.5, 2), (4, 2), (5, 2)]},
    "cgal_jet": {10_000: [(20,), (25,), (30,), (40,), (50,)], 50_000: [(40,), (50,), (60,), (80,), (120,), (180,)]},
}
# Open3D's, at any number of points: benches/peers/open3d_smooth.py says of what.
OPEN3D = {
    "mls": [(radius,) for radius in (2, 2.5, 3, 4, 5, 6.5, 8)],
    "laplacian": [(times, 0.3, k) for times in (1, 2, 4, 6, 8) for k in (10, 20, 40, 80)],
    "taubin": [(times, k) for times in (1, 3, 10, 30) for k in (10, 20, 40)],
    "bilateral": [(radius, near, 0.5) for radius in (2.5, 4, 6) for near in (1, 2, 4)],
}
MEASURES = ("chamfer", "p2m p3d05", "p2m exact")


def run(command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {result.stderr.strip()}")
    return result.stdout


def measures(cli, clouds, size, shape, result):
    said = run([cli, "compare", clouds / size / "clean" / shape, result, "--mesh", clouds / "meshes" / Path(shape).with_suffix(".off")])
    numbers = dict(line.rsplit(maxsplit=1) for line in said.splitlines())
    return [1e4 * float(numbers[name]) for name in MEASURES]


def method_row(args, size, shapes, noisy, smooth):
    """(CD, P2M, P2M exact, seconds) over the shapes; ``smooth`` writes the result of a cloud and returns seconds."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for shape in shapes:
            result = Path(folder) / "result.xyz"
            seconds = smooth(noisy / shape, result)
            rows.append([*measures(args.cli, args.clouds, size, shape, result), seconds])
    return np.mean(rows, 0)


def peer(program, setting):
    def smooth(cloud, result):
        return float(re.search(r"smooth ([\d.]+) s", run([program, cloud, result, *setting]))[1])

    return smooth


class Open3d:
    """Its smoothers, in a process that stays: it takes longer to start than to smooth."""

    def __init__(self, python):
        script = Path(__file__).parents[2] / "benches" / "peers" / "open3d_smooth.py"
        self.process = subprocess.Popen([python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def smoother(self, method, setting):
        def smooth(cloud, result):
            print(cloud, result, method, *setting, file=self.process.stdin)
            said = self.process.stdout.readline()
            if not said:
                raise SystemExit(f"Open3D's {method} {setting} on {cloud} ended with status {self.process.wait()}")
            return float(said.split()[1])

        return smooth


def ours(cli, options):
    def smooth(cloud, result):
        return float(re.search(r"time +(\d+) ms", run([cli, "denoise", cloud, result, *options]))[1]) / 1000

    return smooth


def untouched(cloud, result):
    result.write_bytes(cloud.read_bytes())
    return 0.0


def peers(args, size):
    """Yields the name of a peer and its smoothers, one for each setting."""
    for name, grid in GRIDS.items():
        yield name, [peer(args.peers / name, setting) for setting in grid[size]]
    if args.open3d:
        process = Open3d(args.open3d)
        for name, grid in OPEN3D.items():
            yield f"open3d {name}", [process.smoother(name, setting) for setting in grid]


def cells(args):
    """Yields (size, noise, method, (CD, P2M, exact, s)), a peer with the best of its grid in each figure."""
    for folder in sorted((f for f in args.clouds.iterdir() if f.name.isdigit()), key=lambda f: int(f.name)):
        shapes = sorted(path.name for path in (folder / "clean").iterdir())
        for noisy in sorted(f for f in folder.iterdir() if f.name != "clean"):
            yield folder.name, noisy.name, "noisy", method_row(args, folder.name, shapes, noisy, untouched)
            for name, smoothers in peers(args, int(folder.name)):
                found = [method_row(args, folder.name, shapes, noisy, smooth) for smooth in smoothers]
                best = np.min(found, 0)
                yield folder.name, noisy.name, name, [*best[:3], found[int(np.argmin([row[0] for row in found]))][3]]
            for quality in args.quality:
                options = ["--quality", quality, *(["--model", args.model] if args.model else [])]
                yield folder.name, noisy.name, f"quietcloud {quality}", method_row(args, folder.name, shapes, noisy, ours(args.cli, options))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clouds", type=Path, required=True)
    parser.add_argument("--cli", type=Path, required=True)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--open3d", type=Path, help="a Python that has Open3D, to have its smoothers in the table")
    parser.add_argument("--model", help="a model folder instead of the built-in model")
    parser.add_argument("--quality", nargs="+", default=["fast", "balanced", "high"])
    parser.add_argument("--out", type=Path, required=True, help="the table, Markdown")
    args = parser.parse_args()
    lines = ["| points | noise | method | CD | P2M | P2M exact | s |", "|---|---|---|---|---|---|---|"]
    for size, noise, method, (cd, p2m, exact, seconds) in cells(args):
        lines.append(f"| {size} | {noise} | {method} | {cd:.3f} | {p2m:.3f} | {exact:.3f} | {seconds:.2f} |")
        print(lines[-1], flush=True)
        args.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
