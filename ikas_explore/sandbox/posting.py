"""A connection to receivers: one attempt at a time, kept for the next.

httpx's transport is used and not its client: it follows no redirect, keeps no cookie and
asks the environment for no proxy. Each has one connection, because a pool of many looks
through all of them for every request.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache

import httpx

from ikas_explore.deliveries.attempts import MOST_OF_AN_ANSWER, Outcome, outcome_of
from ikas_explore.network.environment import trust
from ikas_explore.network.transport import hold
from ikas_explore.values.urls import read_url

#: Seconds an idle connection is used again: less than the 5 after which usual servers hang
#: up, so that no attempt leaves on a connection that is just being closed.
KEEPALIVE = 2.0
_HEADERS = {"Content-Type": "application/json", "User-Agent": "ikas-sandbox"}


class Connection:
    """Posts bodies, to one receiver after the other.

    With `loopback_only` to this machine and nowhere else, whatever a name resolves to.
    """

    def __init__(self, *, loopback_only: bool) -> None:
        self._loopback_only = loopback_only
        self._receiver = ""
        self._transport: httpx.AsyncHTTPTransport | None = None

    async def post(self, endpoint: str, body: bytes, *, seconds: float) -> Outcome:
        """Post a body of JSON within so many seconds, and judge the answer."""
        status: int | None = None
        try:
            transport = await self._open(receiver_of(endpoint))
            async with asyncio.timeout(seconds):
                request = httpx.Request("POST", _url(endpoint), headers=_HEADERS, content=body)
                response = await transport.handle_async_request(request)
                status = response.status_code
                await _read(response)
        except Exception as error:  # whatever it is, it is the outcome
            await self.close()
            return outcome_of(status, error)
        return outcome_of(status)

    async def close(self) -> None:
        if self._transport is not None:
            await self._transport.aclose()

    async def _open(self, receiver: str) -> httpx.AsyncHTTPTransport:
        if self._transport is None or receiver != self._receiver:
            await self.close()
            self._transport = httpx.AsyncHTTPTransport(
                verify=trust(receiver),
                trust_env=False,
                limits=httpx.Limits(max_connections=1, keepalive_expiry=KEEPALIVE),
            )
            hold(self._transport, loopback_only=self._loopback_only)
            self._receiver = receiver
        return self._transport


async def _read(response: httpx.Response) -> None:
    """Read an answer to its end, or as much of it as counts."""
    try:
        size = 0
        async for chunk in response.aiter_raw():
            size += len(chunk)
            if size > MOST_OF_AN_ANSWER:
                break
    finally:
        await response.aclose()


@lru_cache(maxsize=1024)
def receiver_of(endpoint: str) -> str:
    """Return what is slow or fast as one: the endpoint's scheme, host and port."""
    return read_url(endpoint).origin


@lru_cache(maxsize=1024)
def _url(endpoint: str) -> httpx.URL:
    return httpx.URL(endpoint)
