"""Limits that ikas publishes, as data: the client stays below them, the sandbox enforces them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """So many calls in so many seconds, wherever the window starts."""

    calls: int
    seconds: float


#: Calls that ikas lets through before it answers HTTP 429 (docs). That it counts them per store
#: authorisation is inferred.
CALLS = Rate(calls=50, seconds=10.0)

#: The most rows that ikas gives in one page (docs).
PAGE_LIMIT = 200
