"""Whatever is sent to a receiver: no 5xx, no traceback, no hang, and a row for each request.

To a session of `listen` too, which lets its public address in and forwards what is verified.
"""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import strategies as st

import ikas_explore as ikas
from ikas_explore.deliveries.listening import Listening
from ikas_explore.deliveries.payloads import KEYS
from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.deliveries.signatures import sign
from ikas_explore.frames.frames import RECEIVED
from ikas_explore.values.secret import Secret
from tests.fuzz.runs import fuzz
from tests.waiting import until

SECRET = "fuzz"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver(SECRET, max_body=2_000) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(verify=False, trust_env=False, timeout=10) as client:
        yield client


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
strings = st.text() | st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
payloads = st.fixed_dictionaries(dict.fromkeys(KEYS, strings))
objects = st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, values))
bodies = (
    st.binary(max_size=3_000)
    | (payloads | objects | values).map(json.dumps).map(str.encode)
    | payloads.map(lambda payload: json.dumps(payload, ensure_ascii=False)).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    )
)

signed = st.builds(
    lambda payload, data: json.dumps(
        {**payload, "data": data, "signature": sign(data, SECRET)}
    ).encode(),
    payloads,
    objects.map(json.dumps) | strings,
)


@fuzz(
    bodies.map(lambda body: (body, False)) | signed.map(lambda body: (body, True)),
    st.sampled_from(["POST", "POST", "POST", "PUT", "GET", "X-ANY"]),
    st.booleans(),
    examples=60,
)
def test_any_body_has_an_answer_and_a_row(
    receiver: Receiver,
    client: httpx.Client,
    caplog: pytest.LogCaptureFixture,
    sent: tuple[bytes, bool],
    method: str,
    in_parts: bool,
) -> None:
    body, with_signature = sent
    before = len(receiver.deliveries())
    content: Any = iter([body[:7], body[7:]]) if in_parts else body
    with caplog.at_level(logging.WARNING):
        answer = client.request(method, receiver.endpoint, content=content)
    assert answer.status_code in (200, 400, 405, 413, 422)
    assert caplog.records == []
    received = receiver.deliveries()
    assert list(received) == list(RECEIVED)
    row = received.iloc[-1]
    assert (len(received) - before, row["status"]) == (1, answer.status_code)
    assert row["body"] == (None if len(body) > 2_000 else body)
    if answer.status_code == 200 or not with_signature:
        verified = received["signature_ok"].fillna(False).iloc[-1]
        assert bool(verified) == with_signature


@fuzz(
    st.binary(max_size=300), st.sampled_from([b"", b"POST / HTTP/1.1\r\n", b"POST /"]), examples=60
)
def test_bytes_that_are_no_http_end_the_connection_and_nothing_else(
    receiver: Receiver, client: httpx.Client, noise: bytes, start: bytes
) -> None:
    answer = _exchange(receiver, start + noise, 0)
    assert not answer.startswith(b"HTTP/1.1 5")
    assert client.post(receiver.endpoint, content=b"{}").status_code == 422


class Front(NamedTuple):
    """A session of `listen`, its app, and the verified bodies that were sent so far."""

    session: Listening
    app: Receiver
    verified: set[bytes]


@pytest.fixture(params=[False, True], ids=["answers itself", "answers as the app does"])
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    with (
        ikas.Sandbox(examples=False) as box,
        ikas.connect(box) as store,
        Receiver(SECRET) as app,
        store.webhooks._listen(  # as the command does it, whose --answer app is not public
            "store/order/*",
            url="https://tunnel.example/ikas",
            client_secret=[Secret(SECRET)],
            take=False,
            forward_to=app.endpoint,
            answer_app=request.param,
        ) as session,
    ):
        yield Front(session, app, set())


HOSTS = ["tunnel.example", "Tunnel.Example:443", "127.0.0.1", "localhost:1", "evil.example", ""]


@fuzz(
    examples=30,
    sent=st.tuples(bodies, st.just(False)) | st.tuples(signed, st.just(True)),
    method=st.sampled_from(["POST", "POST", "POST", "GET"]),
    host=st.sampled_from([*HOSTS[:4] * 3, *HOSTS[4:], "tunnel.example.evil.example", "@", "a b"]),
    target=st.sampled_from(["ikas", "", "other?x=1", "%00", "ikas/../x"]),
    times=st.sampled_from([1, 2, 2]),
)
def test_of_what_comes_to_listen_the_app_gets_what_is_verified_once_and_nothing_else(
    front: Front, client: httpx.Client, sent: Any, method: str, host: str, target: str, times: int
) -> None:
    body, with_signature = sent
    let_in = host in HOSTS[:4]
    before = len(front.session.deliveries())
    address = f"{front.session.receiver.endpoint}{target}"
    for _ in range(times):
        answer = client.request(method, address, content=body, headers={"Host": host})
        assert answer.status_code in (200, 400, 401, 405, 413, 422)
        assert let_in or answer.status_code == 400
    rows = front.session.deliveries().iloc[before:]
    assert len(rows) == times
    if with_signature and rows["status"].eq(200).any():
        front.verified.add(body)
        until(lambda: body in set(front.app.deliveries()["body"]), 20)
    reached = front.app.deliveries()["body"].tolist()
    assert len(reached) == len(set(reached))
    assert set(reached) <= front.verified


lines = st.sampled_from(
    [
        b"POST / HTTP/1.1\r\n",
        b"POST /%ff%00 HTTP/1.1\r\n",
        b"POST /\xff HTTP/1.1\r\n",
        b"POST * HTTP/1.0\r\n",
        b"POST http://evil.example/ HTTP/1.1\r\n",
        b"GET / HTTP/0.9\r\n",
        b"PRI * HTTP/2.0\r\n",
        b"POST / HTTP/9.9\r\n",
    ]
)
headers = st.lists(
    st.sampled_from(
        [
            b"Host: 127.0.0.1\r\n",
            b"Host: evil.example\r\n",
            b"Host: [\r\n",
            b"Content-Length: 2\r\n",
            b"Content-Length: 0\r\n",
            b"Content-Length: -1\r\n",
            b"Content-Length: 99999999999999999999\r\n",
            b"Content-Length: 2, 2\r\n",
            b"Content-Length: 0x2\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: gzip, chunked\r\n",
            b"Transfer-Encoding: identity\r\n",
            b"Expect: 100-continue\r\n",
            b"Expect: nothing\r\n",
            b"Connection: close\r\n",
            b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
            b"Content-Encoding: gzip\r\n",
            b"X: " + b"a" * 70_000 + b"\r\n",
            b"X\xff: \xff\x00\r\n",
            b" folded\r\n",
            b"no colon\r\n",
            b": \r\n",
            b"X: a\n",
        ]
    )
    | st.binary(max_size=20).map(lambda noise: noise + b"\r\n"),
    max_size=5,
).map(b"".join)
contents = st.lists(
    st.sampled_from(
        [
            b"{}",
            b"2\r\n{}\r\n0\r\n\r\n",
            b"0\r\n\r\n",
            b"ffffffffffffffff\r\n",
            b"-1\r\n\r\n",
            b"2;extension=x\r\n{}\r\n0\r\nTrailer: x\r\n\r\n",
            b"zz\r\n",
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}",
        ]
    )
    | st.binary(max_size=20),
    max_size=3,
).map(b"".join)


@fuzz(
    examples=120,
    requests=st.lists(
        st.tuples(lines, headers, st.sampled_from([b"\r\n", b"\n", b""]), contents).map(b"".join),
        min_size=1,
        max_size=3,
    ).map(b"".join),
    step=st.sampled_from([0, 0, 0, 1, 7]),
)
def test_raw_http_chunked_pipelined_absurd_and_byte_by_byte(
    receiver: Receiver, client: httpx.Client, requests: bytes, step: int
) -> None:
    before = len(receiver.deliveries())
    answers = _exchange(receiver, requests, step if len(requests) < 1_000 else 0)
    for answer in answers.split(b"HTTP/1.")[1:]:
        assert answer[2:5] in (b"100", b"200", b"400", b"405", b"413", b"422", b"431"), answer[:80]
    assert b"Traceback" not in answers
    judged = answers.count(b" 200 OK") + answers.count(b" 422 ") + answers.count(b" 405 ")
    assert len(receiver.deliveries()) - before >= judged
    assert client.post(receiver.endpoint, content=b"{}").status_code == 422


def _exchange(receiver: Receiver, request: bytes, step: int) -> bytes:
    """Send bytes, all at once or a few at a time, and return what is answered until the end."""
    port = int(receiver.endpoint.rstrip("/").rsplit(":", 1)[1])
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            step = step or max(1, len(request))
            for start in range(0, len(request), step):
                connection.sendall(request[start : start + step])
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65_536):
                answer += part
        except TimeoutError:
            raise
        except OSError:
            pass  # refused, and cut, before all of it was read
    return answer
