"""What a receiver passes on: verified bodies, byte for byte, to an app.

The sender has its answer already, so an app that is down is tried again here, and never delays
the receiver.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from ikas_explore.deliveries.attempts import Retries
from ikas_explore.deliveries.push import attempt
from ikas_explore.network.clock import now
from ikas_explore.network.transport import open_client
from ikas_explore.values.secret import Secret
from ikas_explore.values.times import now_ms
from ikas_explore.values.urls import read_url

# One that waits for its next attempt holds up no other, unless as many wait.
_THREADS = 8
#: Seconds for one attempt, and those that bodies not yet passed on are given at the end.
_TIMEOUT, _GRACE = 5.0, 4.0
_RETRIES = Retries(3, (0.5, 1.5))


class Forwarder:
    """Threads that post bodies to an app; `done` is called with each number, time and status."""

    def __init__(self, target: Secret, done: Callable[[int, int, int | None], None]) -> None:
        self._target = target
        self._done = done
        self._ending = threading.Event()
        self._waiting: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        self._client = open_client(read_url(target).origin, timeout=_TIMEOUT)
        self._threads = [
            threading.Thread(target=self._work, name=f"forward-{number}", daemon=True)
            for number in range(_THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, number: int, body: bytes) -> None:
        """Pass a body on as soon as may be."""
        self._waiting.put((number, body))

    def post(self, body: bytes) -> int | None:
        """Pass a body on once, now; return the status of the answer."""
        return attempt(self._client, self._target, body).status_code

    def close(self) -> None:
        """Pass on what waits, without pauses between attempts, for a few seconds at most."""
        self._ending.set()
        for _ in self._threads:
            self._waiting.put(None)
        begun = now()
        for thread in self._threads:
            thread.join(max(0.0, begun + _GRACE - now()))
        self._client.close()
        for thread in self._threads:  # one that waits for an answer does so until its time-out
            thread.join(max(0.0, begun + _TIMEOUT + 1 - now()))

    def _work(self) -> None:
        while (given := self._waiting.get()) is not None:
            number, body = given
            for tried in range(1, _RETRIES.max_attempts + 1):
                try:
                    status = self.post(body)
                except RuntimeError:  # the client is closed: the next run sends it
                    return
                if (status is not None and 200 <= status < 300) or (
                    delay := _RETRIES.delay_after(tried)
                ) is None:
                    break
                self._ending.wait(delay)
            self._done(number, now_ms(), status)
