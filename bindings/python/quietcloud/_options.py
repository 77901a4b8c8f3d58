"""The library's own table of options."""

from ctypes import c_double
from functools import cache
from typing import NamedTuple

from ._library import C, check

_KINDS = ("number", "integer", "choice")  # QUIETCLOUD_KIND_* of quietcloud.h


class Option(NamedTuple):
    """One option of a run."""

    name: str
    #: "number", "integer" or "choice".
    kind: str
    low: float
    high: float
    initial: float
    #: Empty where there is none.
    unit: str
    help: str
    #: The words that stand for 0, 1, 2 ...
    choices: tuple[str, ...]


@cache
def _table() -> tuple[Option, ...]:
    return tuple(_option(index) for index in range(C.filter_option_count()))


def _option(index: int) -> Option:
    low, high, initial = c_double(), c_double(), c_double()
    check(C.filter_option_bounds(index, low, high, initial))
    choices: list[str] = []
    while (word := C.filter_option_choice(index, len(choices))) is not None:
        choices.append(word.decode())
    return Option(
        name=C.filter_option_name(index).decode(),
        kind=_KINDS[C.filter_option_kind(index)],
        low=low.value,
        high=high.value,
        initial=initial.value,
        unit=C.filter_option_unit(index).decode(),
        help=C.filter_option_help(index).decode(),
        choices=tuple(choices),
    )


def options() -> dict[str, Option]:
    """Everything that can be set, by name: the keywords of ``denoise`` and ``Filter``."""
    return {option.name: option for option in _table()}
