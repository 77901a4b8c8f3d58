"""Who hears of a run's progress."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm.auto import tqdm  # type: ignore[import-untyped]

#: True shows a bar (once the run takes longer than half a second), False nothing; a function gets the part that is
#: done, from 0 to 1, on the thread that called, and cancels the run by raising.
Progress = bool | Callable[[float], object]


@contextmanager
def listener(progress: Progress) -> Iterator[Callable[[float], object]]:
    if callable(progress):
        yield progress
    elif progress:
        form = "{desc} {percentage:3.0f}%|{bar}| {elapsed}"
        with tqdm(total=1.0, desc="quietcloud", bar_format=form, delay=0.5, leave=False) as bar:
            yield lambda done: bar.update(done - bar.n)
    else:
        yield lambda done: None
