"""More bytes than were asked for end a connection: they would be read as the next answer."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore.network.environment import trust
from ikas_explore.network.transport import hold
from tests.auditing.endpoints import Authority, Behaviour, endpoint
from tests.security.servers import EMPTY_LIST, answer, saying, store_at

ORDER = "store/order/created"
ROW = {"endpoint": "https://planted.example/", "id": "1", "scope": ORDER, "deleted": False}
PLANTED = json.dumps({"data": {"listWebhook": [ROW | {"createdAt": 1, "updatedAt": 1}]}}).encode()

#: How the surplus may come: in the same piece as the answer, or after it.
WAYS = ["at once", "later"]


def planting(first: bytes, surplus: bytes, way: str, more: threading.Event) -> Behaviour:
    """Answer the first request with more than one answer; later connections one each."""
    honest = saying(first, first, first)
    seen: list[object] = []

    def behave(connection: Any) -> None:
        seen.append(connection)
        # Or the surplus would wait for the other side to confirm the answer.
        connection._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(seen) > 1:
            honest(connection)
            return
        saying(first + surplus if way == "at once" else first)(connection)
        if way == "later":
            connection.sendall(surplus)
        more.set()
        connection.recv(65_536)  # until the other side has had enough

    return behave


@pytest.mark.parametrize("way", WAYS)
def test_a_surplus_answer_is_not_the_next_stores_rows(way: str) -> None:
    more = threading.Event()
    with (
        endpoint(planting(answer(EMPTY_LIST), answer(PLANTED), way, more)) as here,
        store_at(here.port) as store,
    ):
        assert store.webhooks.list().empty
        assert more.wait(10)
        assert store.webhooks.list().empty
        assert here.connections == 2


class Between:
    """Answers, and once more when a second request is about to be sent on the same connection."""

    def __init__(self) -> None:
        self.looked, self.sent = threading.Event(), threading.Event()
        self._seen: list[object] = []

    def __call__(self, connection: Any) -> None:
        self._seen.append(connection)
        saying(answer(b"honest"))(connection)
        if len(self._seen) == 1:
            assert self.looked.wait(10)
            connection.sendall(answer(b"planted"))
            self.sent.set()
            connection.recv(65_536)

    def trace(self, event: str, _: object) -> None:
        """The pool has looked at the connection, found nothing, and is about to send."""
        if event == "http11.send_request_headers.started":
            self.looked.set()
            assert self.sent.wait(10)

    async def atrace(self, event: str, told: object) -> None:
        await asyncio.to_thread(self.trace, event, told)


def test_what_comes_between_the_look_and_the_request_is_no_answer_to_it() -> None:
    behave = Between()
    with endpoint(behave) as here, httpx.HTTPTransport() as transport:
        hold(transport)
        with httpx.Client(transport=transport) as client:
            url = f"http://127.0.0.1:{here.port}/"
            assert client.post(url).content == b"honest"
            assert client.post(url, extensions={"trace": behave.trace}).content == b"honest"
        assert here.connections == 2


@pytest.mark.parametrize("secure", [False, True])
def test_nor_is_it_one_to_a_sandboxs_deliveries(
    secure: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = serve_trusted(tmp_path, monkeypatch) if secure else None
    behave = Between()

    async def post_twice(url: str) -> list[bytes]:
        transport = httpx.AsyncHTTPTransport(verify=trust(url))
        hold(transport)
        async with httpx.AsyncClient(transport=transport) as client:
            first = await client.post(url)
            second = await client.post(url, extensions={"trace": behave.atrace})
            return [first.content, second.content]

    with endpoint(behave, serving) as here:
        url = f"http{'s' * secure}://localhost:{here.port}/"
        assert asyncio.run(post_twice(url)) == [b"honest", b"honest"]
        assert here.connections == 2


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_a_push_that_nobody_answered_is_not_delivered(
    way: str, secure: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its second body is answered by a connection of its own."""
    more = threading.Event()
    serving = serve_trusted(tmp_path, monkeypatch) if secure else None
    behave = planting(answer(b"", status="500 No"), answer(b""), way, more)
    with endpoint(behave, serving) as here:
        url = f"http{'s' * secure}://localhost:{here.port}/"
        attempts = ikas.push(
            url,
            ORDER,
            "secret",
            max_attempts=2,
            retry_delays=[1],
            sleep=lambda _: more.wait(10),
        )
        assert attempts["status_code"].tolist() == [500, 500]
        assert here.connections == 2


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_a_sandbox_does_not_take_a_surplus_answer_for_a_delivery(
    way: str, secure: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = threading.Event()
    serving = serve_trusted(tmp_path, monkeypatch) if secure else None
    behave = planting(answer(b"", status="500 No"), answer(b""), way, more)
    with (
        endpoint(behave, serving) as here,
        ikas.Sandbox(examples=False, max_attempts=1) as sandbox,
        ikas.connect(sandbox) as store,
    ):
        store.webhooks.save(f"http{'s' * secure}://localhost:{here.port}/", ORDER)
        for _ in range(2):
            sandbox.emit(ORDER)
            sandbox.settle()
            assert more.wait(10)
        assert sandbox.attempts()["status_code"].tolist() == [500, 500]
        assert here.connections == 2


def serve_trusted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    authority = Authority(folder)
    (folder / "authority.pem").write_bytes(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
    return authority.serving("localhost", days=1)
