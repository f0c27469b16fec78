"""Stay below ikas' limit of calls: a refused call is lost time, and too many end in a block."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from ikas_explore.schema.limits import CALLS, Rate

#: Half a second more than ikas' window, as calls do not arrive in the gaps they left in.
RATE_LIMIT = Rate(CALLS.calls, CALLS.seconds + 0.5)


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
