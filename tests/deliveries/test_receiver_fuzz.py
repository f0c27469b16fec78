"""Whatever is sent to a receiver: no 5xx, no traceback, no hang, and a row for each request."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ikas_explore.deliveries.payloads import KEYS
from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.frames import RECEIVED

SECRET = "fuzz"
fuzzed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver(SECRET, max_body=2_000) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=10) as client:
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


@fuzzed
@given(bodies, st.sampled_from(["POST", "POST", "POST", "PUT", "GET", "X-ANY"]), st.booleans())
def test_any_body_has_an_answer_and_a_row(
    receiver: Receiver,
    client: httpx.Client,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    method: str,
    in_parts: bool,
) -> None:
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
    assert row["signature_ok"] is not True


@fuzzed
@given(st.binary(max_size=300), st.sampled_from([b"", b"POST / HTTP/1.1\r\n", b"POST /"]))
def test_bytes_that_are_no_http_end_the_connection_and_nothing_else(
    receiver: Receiver, client: httpx.Client, noise: bytes, start: bytes
) -> None:
    port = int(receiver.endpoint.rstrip("/").rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(start + noise)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while part := connection.recv(4096):
                answer += part
        except ConnectionResetError:
            pass
    assert not answer.startswith(b"HTTP/1.1 5")
    assert client.post(receiver.endpoint, content=b"{}").status_code == 422
