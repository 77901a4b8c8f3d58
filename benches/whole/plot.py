"""Time and peak memory against size: plot.py results.json OUT.png"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def plot(rows, out):
    figure, (time, memory) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for name, threads in dict.fromkeys((row["program"], row["threads"]) for row in rows):
        mine = sorted((row for row in rows if (row["program"], row["threads"]) == (name, threads) and "s" in row), key=lambda row: row["points"])
        if not mine:
            continue
        sizes, ours = [row["points"] for row in mine], name.startswith("quietcloud")
        label = f"{name}, {threads} thread{'s' * (threads > 1)}"
        style = {"marker": "o", "linewidth": 2 if ours else 1.2, "linestyle": "-" if ours else "--"}
        (line,) = time.plot(sizes, [row["s"] for row in mine], label=label, **style)
        memory.plot(sizes, [row["mb"] for row in mine], color=line.get_color(), **style)
    for axes, what in ((time, "time of the whole process, s"), (memory, "peak memory, MB")):
        axes.set(xscale="log", yscale="log", xlabel="points", ylabel=what)
        axes.grid(alpha=0.3, which="both")
    figure.legend(loc="outside lower center", ncols=4, fontsize="small")
    figure.savefig(out, dpi=130)


if __name__ == "__main__":
    plot(json.loads(Path(sys.argv[1]).read_text())["whole"], sys.argv[2])
