"""The library's own table of options."""

from collections.abc import Callable
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


def described(index: int, kind: str, bounds: tuple[float, float, float]) -> Option:
    """Entry ``index`` of the table of "filter" or "generator"."""
    choices: list[str] = []
    while (word := getattr(C, f"{kind}_option_choice")(index, len(choices))) is not None:
        choices.append(word.decode())
    low, high, initial = bounds
    return Option(
        name=getattr(C, f"{kind}_option_name")(index).decode(),
        kind=_KINDS[getattr(C, f"{kind}_option_kind")(index)],
        low=low,
        high=high,
        initial=initial,
        unit=getattr(C, f"{kind}_option_unit")(index).decode(),
        help=getattr(C, f"{kind}_option_help")(index).decode(),
        choices=tuple(choices),
    )


def bounds(ask: Callable[..., int], *what: object) -> tuple[float, float, float]:
    """Smallest, largest and initial value."""
    low, high, initial = c_double(), c_double(), c_double()
    check(ask(*what, low, high, initial))
    return low.value, high.value, initial.value


@cache
def _table() -> tuple[Option, ...]:
    count = C.filter_option_count()
    return tuple(described(index, "filter", bounds(C.filter_option_bounds, index)) for index in range(count))


def options() -> dict[str, Option]:
    """Everything that can be set, by name: the keywords of ``denoise`` and ``Filter``."""
    return {option.name: option for option in _table()}
