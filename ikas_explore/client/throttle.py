"""Stay below ikas' limits of calls: a refused call is lost time, and too many end in a block."""

from __future__ import annotations

import threading
import time
import warnings
from collections import deque
from collections.abc import Callable
from typing import Any, Literal, get_args

from ikas_explore.errors import BudgetError
from ikas_explore.network import clock
from ikas_explore.schema.limits import CALL_LINES, CALLS, Rate
from ikas_explore.schema.tally import Tally
from ikas_explore.values.names import check_choice

OnBudget = Literal["warn", "stop", "off"]

#: What a client cannot count.
NOT_VISIBLE = "calls of other processes, other connections and earlier runs, and failed deliveries"

#: Half a second more than ikas' window, as calls do not arrive in the gaps they left in.
RATE_LIMIT = Rate(CALLS.calls, CALLS.seconds + 0.5)

# Seconds between two looks at whether a call of another thread is over.
_LOOK = 0.01


class Throttle:
    """Makes the calls of one `Client` wait, in the order they come, so that a rate is kept.

    `rate` is `RATE_LIMIT` by default; other connections to the store are not counted.
    """

    def __init__(
        self,
        rate: Rate | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        rate = rate or RATE_LIMIT
        self._seconds = rate.seconds
        self._clock = clock
        self._sleep = sleep
        self._turns: deque[float] = deque(maxlen=rate.calls)
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait until the next call may be sent; at once while the rate is kept."""
        with self._lock:
            now = turn = self._clock()
            if len(self._turns) == self._turns.maxlen:
                turn = max(now, self._turns[0] + self._seconds)
            self._turns.append(turn)
        # Outside the lock: the turn is taken, and others may take theirs meanwhile.
        if turn > now:
            self._sleep(turn - now)


class Budget:
    """The calls of one `Client` beside ikas' limits; says so, or stops, before ikas blocks."""

    def __init__(self, store: str, on_budget: OnBudget) -> None:
        check_choice("on_budget", on_budget, get_args(OnBudget))
        self._store = store
        self._on_budget = on_budget
        self._tally = Tally(CALL_LINES)
        # When a call is over at the latest, by its thread: Ctrl-C may keep `end` from being called.
        self._under_way: dict[int, float] = {}
        # Not a Condition, which is written in Python: Ctrl-C would leave it taken.
        self._lock = threading.Lock()

    def check(self) -> None:
        """Refuse a call that could begin a block, where that is asked for."""
        if self._on_budget == "stop" and (told := self._near()):
            raise BudgetError(f'{told}. on_budget="stop" sends no further call meanwhile.')

    def begin(self, lasts: float) -> None:
        """Begin a call of this thread, which lasts so many seconds at most, or refuse it.

        Calls of other threads that are under way may all fail. Where one more could then begin a
        block, this waits until one of them is over.
        """
        this = threading.get_ident()
        while True:
            with self._lock:
                now = clock.now()
                self._under_way.pop(this, None)
                under_way = sum(end > now for end in self._under_way.values())
                if self._on_budget != "stop" or self._near(under_way) is None:
                    self._under_way[this] = now + lasts
                    return
            self.check()
            time.sleep(_LOOK)

    def count(self, *, failed: bool) -> None:
        """Count a call that ikas answered, and warn once when one more could begin a block."""
        self._tally.add(time.time(), failed=failed)
        with self._lock:
            told = self._near() if self._on_budget == "warn" else None
            if told is None:
                return
            self._on_budget = "off"
        try:
            warnings.warn(
                f'{told}; connect(on_budget="stop") stops before ikas does.', stacklevel=2
            )
        except Warning:
            # Warnings are errors here. What ikas has done is not lost for that: the next call is
            # refused, and says why.
            self._on_budget = "stop"

    def end(self) -> None:
        """Say that the call of this thread is over, answered or not."""
        with self._lock:
            self._under_way.pop(threading.get_ident(), None)

    def _near(self, under_way: int = 0) -> str | None:
        if (row := self._tally.near(time.time(), under_way)) is None:
            return None
        return (
            f"{self._store}: ikas' limit for {row['limit']!r} is {row['state']}: "
            f"{row['errors']} of {row['requests']} calls failed. budget() shows all limits"
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each limit."""
        return self._tally.rows(time.time())
