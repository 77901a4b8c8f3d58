"""What was measured, as tables in Markdown."""

import json

PARTS = {"knn": "kNN", "edges": "edge features", "step": "one step", "run": "whole run"}


def parts(criterion, sizes):
    """{size: {part: median milliseconds}} of what criterion measured."""
    found = {}
    for size in sizes:
        files = {part: criterion / part / str(size) / "new/estimates.json" for part in PARTS}
        times = {part: json.loads(file.read_text())["median"]["point_estimate"] / 1e6 for part, file in files.items() if file.exists()}
        if times:
            found[size] = times
    return found


def lines(found):
    whole = found["whole"]
    ours = {(row["points"], row["threads"]): row["s"] for row in whole if row["program"] == "quietcloud balanced" and "s" in row}
    yield "Whole processes: median seconds and peak memory. Start is the same on 100 points, and part of both. The ratio is to"
    yield "the time of quietcloud balanced with as many threads.\n"
    yield "| points | program | threads | s | start, s | MB | start, MB | ratio | runs |\n|---|---|---|---|---|---|---|---|---|"
    for row in sorted(whole, key=lambda row: row["points"]):
        head = f"| {row['points']} | {row['program']} | {row['threads']} |"
        if "s" not in row:
            yield f"{head} left out: about {row['left_out_s']:.0f} | {row['start_s']:.2f} | | {row['start_mb']:.0f} | | 0 |"
            continue
        ratio = ours.get((row["points"], row["threads"]))
        ratio = f"{row['s'] / ratio:.2f}" if ratio else ""
        yield f"{head} {row['s']:.2f} | {row['start_s']:.2f} | {row['mb']:.0f} | {row['start_mb']:.0f} | {ratio} | {row['runs']} |"
    yield "\nInside quietcloud's run, without files and start: milliseconds on one thread and on all, how much faster that is, and"
    yield "the share of the run outside ONNX Runtime.\n"
    yield "| points | quality | 1 thread | all | faster | outside, 1 thread | outside, all | us a point, all |\n|---|---|---|---|---|---|---|---|"
    for points in sorted({row["points"] for row in whole}):
        for quality in ("fast", "balanced"):
            runs = [row for row in whole if row["points"] == points and row["program"] == f"quietcloud {quality}" and "s" in row]
            if not runs:
                continue
            one, every = (pick(runs, key=lambda row: row["threads"]) for pick in (min, max))
            outside = [f"{1 - row['inside_ms'] / max(row['run_ms'], 1):.1%}" for row in (one, every)]
            times = f"{one['run_ms']:.0f} | {every['run_ms']:.0f} | {one['run_ms'] / max(every['run_ms'], 1):.2f}"
            yield f"| {points} | {quality} | {times} | {outside[0]} | {outside[1]} | {1e3 * every['run_ms'] / points:.1f} |"
    if found["parts"]:
        yield "\nParts of a run in one process (criterion), median milliseconds; a step is the network's and the sampler's time.\n"
        yield f"| points | {' | '.join(PARTS.values())} |\n|{'---|' * (len(PARTS) + 1)}"
        for size, times in found["parts"].items():
            yield f"| {size} | {' | '.join(f'{times[part]:.1f}' if part in times else '' for part in PARTS)} |"


def table(found):
    return "\n".join(lines(found)) + "\n"
