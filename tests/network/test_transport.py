"""What we reach into of httpx and httpcore; when this fails, read `network/transport.py` again."""

from __future__ import annotations

import asyncio
from typing import Any

import httpcore
import httpx
import pytest

from ikas_explore.network.transport import hold
from tests.auditing.endpoints import endpoint
from tests.security.servers import answer, saying

ADVICE = (
    "httpx or httpcore changed: `open_client`, `renew`, `hold` and `_surplus` in "
    "network/transport.py rely on "
)


def test_the_attributes_that_we_reach_into_are_there() -> None:
    """Each with what would go wrong without it."""
    with endpoint(saying(*[answer(b"")] * 2)) as here, httpx.HTTPTransport() as transport:
        pool: Any = getattr(transport, "_pool", None)
        assert isinstance(pool, httpcore.ConnectionPool), f"{ADVICE}HTTPTransport._pool"
        backend = getattr(pool, "_network_backend", None)
        assert isinstance(backend, httpcore.NetworkBackend), (
            f"{ADVICE}ConnectionPool._network_backend: without it deadlines do not hold, and "
            "names of this machine are looked up"
        )
        assert hasattr(pool._optional_thread_lock, "__enter__"), (
            f"{ADVICE}ConnectionPool._optional_thread_lock: without it Ctrl-C can leave it locked"
        )
        assert callable(getattr(pool, "create_connection", None)), (
            f"{ADVICE}ConnectionPool.create_connection: without it a surplus answer is read as "
            "the next one"
        )
        with httpx.Client(transport=transport) as client:
            assert getattr(client, "_transport", None) is transport, f"{ADVICE}Client._transport"
            assert callable(client.cookies.extract_cookies), f"{ADVICE}Cookies.extract_cookies"
            client.post(f"http://127.0.0.1:{here.port}/")
            (connection,) = pool.connections
            assert callable(connection.has_expired), f"{ADVICE}ConnectionInterface.has_expired"
            inner: Any = getattr(connection, "_connection", None)
            assert hasattr(inner, "_h11_state"), f"{ADVICE}HTTPConnection._connection._h11_state"
            assert inner._h11_state.trailing_data == (b"", False), f"{ADVICE}h11's trailing_data"
            stream = getattr(inner, "_network_stream", None)
            assert isinstance(stream, httpcore.NetworkStream), f"{ADVICE}_network_stream"
            assert stream.get_extra_info("is_readable") is False, f"{ADVICE}is_readable"


def test_the_same_holds_for_asyncio() -> None:
    async def look() -> None:
        async with httpx.AsyncHTTPTransport() as transport:
            pool: Any = transport._pool
            assert isinstance(pool._network_backend, httpcore.AsyncNetworkBackend), ADVICE
            assert callable(pool.create_connection), ADVICE

    asyncio.run(look())


def test_httpx_is_bounded_as_the_next_one_may_move_them() -> None:
    major, minor, *_ = httpx.__version__.split(".")
    assert (int(major), int(minor)) < (0, 29)


def test_a_transport_that_loopback_bounds_goes_nowhere_else() -> None:
    async def look() -> None:
        transport = httpx.AsyncHTTPTransport()
        hold(transport, loopback_only=True)
        async with httpx.AsyncClient(transport=transport) as client:
            with pytest.raises(httpx.ConnectError, match="not this machine"):
                await client.get("http://192.0.2.1/")

    asyncio.run(look())
