"""The connections to receivers: one per attempt under way, kept a while for the next to the same.

httpx's transport is used and not its client: it follows no redirect, keeps no cookie and
asks the environment for no proxy. Each has one connection, because a pool of many looks
through all of them for every request.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import lru_cache

import httpx

from ikas_explore.deliveries.attempts import MOST_OF_AN_ANSWER, Outcome, outcome_of
from ikas_explore.network import clock
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
        # By receiver, the one longest without a delivery first; each with when it was kept.
        self._idle: OrderedDict[str, list[tuple[float, httpx.AsyncHTTPTransport]]] = OrderedDict()
        self._ageing: asyncio.Task[None] | None = None

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
        await self._keep(receiver, transport)
        return outcome_of(status)

    async def close(self) -> None:
        if self._ageing is not None:
            self._ageing.cancel()
            await asyncio.gather(self._ageing, return_exceptions=True)
        self._most_idle = 0
        await self._close_surplus()

    def _take(self, receiver: str) -> httpx.AsyncHTTPTransport:
        if receiver in self._idle:
            self._count -= 1
            # The one used last, so that those not needed grow old.
            _, transport = self._idle[receiver].pop()
            if not self._idle[receiver]:
                del self._idle[receiver]
            return transport
        transport = httpx.AsyncHTTPTransport(
            verify=trust(receiver),
            trust_env=False,
            limits=httpx.Limits(max_connections=1, keepalive_expiry=_KEEPALIVE),
        )
        hold(transport, loopback_only=self._loopback_only)
        return transport

    async def _keep(self, receiver: str, transport: httpx.AsyncHTTPTransport) -> None:
        self._idle.setdefault(receiver, []).append((clock.now(), transport))
        self._idle.move_to_end(receiver)
        self._count += 1
        if self._ageing is None or self._ageing.done():
            self._ageing = asyncio.create_task(self._close_old())
        await self._close_surplus()

    async def _close_surplus(self) -> None:
        while self._count > self._most_idle:
            await self._close_oldest(next(iter(self._idle)))

    async def _close_old(self) -> None:
        """Close what is not used again, until nothing is idle; receivers may be gone long since."""
        while self._idle:
            await asyncio.sleep(_KEEPALIVE / 2)
            old = clock.now() - _KEEPALIVE
            for receiver in list(self._idle):
                while receiver in self._idle and self._idle[receiver][0][0] < old:
                    await self._close_oldest(receiver)

    async def _close_oldest(self, receiver: str) -> None:
        self._count -= 1
        _, oldest = self._idle[receiver].pop(0)
        if not self._idle[receiver]:
            del self._idle[receiver]
        await oldest.aclose()


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
