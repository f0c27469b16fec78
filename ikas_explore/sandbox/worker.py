"""Pushes what is due.

It runs on the event loop of the sandbox's server, from the app's start to its end: no
further thread, and nothing to hand over between loops. A caller's thread writes the rows of
an event itself and only wakes the loop.

Each receiver has a lane, so that a slow one holds up only itself, and senders that take from it.
A sender writes that an attempt starts, makes it, and writes its outcome. So nothing leaves that is
not in the rows, and an attempt whose outcome a kill swallowed is found at the next start.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any

from ikas_explore.deliveries.attempts import outcome_of
from ikas_explore.errors import StorageError, TransportError, WaitTimeoutError
from ikas_explore.network import clock
from ikas_explore.network.requests import Together
from ikas_explore.sandbox.behaviour import Rules
from ikas_explore.sandbox.ledger import CUT_OFF, Due, Finished, Ledger
from ikas_explore.sandbox.posting import KEEPALIVE, Connection

_log = logging.getLogger(__name__)

# So many receivers have to be slow, each with all its places taken, until others wait.
_RECEIVERS = 8
# Seconds until the next try to write after the disk refused.
_STORAGE_PAUSE = 0.2


class _Lane:
    """What waits for one receiver; how many senders it has, and how many of them have nothing."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[Due] = asyncio.Queue()
        self.senders = self.idle = 0


class Worker:
    """Makes the attempts of pending deliveries."""

    def __init__(self, ledger: Ledger, rules: Rules) -> None:
        self._ledger = ledger
        self._rules = rules
        self._written_together = Together(ledger.write)
        self._most = rules.concurrency * _RECEIVERS
        self._places = asyncio.Semaphore(self._most)
        self._lanes: dict[str, _Lane] = defaultdict(_Lane)
        self._senders: set[asyncio.Task[None]] = set()
        self._under_way: dict[Due, Finished] = {}
        # Other threads put into the queue, and read what follows; the loop alone changes it. No
        # lock, because Ctrl-C may come to them at any moment.
        self._new: SimpleQueue[Due] = SimpleQueue()
        self._changed = clock.Changes()
        self._pending = 0
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, due: Sequence[Due]) -> None:
        """Have attempts made, each when its time has come; from any thread."""
        for each in due:
            self._new.put(each)
        loop = self._loop
        if due and loop is not None:
            with suppress(RuntimeError):  # it has closed meanwhile: the next start takes it up
                loop.call_soon_threadsafe(self._take)

    def settle(self, timeout: float) -> None:
        """Wait until no delivery is pending; from any thread but the loop's."""
        self._changed.wait_for(
            lambda: not self._left() or self._failure or self._loop is None, timeout
        )
        failure, left = self._failure, self._left()
        if failure is not None:
            raise StorageError(f"{_pending(left)} held up: {failure}") from failure
        if not left:
            return
        if self._loop is None:
            raise TransportError(f"The sandbox is closed, and {_pending(left)} still pending.")
        raise WaitTimeoutError(
            f"{_pending(left)} still pending after {timeout:g} s; attempts() shows their attempts "
            "so far. Give more time, or shorter retry_delays."
        )

    def _left(self) -> int:
        return self._new.qsize() + self._pending

    async def run(self) -> None:
        """Push until cancelled; what is under way then counts as cut off."""
        self._loop = asyncio.get_running_loop()
        self._take()
        try:
            await asyncio.Event().wait()
        finally:
            while self._senders:  # one may have been added meanwhile
                for sender in self._senders:
                    sender.cancel()
                await asyncio.gather(*self._senders, return_exceptions=True)
            # Where the disk refuses, the next start reads them as cut off.
            with suppress(StorageError):
                under_way = [
                    partial(self._ledger.record, each) for each in self._under_way.values()
                ]
                self._pending -= self._ledger.write(under_way).count(None)
            self._loop = None
            self._changed.notify()

    def _take(self) -> None:
        for _ in range(self._new.qsize()):
            self._pending += 1  # first: else nothing would seem to be pending for a moment
            self._later(self._new.get())

    def _later(self, due: Due) -> None:
        asyncio.get_running_loop().call_later(due.seconds, self._place, due)

    def _place(self, due: Due) -> None:
        """Have an attempt made as soon as its receiver has a place for it."""
        lane = self._lanes[due.receiver]
        lane.waiting.put_nowait(due)
        if lane.idle < lane.waiting.qsize() and lane.senders < self._rules.concurrency:
            lane.senders += 1
            sender = asyncio.create_task(self._send(due.receiver, lane))
            self._senders.add(sender)
            sender.add_done_callback(self._sent)

    async def _send(self, receiver: str, lane: _Lane) -> None:
        """Make attempts to a receiver, one after the other, until none comes for a while."""
        connection = Connection(loopback_only=self._rules.deliver_to == "loopback")
        try:
            while due := await self._next(lane):
                async with self._places:
                    await self._attempt(connection, due)
        finally:
            lane.senders -= 1
            if not lane.senders:
                self._lanes.pop(receiver, None)
            await connection.close()

    async def _next(self, lane: _Lane) -> Due | None:
        if lane.waiting.empty() and len(self._senders) <= self._most:
            lane.idle += 1
            try:
                async with asyncio.timeout(KEEPALIVE):
                    return await lane.waiting.get()
            except TimeoutError:
                pass  # one may have come just now
            finally:
                lane.idle -= 1
        return None if lane.waiting.empty() else lane.waiting.get_nowait()

    async def _attempt(self, connection: Connection, due: Due) -> None:
        claim: tuple[str, bytes] | None = await self._written(partial(self._ledger.claim, due))
        wait = None
        if claim is not None:
            self._under_way[due] = Finished(due, CUT_OFF, None)
            started = time.perf_counter()
            try:
                outcome = await connection.post(*claim, seconds=self._rules.receiver_timeout)
            except Exception as error:  # whatever ends an attempt is its outcome: a row, not a loss
                outcome = outcome_of(None, error)
            duration_ms = round((time.perf_counter() - started) * 1000, 3)
            finished = self._under_way[due] = Finished(due, outcome, duration_ms)
            self._ledger.count(finished)
            wait = await self._written(partial(self._ledger.record, finished))
            del self._under_way[due]
        if wait is None:
            self._pending -= 1
            self._changed.notify()
        else:
            self._later(due._replace(attempt=due.attempt + 1, seconds=wait))

    async def _written(self, write: Callable[..., Any]) -> Any:
        """Write, with what else is written now; where the disk refuses, as soon as it does not.

        Nothing leaves meanwhile, and settle() raises the error.
        """
        while True:
            try:
                written = await self._written_together(write)
            except StorageError as error:
                self._tell(error)
                await asyncio.sleep(_STORAGE_PAUSE)
            else:
                if isinstance(self._failure, StorageError):
                    self._tell(None)
                return written

    def _tell(self, failure: BaseException | None) -> None:
        self._failure = failure
        self._changed.notify()

    def _sent(self, sender: asyncio.Task[None]) -> None:
        self._senders.discard(sender)
        if not sender.cancelled() and (error := sender.exception()):
            # A mistake of ours: settle() must not wait for nothing.
            _log.error("The sandbox's worker failed.", exc_info=error)
            self._tell(error)


def _pending(count: int) -> str:
    return f"{count} delivery is" if count == 1 else f"{count} deliveries are"
