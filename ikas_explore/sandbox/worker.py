"""Pushes what is due.

It runs on the event loop of the sandbox's server, from the app's start to its end: no
further thread, and nothing to hand over between loops. A caller's thread writes the rows of
an event itself and only wakes the loop.

Each turn writes, in one commit, the outcomes that came in since the last and the attempts
that start now; only then do those leave. So nothing leaves that is not in the rows, and an
attempt whose outcome a kill swallowed is found at the next start.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import SimpleQueue

from ikas_explore.deliveries.attempts import outcome_of
from ikas_explore.errors import StorageError, TransportError, WaitTimeoutError
from ikas_explore.network import clock
from ikas_explore.sandbox.attempt_rows import CUT_OFF, Claim, Finished, Ledger
from ikas_explore.sandbox.behaviour import Rules
from ikas_explore.sandbox.event_rows import receiver_of
from ikas_explore.sandbox.posting import Connections
from ikas_explore.sandbox.queue import Due, Lanes

_log = logging.getLogger(__name__)

# So many receivers have to be slow, each with all its places taken, until others wait.
_RECEIVERS = 8
# Seconds until the next try to write after the disk refused.
_STORAGE_PAUSE = 0.2


class Worker:
    """Makes the attempts of pending deliveries."""

    def __init__(self, ledger: Ledger, rules: Rules) -> None:
        self._ledger = ledger
        self._timeout = rules.receiver_timeout
        places = rules.concurrency * _RECEIVERS
        self._lanes = Lanes(per_receiver=rules.concurrency, in_all=places)
        self._wake = asyncio.Event()
        self._under_way: dict[asyncio.Task[None], Claim] = {}
        self._finished: list[Finished] = []
        self._connections = Connections(
            most_idle=places, loopback_only=rules.deliver_to == "loopback"
        )
        # Other threads put into the queue, and read what follows; the loop alone changes it. No
        # lock, because Ctrl-C may come to them at any moment.
        self._new: SimpleQueue[Due] = SimpleQueue()
        self._changed = clock.Changes()
        self._pending = 0
        self._failure: Exception | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def recover(self) -> None:
        """Take up what an earlier process left; to be called before the loop runs."""
        for due, wait in self._ledger.recover():
            self._lanes.add(due, clock.now() + wait)
            self._pending += 1

    def add(self, due: Sequence[Due]) -> None:
        """Have attempts made as soon as there is a place for them; from any thread."""
        for each in due:
            self._new.put(each)
        loop = self._loop
        if due and loop is not None:
            with suppress(RuntimeError):  # it has closed meanwhile: the next start takes it up
                loop.call_soon_threadsafe(self._wake.set)

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
        try:
            while True:
                await self._turn()
        except Exception as error:  # a mistake of ours: settle() must not wait for nothing
            _log.exception("The sandbox's worker failed.")
            self._tell(error, 0)
        finally:
            await self._end()

    async def _turn(self) -> None:
        taken = self._take()
        finished = list(self._finished)
        ended = 0
        if finished or taken:
            try:
                turn = self._ledger.turn(finished, taken)
            except StorageError as error:
                # Nothing leaves while it cannot be written. settle() raises the error, and the
                # worker goes on once there is room.
                for due in taken:
                    self._lanes.give_back(due, clock.now())
                self._tell(error, 0)
                await asyncio.sleep(_STORAGE_PAUSE)
                return
            self._finished = self._finished[len(finished) :]
            for due in turn.dropped:
                self._lanes.done(due.receiver)
                self._wake.set()  # its place is free
            for due, wait in turn.again:
                self._lanes.add(due, clock.now() + wait)
            for claim in turn.claims:
                attempt = asyncio.create_task(self._attempt(claim))
                self._under_way[attempt] = claim
                attempt.add_done_callback(self._under_way.pop)
            ended = turn.ended
        self._tell(None, ended)
        await self._sleep()

    def _take(self) -> list[Due]:
        now, new = clock.now(), self._new.qsize()
        self._pending += new  # first: else nothing would seem to be pending for a moment
        for _ in range(new):
            self._lanes.add(self._new.get(), now)
        return self._lanes.take(now)

    def _tell(self, failure: Exception | None, ended: int) -> None:
        if ended or failure is not self._failure:
            self._pending -= ended
            self._failure = failure
            self._changed.notify()

    async def _sleep(self) -> None:
        """Wait until an attempt has ended, one was added, or the time of one has come."""
        next_at = self._lanes.next_at()
        loop = asyncio.get_running_loop()
        timer = None
        if next_at is not None:
            timer = loop.call_later(max(0.0, next_at - clock.now()), self._wake.set)
        await self._wake.wait()
        self._wake.clear()
        if timer is not None:
            timer.cancel()

    async def _attempt(self, claim: Claim) -> None:
        started = time.perf_counter()
        try:
            outcome = await self._connections.post(
                receiver_of(claim.endpoint), claim.endpoint, claim.body, seconds=self._timeout
            )
        except Exception as error:  # whatever ends an attempt is its outcome: a row, not a loss
            outcome = outcome_of(None, error)
        duration_ms = round((time.perf_counter() - started) * 1000, 3)
        self._finished.append(Finished(claim.due, outcome, duration_ms))
        self._lanes.done(claim.due.receiver)
        self._wake.set()

    async def _end(self) -> None:
        """Write what came in, end what is under way, and let no one wait."""
        under_way = dict(self._under_way)
        for attempt in under_way:
            attempt.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        finished = {each.due: each for each in self._finished}
        for claim in under_way.values():
            finished.setdefault(claim.due, Finished(claim.due, CUT_OFF, None))
        try:
            self._tell(self._failure, self._ledger.turn(list(finished.values()), ()).ended)
        except StorageError as error:
            # They stand in the rows as under way, which the next start reads as cut off.
            self._tell(error, 0)
        await self._connections.close()
        self._loop = None
        self._changed.notify()


def _pending(count: int) -> str:
    return f"{count} delivery is" if count == 1 else f"{count} deliveries are"
