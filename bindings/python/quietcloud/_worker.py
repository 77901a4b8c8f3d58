"""Calls that a KeyboardInterrupt can stop."""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from ._library import PROGRESS


def interruptible(call: Callable[[Any], None], hear: Callable[[float], object]) -> None:
    """Runs ``call(callback)`` on a thread of its own, while this one passes its progress to ``hear``.

    Python delivers Ctrl-C to the main thread only, and only between two bytecodes of it. An exception that it raises
    inside of a callback from C, before the callback's first `try`, is printed and lost; here the main thread waits in
    Python, and any exception that it meets cancels the call and goes on.
    """
    inbox: SimpleQueue[float | None] = SimpleQueue()
    failure: BaseException | None = None
    stop = began = False
    gate = threading.Lock()

    def on_progress(_: object, done: float) -> int:
        inbox.put(done)
        return stop

    def work() -> None:
        nonlocal failure, began
        with gate:
            if stop:
                return
            began = True
        try:
            call(PROGRESS(on_progress))
        except BaseException as error:  # raised again on the caller's thread
            failure = error
        inbox.put(None)

    thread = threading.Thread(target=work, name="quietcloud")
    try:
        thread.start()
        while (done := inbox.get()) is not None:
            hear(done)
        thread.join()
    except BaseException:
        # The thread may be there and not have begun: is_alive() does not tell. Then it never calls.
        with gate:
            stop = True
        if began:
            thread.join()
        raise
    if failure is not None:
        raise failure
