"""How much is left before each line of ikas' tables: requests and errors in sliding windows.

Clients, receivers and sandboxes count with it. Nothing here knows a clock: times are Unix seconds
that callers give.
"""

from __future__ import annotations

import datetime as dt
import math
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any

from ikas_explore.schema.limits import Line

#: Parts of a window that are counted as one, so that a busy one needs no more memory.
_PARTS = 1_000
# Seconds by which the moments of threads may differ: more, and the clock was put back.
_SKEW = 1.0


class Tally:
    """Counts requests, and begins a block where a line is crossed; for many threads.

    `scale` divides windows and blocks. ``until`` holds when the block of a line ends.
    """

    def __init__(self, lines: Iterable[Line], *, scale: float = 1.0) -> None:
        self.until: dict[str, float] = {}
        self._windows = [_Window(line, scale) for line in lines]
        self._last = -math.inf
        self._lock = threading.Lock()

    def add(self, now: float, *, failed: bool, over_rate: bool = False) -> dict[str, float]:
        """Count a request that was answered; return the blocks that it began.

        One that was refused for being `over_rate` does not count for that rate.
        """
        begun = {}
        with self._lock:
            self._take(now)
            for each in self._windows:
                if over_rate and not each.block:
                    continue
                each.add(now, failed)
                if each.block and self._until(each) <= now and each.crossed():
                    begun[each.line.limit] = now + each.block
            self.until |= begun
        return begun

    def blocked(self, now: float) -> tuple[str, float] | None:
        """Return the limit that blocks the longest, and until when."""
        with self._lock:
            self._take(now)
            limit = max(self.until, key=self.until.__getitem__, default="")
            until = self.until.get(limit, 0)
        return (limit, until) if until > now else None

    def near(self, now: float, under_way: int = 0) -> dict[str, Any] | None:
        """Return the first row that is not ok; the rate alone is nothing to warn of.

        Requests that are `under_way` are taken for ones that failed: nothing is worse.
        """
        with self._lock:
            self._take(now)
            blocking = [each for each in self._windows if each.block]
            rows = [each.row(now, self._until(each), under_way) for each in blocking]
        return next((row for row in rows if row["state"] != "ok"), None)

    def rows(self, now: float) -> list[dict[str, Any]]:
        """Return the rows of a budget."""
        with self._lock:
            self._take(now)
            return [each.row(now, self._until(each)) for each in self._windows]

    def _until(self, window: _Window) -> float:
        return self.until.get(window.line.limit, 0)

    def _take(self, now: float) -> None:
        """Take the moment; where the clock was put back, what is kept moves with it."""
        back = self._last - now
        if back > _SKEW:
            self.until = {limit: until - back for limit, until in self.until.items()}
            for each in self._windows:
                each.shift(back)
        if back > _SKEW or back < 0:
            self._last = now


class _Window:
    """The requests and errors of one line's window."""

    def __init__(self, line: Line, scale: float) -> None:
        self.line = line
        self.window, self.block = line.window / scale, line.block / scale
        self._requests = self._errors = 0
        self._parts: deque[tuple[float, int, int]] = deque()  # from when on, requests, errors

    def add(self, now: float, failed: bool) -> None:
        self._move(now)
        start, requests, errors = now, 0, 0
        if self._parts and now - self._parts[-1][0] < self.window / _PARTS:
            start, requests, errors = self._parts.pop()
        self._parts.append((start, requests + 1, errors + failed))
        self._requests += 1
        self._errors += failed

    def shift(self, back: float) -> None:
        self._parts = deque((each[0] - back, each[1], each[2]) for each in self._parts)

    def crossed(self) -> bool:
        enough = self._requests > self.line.requests
        return enough and self._missing(self._requests, self._errors) <= 0

    def row(self, now: float, until: float, failing: int = 0) -> dict[str, Any]:
        """Return the row, as it will be when so many more are `failing`."""
        self._move(now)
        line, requests, errors = self.line, self._requests + failing, self._errors + failing
        # How many more may fail, one after the other, before the one that crosses the line.
        left = max(line.requests + 1 - requests, self._missing(requests, errors), 1) - 1
        if not self.block and not left:
            until = self._parts[0][0] + self.window
        least, percent = line.near or (math.ceil(0.8 * line.requests), line.percent)
        state = "ok"
        if until > now:
            left, state = 0, f"blocked {until_text(until)}"
        elif not left or (requests >= least and 100 * errors >= percent * requests):
            state = "near"
        return {
            "limit": line.limit,
            "window": self.window,
            "requests": requests,
            "errors": errors,
            "share": errors / requests if requests else 0.0,
            "left": left,
            "state": "permanent" if until == math.inf else state,
        }

    def _missing(self, requests: int, errors: int) -> int:
        """Return how many more have to fail until the share is that of the line."""
        lacking, of = self.line.percent * requests - 100 * errors, 100 - self.line.percent
        return lacking // of + 1 if self.line.above else -(-lacking // of)

    def _move(self, now: float) -> None:
        while self._parts and self._parts[0][0] <= now - self.window:
            _, requests, errors = self._parts.popleft()
            self._requests -= requests
            self._errors -= errors


def until_text(until: float) -> str:
    """Return the end of a block in words."""
    if until == math.inf:
        return "for good"
    return f"until {dt.datetime.fromtimestamp(until, dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
