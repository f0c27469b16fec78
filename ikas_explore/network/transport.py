"""Connections: how long they last, what stays on this machine, and when they are not used again.

httpx's time-outs begin anew with every byte that arrives, so that an answer sent one byte at a
time never ends; `deadline` bounds connecting, sending and reading together. A host that is this
machine is not looked up: whoever answers for the name cannot lead the connection elsewhere. And a
connection on which more came than was asked for is not used again: the surplus would be read as
the answer to the next request, of another store perhaps.

httpx has arguments for none of this. What is reached into of httpx and httpcore is all in
`open_client`, `renew`, `hold` and `_surplus`; a test names each attribute.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpcore
import httpx

from ikas_explore.network import clock
from ikas_explore.network.environment import Proxy, proxy_for, trust
from ikas_explore.network.failures import ProxyFailure, failure_of
from ikas_explore.values.urls import loopback_addresses

#: Seconds: a day, as sockets take no time-out without end.
LONGEST = 86_400.0

# An exchange is made by one thread from its beginning to its end.
_thread = threading.local()

_PIECE = 65_536


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Bound all that connections do in this thread, inside the block; None bounds nothing.

    Looking up a name is not bounded: the system's resolver knows no time-out.
    """
    _thread.end = None if seconds is None else clock.now() + seconds
    try:
        yield
    finally:
        _thread.end = None  # not what was there before: that may be of an exchange Ctrl-C cut off


def open_client(
    url: str,
    *,
    timeout: float,
    through_proxy: bool = False,
    transport: httpx.BaseTransport | None = None,
    ca_file: str | None = None,
) -> httpx.Client:
    """Return an HTTP client for the host of a URL, its connections held to all of the above.

    It follows no redirect, reads no ``.netrc``, and keeps no cookie: stores share a client.
    """
    if transport is None:
        transport = _Transport(url, proxy_for(url) if through_proxy else None, ca_file)
    elif isinstance(transport, httpx.HTTPTransport):
        hold(transport)
    client = httpx.Client(timeout=min(timeout, LONGEST), transport=transport, trust_env=False)
    cookies: Any = client.cookies
    # Not a policy that refuses all: looking for cookies takes a tenth of a call.
    cookies.extract_cookies = lambda _answer: None
    return client


class _Transport(httpx.HTTPTransport):
    """httpx's, for one host: says which proxy it was when that is at fault."""

    def __init__(self, url: str, proxy: Proxy | None, ca_file: str | None) -> None:
        self._proxy = proxy
        self._trusted = trust(url, ca_file)
        self.open()

    def open(self) -> None:
        """Start with a new pool of connections."""
        super().__init__(
            verify=self._trusted,
            trust_env=False,
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=50),
            proxy=self._proxy.http if self._proxy else None,
        )
        hold(self, to_proxy=self._proxy is not None)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return super().handle_request(request)
        except httpx.ProxyError as error:
            failure = failure_of(error)
            status = re.match(r"\d{3}", str(error))
        if self._proxy is None:
            raise AssertionError("without a proxy, none can fail")
        said = f"refused (HTTP {status[0]})" if status else f"cannot be reached ({failure.reason})"
        raise ProxyFailure(f"the proxy {self._proxy.name} {said}")


def renew(client: httpx.Client) -> None:
    """Use no connection of a client again: Ctrl-C may have left one, or the pool, half changed."""
    transport = client._transport
    if isinstance(transport, _Transport):
        idle = [each for each in transport._pool.connections if each.is_idle()]
        transport.open()  # requests of other threads end in the pool they began in
        for connection in idle:
            connection.close()


def hold(
    transport: httpx.HTTPTransport | httpx.AsyncHTTPTransport,
    *,
    to_proxy: bool = False,
    loopback_only: bool = False,
) -> None:
    """Hold a transport's connections to the above, and to this machine if need be."""
    pool: Any = transport._pool
    beneath = pool._network_backend
    if isinstance(transport, httpx.HTTPTransport):
        pool._network_backend = _Backend(beneath, to_proxy)
        # httpcore's is written in Python: Ctrl-C while it is taken leaves it taken.
        pool._optional_thread_lock = threading.Lock()
    else:
        pool._network_backend = _AsyncBackend(beneath, loopback_only)
    # Weak, as a circle would keep connections open that nothing holds any more.
    held, kind = weakref.ref(pool), type(pool)

    def create_connection(origin: Any) -> Any:
        connection = kind.create_connection(held(), origin)
        made = weakref.ref(connection)
        expired = type(connection).has_expired
        connection.has_expired = lambda: expired(made()) or _surplus(made())
        return connection

    pool.create_connection = create_connection


def _surplus(connection: Any) -> bool:
    """Tell whether more came on an idle connection than its answers."""
    while not hasattr(connection, "_h11_state"):
        connection = getattr(connection, "_connection", None)
        if connection is None:  # not connected yet
            return False
    if not connection.is_idle():
        return False
    trailing = connection._h11_state.trailing_data[0]
    return bool(trailing and connection.is_idle())  # another thread may have taken it meanwhile


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, each once, in the system's order; OSError without any."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label too long
        raise OSError(str(error)) from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _left(timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
    end = getattr(_thread, "end", None)
    if end is None:
        return timeout
    left: float = end - clock.now()
    if left <= 0:
        raise late("the time for all of the exchange is over")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose time-outs do not begin anew."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._process = os.getpid()
        self._answered = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._answered = True
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # The next request: what came since the pool looked would be read as its answer. The
        # pool takes another connection then.
        if self._answered and self.get_extra_info("is_readable"):
            raise httpcore.ConnectionNotAvailable
        self._answered = False
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._stream.write(piece, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        # What is readable while nothing was asked is closed by the other side, and not used
        # again. Nor is what a forked process shares with its parent: each would read the other's
        # answers.
        if info == "is_readable" and self._process != os.getpid():
            return True
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, backend: httpcore.NetworkBackend, to_proxy: bool) -> None:
        self._backend = backend
        self._to_proxy = to_proxy

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *options: Any, **named: Any
    ) -> httpcore.NetworkStream:
        try:
            return self._connect(host, port, timeout, *options, **named)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            if self._to_proxy:
                raise httpcore.ProxyError(str(error)) from error
            raise

    def _connect(
        self, host: str, port: int, timeout: float | None, *options: Any, **named: Any
    ) -> _Stream:
        try:
            addresses = loopback_addresses(host) or resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        failure: Exception = httpcore.ConnectError("the host has no address")
        for number, address in enumerate(addresses):
            left = _left(timeout, httpcore.ConnectTimeout)
            # Some time is kept for the addresses that follow.
            share = None if left is None else left / (len(addresses) - number)
            try:
                stream = self._backend.connect_tcp(address, port, share, *options, **named)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _Stream(stream)
        raise failure


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, backend: httpcore.AsyncNetworkBackend, loopback_only: bool) -> None:
        self._backend = backend
        self._loopback_only = loopback_only

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *options: Any, **named: Any
    ) -> httpcore.AsyncNetworkStream:
        addresses = loopback_addresses(host)
        if not addresses and not self._loopback_only:
            addresses = [host]  # the backend looks it up without holding up the loop
        failure: Exception = httpcore.ConnectError("the host is not this machine")
        for address in addresses:
            try:
                return _AsyncStream(
                    await self._backend.connect_tcp(address, port, timeout, *options, **named)
                )
            except httpcore.ConnectError as error:
                failure = error
        raise failure


class _AsyncStream(httpcore.AsyncNetworkStream):
    """A connection on which nothing more is sent once there is more than was asked for."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._answered = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._answered = True
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._answered and self.get_extra_info("is_readable"):  # as in `_Stream`
            raise httpcore.ConnectionNotAvailable
        self._answered = False
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            secured = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:  # one that is cancelled too, which httpcore leaves open
            await self.aclose()
            raise
        return _AsyncStream(secured)

    def get_extra_info(self, info: str) -> Any:
        secure = self._stream.get_extra_info("ssl_object") if info == "is_readable" else None
        if secure is not None:  # asyncio reads ahead of what it was asked for
            with suppress(ssl.SSLError):
                if secure.read(1):
                    return True
        return self._stream.get_extra_info(info)
