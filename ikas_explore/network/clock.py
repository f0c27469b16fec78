"""The clock of every deadline: it never goes back, and no test that freezes time stops it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# freezegun and time-machine replace time.monotonic, but not this clock of the system.
_REAL = getattr(time, "CLOCK_MONOTONIC", None)


def now() -> float:
    """Return seconds from an unknown start: only differences mean something."""
    return time.monotonic() if _REAL is None else time.clock_gettime(_REAL)


def wait_for(changed: threading.Condition, done: Callable[[], object], seconds: float) -> bool:
    """Wait, with the condition held, until something is done; return whether it was in time."""
    end = now() + seconds
    while not done():
        left = end - now()
        if left <= 0:
            return False
        changed.wait(min(left, threading.TIMEOUT_MAX))
    return True
