"""The cheapest receiver: answers 200 to every POST and keeps the connection.

``python -m tests.benchmarks.plain_receiver`` prints its endpoint and serves until its
standard input ends, so that a benchmark's load and its receiver do not share a process.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class _Answers(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._waiting = b""

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while True:
            head, blank, rest = self._waiting.partition(b"\r\n\r\n")
            length = _LENGTH.search(head)
            size = int(length.group(1)) if length else 0
            if not blank or len(rest) < size:
                return
            self._waiting = rest[size:]
            self._transport.write(_ANSWER)  # type: ignore[attr-defined]


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Answers, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


@contextmanager
def plain_receiver() -> Iterator[str]:
    """Run it in a process of its own and give its endpoint."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.plain_receiver"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        yield process.stdout.readline().strip()
        process.stdin.close()


if __name__ == "__main__":
    asyncio.run(_serve())
