"""Whole processes beside each other: time and peak memory of quietcloud and its peers, on clouds of growing size.

    python run.py --out target/bench --cli target/release/quietcloud --peers target/cmake/benches-peers \
        --open3d PYTHON --torch PYTHON --criterion target/criterion 10000 50000

`cargo xtask bench` calls it. Every program reads and writes text files; its time is that of the process from start to end,
its memory the process's peak. What it costs to start is measured on 100 points. Programs take turns, so that a busy moment
hits all alike; each runs five times, or as often as fits into two minutes, and the median counts. A program that would
take more than a quarter of an hour, going by its last size, is left out. Writes results.json and table.md into --out.

Only the standard library here: a forked child's peak memory would never be less than ours.
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import report

HERE = Path(__file__).resolve().parent
START = 100  # points of the run that shows what starting costs
GAUGE = 1000  # points of the run that shows what may be expected of more
TURNS, ENOUGH, TOO_LONG = 5, 120.0, 900.0  # seconds
# Freshly mapped memory slows PyTorch down on small virtual machines.
UNMAPPED = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000"}


@dataclass
class Program:
    name: str
    threads: int
    words: list  # IN and OUT go after the first ``head`` of them
    head: int = 1
    environment: dict = field(default_factory=dict)
    runs: dict = field(default_factory=dict)  # size: [(seconds, MB, what it said of itself), ...]

    def command(self, cloud, result):
        return [str(word) for word in [*self.words[: self.head], cloud, result, *self.words[self.head :]]]

    def measure(self, size, cloud, result):
        seconds, memory, said = measured(self.command(cloud, result), self.environment)
        self.runs.setdefault(size, []).append((seconds, memory, inside(said) if self.name.startswith("quietcloud") else []))

    def spent(self, size):
        return sum(run[0] for run in self.runs[size])

    def expected(self, size):
        """Seconds, going by the largest size so far; what starting takes does not grow."""
        last = max(self.runs)
        start, seconds = (median(run[0] for run in self.runs[n]) for n in (START, last))
        return seconds + max(seconds - start, 0) * (size / last - 1)


def measured(command, environment):
    """(seconds, peak memory in MB, output) of a process."""
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=os.environ | environment)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    if child.returncode:
        raise SystemExit(f"{' '.join(command)}: {said.strip()}")
    return seconds, usage.ru_maxrss / 1024, said


def programs(args):
    every = len(os.sched_getaffinity(0))
    for quality in ("fast", "balanced"):
        for threads in sorted({1, every}):
            yield Program(f"quietcloud {quality}", threads, [args.cli, "denoise", "--quality", quality, "--threads", threads], 2)
    yield Program("PCL MLS", 1, [args.peers / "pcl_mls", 3.5, 2])
    yield Program("CGAL jet", 1, [args.peers / "cgal_jet", 60])
    yield Program("Open3D smooth_mls", every, [args.open3d, HERE.parent / "peers/open3d_smooth.py", "mls", 4], 2)
    yield Program("PyTorch ScoreDenoise", every, [args.torch, HERE.parent / "peers/scoredenoise.py"], 2, UNMAPPED)


def inside(said):
    """[milliseconds of the run, those inside ONNX Runtime] that quietcloud reports."""
    return [float(re.search(rf"{words} +(\d+)", said, re.MULTILINE)[1]) for words in ("^time", "inside ONNX Runtime")]


def compare(size, turns, everybody, cloud, result):
    waiting = list(everybody)
    for turn in range(turns):
        for program in waiting:
            program.measure(size, cloud, result)
            print(f"{size:>9} points, turn {turn + 1}: {program.name}, {program.threads} threads: {program.runs[size][-1][0]:.2f} s", flush=True)
        waiting = [p for p in waiting if p.spent(size) + p.runs[size][-1][0] < ENOUGH]


def summary(everybody, sizes):
    """One row for each program and size, for results.json."""
    for program in everybody:
        start = [median(column) for column in list(zip(*program.runs[START]))[:2]]
        for size in sizes:
            row = {"program": program.name, "threads": program.threads, "points": size, "start_s": start[0], "start_mb": start[1]}
            if size not in program.runs:
                yield row | {"left_out_s": program.expected(size)}
                continue
            seconds, memory, told = zip(*program.runs[size])
            row |= {"s": median(seconds), "mb": median(memory), "runs": len(seconds)}
            yield row | dict(zip(("run_ms", "inside_ms"), map(median, zip(*told))))


def save(out, criterion, everybody, sizes):
    """Writes results.json and table.md; returns the table."""
    found = {"whole": list(summary(everybody, sizes)), "parts": report.parts(criterion, sizes)}
    (out / "results.json").write_text(json.dumps(found, indent=1) + "\n")
    table = report.table(found)
    (out / "table.md").write_text(table)
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("out", "cli", "peers", "open3d", "torch", "criterion"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("sizes", nargs="+", type=int)
    args = parser.parse_args()
    sizes, everybody = sorted(set(args.sizes)), list(programs(args))
    with tempfile.TemporaryDirectory(dir=args.out) as folder:
        cloud, result = Path(folder) / "cloud.xyz", Path(folder) / "result.xyz"
        for size in [START, *sorted({GAUGE, *sizes})]:
            subprocess.run([args.open3d, HERE / "clouds.py", cloud, str(size)], check=True)
            able = [p for p in everybody if len(p.runs) < 2 or p.expected(size) <= TOO_LONG]
            compare(size, TURNS if size in [START, *sizes] else 1, able, cloud, result)
            # After each size: an interrupt loses no more than one.
            table = save(args.out, args.criterion, everybody, [n for n in sizes if n <= size])
    print(table)


if __name__ == "__main__":
    main()
