"""Ctrl-C at any point of a call: no secret shows, and the next call works."""

from __future__ import annotations

import html
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import stamina

import ikas_explore as ikas
from ikas_explore import errors
from tests.auditing.endpoints import endpoint
from tests.security.promises import holds
from tests.waiting import until

ACCESS = "eyJhbGciOiJIUzI1NiJ9.canaryACCESS77.c2ln"
REFRESH = "canary-refresh-88"
SECRET = "s_canary-secret-99"
TOKEN_ANSWER = json.dumps(
    {"access_token": ACCESS, "refresh_token": REFRESH, "expires_in": 14400}
).encode()
LIST_ANSWER = json.dumps({"data": {"listWebhook": []}, "extensions": {"echo": ACCESS}}).encode()


def shown(error: BaseException) -> set[str]:
    """Name the variables, of all frames but those of the tests, that hold a secret."""
    found = set()
    chain: list[BaseException | None] = [error]
    while chain:
        each = chain.pop()
        if each is None:
            continue
        told = traceback.TracebackException.from_exception(each, capture_locals=True)
        for frame in told.stack:
            if os.sep + "tests" + os.sep not in frame.filename:
                for name, value in (frame.locals or {}).items():
                    if "canary" in value:
                        found.add(f"{name} in {frame.filename}:{frame.lineno}")
        if "canary" in str(each) + repr(vars(each)):
            found.add(repr(each))
        chain += [each.__context__, each.__cause__]
    return found


def connect(base_url: str, **more: Any) -> ikas.Store:
    return ikas.connect(
        "shop",
        client_id="id",
        client_secret=SECRET,
        refresh_token=REFRESH,
        base_url=base_url,
        **more,
    )


@holds("Ctrl-C at any line of a call shows no secret, and the next call works as before.")
def test_ctrl_c_at_any_line_of_a_call() -> None:
    """In a process of its own: an error that a trace function raises can stay in its thread."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "tests.security.interrupted"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout == "no secret, and each next call worked\n", done.stdout + done.stderr


def stalling(piece: bytes) -> Callable[[socket.socket], None]:
    """Send the first piece of an answer, and press Ctrl-C instead of the rest."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(piece)
        main = threading.main_thread().ident
        assert main is not None
        until(lambda: waits_for_more(main))
        signal.pthread_kill(main, signal.SIGINT)
        connection.recv(1)  # until it has gone

    return behave


def waits_for_more(thread: int) -> bool:
    """Return whether a thread has read all that came on its connection, and waits for more."""
    import fcntl  # Windows has neither
    import termios

    frame = sys._current_frames()[thread]
    stream: Any = frame.f_locals.get("self")
    if frame.f_code.co_name != "read" or not hasattr(stream, "_sock"):  # httpcore's
        return False
    unread = fcntl.ioctl(stream._sock, termios.FIONREAD, bytes(4))
    return unread == bytes(4)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"


@holds("Secrets do not show in a traceback of a half-read answer: stalled, broken off or too long.")
@pytest.mark.parametrize(
    "piece",
    [
        HEAD[:20],
        HEAD % 500 + b"X-Echo: " + ACCESS.encode(),
        HEAD % 500 + b"\r\n",
        HEAD % 500 + b"\r\n" + TOKEN_ANSWER[:40],
        HEAD % (len(TOKEN_ANSWER) + 1) + b"\r\n" + TOKEN_ANSWER,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s" % (200, TOKEN_ANSWER),
    ],
    ids=["half a head", "an echo in the head", "the head", "a piece", "all but a byte", "a chunk"],
)
def test_ctrl_c_while_a_token_answer_comes(piece: bytes) -> None:
    with endpoint(stalling(piece)) as here, connect(f"http://127.0.0.1:{here.port}") as store:
        with pytest.raises(KeyboardInterrupt) as told:
            store.webhooks.list()
        assert shown(told.value) == set()
        # The connection has gone, and nobody waits for the fetch that was interrupted.
        assert store.client._tokens._fetch is None
        assert store.client._http._transport._pool.connections == []  # type: ignore[attr-defined]  # httpx's own


def ending(answer: bytes, *, reset: bool = False) -> Callable[[socket.socket], None]:
    """Send an answer and close the connection, or reset it."""

    def behave(connection: Any) -> None:
        connection.recv(65_536)
        connection.sendall(answer)
        if reset:
            inner = connection._connection
            inner.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    return behave


ECHO = json.dumps({"error": f"no app {SECRET} with {REFRESH}", "access_token": 7}).encode()


@pytest.mark.parametrize(
    ("answer", "reset"),
    [
        (HEAD % 500 + b"\r\n" + TOKEN_ANSWER, False),
        (HEAD % 500 + b"\r\n" + TOKEN_ANSWER, True),
        (HEAD % 40 + b"\r\n" + TOKEN_ANSWER, False),
        (HEAD % len(ECHO) + b"\r\n" + ECHO, False),
        (b"HTTP/1.1 500 " + SECRET.encode() + b"\r\n\r\n" + ECHO, False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + TOKEN_ANSWER, False),
        (b"HTTP/9 " + TOKEN_ANSWER + b"\r\n\r\n", False),
        (HEAD % len(TOKEN_ANSWER) + b"Content-Encoding: gzip\r\n\r\n" + TOKEN_ANSWER, False),
    ],
    ids=["broken off", "reset", "too much", "echo", "reason", "chunk", "no HTTP", "no gzip"],
)
def test_a_token_answer_that_ends_badly_shows_nothing(answer: bytes, reset: bool) -> None:
    with (
        endpoint(ending(answer, reset=reset)) as here,
        connect(f"http://127.0.0.1:{here.port}") as store,
        pytest.raises(errors.IkasError) as told,
    ):
        store.client.execute("{ __typename }", what="asking", repeatable=False)
    assert shown(told.value) == set()


def refused(**error: Any) -> dict[str, Any]:
    return {"errors": [{"message": "x", **error}]}


ECHOES: dict[str, tuple[int, Any]] = {
    "login required": (200, refused(message=ACCESS, extensions={"code": "LOGIN_REQUIRED"})),
    "another code": (200, refused(message=f"bad {ACCESS}", extensions={"code": ACCESS})),
    "as a key": (200, refused(**{ACCESS: {ACCESS: [ACCESS]}})),
    "in partial data": (200, refused() | {"data": {"listWebhook": [{ACCESS: 1}]}}),
    "errors that are no list": (200, {"errors": ACCESS}),
    "no data": (200, {"data": None, "said": ACCESS}),
    "data of another kind": (200, {"data": [ACCESS]}),
    "HTTP 401": (401, {"message": ACCESS}),
    "HTTP 403": (403, {ACCESS: ACCESS}),
    "no list": (200, {"data": {"listWebhook": {"said": ACCESS}}}),
    "an invalid row": (200, {"data": {"listWebhook": [{"id": 1, "endpoint": ACCESS}]}}),
    "another field": (200, {"data": {ACCESS: []}}),
}


CALLS: dict[str, Callable[[ikas.Store], object]] = {
    "list": lambda store: store.webhooks.list(),
    "schema": lambda store: store.schema(),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ECHOES)
def test_an_echoed_token_shows_in_no_frame_and_no_attribute(name: str, call: str) -> None:
    status, body = ECHOES[name]
    error = failed(httpx.Response(status, json=body), ACCESS, CALLS[call])
    assert shown(error) == set()


@pytest.mark.parametrize("token", ["canary&'\"<x>+/=%", "canary\\x/y", "canary~a.b-c_d"])
@pytest.mark.parametrize("spelled", ["html", "numbers", "unicode", "url", "json", "repr", "twice"])
def test_an_echo_in_another_spelling_shows_neither(token: str, spelled: str) -> None:
    text = {
        "html": html.escape(token),
        "numbers": "".join(f"&#{ord(each)};" for each in token),
        "unicode": "".join(f"\\u{ord(each):04x}" for each in token),
        "url": quote(token, safe=""),
        "json": json.dumps(token)[1:-1].replace("/", "\\/"),
        "repr": repr(token)[1:-1],
        "twice": html.escape(quote(token, safe="")),
    }[spelled]
    page = f"<p>No access for {text}.</p>"
    answers = [
        httpx.Response(502, html=page),
        httpx.Response(200, json={"errors": [{"message": page, "extensions": {page: [page]}}]}),
    ]
    for answer in answers:
        error = failed(answer, token)
        assert text not in str(error) + repr(vars(error))
        assert shown(error) == set()


def failed(
    answer: httpx.Response,
    token: str,
    call: Callable[[ikas.Store], object] = CALLS["list"],
) -> BaseException:
    transport = httpx.MockTransport(
        lambda _: httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
    )
    with (
        stamina.set_testing(True, attempts=10, cap=True),  # as often as ever, without the delays
        ikas.connect("shop", access_token=token, transport=transport) as store,
        pytest.raises(errors.IkasError) as told,
    ):
        call(store)
    return told.value


def test_a_proxys_password_is_in_no_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    with endpoint(stalling(b"HTTP/1.1 200 Conn")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:canary-password@127.0.0.1:{proxy.port}")
        with (
            ikas.connect("shop", access_token="t") as store,
            pytest.raises(KeyboardInterrupt) as told,
        ):
            store.webhooks.list()
        assert b"Proxy-Authorization" in proxy.sent
    assert shown(told.value) == set()
