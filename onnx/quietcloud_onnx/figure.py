"""What quality costs: point-to-mesh distance against seconds, out of the table that ``protocol`` writes.

    python -m quietcloud_onnx.figure table.md table.png      # needs matplotlib
"""

import argparse
from pathlib import Path


def rows(text):
    """{(points, noise): [(method, CD, P2M, seconds)]} of a table, in its order; without the noisy clouds, which cost nothing."""
    cells = {}
    for line in text.splitlines()[2:]:
        points, noise, method, cd, p2m, _, seconds = (word.strip() for word in line.strip("| ").split("|"))
        if method != "noisy":
            cells.setdefault((int(points), noise), []).append((method, float(cd), float(p2m), float(seconds)))
    return cells


def draw(cells, path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    sizes, noises = sorted({size for size, _ in cells}), list(dict.fromkeys(noise for _, noise in cells))
    shape = len(sizes), len(noises)
    figure, axes = plt.subplots(*shape, figsize=(3.6 * shape[1] + 1.5, 3 * shape[0]), squeeze=False, layout="constrained")
    methods = list(dict.fromkeys(method for cell in cells.values() for method, *_ in cell))
    for (size, noise), cell in cells.items():
        plot = axes[sizes.index(size)][noises.index(noise)]
        for method, _, p2m, seconds in cell:
            ours = method.startswith("quietcloud")
            plot.scatter(max(seconds, 1e-3), p2m, label=method, marker="o" if ours else "x", color=f"C{methods.index(method) % 10}")
        line = [(seconds, p2m) for method, _, p2m, seconds in cell if method.startswith("quietcloud")]
        plot.plot(*zip(*sorted(line)), color="0.7", zorder=0)
        plot.set(xscale="log", yscale="log", title=f"{size} points, {noise}", xlabel="seconds", ylabel="P2M x 1e4")
    handles = {label: handle for plot in axes.flat for handle, label in zip(*plot.get_legend_handles_labels())}
    figure.legend(handles.values(), handles.keys(), loc="outside right upper", fontsize="small")
    figure.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    draw(rows(args.table.read_text()), args.out)


if __name__ == "__main__":
    main()
