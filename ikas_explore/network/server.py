"""An ASGI app on this machine, in a thread: what serves the sandbox and the receiver.

It listens on 127.0.0.1 only, on a free port unless one is asked for. It is ready or raises an error
within a deadline, and it is gone when `Server.stop` returns. The thread has an event loop of its
own, because a notebook's thread already runs one.

All that is opened is opened and closed by that thread. Ctrl-C interrupts the main thread only, so
an interrupted start leaves nothing behind.

uvicorn is reached into here and nowhere else; ``tests/test_serving.py`` names what is used of it.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import ssl
import threading
import weakref
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext, suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ikas_explore.errors import IkasError, ServingError
from ikas_explore.network.authority import Https, serving_https
from ikas_explore.network.clock import now
from ikas_explore.network.door import Door, Refused
from ikas_explore.network.requests import Ending, first_of, until_disconnect
from ikas_explore.values.numbers import check_number

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Send

HOST = "127.0.0.1"
#: Seconds that requests under way are given when a server ends.
GRACE = 2.0
#: Seconds a sender has for the head of a request, the first one and each later one.
HEAD_TIMEOUT = 10.0
# Seconds a client of https has to say goodbye.
_GOODBYE = 0.1
_TLS_HANDSHAKE = b"\x16\x03"
# uvicorn's without its warnings: they would let any sender write into the user's notebook.
_errors = logging.getLogger("uvicorn.error.ikas_explore")
_errors.setLevel(logging.ERROR)
# The ports this process serves, to say so when one is asked for again, and their sockets.
_ports: set[int] = set()
_listening: weakref.WeakSet[socket.socket] = weakref.WeakSet()


def _let_go() -> None:
    """Close a forked child's copies: the port would stay taken as long as the child runs."""
    _ports.clear()
    for each in list(_listening):
        each.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


class Server:
    """One ASGI app, served on 127.0.0.1 from a thread.

    Requests for another ``Host`` are refused with HTTP 400, requests that a browser sent for a page
    from elsewhere (``Origin``, ``Sec-Fetch-Site``) with 403. Neither reaches the app.

    `app` may be a context manager that returns one: it is entered in the server's thread before it
    serves, and left after the last request. `start` and `stop` give up after `deadline` seconds.
    `public_hosts` are let in beside those of this machine, as `normal_host` writes them. `ending`
    is set when the server is to end, for apps that wait for long. With `tls` it speaks https, and
    ``ca_file`` is what its clients have to trust.
    """

    def __init__(
        self,
        app: ASGIApp | AbstractContextManager[ASGIApp],
        *,
        port: int = 0,
        name: str = "server",
        deadline: float = 10.0,
        public_hosts: Collection[str] | None = None,
        refused: Refused | None = None,
        ending: Ending | None = None,
        tls: bool = False,
    ) -> None:
        self._opening = app if isinstance(app, AbstractContextManager) else nullcontext(app)
        self._asked_port = check_number("port", port, least=0, most=65_535, whole=True)
        self._name = name
        self._deadline = deadline
        self._public_hosts = public_hosts
        self._refused = refused
        self._ending = Ending() if ending is None else ending
        # No Events: Ctrl-C may leave them locked, and the thread would never get past them.
        self._opened: SimpleQueue[None] = SimpleQueue()
        self._ready: SimpleQueue[None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._tls = tls
        self._https: Https | None = None
        self.port = 0

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT``, or https, without a slash at the end."""
        return f"http{'s' if self._tls else ''}://{HOST}:{self.port}"

    @property
    def ca_file(self) -> str | None:
        """What clients have to trust; None without https."""
        return None if self._https is None else self._https.ca_file

    def know(self, *names: str) -> None:
        """Be ``https://NAME.localhost`` too, for those who read `ca_file` from now on."""
        if self._https is not None:
            self._https.know([f"{name}.localhost" for name in names])

    def start(self) -> Server:
        """Serve, and return when the app answers."""
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        try:
            self._thread.start()
            self._opened.get()  # however long: a large file of before is brought up to date
            try:
                self._ready.get(timeout=self._deadline)
            except Empty:
                raise ServingError(
                    f"The {self._name} was not ready after {self._deadline:g} s."
                ) from None
            failure, self._failure = self._failure, None
            if isinstance(failure, IkasError):
                raise failure
            if failure is not None:
                raise ServingError(
                    f"The {self._name} ended before it was ready: {failure!r}."
                ) from failure
            return self
        except BaseException:
            with suppress(ServingError):  # it ends by itself as soon as its file is open
                self.stop()
            raise

    def stop(self) -> None:
        """End it and wait until its thread is gone; calling it again does nothing."""
        try:
            self._stop()
        except BaseException:  # Ctrl-C, perhaps before the server got to know
            self._stop()
            raise

    def _stop(self) -> None:
        self._ending.set()
        thread = self._thread  # another thread may stop it too
        if thread is None or thread is threading.current_thread():
            return  # the latter in a finalizer: the server ends at its next turn
        if thread.is_alive():  # one that has not begun ends as soon as it does
            thread.join(self._deadline)
        if thread.is_alive():
            raise ServingError(f"The {self._name} did not end within {self._deadline:g} s.")
        self._thread = None

    def _run(self) -> None:
        try:
            if self._ending.is_set():
                raise ServingError(f"The {self._name} was closed before it was ready.")
            secured = serving_https() if self._tls else nullcontext()
            with (
                self._listen() as listener,
                secured as self._https,
                self._opening as app,
            ):
                self._opened.put(None)
                self.port = listener.getsockname()[1]
                _listening.add(listener)
                _ports.add(self.port)
                door = Door(app, self.base_url, self._public_hosts, self._refused)
                context = None if self._https is None else self._https.context
                server = _PromptServer(door, self._ending, self._ready, context)
                with asyncio.Runner(loop_factory=_Loop) as runner:
                    runner.run(server.serve(sockets=[listener]))
        except BaseException as error:  # raised by start(), which waits in another thread
            self._failure = error
        finally:
            _ports.discard(self.port)
            self._opened.put(None)
            self._ready.put(None)

    def _listen(self) -> socket.socket:
        # The protocol is named because uvicorn sets TCP_NODELAY only then: without it a
        # request takes 40 ms longer.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, self._asked_port))
            listener.listen(1024)
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE and self._asked_port in _ports:
                raise ServingError(
                    f"The {self._name} cannot listen on port {self._asked_port}, because this "
                    "process serves it already, perhaps from an earlier run of the same cell. "
                    "Call close() on that one first, or give another port."
                ) from error
            raise ServingError(
                f"The {self._name} cannot listen on port {self._asked_port}: {error}. "
                "Give another port, or 0 for a free one."
            ) from error
        return listener

    def __enter__(self) -> Server:
        return self if self._thread else self.start()

    def __exit__(self, *exc_info: Any) -> None:
        self.stop()


class _Loop(asyncio.SelectorEventLoop):
    """An event loop with timers that a test cannot freeze."""

    def time(self) -> float:
        return now()


class _PromptServer(uvicorn.Server):
    """Ends in milliseconds: uvicorn's own looks every 0.1 s whether to, and then waits as long."""

    def __init__(
        self,
        door: Door,
        ending: Ending,
        ready: SimpleQueue[None],
        context: ssl.SSLContext | None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                door,
                log_config=None,
                access_log=False,
                http=_protocol(door),
                ws="none",
                lifespan="on",
                server_header=False,
                # What follows is set because uvicorn would take it from variables of the
                # environment that are meant for other servers.
                workers=1,
                proxy_headers=False,
                forwarded_allow_ips="",
                callback_notify=self._cut_slow_heads,
                timeout_notify=1,
            )
        )
        self._ending = ending
        self._ready = ready
        self._context = context
        self._idle: dict[H11Protocol, tuple[object, float]] = {}

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.ssl = self._context  # uvicorn's own arguments for it are paths
        await super().startup(sockets)
        self._ready.put(None)

    async def main_loop(self) -> None:
        await first_of(super().main_loop(), self._ending.wait())

    async def _cut_slow_heads(self) -> None:
        """Cut connections that hold a file and never get to a request; uvicorn lets them be."""
        time, before = now(), self._idle
        self._idle = {}
        connections: list[Any] = list(self.server_state.connections)
        for connection in connections:
            last = connection.cycle
            if last is None or last.response_complete:
                known, since = before.get(connection, (last, time))
                self._idle[connection] = (last, since if known is last else time)
                if time - self._idle[connection][1] > HEAD_TIMEOUT:
                    connection.transport.abort()

    def _cut_silent(self) -> None:
        """Cut idle clients of https: asyncio would wait half a minute for each one's goodbye."""
        connections: list[Any] = list(self.server_state.connections)
        for connection in connections:
            transport = connection.transport
            if transport.is_closing() and not transport.get_write_buffer_size():
                transport.abort()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        begin = now()
        while (state.connections or state.tasks) and now() < begin + GRACE:
            if self._context is not None and now() > begin + _GOODBYE:
                self._cut_silent()
            await asyncio.sleep(0.001)
        for request in list(state.tasks):
            request.cancel()
        await self.lifespan.shutdown()


def _protocol(door: Door) -> type[H11Protocol]:
    class Protocol(H11Protocol):
        """Reports what is no HTTP, too."""

        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.logger = _errors

        def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are replaced
            sent, _ = self.conn.trailing_data
            reason = "The request is not valid HTTP."
            if sent.startswith(_TLS_HANDSHAKE):
                reason = "The sender speaks https, and this is http; let the tunnel end TLS."
            door.refuse(None, 400, reason)
            super().send_400_response(reason)

    return Protocol


async def drop_connection(receive: Receive, send: Send) -> None:
    """Cut the connection of a request without an answer, as a crashing server does.

    ASGI has no message for it, so uvicorn's own transport is reached through ``send``.
    """
    transport: asyncio.Transport = send.__self__.transport  # type: ignore[attr-defined]
    transport.abort()
    # Until uvicorn knows: it would take a return for a crash, and try to answer 500.
    await until_disconnect(receive)
