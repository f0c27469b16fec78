"""Many calls at once: several threads, results as they come, and Ctrl-C that is heard."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: Seconds between looks at signals: some systems give none to a thread that waits for another.
_LOOK = 0.5


def gather(  # noqa: C901 - the thread's work is a part of it
    call: Callable[[T], R],
    items: Iterable[T],
    *,
    workers: int,
    timeout: float = math.inf,
    finish: bool = False,
) -> Generator[tuple[T, R | BaseException], None, None]:
    """Call a function with each item in threads; yield each item with its result, as they end.

    An exception of `call` is yielded in place of the result. When the caller stops early, with
    Ctrl-C for example, or after `timeout` seconds, no further call is begun. With `finish`, for
    writes, the calls under way are waited for. With one worker, or one item, the calls are made in
    the caller's thread, and Ctrl-C reaches them.
    """
    waiting = deque(items)
    if min(workers, len(waiting)) <= 1 and timeout == math.inf:
        for item in waiting:
            try:
                result: R | BaseException = call(item)
            except Exception as error:
                result = error
            yield item, result
        return
    missing, under_way = len(waiting), 0
    results: deque[tuple[T, R | BaseException]] = deque()
    changed = threading.Condition()

    def work() -> None:
        nonlocal under_way
        while True:
            with changed:
                if not waiting:
                    return
                item = waiting.popleft()
                under_way += 1
            try:
                result: R | BaseException = call(item)
            except BaseException as error:  # for the caller, whatever it is
                result = error
            with changed:
                under_way -= 1
                results.append((item, result))
                changed.notify_all()

    end = time.monotonic() + timeout
    # Daemons, unlike those of a pool: Python's end would wait for those.
    threads: list[threading.Thread] = []
    try:
        for number in range(min(workers, missing)):
            thread = threading.Thread(target=work, name=f"gather-{number}", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system gives no more: those there are do it all
                if not threads:
                    raise
                break
            threads.append(thread)
        while missing:
            with changed:
                # A result that is there is taken, however late it is.
                while not results and time.monotonic() < end:
                    changed.wait(min(_LOOK, end - time.monotonic()))
                if not results:
                    return
                ready = results.popleft()
            missing -= 1
            yield ready
        for thread in threads:
            thread.join()
    finally:
        with changed:
            waiting.clear()
            # Not joined: a thread that Ctrl-C caught in its start cannot be.
            while finish and under_way:
                changed.wait(_LOOK)
