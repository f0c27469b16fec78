"""One request, as an app gets it: its body, within limits, and waiting while it is under way.

And one call for all that is asked for at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, MutableMapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ikas_explore.text.printable import counted

if TYPE_CHECKING:
    from starlette.types import Receive

T = TypeVar("T")

#: Seconds a sender has for the body of a request, once its head is there.
BODY_TIMEOUT = 10.0


class BodyRefused(Exception):
    """A body is too long or does not end; the text is what to answer.

    ``status`` is None when the sender left, as nobody reads an answer then. ``part`` is what came
    of the body, or None when it was too long.
    """

    def __init__(self, status: int | None, text: str, part: bytes | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.part = part


async def read_body(receive: Receive, most: int) -> bytes:
    """Return the body of a request; raise `BodyRefused` for more than `most` bytes, or no end."""
    parts: list[bytes] = []
    size = 0
    message: MutableMapping[str, Any] = {"type": "http.request", "more_body": True}
    with suppress(TimeoutError):
        async with asyncio.timeout(BODY_TIMEOUT):
            # What is too much is read and let go: a sender that is cut off while it writes
            # does not see the answer.
            while message.get("more_body"):
                message = await receive()
                size += len(message.get("body", b""))
                if size <= most:
                    parts.append(message.get("body", b""))
    if size > most:
        raise BodyRefused(413, f"The body is larger than {most:,} bytes.")
    body = b"".join(parts)
    if message["type"] == "http.disconnect":
        raise BodyRefused(None, f"The sender left after {counted(size, 'byte')} of the body.", body)
    if message.get("more_body"):
        raise BodyRefused(408, f"The body was not complete after {BODY_TIMEOUT:g} s.", body)
    return body


class Ending:
    """The end of something: set from any thread, waited for on one event loop."""

    def __init__(self) -> None:
        self._set = False
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        """Let all who wait, now or later, go on; from any thread, however often."""
        self._set = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self) -> None:
        # Here the loop comes first, in `set` the flag: so one of the two sees the other.
        self._loop = asyncio.get_running_loop()
        if not self._set:
            await self._event.wait()


async def first_of(*waits: Coroutine[Any, Any, object], timeout: float | None = None) -> int | None:
    """Wait until one of several is done, cancel the others, and return its position.

    When the time (in seconds) is up, all are cancelled, and the answer is None.
    """
    tasks = [asyncio.ensure_future(each) for each in waits]
    try:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        done = next((number for number, task in enumerate(tasks) if task.done()), None)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if done is not None:
        tasks[done].result()  # raises what it raised
    return done


async def until_disconnect(receive: Receive) -> None:
    """Wait until who sent a request has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Together(Generic[T]):
    """Has one call do what is asked for in one turn of the event loop: a commit, for example.

    `work` returns what becomes of each. What it raises is raised for each; what was given up
    meanwhile is left out.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[Any]]) -> None:
        self._work = work
        self._waiting: list[tuple[T, asyncio.Future[Any]]] = []

    async def __call__(self, item: T) -> Any:
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._waiting.append((item, done))
        if len(self._waiting) == 1:
            loop.call_soon(self._turn)
        return await done

    def _turn(self) -> None:
        waiting, self._waiting = [each for each in self._waiting if not each[1].done()], []
        try:
            results = self._work([item for item, _ in waiting])
        except Exception as error:  # whatever it is: who waits gets it, or would wait for ever
            for _, done in waiting:
                done.set_exception(error)
        else:
            for (_, done), result in zip(waiting, results, strict=True):
                done.set_result(result)
