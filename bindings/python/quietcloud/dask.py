"""A survey on a Dask cluster.

    from dask.distributed import Client
    import quietcloud.dask

    quietcloud.dask.denoise(Client("scheduler:8786"), "survey.laz", "clean.laz", "/shared/tiles")

The scan is cut into tiles with halos, every tile is a task, and what comes back is joined: the result is that of one run
over the whole scan. Scan, result and tiles lie where this process and all workers see them under the same name.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from .__main__ import program
from ._errors import exception
from ._filter import Filter
from ._model import Model

#: A row of a tile: the point, whether it is the tile's own (1) or of its halo (0), and its number in the scan.
ROW = np.dtype([("x", "<f8"), ("y", "<f8"), ("z", "<f8"), ("core", "u1"), ("source", "<f8")])


def denoise(
    client: Any,
    scan: str | os.PathLike[str],
    result: str | os.PathLike[str],
    tiles: str | os.PathLike[str],
    *,
    points: int = 1 << 20,
    model: str | os.PathLike[str] | None = None,
    threads: int = 1,
    **options: float | str,
) -> dict[str, Any]:
    """Denoises ``scan`` into ``result`` on the workers of ``client``, a ``dask.distributed.Client``.

    Parameters
    ----------
    scan, result
        .las or .laz, or both a binary .ply. Everything but the coordinates is kept.
    tiles
        A folder for the tiles; it keeps them, so that a run that was stopped goes on where it was.
    points
        Points of a tile without its halo; a task takes about a kilobyte for each.
    model
        The folder of another model than the built-in one.
    threads
        Threads of one task. Dask runs as many tasks on a worker as that has threads of its own.
    options
        ``noise``, ``quality``, ``steps``: as of ``quietcloud.denoise``.

    Returns
    -------
    dict
        What the tiles were told: ``noise``, ``spacing`` and ``steps``, and the ``tiles`` themselves.

    Raises
    ------
    Error, ValueError, OSError
        Where a scan can't be cut or joined, or a tile can't be denoised.
    """
    folder = Path(tiles)
    chosen = [] if model is None else ["--model", model]
    flags = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    _command("tile", scan, folder, "--points", str(points), *chosen, *flags)
    cut: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    told = {name: cut[name] for name in ("noise", "spacing", "steps")}
    where = None if model is None else str(model)
    tasks = [
        client.submit(
            denoise_tile,
            str(folder / tile["file"]),
            str(folder / tile["clean"]),
            where,
            threads=threads,
            pure=False,
            **told,
        )
        for tile in cut["tiles"]
    ]
    client.gather(tasks)
    _command("merge", scan, folder, result)
    return cut


def denoise_tile(file: str, clean: str, model: str | None = None, **options: float | str) -> str:
    """Denoises one tile of ``quietcloud tile``, the file ``file``, into ``clean``; the task that a worker runs.

    A result that is there and newer than its tile is left as it is.
    """
    if os.path.exists(clean) and os.path.getmtime(clean) >= os.path.getmtime(file):
        return clean
    content = Path(file).read_bytes()
    head, rows = content.split(b"end_header\n", 1)
    run = Filter(None if model is None else Model(model), **options)
    points = run(np.frombuffer(rows, ROW), progress=False)
    # Whole or not at all: a worker may be killed, and its task given to another.
    handle, part = tempfile.mkstemp(dir=os.path.dirname(clean), suffix=".part")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(head + b"end_header\n" + points.tobytes())
        os.replace(part, clean)
    except BaseException:
        os.unlink(part)
        raise
    return clean


def _command(*arguments: str | os.PathLike[str]) -> None:
    done = subprocess.run([program(), *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        # The command's exit codes are the library's, from 10 on; 2 is a wrong flag.
        raise exception(max(done.returncode - 10, 1), done.stderr.strip().removeprefix("quietcloud: "))
