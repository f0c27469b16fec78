"""The connections to receivers: one per attempt under way, kept a while for the next to the same.

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

# Seconds an idle connection is used again: less than the 5 after which usual servers hang
# up, so that no attempt leaves on a connection that is just being closed.
_KEEPALIVE = 2.0
_HEADERS = {"Content-Type": "application/json", "User-Agent": "ikas-sandbox"}


class Connections:
    """Posts bodies; for one event loop.

    At most `most_idle` connections are kept open without use, to all receivers together. With
    `loopback_only` they go to this machine and nowhere else, whatever a name resolves to.
    """

    def __init__(self, most_idle: int, *, loopback_only: bool = True) -> None:
        self._most_idle = most_idle
        self._loopback_only = loopback_only
        self._count = 0
        # By receiver, each with the timer that closes it: the receiver may be gone long since.
        self._idle: dict[str, dict[httpx.AsyncHTTPTransport, asyncio.TimerHandle]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def post(self, receiver: str, endpoint: str, body: bytes, *, seconds: float) -> Outcome:
        """Post a body of JSON within so many seconds, and judge the answer."""
        transport = self._take(receiver)
        status: int | None = None
        try:
            async with asyncio.timeout(seconds):
                request = httpx.Request("POST", _url(endpoint), headers=_HEADERS, content=body)
                response = await transport.handle_async_request(request)
                status = response.status_code
                await _read(response)
        except Exception as error:  # whatever it is, it is the outcome
            await transport.aclose()
            return outcome_of(status, error)
        except BaseException:
            await transport.aclose()
            raise
        if self._count < self._most_idle:
            self._keep(receiver, transport)
        else:
            await transport.aclose()
        return outcome_of(status)

    async def close(self) -> None:
        for receiver, idle in list(self._idle.items()):
            for transport in list(idle):
                self._close(receiver, transport)
        await asyncio.gather(*self._closing)

    def _take(self, receiver: str) -> httpx.AsyncHTTPTransport:
        if receiver in self._idle:
            # The one used last, so that those not needed grow old.
            transport = next(reversed(self._idle[receiver]))
            self._forget(receiver, transport)
            return transport
        transport = httpx.AsyncHTTPTransport(
            verify=trust(receiver),
            trust_env=False,
            limits=httpx.Limits(max_connections=1, keepalive_expiry=_KEEPALIVE),
        )
        hold(transport, loopback_only=self._loopback_only)
        return transport

    def _keep(self, receiver: str, transport: httpx.AsyncHTTPTransport) -> None:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(_KEEPALIVE, self._close, receiver, transport)
        self._idle.setdefault(receiver, {})[transport] = timer
        self._count += 1

    def _close(self, receiver: str, transport: httpx.AsyncHTTPTransport) -> None:
        self._forget(receiver, transport)
        task = asyncio.create_task(transport.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _forget(self, receiver: str, transport: httpx.AsyncHTTPTransport) -> None:
        idle = self._idle[receiver]
        idle.pop(transport).cancel()
        self._count -= 1
        if not idle:
            del self._idle[receiver]


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
def _url(endpoint: str) -> httpx.URL:
    return httpx.URL(endpoint)
