"""Trains a generative system on the families of shapes; started again with the same --out it goes on."""

import argparse

from .. import loop
from . import SYSTEMS


def main():
    parser = argparse.ArgumentParser(prog="python -m quietcloud_onnx.systems", description=__doc__)
    parser.add_argument("system", choices=sorted(SYSTEMS))
    loop.add_arguments(parser, minutes=10, rate=2e-3, ema=0.998)
    args = parser.parse_args()
    loop.run(SYSTEMS[args.system](seed=args.seed), args)


if __name__ == "__main__":
    main()
