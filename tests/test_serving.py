"""A server in a thread ends at once, and leaves nobody without an answer."""

from __future__ import annotations

import asyncio
import inspect
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError, ServingError, StorageError
from ikas_explore.network.requests import Ending, first_of
from ikas_explore.network.server import HOST, Server
from tests.interrupting import interrupted
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
    with httpx.Client(verify=False, trust_env=False) as client:
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
        with (
            slow[0],
            slow[1],
            httpx.Client(base_url=server.base_url, verify=False, trust_env=False) as client,
        ):
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


def serving() -> list[str]:
    names = ("sandbox", "receiver")
    return [each.name for each in threading.enumerate() if each.name in names and each.is_alive()]


@pytest.mark.parametrize("kind", [ikas.Sandbox, ikas.Receiver])
def test_ctrl_c_at_any_line_of_a_start_leaves_nothing_behind(
    kind: Callable[..., Any], tmp_path: Path
) -> None:
    """No server, and nobody who holds the file, even while the traceback is kept."""
    made: list[Any] = []
    line = 0
    while not made:
        line += 1
        interrupt = interrupted(lambda: made.append(kind(path=tmp_path / "file.db")), line)
        if interrupt is not None:
            until(lambda: not serving())  # a thread that had not begun is waited for by nobody
    assert line > 20
    made.pop().close()


@pytest.mark.parametrize("kind", [ikas.Sandbox, ikas.Receiver])
def test_ctrl_c_at_any_line_of_an_end_ends_it_all_the_same(
    kind: Callable[..., Any], tmp_path: Path
) -> None:
    line = 2  # no signal is seen between the call of close() and the try in it
    going_on = True
    while going_on:
        line += 1
        made = kind(path=tmp_path / "file.db")
        going_on = interrupted(made.close, line) is not None
        assert not serving()
    assert line > 5


def test_what_is_opened_may_take_longer_than_the_deadline() -> None:
    """A large file that is brought up to date is waited for."""

    @contextmanager
    def opening() -> Iterator[Slow]:
        time.sleep(0.2)
        yield Slow()

    with Server(opening(), deadline=0.1) as server:
        assert httpx.get(server.base_url, trust_env=False).text == "serving"


def test_variables_for_other_servers_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    source = inspect.getsource(sys.modules["uvicorn.config"])
    names = set(re.findall(r"""environ(?:\.get\(|\[)["'](\w+)""", source))
    assert {"WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS"} <= names
    for name in names:
        for value in ("", "auto", "*"):
            with monkeypatch.context() as changed:
                changed.setenv(name, value)
                with Server(Slow()) as server:
                    assert httpx.get(server.base_url, trust_env=False).text == "serving"


def test_a_client_does_not_say_where_it_comes_from() -> None:
    """The headers that a proxy sets are headers, and believed by nobody."""
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            seen.append((scope["client"][0], scope["scheme"]))
        await Slow()(scope, receive, send)

    with Server(app) as server:
        sent = {"X-Forwarded-For": "10.1.2.3", "X-Forwarded-Proto": "https"}
        httpx.get(server.base_url, headers=sent, trust_env=False)
    assert seen == [(HOST, "http")]


def test_uvicorn_has_what_is_used_of_it() -> None:
    """One place reaches into it; what a newer version has no longer is named here."""
    used: dict[object, list[str]] = {
        uvicorn.Server: ["startup", "main_loop", "shutdown", "serve"],
        H11Protocol: ["send_400_response", "shutdown"],
    }
    missing = [
        f"{kind}.{name}"
        for kind, names in used.items()
        for name in names
        if not hasattr(kind, name)
    ]
    settings = "workers proxy_headers forwarded_allow_ips callback_notify timeout_notify http ws"
    missing += set(settings.split()) - set(inspect.signature(uvicorn.Config).parameters)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            cycle: Any = getattr(send, "__self__", None)
            connection = cycle.transport.get_protocol()
            for owner, name in (
                (cycle, "response_complete"),
                (connection, "cycle"),
                (connection, "transport"),
                (connection, "conn"),
                (connection, "logger"),
            ):
                missing.extend([] if hasattr(owner, name) else [f"{type(owner)}.{name}"])
            assert isinstance(connection.conn.trailing_data[0], bytes)
        await Slow()(scope, receive, send)

    with Server(app) as server:
        httpx.get(server.base_url, trust_env=False).raise_for_status()
    assert not missing, f"network/server.py has to change: uvicorn {uvicorn.__version__}"


def test_a_port_that_this_process_serves_itself_is_named_so() -> None:
    told = r"this process serves it already.*close\(\)"
    with Server(Slow()) as server, pytest.raises(ServingError, match=told):
        Server(Slow(), port=server.port).start()
    with socket.create_server((HOST, 0)) as other:
        with pytest.raises(ServingError, match="Give another port") as caught:
            Server(Slow(), port=other.getsockname()[1]).start()
        assert "this process" not in str(caught.value)


@pytest.mark.parametrize("kind", [ikas.Sandbox, ikas.Receiver])
@pytest.mark.parametrize("what", ["path", "port"])
def test_a_cell_that_runs_twice_is_told_that_it_was_this_process(
    kind: Callable[..., Any], what: str, tmp_path: Path
) -> None:
    with kind(path=tmp_path / "file.db") as first:
        port = httpx.URL(getattr(first, "endpoint", "") or first.base_url).port
        with pytest.raises(
            (StorageError, ServingError), match=r"[Tt]his process.*close\(\)"
        ) as told:
            kind(**{"path": tmp_path / "file.db"} if what == "path" else {"port": port})
        assert "nother process" not in str(told.value)
    kind(path=tmp_path / "file.db", port=port).close()


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
