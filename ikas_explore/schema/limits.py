"""Limits that ikas publishes, as data: the client stays below them, the sandbox enforces them."""

from __future__ import annotations

import math
from typing import NamedTuple


class Rate(NamedTuple):
    """So many calls in so many seconds, wherever the window starts."""

    calls: int
    seconds: float


#: Calls that ikas lets through before it answers HTTP 429 (docs). That it counts them per store
#: authorisation is inferred.
CALLS = Rate(calls=50, seconds=10.0)

#: The most rows that ikas gives in one page (docs).
PAGE_LIMIT = 200


class Line(NamedTuple):
    """More than `requests` in `window` seconds, so many percent of them failed: ikas blocks.

    `block` is in seconds: infinite for good, 0 as long as the window is full. With `above` the
    share has to be more than `percent`. ``near`` is 80 % of the requests, unless it says
    otherwise: from how many requests on, and from which percentage.
    """

    limit: str
    window: float
    requests: int
    percent: int
    block: float
    above: bool = False
    near: tuple[int, int] | None = None


_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0

#: Calls of one store (docs). ikas names no least number for the 25 %: 20 calls is a guess, and so
#: is that every answer counts, refusals too.
CALL_LINES = (
    Line("calls", CALLS.seconds, CALLS.calls, 0, 0.0),
    Line("call errors over 25 %", _HOUR, 19, 25, _HOUR, above=True, near=(20, 20)),
    Line("call errors by hour", _HOUR, 300, 60, 30 * _MINUTE),
    Line("call errors by day", _DAY, 3_000, 60, 12 * _HOUR),
    Line("call errors by five days", 5 * _DAY, 9_000, 60, math.inf),
)

#: Attempts to deliver (docs). Whether ikas counts attempts or deliveries is not known.
DELIVERY_LINES = (
    Line("failed deliveries by 30 minutes", 30 * _MINUTE, 10, 70, 15 * _MINUTE),
    Line("failed deliveries by 3 hours", 3 * _HOUR, 60, 70, _HOUR),
    Line("failed deliveries by day", _DAY, 240, 70, math.inf),
)
