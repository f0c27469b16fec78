"""The receiver's ASGI app: read a request, judge it, write its row, answer. In this order.

Requests that arrive together are written in one transaction. It runs in the loop itself: a
commit to the log takes less time than handing it to another thread.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ikas_explore.deliveries.forwarding import Forwarder
from ikas_explore.deliveries.log import PENDING, Log, Request
from ikas_explore.deliveries.payloads import read_payload, to_json
from ikas_explore.deliveries.signatures import check_signature
from ikas_explore.errors import InvalidArgumentError, SignatureError, StorageError
from ikas_explore.network.requests import (
    BodyRefused,
    Ending,
    Together,
    first_of,
    read_body,
    until_disconnect,
)
from ikas_explore.network.server import drop_connection
from ikas_explore.text.printable import printable, shown
from ikas_explore.values.secret import SECRET_NAME
from ikas_explore.values.times import now_ms

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from ikas_explore.values.secret import Secret

#: An HTTP status, or "drop": the connection is cut and no answer comes.
Status = int | Literal["drop"]
StatusPlan = Status | Sequence[Status] | Callable[[Mapping[str, Any]], Status]

_SECRET_HEADERS = (b"authorization", b"proxy-authorization", b"cookie")


class Answers:
    """The statuses to come: always one; of a sequence each once, the last for ever; or a function.

    The function is called with each payload in a thread of its own, so that it may wait.
    """

    def __init__(self, plan: StatusPlan) -> None:
        self.plan = plan
        self.ask: Callable[[Mapping[str, Any]], Status] | None = None
        self._left: list[Status] = []
        if callable(plan):
            self.ask = plan
        elif isinstance(plan, Sequence) and not isinstance(plan, str):
            if not plan:
                raise InvalidArgumentError(
                    "The list of statuses is empty; give at least one, for example [500, 200]."
                )
            self._left = [_check_status(status) for status in plan]
        else:
            self._left = [_check_status(plan)]

    def next(self) -> Status:
        """Return the next status of a plan that is not a function."""
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]

    def __repr__(self) -> str:
        if self.ask is not None:
            return f"{getattr(self.ask, '__qualname__', type(self.ask).__name__)}(payload)"
        return repr(self.plan)


def _check_status(status: object) -> Status:
    if isinstance(status, str) and status == "drop":
        return "drop"
    if isinstance(status, int) and not isinstance(status, bool) and 200 <= status <= 599:
        return int(status)
    raise InvalidArgumentError(
        f"{shown(status)} cannot be answered; give a status from 200 to 599, or 'drop' to cut the "
        "connection."
    )


@dataclass(eq=False, repr=False)
class Intake(AbstractContextManager["Intake"]):
    """One receiver's app. The server enters it before it serves, and leaves it at the end."""

    path: str | os.PathLike[str] | None
    client_secrets: Sequence[Secret]
    answers: Answers
    delay: float
    max_body: int
    forward_to: Secret | None
    answer_app: bool = False  # whether the sender gets the app's answer, and so waits for it
    ending: Ending = field(default_factory=Ending)
    log: Log = field(init=False)
    _write: Together[Request] = field(init=False)
    _forwarder: Forwarder | None = None

    def __enter__(self) -> Intake:
        self.log = Log(self.path)
        self._write = Together(self.log.write)
        if self.forward_to is not None:
            self._forwarder = Forwarder(self.forward_to, self._forwarded)
            for number, body in self.log.pending():
                self._forwarder.put(number, body)
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._forwarder is not None:
            self._forwarder.close()
        self.log.close()

    def _forwarded(self, number: int, at: int | None, status: int | None) -> None:
        with suppress(StorageError):  # the log is closed, or wait() raises what it kept
            self.log.amend(number, forwarded_at=at, forwarded_status=status)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        request = _request(scope)
        delay: float = 0
        status: Status | None
        try:
            body = await read_body(receive, self.max_body)
        except BodyRefused as refusal:
            request.body, request.refused = refusal.part, refusal.part is None
            status, request.error = refusal.status, str(refusal)
        else:
            request.body = body
            if scope["method"] != "POST":
                method = printable(scope["method"])
                status, request.refused = 405, True
                request.error = f"The method is {method}; only POST is accepted."
            else:
                status = await self._judge(request, body)
                delay = self.delay
        request.status = status if isinstance(status, int) else None
        try:
            await self._write(request)
        except StorageError:
            # Not 200: the sender has to come again, as nothing is kept.
            await _answer(send, 503, "the request could not be recorded")
            return
        if self._forwarder is not None and request.forwarded_status == PENDING:
            if self.log.forward_first(request.number, request.id_sum, body):
                self._forwarder.put(request.number, body)
            else:
                self._forwarded(request.number, None, None)
        if status is None:
            return
        unanswered = await self._pause(receive, delay) if delay else None
        if unanswered is not None:
            self.log.amend(request.number, status=None, error=unanswered)
        if unanswered is not None or status == "drop":
            await drop_connection(receive, send)
        else:
            await _answer(send, int(status), request.error if int(status) >= 400 else None)

    def refused(self, scope: Scope | None, status: int, reason: str) -> None:
        """Write the row of a request that the server refused before it came here."""
        request = Request(now_ms()) if scope is None else _request(scope)
        request.status, request.error, request.refused = status, reason, True
        with suppress(StorageError):  # it is refused all the same, and wait() raises it
            self.log.write([request])

    async def _judge(self, request: Request, body: bytes) -> Status:
        reading = read_payload(body)
        request.id, request.scope = reading.text("id"), reading.text("scope")
        if self.client_secrets:
            try:
                _, request.signed_with = check_signature(reading.payload, self.client_secrets)
                request.signature_ok = True
            except SignatureError as error:
                request.signature_ok, request.error = False, str(error)
        if reading.status is not None:
            request.error = reading.error
            return reading.status
        if self.answer_app and self._forwarder is not None:
            return await self._ask_app(self._forwarder, request)
        if self._forwarder is not None and request.signature_ok:
            request.forwarded_status = PENDING
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

    async def _ask_app(self, forwarder: Forwarder, request: Request) -> Status:
        """Forward once, and answer as the app does: the sender tries again, not we."""
        if not request.signature_ok or request.body is None:
            return 401
        if self.log.app_took(request):
            return 200
        status = await asyncio.to_thread(forwarder.post, request.body)
        request.forwarded_at, request.forwarded_status = now_ms(), status
        if status is not None and 200 <= status <= 599:  # HTTP lets an app say 600 and more
            return status
        said = "could not be reached" if status is None else f"answered {status}"
        request.error = f"the app {said}"
        return 502

    async def _pause(self, receive: Receive, delay: float) -> str | None:
        """Wait, and return why no answer is possible any more, if that is so."""
        first = await first_of(until_disconnect(receive), self.ending.wait(), timeout=delay)
        if first is None:
            return None
        who = ("the sender left", "the receiver was closed")[first]
        return f"{who} before the answer"


def _ask(
    ask: Callable[[Mapping[str, Any]], Status], payload: Mapping[str, Any]
) -> tuple[Status, str | None]:
    """Return the status that the user's own function gives, or 500 and why it gives none."""
    try:
        return _check_status(ask(payload)), None
    except InvalidArgumentError as error:
        return 500, f"the status function: {printable(str(error))}"
    # Not only Exception, and here in the thread: a future takes no StopIteration, and a
    # SystemExit would end the request before its row is written.
    except BaseException as error:
        said = printable(str(error))  # half a surrogate pair could not be written down
        return 500, f"the status function raised {type(error).__name__}" + (said and f": {said}")


def _request(scope: Scope) -> Request:
    query = scope["query_string"]
    target = scope["raw_path"] + b"?" + query if query else scope["raw_path"]
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        if name in _SECRET_HEADERS or SECRET_NAME.search(key):
            text = "***"
        elif name == b"host" and b"@" in value:  # a user and password before it
            text = f"***@{text.rpartition('@')[2]}"
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Request(
        now_ms(),
        method=scope["method"],
        target=target.decode("latin-1"),
        host=headers.get("host"),
        headers=to_json(headers),
    )


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
