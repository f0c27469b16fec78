"""An ASGI app on this machine, in a thread: what the sandbox and the receiver stand on.

Loopback only, a free port unless one is asked for, ready or an error within a deadline,
and gone when `Server.stop` returns. Both sit in a notebook whose thread already has an
event loop, hence the thread with a loop of its own.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine, MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse

from ikas_explore.errors import ServingError
from ikas_explore.values.numbers import check_number

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"
#: Seconds that requests under way are given when a server ends.
GRACE = 2.0
#: Seconds a sender has for the head of a request, be it the first or a later one.
HEAD_TIMEOUT = 10.0
#: Seconds a sender has for the body of a request, once its head is there.
BODY_TIMEOUT = 10.0


class Server:
    """One ASGI app, served on 127.0.0.1 from a thread.

    No page in a browser gets to the app: a request whose ``Host`` names another machine (a name
    that resolves to loopback) is refused with HTTP 400, one that a browser sent for a page from
    elsewhere (``Origin``, ``Sec-Fetch-Site``) with 403, before its body is read.

    Parameters
    ----------
    app : ASGI application
        Its lifespan events are run: what has to start and stop with it belongs there.
    port : int, default 0
        0 takes a free one.
    name : str
        Name of the thread, and what errors call the server.
    deadline : float, default 10.0
        Seconds until `start` and `stop` give up.

    Raises
    ------
    ServingError
        From `start`: the port is taken, or the app did not come up in time.
    """

    def __init__(
        self, app: ASGIApp, *, port: int = 0, name: str = "server", deadline: float = 10.0
    ) -> None:
        self._app = app
        self._asked_port = check_number("port", port, least=0, most=65_535, whole=True)
        self._name = name
        self._deadline = deadline
        self._server: _PromptServer | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self.port = 0

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT``, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> Server:
        """Serve, and return when the app answers."""
        listener = self._listen()
        self.port = listener.getsockname()[1]
        app = TrustedHostMiddleware(
            _NoPages(self._app, self.base_url),
            allowed_hosts=[HOST, "localhost"],
            www_redirect=False,
        )
        self._server = _PromptServer(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                ws="none",
                lifespan="on",
                server_header=False,
            )
        )
        self._thread = threading.Thread(
            target=self._run, args=(self._server, listener), name=self._name, daemon=True
        )
        self._thread.start()
        end = time.monotonic() + self._deadline
        while not self._server.started:
            if not self._thread.is_alive():
                raise ServingError(
                    f"The {self._name} ended before it was ready: {self._failure!r}."
                ) from self._failure
            if time.monotonic() > end:
                self.stop()
                raise ServingError(f"The {self._name} was not ready after {self._deadline:g} s.")
            time.sleep(0.001)
        return self

    def stop(self) -> None:
        """End it and wait until its thread is gone; calling it again does nothing."""
        server, thread = self._server, self._thread  # another thread may stop it too
        if server is None or thread is None:
            return
        server.end()
        if threading.current_thread() is thread:
            return  # a finalizer that ran on the server's own thread: it ends at its next turn
        thread.join(self._deadline)
        if thread.is_alive():
            raise ServingError(f"The {self._name} did not end within {self._deadline:g} s.")
        self._server = self._thread = None

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
            raise ServingError(
                f"The {self._name} cannot listen on port {self._asked_port}: {error}. "
                "Give another port, or 0 for a free one."
            ) from error
        return listener

    def _run(self, server: _PromptServer, listener: socket.socket) -> None:
        try:
            asyncio.run(server.serve(sockets=[listener]))
        except BaseException as error:  # told by start(), which waits in another thread
            self._failure = error
        finally:
            listener.close()

    def __enter__(self) -> Server:
        return self if self._server else self.start()

    def __exit__(self, *exc_info: Any) -> None:
        self.stop()


class _PromptServer(uvicorn.Server):
    """Ends in milliseconds: uvicorn's own looks every 0.1 s whether to, and then waits as long."""

    def __init__(self, config: uvicorn.Config) -> None:
        config.callback_notify, config.timeout_notify = self._cut_slow_heads, 1
        super().__init__(config)
        self._ending = Ending()
        self._idle: dict[Any, tuple[object, float]] = {}

    def end(self) -> None:
        """Have it end; from any thread."""
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        await first_of(super().main_loop(), self._ending.wait())

    async def _cut_slow_heads(self) -> None:
        """Cut connections that hold a file and never get to a request; uvicorn lets them be."""
        now, before = time.monotonic(), self._idle
        self._idle = {}
        # Only h11's and httptools' protocols, which tell what request they had last.
        connections: list[Any] = [x for x in self.server_state.connections if hasattr(x, "cycle")]
        for connection in connections:
            last = connection.cycle
            if last is None or last.response_complete:
                known, since = before.get(connection, (last, now))
                self._idle[connection] = (last, since if known is last else now)
                if now - self._idle[connection][1] > HEAD_TIMEOUT:
                    connection.transport.abort()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        end = time.monotonic() + GRACE
        while (state.connections or state.tasks) and time.monotonic() < end:
            await asyncio.sleep(0.001)
        for request in list(state.tasks):
            request.cancel()
        await self.lifespan.shutdown()


class _NoPages:
    """Refuses what a browser sends for a page that is not the app's own.

    Without it a page could not read answers, but could have requests made that change things
    where no token is asked for, as at a receiver.
    """

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        self._app = app
        self._own = base_url.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope["headers"] if scope["type"] == "http" else ()
        for name, value in headers:
            foreign_origin = name == b"origin" and value != self._own
            if foreign_origin or (name == b"sec-fetch-site" and value.endswith(b"-site")):
                refusal = PlainTextResponse("This is no server for web pages.\n", 403)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


class Ending:
    """The end of something, told from any thread to those who wait for it on one event loop."""

    def __init__(self) -> None:
        self._told = False
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def set(self) -> None:
        """Let all who wait, now or later, go on; from any thread, however often."""
        self._told = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self) -> None:
        """Wait for the end."""
        # Here the loop comes first, in `set` the telling: so one of the two sees the other.
        self._loop = asyncio.get_running_loop()
        if not self._told:
            await self._event.wait()


async def first_of(*waits: Coroutine[Any, Any, object], timeout: float | None = None) -> int | None:
    """Wait until one of several is done, and cancel the others.

    Parameters
    ----------
    *waits : coroutine
    timeout : float, optional
        Seconds after which all are cancelled.

    Returns
    -------
    int or None
        The position of the one that is done, of several the first; None when the time is up.
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


class BodyRefused(Exception):
    """A body is too long or does not end; the text is what to answer.

    Attributes
    ----------
    status : int or None
        The HTTP status to answer; None when the sender left and nobody reads an answer.
    part : bytes or None
        What came of the body; None when it was too long.
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
        raise BodyRefused(None, f"The sender left after {size} bytes of the body.", body)
    if message.get("more_body"):
        raise BodyRefused(408, f"The body was not complete after {BODY_TIMEOUT:g} s.", body)
    return body


async def until_disconnect(receive: Receive) -> None:
    """Wait until who sent a request has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def drop_connection(receive: Receive, send: Send) -> None:
    """Cut the connection of a request without an answer, as a crashing server does.

    ASGI has no message for it, so uvicorn's own transport is reached through ``send``.

    Parameters
    ----------
    receive, send : callable
        Of a request served by `Server` that nothing was answered to yet.
    """
    transport: asyncio.Transport = send.__self__.transport  # type: ignore[attr-defined]
    transport.abort()
    # Until uvicorn knows: it would take a return for a crash, and try to answer 500.
    await until_disconnect(receive)
