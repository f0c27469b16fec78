"""The clock of every deadline: it never goes back, and no test that freezes time stops it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

# freezegun and time-machine replace time.monotonic, but not this clock of the system.
_REAL = getattr(time, "CLOCK_MONOTONIC", None)


def now() -> float:
    """Return seconds from an unknown start: only differences mean something."""
    return time.monotonic() if _REAL is None else time.clock_gettime(_REAL)


class Changes:
    """Wakes those who wait for something to change, from any thread.

    Ctrl-C may leave `threading.Event` and `Condition` locked for good, or end in a RuntimeError;
    a wait here can be interrupted at any moment.
    """

    def __init__(self) -> None:
        self._waiting: list[SimpleQueue[None]] = []

    def notify(self) -> None:
        for each in list(self._waiting):
            each.put(None)

    def wait_for(self, done: Callable[[], object], seconds: float) -> bool:
        """Wait until something is done; return whether it was in time."""
        mine: SimpleQueue[None] = SimpleQueue()
        self._waiting.append(mine)
        try:
            end = now() + seconds
            while not done():
                left = end - now()
                if left <= 0:
                    return False
                with suppress(Empty):
                    mine.get(timeout=min(left, threading.TIMEOUT_MAX))
            return True
        finally:
            self._waiting.remove(mine)
