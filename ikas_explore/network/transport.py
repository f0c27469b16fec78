"""What connections are held to: a deadline for all of an exchange, and names that stay here.

httpx's time-outs begin anew with every byte that arrives, so that an answer sent one byte at a
time never ends; `deadline` bounds connecting, sending and reading together. And a host that is
this machine is not looked up: whoever answers for the name cannot lead the connection elsewhere.
Other hosts are connected to, unless `hold_async` is told that nothing may leave this machine: the
sandbox's deliveries.

Both are done in the network backend beneath httpx, which has no argument for it: the one place
that reaches into httpx's transports is `hold` and `hold_async`. Probes, which have connections of
their own, share `resolve`.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from ikas_explore.values.urls import loopback_addresses

#: Seconds: a day, as sockets take no time-out without end.
LONGEST = 86_400.0

# An exchange is made by one thread from its beginning to its end.
_thread = threading.local()

_PIECE = 65_536


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Bound all that connections held by `hold` do in this thread, inside the block.

    Looking up a name is not bounded: the system's resolver knows no time-out.

    Parameters
    ----------
    seconds : float or None
        None bounds nothing.
    """
    before = getattr(_thread, "end", None)
    _thread.end = None if seconds is None else time.monotonic() + seconds
    try:
        yield
    finally:
        _thread.end = before


def hold(client: httpx.Client) -> httpx.Client:
    """Hold the connections of a client, and those it makes through a proxy, to the above.

    It keeps no cookie either: the stores of a fleet share a client.
    """
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx.HTTPTransport):
            pool = transport._pool
            pool._network_backend = _Backend(pool._network_backend)
    return client


def hold_async(
    transport: httpx.AsyncHTTPTransport, *, loopback_only: bool
) -> httpx.AsyncHTTPTransport:
    """Keep the connections of a transport to this machine, or let them go elsewhere too."""
    pool = transport._pool
    pool._network_backend = _AsyncBackend(pool._network_backend, loopback_only)
    return transport


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, each once, in the system's order.

    Raises
    ------
    OSError
        It has none, or cannot be a name.

    Examples
    --------
    >>> resolve("127.0.0.1", 80)
    ['127.0.0.1']
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label too long
        raise OSError(str(error)) from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _left(timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
    end = getattr(_thread, "end", None)
    if end is None:
        return timeout
    left: float = end - time.monotonic()
    if left <= 0:
        raise late("the time for all of the exchange is over")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose time-outs do not begin anew."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._process = os.getpid()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
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
    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
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
                stream = self._backend.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _Stream(stream)
        raise failure

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, backend: httpcore.AsyncNetworkBackend, loopback_only: bool) -> None:
        self._backend = backend
        self._loopback_only = loopback_only

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = loopback_addresses(host)
        if not addresses and not self._loopback_only:
            addresses = [host]  # the backend looks it up without holding up the loop
        failure: Exception = httpcore.ConnectError("the host is not this machine")
        for address in addresses:
            try:
                return await self._backend.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)
