"""Who is sent to next: a lane per receiver, so that a slow one holds up only itself. Pure.

Nothing here knows of SQLite, HTTP or clocks: times are numbers that are given.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict, deque
from typing import NamedTuple


class Due(NamedTuple):
    """An attempt to be made, from 1; `receiver` is scheme, host and port: slow or fast as one."""

    delivery: int
    attempt: int
    receiver: str
    store: str = ""


class Lanes:
    """Attempts that wait for their time, or for a free place at their receiver.

    At most `per_receiver` attempts to one receiver and `in_all` together are under way at a time.
    """

    def __init__(self, *, per_receiver: int, in_all: int) -> None:
        self._per_receiver = per_receiver
        self._in_all = in_all
        self._order = itertools.count()
        self._later: list[tuple[float, int, Due]] = []
        self._waiting: dict[str, deque[Due]] = {}
        self._under_way: dict[str, int] = defaultdict(int)
        self._taken = 0
        # Receivers with something waiting and a free place, each in its turn.
        self._ready: dict[str, None] = {}

    def add(self, due: Due, at: float) -> None:
        heapq.heappush(self._later, (at, next(self._order), due))

    def take(self, now: float) -> list[Due]:
        """Take what may be sent at `now`, the receivers in turn."""
        while self._later and self._later[0][0] <= now:
            due = heapq.heappop(self._later)[2]
            self._waiting.setdefault(due.receiver, deque()).append(due)
            self._note(due.receiver)
        taken: list[Due] = []
        while self._ready and self._taken < self._in_all:
            receiver = next(iter(self._ready))
            del self._ready[receiver]
            taken.append(self._waiting[receiver].popleft())
            self._under_way[receiver] += 1
            self._taken += 1
            self._note(receiver)
        return taken

    def give_back(self, due: Due, at: float) -> None:
        """Undo a `take`: the attempt was not made."""
        self.done(due.receiver)
        self.add(due, at)

    def done(self, receiver: str) -> None:
        """Free the place of an attempt that was taken."""
        self._under_way[receiver] -= 1
        self._taken -= 1
        if not self._under_way[receiver]:
            del self._under_way[receiver]
        self._note(receiver)

    def next_at(self) -> float | None:
        """Return when the next attempt's time comes; None when none waits for its time."""
        return self._later[0][0] if self._later else None

    def _note(self, receiver: str) -> None:
        if not self._waiting.get(receiver):
            self._waiting.pop(receiver, None)
        elif self._under_way.get(receiver, 0) < self._per_receiver:
            self._ready[receiver] = None
