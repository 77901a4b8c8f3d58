#!/usr/bin/env python3
"""quietcloud::pcl::Denoise beside pcl::MovingLeastSquares: accuracy where there is truth, time and peak memory everywhere.

    compare.py --programs target/pcl-bench --cli target/release/quietcloud --clouds clouds [--model DIR] [SCAN.pcd SCAN.xyz ...]

`clouds` is what `python -m quietcloud_onnx.benchmark --out clouds MESH...` writes. MovingLeastSquares gets the radius
(in mean spacings) that is best for the cell's mean Chamfer distance, found on the ground truth, which flatters it, and
4 spacings where there is no truth; order 2. quietcloud gets nothing. One thread each. Time is that of filter() or
process(); memory is the peak of the whole process, less that of a run on 100 points (code, model). Prints a table in
Markdown.
"""

import argparse
import os
import re
import subprocess
import tempfile
from pathlib import Path
from statistics import mean

RADII = {10_000: [2, 2.5, 3, 3.5, 4, 5], 50_000: [3, 3.5, 4, 5, 6, 8]}
WITHOUT_TRUTH = 4


def measured(command):
    """Seconds of the smoothing and peak memory of the process in MB."""
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen([str(word) for word in command], stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        said.seek(0)
        text = said.read()
    if status:
        raise SystemExit(f"{command}: {text}")
    return float(re.search(r"smooth ([\d.]+) s", text)[1]), usage.ru_maxrss / 1024


def accuracy(cli, clean, result, mesh):
    said = subprocess.run([cli, "compare", clean, result, "--mesh", mesh], check=True, capture_output=True, text=True).stdout
    return [1e4 * float(re.search(rf"{name}\s+([\d.e+-]+)", said)[1]) for name in ("chamfer", "p2m p3d05")]


def cell(runs):
    """Mean of (chamfer, p2m, seconds, MB) over the shapes."""
    return [mean(column) for column in zip(*runs)]


def row(name, what, values):
    numbers = [f"{value:.2f}" if value is not None else "" for value in values[:3]] + [f"{values[3]:.0f}"]
    print(f"| {name} | {what} | {' | '.join(numbers)} |", flush=True)


def with_truth(args, folder, idle):
    for size, radii in RADII.items():
        for level in (1, 2, 3):
            noisy = sorted((args.clouds / str(size) / f"gaussian-{level}").glob("*.xyz"))
            if not noisy:
                continue

            def run(program, *parameters):
                runs = []
                for path in noisy:
                    out = folder / "out.xyz"
                    seconds, memory = measured([args.programs / program, path, out, *parameters])
                    truth = args.clouds / str(size) / "clean" / path.name, out, args.clouds / "meshes" / f"{path.stem}.off"
                    runs.append([*accuracy(args.cli, *truth), seconds, memory - idle[program]])
                return cell(runs)

            name = f"{size // 1000}k, {level} %"
            radius, best = min(((r, run("pcl_mls", r, 2)) for r in radii), key=lambda found: found[1][0])
            row(name, f"MLS, radius {radius}", best)
            row(name, "quietcloud", run("pcl_quietcloud", args.model))


def scans(args, folder, idle):
    for path in args.scans:
        xyz = path
        if path.suffix == ".pcd":
            xyz = folder / "scan.xyz"
            subprocess.run([args.programs / "pcd_to_xyz", path, xyz], check=True)
        with open(xyz) as file:
            name = f"{path.stem.split('_', 1)[-1]}, {sum(1 for _ in file) // 1000}k"
        for program, what, parameters in (
            ("pcl_mls", f"MLS, radius {WITHOUT_TRUTH}", [WITHOUT_TRUTH, 2]),
            ("pcl_quietcloud", "quietcloud", [args.model]),
        ):
            seconds, memory = measured([args.programs / program, xyz, folder / "out.xyz", *parameters])
            row(name, what, [None, None, seconds, memory - idle[program]])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--cli", type=Path, required=True)
    parser.add_argument("--clouds", type=Path, required=True)
    parser.add_argument("--model", default="-")
    parser.add_argument("scans", nargs="*", type=Path)
    args = parser.parse_args()
    if not any(args.clouds.glob("*/gaussian-*/*.xyz")):
        parser.error(f"{args.clouds}: no clouds; make some with python -m quietcloud_onnx.benchmark")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few = folder / "few.xyz"
        few.write_text("".join(f"{i % 10} {i // 10} {i * 7 % 5 / 10}\n" for i in range(100)))
        parameters = {"pcl_mls": [3, 2], "pcl_quietcloud": [args.model]}
        idle = {p: measured([args.programs / p, few, folder / "out.xyz", *words])[1] for p, words in parameters.items()}
        print("| cloud | | CD | P2M | s | MB |\n|---|---|---|---|---|---|")
        with_truth(args, folder, idle)
        scans(args, folder, idle)
        print("\nOf a run on 100 points: " + ", ".join(f"{program} {memory:.0f} MB" for program, memory in idle.items()))


if __name__ == "__main__":
    main()
