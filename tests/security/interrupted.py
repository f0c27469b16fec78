"""Press Ctrl-C at one line in many of a call that fetches a token and lists webhooks."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import Any

from tests.security.test_interrupts import LIST_ANSWER, TOKEN_ANSWER, connect, shown


class Ikas(BaseHTTPRequestHandler):
    """Gives a token, and lists nothing."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = TOKEN_ANSWER if "token" in self.path else LIST_ANSWER
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing: that clients leave is what the test is about."""


@contextlib.contextmanager
def served() -> Iterator[str]:
    server = Quiet(("127.0.0.1", 0), Ikas)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def interrupted_at(line: int, call: Callable[[], object]) -> tuple[BaseException | None, int]:
    """Raise KeyboardInterrupt at the n-th line that a call executes; return it and the lines."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        # What ends an exchange for good is not interrupted: the standard library's own code.
        if not any(f"{os.sep}{name}{os.sep}" in frame.f_code.co_filename for name in TRACED):
            return None
        if event == "line":
            count += 1
            if count == line:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt as interrupt:
        return interrupt, count
    finally:
        sys.settrace(before)
    return None, count


TRACED = ("ikas_explore", "httpx", "httpcore", "h11")


def main() -> None:
    with served() as base_url, warnings.catch_warnings():
        # A socket that was about to be kept is closed when nothing holds it, with a warning.
        warnings.simplefilter("ignore", ResourceWarning)
        with connect(base_url) as store:  # what is made once is made here
            store.webhooks.list()
        interrupt: BaseException | None = KeyboardInterrupt()
        line = 1
        while interrupt is not None:
            with connect(base_url) as store:
                interrupt, lines = interrupted_at(line, store.webhooks.list)
                assert interrupt is None or shown(interrupt) == set(), line
                assert store.webhooks.list().empty, line
            line += 101
        assert lines > 1000, "it came to the end of a call"
        del interrupt
        gc.collect()
    print("no secret, and each next call worked")


if __name__ == "__main__":
    main()
