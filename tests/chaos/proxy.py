"""The network between two parts: a TCP proxy that cuts connections where it is told to."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

HOST = "127.0.0.1"
#: Seconds that a stalled request is held, longer than a receiver or a client is waited for.
STALL = 0.8


@dataclass(frozen=True)
class Strike:
    """What befalls one piece of a request, see `Proxy`.

    Attributes
    ----------
    kind : str
    reset : bool
        Whether a cut is an RST, else a FIN.
    holding : bytes
        It waits for a piece that holds this.
    then : callable, optional
        Called, in a thread, before an ``unanswered`` one is cut.
    """

    kind: str
    reset: bool
    holding: bytes = b""
    then: Callable[[], object] | None = None


_NONE = Strike("", False)


class Network:
    """The event loop of all proxies, in a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="network")
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run it on the loop, and wait for what it gives."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def close(self) -> None:
        """End the loop and its thread; calling it again does nothing."""
        if self.loop.is_closed():
            return
        self.do(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Proxy:
    """One port that stands before another.

    A strike befalls the next piece of a request that comes: ``before`` cuts the connection
    and hands nothing on, ``half_request`` hands on half of the piece, ``unanswered`` all of
    it but keeps the answer, ``half_answer`` gives half of that; ``stall`` holds it a while,
    and ``pass`` lets it pass.

    Parameters
    ----------
    network : Network
    target : int
        The port behind it.
    context : ssl.SSLContext, optional
        It speaks https with this, else http.
    beyond : ssl.SSLContext, optional
        It speaks https to the port behind it with this, else http.

    Attributes
    ----------
    struck : Counter of str
        The strikes that befell something.
    holding : int
        Requests that are held just now: they will still arrive.
    """

    def __init__(
        self,
        network: Network,
        target: int,
        context: ssl.SSLContext | None = None,
        beyond: ssl.SSLContext | None = None,
    ) -> None:
        self._network = network
        self._target = target
        self._context = context
        self._beyond = beyond
        self._strikes: deque[Strike] = deque()
        self._open: dict[asyncio.Task[Any], list[asyncio.StreamWriter]] = {}
        self.struck: Counter[str] = Counter()
        self.holding = 0
        self._server: asyncio.Server = network.do(self._start())
        self.port = self._server.sockets[0].getsockname()[1]

    def strike(self, strike: Strike) -> None:
        """Have the next request struck that no earlier strike waits for."""
        self._strikes.append(strike)

    def disconnect(self) -> None:
        """Cut every connection that is open."""
        self._network.do(self._disconnect())

    def clear(self) -> None:
        """Strike no more."""
        self._strikes.clear()

    def close(self) -> None:
        """End it and all its connections."""
        self._network.do(self._close())

    async def _start(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, HOST, 0, ssl=self._context)

    async def _disconnect(self) -> None:
        self.struck["disconnect"] += len(self._open)
        for writers in self._open.values():
            for writer in writers:
                writer.transport.abort()

    async def _close(self) -> None:
        self._server.close()
        await self._disconnect()
        while self._open:
            await asyncio.wait(list(self._open))
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = [writer]
        try:
            above, beyond = await asyncio.open_connection(HOST, self._target, ssl=self._beyond)
            self._open[task].append(beyond)
            link = _Link(self, writer, beyond)
            ways = [
                asyncio.create_task(link.requests(reader)),
                asyncio.create_task(link.answers(above)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            writer.transport.abort()  # nothing behind: as if nothing listened here
        finally:
            for each in self._open[task]:
                each.close()
            for each in self._open[task]:  # https may wait for the other side; a cut ends that
                with suppress(OSError):
                    await each.wait_closed()
            del self._open[task]

    def next_strike(self, piece: bytes) -> Strike:
        """Take the strike for a piece of a request, if one is due."""
        if not self._strikes or self._strikes[0].holding not in piece:
            return _NONE
        strike = self._strikes.popleft()
        if strike.kind == "pass":
            return _NONE
        self.struck[strike.kind] += 1
        return strike


class _Link:
    """One connection through a proxy; either way ends when the connection is to be cut."""

    def __init__(
        self, proxy: Proxy, client: asyncio.StreamWriter, server: asyncio.StreamWriter
    ) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._answer = _NONE

    async def requests(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while piece := await reader.read(65_536):
                strike = self._proxy.next_strike(piece)
                kind = strike.kind
                if kind == "stall":
                    self._proxy.holding += 1
                    try:
                        await asyncio.sleep(STALL)
                    finally:
                        self._proxy.holding -= 1
                elif kind in ("unanswered", "half_answer"):
                    self._answer = strike
                elif kind:
                    self._server.write(piece[: len(piece) // 2] if kind == "half_request" else b"")
                    await self._server.drain()
                    self._cut(strike.reset)
                    return
                self._server.write(piece)
                await self._server.drain()

    async def answers(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while piece := await reader.read(65_536):
                kind = self._answer.kind
                if kind:
                    if self._answer.then is not None:
                        await asyncio.to_thread(self._answer.then)
                    self._client.write(piece[: len(piece) // 2] if kind == "half_answer" else b"")
                    await self._client.drain()
                    self._cut(self._answer.reset)
                    return
                self._client.write(piece)
                await self._client.drain()

    def _cut(self, reset: bool) -> None:
        if reset:
            self._client.transport.abort()
            self._server.transport.abort()
