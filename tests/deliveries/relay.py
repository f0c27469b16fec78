"""A tunnel: its public end speaks https here, its agent is a program that ends with `listen`.

``python relay.py URL FROM TO`` is the agent: it prints the public URL and passes on what comes to
one port of this machine to another. It imports nothing of this package.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    writer.close()


async def _serve(port: int, to: int, context: ssl.SSLContext | None) -> asyncio.Server:
    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            with suppress(OSError):  # the agent is gone, as a tunnel's can be
                there, back = await asyncio.open_connection("127.0.0.1", to)
                writers.append(back)
                await asyncio.gather(_pump(reader, back), _pump(there, writer))
        except asyncio.CancelledError:  # the loop ends: no connection outlives it
            for each in writers:
                each.transport.abort()
        finally:
            for each in writers:
                each.close()

    return await asyncio.start_server(passed_on, "127.0.0.1", port, ssl=context)


@contextmanager
def public_end(context: ssl.SSLContext, agent: int) -> Iterator[str]:
    """Serve https, and pass on to the agent's port; gives the public URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(_serve(0, agent, context), loop).result()
    try:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}/ikas"
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _agent(url: str, port: int, to: int) -> None:
    server = await _serve(port, to, None)
    print(url, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_agent(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
