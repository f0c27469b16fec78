"""The network between two parts: a TCP proxy that cuts connections where it is told to."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

HOST = "127.0.0.1"
#: Seconds that a stalled request is held, longer than a receiver or a client is waited for.
STALL = 0.8


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

    Attributes
    ----------
    struck : Counter of str
        The strikes that befell something.
    holding : int
        Requests that are held just now: they will still arrive.
    """

    def __init__(self, network: Network, target: int) -> None:
        self._network = network
        self._target = target
        self._strikes: deque[tuple[str, bool]] = deque()
        self._open: dict[asyncio.Task[Any], list[asyncio.StreamWriter]] = {}
        self.struck: Counter[str] = Counter()
        self.holding = 0
        self._server: asyncio.Server = network.do(self._start())
        self.port = self._server.sockets[0].getsockname()[1]

    def strike(self, kind: str, *, reset: bool) -> None:
        """Have the next request struck; `reset` cuts with an RST, else a FIN."""
        self._strikes.append((kind, reset))

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
        return await asyncio.start_server(self._serve, HOST, 0)

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
            above, beyond = await asyncio.open_connection(HOST, self._target)
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
            for each in self._open.pop(task):
                each.close()
                with suppress(OSError):
                    await each.wait_closed()

    def next_strike(self) -> tuple[str, bool] | None:
        """Take the strike for a piece of a request, if one is due."""
        if not self._strikes:
            return None
        kind, reset = self._strikes.popleft()
        if kind == "pass":
            return None
        self.struck[kind] += 1
        return kind, reset


class _Link:
    """One connection through a proxy; either way ends when the connection is to be cut."""

    def __init__(
        self, proxy: Proxy, client: asyncio.StreamWriter, server: asyncio.StreamWriter
    ) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._answer: tuple[str, bool] | None = None

    async def requests(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while piece := await reader.read(65_536):
                strike = self._proxy.next_strike()
                kind, reset = strike or ("", False)
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
                    self._cut(reset)
                    return
                self._server.write(piece)
                await self._server.drain()

    async def answers(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while piece := await reader.read(65_536):
                kind, reset = self._answer or ("", False)
                if kind:
                    self._client.write(piece[: len(piece) // 2] if kind == "half_answer" else b"")
                    await self._client.drain()
                    self._cut(reset)
                    return
                self._client.write(piece)
                await self._client.drain()

    def _cut(self, reset: bool) -> None:
        if reset:
            self._client.transport.abort()
            self._server.transport.abort()
