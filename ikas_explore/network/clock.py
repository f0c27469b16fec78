"""The clock of every deadline: it never goes back, and no test that freezes time stops it."""

from __future__ import annotations

import time

# freezegun and time-machine replace time.monotonic, but not this clock of the system.
_REAL = getattr(time, "CLOCK_MONOTONIC", None)


def now() -> float:
    """Return seconds from an unknown start: only differences mean something."""
    return time.monotonic() if _REAL is None else time.clock_gettime(_REAL)
