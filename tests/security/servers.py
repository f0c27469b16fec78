"""Servers on loopback that do what a hostile one would."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import stamina

import ikas_explore as ikas
from tests.auditing.endpoints import Behaviour

TOKEN = "canary-token-5d1f"


def trickling(head: bytes) -> Behaviour:
    """Send an answer's head one byte at a time; for some seconds, so that it ends by itself."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65_536)
        for number in range(300):
            connection.sendall(head[number : number + 1] or b"x")
            time.sleep(0.02)
        connection.sendall(b"\r\nContent-Length: 2\r\n\r\n{}")

    return behave


def saying(*answers: bytes) -> Behaviour:
    """Give one answer after another on one connection, each to a request with a body."""

    def behave(connection: socket.socket) -> None:
        for answer in answers:
            received = b""
            while b"\r\n\r\n" not in received or not _whole(received):
                received += connection.recv(65_536)
            connection.sendall(answer)

    return behave


def _whole(request: bytes) -> bool:
    head, _, body = request.partition(b"\r\n\r\n")
    length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return len(body) >= int(length[0].split(b":")[1]) if length else True


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return the bytes of an answer that keeps the connection."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@contextlib.contextmanager
def store_at(port: int, *, timeout: float = 10.0) -> Iterator[ikas.Store]:
    """Connect to a store at a port of this machine; every call is sent once."""
    with (
        stamina.set_testing(True, attempts=1),
        ikas.connect(
            "shop", access_token=TOKEN, base_url=f"http://127.0.0.1:{port}", timeout=timeout
        ) as store,
    ):
        yield store


EMPTY_LIST = b'{"data":{"listWebhook":[]}}'
