"""An endpoint that answers with a status, and then breaks its answer in one of several ways."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

KINDS = ("whole", "no body", "short", "reset", "stalled", "dribbling", "too long", "no answer")


@contextmanager
def broken_endpoint(kind: str, status: int = 200) -> Iterator[str]:
    """Serve on this machine until the end of the block."""
    ending = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):  # the server is closed
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=answer, args=(connection,), daemon=True).start()

        def answer(connection: socket.socket) -> None:
            with connection, suppress(OSError):  # the sender has gone
                _read(connection)
                if kind == "no answer":
                    return
                head = f"HTTP/1.1 {status} X\r\nConnection: close\r\n"
                if kind == "dribbling":
                    connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
                    while not ending.wait(0.01):
                        connection.sendall(b"1\r\n.\r\n")
                    return
                size = {"whole": 2, "no body": 0, "too long": 10**9}.get(kind, 10)
                body = b"" if kind == "no body" else b"." * (10**6 if kind == "too long" else 2)
                connection.sendall(f"{head}Content-Length: {size}\r\n\r\n".encode() + body)
                if kind in ("stalled", "too long"):
                    ending.wait()
                elif kind == "reset":
                    ending.wait(0.05)
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            ending.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _read(connection: socket.socket) -> None:
    """Read one request to its end."""
    head, body = b"", b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(65_536)
    head, _, body = head.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    assert length is not None
    while len(body) < int(length[1]):
        body += connection.recv(65_536)
