"""A server in a thread ends at once, and leaves nobody without an answer."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.network.server import HOST, Ending, Server, first_of
from tests.waiting import until

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


class Slow:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.ended = False
        self.stopping: Server | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for event in ("startup", "shutdown"):
                await receive()
                self.ended = event == "shutdown"
                await send({"type": f"lifespan.{event}.complete"})
            return
        self.asked.set()
        if scope["path"] == "/slow":
            while self.stopping is None:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.05)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ended" if self.ended else b"serving"})


def test_a_request_under_way_is_answered_before_the_server_and_its_app_end() -> None:
    app = Slow()
    server = Server(app).start()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(httpx.get, f"{server.base_url}/slow", trust_env=False)
        assert app.asked.wait(10)
        app.stopping = server
        server.stop()
        assert answer.result().text == "serving"
    assert app.ended


def test_a_connection_that_is_kept_open_does_not_hold_up_the_end() -> None:
    app = Slow()
    server = Server(app).start()
    with httpx.Client(trust_env=False) as client:
        assert client.get(server.base_url).text == "serving"
        server.stop()
        assert app.ended
        with pytest.raises(httpx.TransportError):
            client.get(server.base_url)


def test_it_ends_whenever_it_is_told_to() -> None:
    """Also in the moment in which it has just begun."""
    for _ in range(50):
        server = Server(Slow()).start()
        server.stop()
        server.stop()
    assert "server" not in {thread.name for thread in threading.enumerate()}


def test_several_threads_may_stop_it() -> None:
    for _ in range(20):
        server = Server(Slow()).start()
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda _, server=server: server.stop(), range(4))) == [None] * 4
        assert server._thread is None


def test_a_head_that_does_not_end_is_cut_off_and_others_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first of a connection, and a later one; each holds an open file of this process."""
    monkeypatch.setattr("ikas_explore.network.server.HEAD_TIMEOUT", 1.5)
    whole = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with Server(Slow()) as server:
        slow = [socket.create_connection((HOST, server.port)) for _ in range(2)]
        with slow[0], slow[1], httpx.Client(base_url=server.base_url, trust_env=False) as client:
            slow[1].sendall(whole)
            assert slow[1].recv(1000).startswith(b"HTTP/1.1 200")
            for each in slow:
                each.sendall(b"GET / HTTP/1.1\r\nX: ")
                each.setblocking(False)
            first = client.get("/").extensions["network_stream"]
            until(lambda: client.get("/") and all(map(_cut, slow)), 30)
            assert client.get("/").extensions["network_stream"] is first  # one connection


def _cut(connection: socket.socket) -> bool:
    try:
        return connection.recv(1000) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("port", ["8700", 70_000, -1, 1.5, True])
def test_a_port_that_is_none_is_refused(port: Any) -> None:
    for make in (ikas.Sandbox, ikas.Receiver):
        with pytest.raises(InvalidArgumentError, match="whole number from 0 to 65535"):
            make(port=port)


def test_an_end_is_told_before_while_and_after_someone_waits_for_it() -> None:
    early, late = Ending(), Ending()
    early.set()

    async def wait() -> None:
        await early.wait()
        threading.Timer(0.01, late.set).start()
        await asyncio.wait_for(asyncio.gather(late.wait(), late.wait()), 10)

    asyncio.run(wait())
    late.set()  # its loop is closed


def test_the_first_of_several_is_told_and_the_others_are_cancelled() -> None:
    cancelled: list[str] = []

    async def hang(name: str) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(name)
            raise

    async def fail() -> None:
        raise ZeroDivisionError

    async def wait() -> None:
        assert await first_of(hang("a"), asyncio.sleep(0)) == 1
        assert await first_of(hang("b"), timeout=0.001) is None
        with pytest.raises(ZeroDivisionError):
            await first_of(fail(), hang("c"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(first_of(hang("d")), 0.001)

    asyncio.run(wait())
    assert cancelled == ["a", "b", "c", "d"]
