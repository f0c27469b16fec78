"""The receiver's ASGI app: read a request, judge it, write its row, answer. In this order.

Requests that arrive together are written in one transaction. It runs in the loop itself: a
commit to the log takes less time than handing it to another thread.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from ikas_explore.deliveries.answers import Answers, Status, check_status
from ikas_explore.deliveries.log import Log, Request
from ikas_explore.deliveries.payloads import read_body as read_payload
from ikas_explore.deliveries.signatures import check_signature
from ikas_explore.errors import InvalidArgumentError, SignatureError, StorageError
from ikas_explore.network.server import (
    BodyRefused,
    Ending,
    drop_connection,
    first_of,
    read_body,
    until_disconnect,
)
from ikas_explore.text.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from ikas_explore.values.secret import Secret


class Intake(AbstractContextManager["Intake"]):
    """One receiver's app; what it answers can be changed while it runs.

    Parameters
    ----------
    path : str or path-like or None
        Of the log, which is opened in the server's thread and closed after the last request.
    client_secret : Secret or None
        None leaves signatures unchecked.
    answers : Answers
    delay : float
        Seconds between the row and the answer.
    max_body : int
        Bytes; a larger body is answered with 413 and not kept.
    """

    log: Log

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        client_secret: Secret | None,
        *,
        answers: Answers,
        delay: float,
        max_body: int,
    ) -> None:
        self.answers = answers
        self.delay = delay
        self.ending = Ending()
        self._path = path
        self._secret = client_secret
        self._max_body = max_body
        self._waiting: list[tuple[Request, asyncio.Future[None]]] = []

    def __enter__(self) -> Intake:
        self.log = Log(self._path)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.log.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        refused: BodyRefused | None = None
        try:
            body: bytes | None = await read_body(receive, self._max_body)
        except BodyRefused as refusal:
            refused, body = refusal, refusal.part
        request = Request(time.time_ns() // 1_000_000, body)
        delay: float = 0
        status: Status | None
        if refused is not None:
            status, request.error = refused.status, str(refused)
        elif scope["method"] != "POST":
            status, request.error = 405, f"the method is {scope['method']}, and only POST is taken"
        else:
            status = await self._judge(request)
            delay = self.delay
        request.status = status if isinstance(status, int) else None
        try:
            await self._record(request)
        except StorageError:
            # Not 200: the sender has to come again, as nothing is kept.
            await _answer(send, 503, "the request could not be written down")
            return
        if status is None:
            return
        unanswered = await self._pause(receive, delay) if delay else None
        if unanswered is not None:
            self.log.amend(request.number, status=None, error=unanswered)
        if unanswered is not None or status == "drop":
            await drop_connection(receive, send)
        else:
            await _answer(send, int(status), request.error if int(status) >= 400 else None)

    async def _judge(self, request: Request) -> Status:
        reading = read_payload(request.body or b"")
        if self._secret is not None:
            try:
                check_signature(reading.payload, self._secret)
                request.signature_ok = True
            except SignatureError as error:
                request.signature_ok, request.error = False, str(error)
        if reading.status is not None:
            request.error = reading.error
            return reading.status
        answers = self.answers
        if answers.ask is None:
            return answers.next()
        asking = asyncio.ensure_future(asyncio.to_thread(_ask, answers.ask, reading.payload))
        # asyncio.wait does not end what it waits for: a thread cannot be ended.
        if await first_of(asyncio.wait([asking]), self.ending.wait()) != 0:
            request.error = "the receiver was closed before the status function returned"
            return 503
        status, failure = asking.result()
        request.error = failure or request.error
        return status

    async def _pause(self, receive: Receive, delay: float) -> str | None:
        """Wait, and tell why no answer is possible any more, if none is."""
        first = await first_of(until_disconnect(receive), self.ending.wait(), timeout=delay)
        if first is None:
            return None
        who = ("the sender left", "the receiver was closed")[first]
        return f"{who} before the answer"

    async def _record(self, request: Request) -> None:
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        self._waiting.append((request, written))
        if len(self._waiting) == 1:
            loop.call_soon(self._write_waiting)
        await written

    def _write_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        failure: Exception | None = None
        try:
            self.log.write([request for request, _ in waiting])
        except Exception as error:  # raised for each of them, so that none waits for ever
            failure = error
        for _, written in waiting:
            if written.done():  # the server is ending and gave the request up
                continue
            if failure is None:
                written.set_result(None)
            else:
                written.set_exception(failure)


def _ask(
    ask: Callable[[Mapping[str, Any]], Status], payload: Mapping[str, Any]
) -> tuple[Status, str | None]:
    """Return the status that the user's own function gives, or 500 and why it gives none."""
    try:
        return check_status(ask(payload)), None
    except InvalidArgumentError as error:
        return 500, f"the status function: {printable(str(error))}"
    # Not only Exception, and here in the thread: a future takes no StopIteration, and a
    # SystemExit would end the request before its row is written.
    except BaseException as error:
        told = printable(str(error))  # half a surrogate pair could not be written down
        return 500, f"the status function raised {type(error).__name__}" + (told and f": {told}")


async def _answer(send: Send, status: int, text: str | None = None) -> None:
    body = f"{text}\n".encode() if text and status not in (204, 205, 304) else b""
    headers: list[tuple[bytes, bytes]] = []
    if status not in (204, 304):
        headers.append((b"content-length", str(len(body)).encode()))
    if body:
        headers.append((b"content-type", b"text/plain; charset=utf-8"))
    if status == 405:
        headers.append((b"allow", b"POST"))
    if status in (408, 413):
        headers.append((b"connection", b"close"))  # what is left of the body is not read
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        event: Any = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return
