"""The command: ``python -m quietcloud denoise scan.laz clean.laz``."""

import os
import shutil
import sys
from pathlib import Path


def program() -> str:
    """The program quietcloud: $QUIETCLOUD_COMMAND, the wheel's own, or the one on the path."""
    own = Path(__file__).with_name("bin") / "quietcloud"
    named = os.environ.get("QUIETCLOUD_COMMAND") or (str(own) if own.exists() else shutil.which("quietcloud"))
    if not named:
        raise FileNotFoundError("no program quietcloud: put it on the path, or name it in QUIETCLOUD_COMMAND")
    return named


if __name__ == "__main__":
    found = program()
    os.execv(found, [found, *sys.argv[1:]])
