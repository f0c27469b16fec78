"""Receivers that answer and then do something else: the sandbox and `push` judge them alike."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import ikas_explore as ikas
from ikas_explore.sandbox import Sandbox
from tests.sandbox.api import register

ORDER = "store/order/created"
HEAD = b"HTTP/1.1 %d X\r\nContent-Length: 10\r\n\r\nok"


class Peer:
    """Answers every request with the same bytes, and then does as it is told."""

    def __init__(self, answer: bytes, then: str) -> None:
        self.requests = 0
        self._answer, self._then = answer, then
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(0.1)
            got = b""
            while not self._ended.is_set():
                try:
                    part = connection.recv(65_536)
                except TimeoutError:
                    continue
                except OSError:
                    return
                if not part:
                    return
                got += part
                if b'"signature"' not in got or not got.endswith(b"}"):
                    continue
                self.requests, got = self.requests + 1, b""
                connection.sendall(self._answer)
                if self._then == "reset":
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                if self._then in ("reset", "close"):
                    return
                while self._then == "stream" and not self._ended.wait(0.01):
                    try:
                        connection.sendall(b"1\r\n.\r\n")
                    except OSError:
                        return

    def close(self) -> None:
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()


@contextmanager
def peer(answer: bytes, then: str) -> Iterator[Peer]:
    made = Peer(answer, then)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("then", ["reset", "close", "stall", "stream"])
def test_the_sandbox_and_push_judge_an_answer_alike(then: str, status: int) -> None:
    """The status that came is in the row, and what came after it in words."""
    head = HEAD % status
    if then == "stream":
        head = b"HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n\r\n" % status
    # On a busy machine the status may take longer than what is waited for after it.
    for seconds in (0.5, 5.0, 50.0):
        with (
            peer(head, then) as receiver,
            Sandbox(max_attempts=1, receiver_timeout=seconds) as sandbox,
        ):
            register(sandbox, receiver.endpoint)
            sandbox.emit(ORDER)
            sandbox.settle(120)
            attempts, deliveries = sandbox.attempts(), sandbox.deliveries()
            pushed = ikas.push(receiver.endpoint, ORDER, "secret", max_attempts=1, timeout=seconds)
        if attempts["status_code"].notna().all() and pushed["status_code"].notna().all():
            break
    assert attempts["status_code"].tolist() == pushed["status_code"].tolist() == [status]
    assert attempts["error"].tolist() == pushed["error"].tolist()
    said = "answered 200, and then" if status == 200 else "HTTP 500: only 200 counts"
    assert attempts["error"].str.contains(said).all(), attempts["error"].tolist()
    assert deliveries["state"].tolist() == ["exhausted"]


def test_a_surplus_answer_delivers_nothing_else() -> None:
    """Two answers to one request: the second is not read as that of the next delivery."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with peer(answer + answer.replace(b"200 OK", b"404 X"), "wait") as receiver:
        with Sandbox(max_attempts=1) as sandbox:
            register(sandbox, receiver.endpoint)
            for _ in range(4):
                sandbox.emit(ORDER)
                sandbox.settle(30)
            statuses = sandbox.attempts()["status_code"].tolist()
        assert statuses == [200] * 4
        assert receiver.requests == 4
