"""One question to many stores: several at a time, answers as they come, and Ctrl-C at once."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: Seconds between looks at signals: some systems give none to a thread that waits for another.
_LOOK = 0.5


def gather(
    ask: Callable[[T], R], items: Iterable[T], *, workers: int, timeout: float = math.inf
) -> Iterator[tuple[T, R | BaseException]]:
    """Ask about each item in threads; yield each with its answer, in the order they end.

    What `ask` raises is yielded in place of the answer. When the caller stops early, Ctrl-C
    included, no further item is begun, and those under way are not waited for.

    Parameters
    ----------
    ask : callable
        Reads only: it may be left in the middle.
    items : iterable
    workers : int
        How many at a time.
    timeout : float, optional
        Seconds for all of it. After them nothing is waited for, as when the caller stops: an
        item that is missing then was not begun, or is left in the middle.

    Examples
    --------
    >>> sorted(gather(abs, [-2, 1, -3], workers=2))
    [(-3, 3), (-2, 2), (1, 1)]
    """
    waiting = deque(items)
    answers: queue.SimpleQueue[tuple[T, R | BaseException]] = queue.SimpleQueue()

    def work() -> None:
        while True:
            try:
                item = waiting.popleft()
            except IndexError:
                return
            try:
                answer: R | BaseException = ask(item)
            except BaseException as error:  # for the caller, whatever it is
                answer = error
            answers.put((item, answer))

    end = time.monotonic() + timeout
    missing = len(waiting)
    # Daemons, unlike those of a pool: Python's end would wait for those.
    threads = [
        threading.Thread(target=work, name=f"gather-{number}", daemon=True)
        for number in range(min(workers, missing))
    ]
    try:
        for thread in threads:
            thread.start()
        while missing:
            try:
                # What is there already is taken, however late it is.
                answer = answers.get(timeout=min(_LOOK, max(end - time.monotonic(), 0)))
            except queue.Empty:
                if time.monotonic() >= end:
                    return
                continue
            missing -= 1
            yield answer
        for thread in threads:
            thread.join()
    finally:
        waiting.clear()
