"""The receiver over real HTTP: kept byte for byte, before the answer, whatever comes."""

from __future__ import annotations

import datetime as dt
import gc
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from ikas_explore.deliveries.push import push
from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import (
    InvalidArgumentError,
    ServingError,
    SignatureError,
    StorageError,
)
from ikas_explore.network import requests
from tests.deliveries.sending import SECRET, payload, rows


def test_a_delivery_is_a_row_with_every_part(receiver: Receiver, client: httpx.Client) -> None:
    sent = json.dumps(payload(), indent=1, ensure_ascii=False).encode()
    before = dt.datetime.now(dt.UTC)
    assert client.post(receiver.endpoint, content=sent).status_code == 200
    (row,) = rows(receiver)
    received_at = row.pop("received_at").to_pydatetime()
    assert row.pop("headers")["content-length"] == str(len(sent))
    assert row == {
        "id": "id-1",
        "scope": "store/order/created",
        "merchant_id": "merchant",
        "authorized_app_id": "app",
        "created_at": pd.Timestamp("2024-01-31T09:30:00.987Z"),
        "signature_ok": True,
        "duplicate": False,
        "data": payload()["data"],
        "object_id": "1",
        "body": sent,
        "status": 200,
        "error": None,
        "method": "POST",
        "target": "/",
        "host": receiver.endpoint.split("/")[2],
    }
    millisecond = dt.timedelta(milliseconds=1)
    assert before - millisecond <= received_at <= dt.datetime.now(dt.UTC)


def test_the_columns_are_the_same_when_nothing_came(
    receiver: Receiver, client: httpx.Client
) -> None:
    empty = receiver.deliveries()
    client.post(receiver.endpoint, json=payload())
    full = receiver.deliveries()
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    assert list(empty)[:9] == [
        "id",
        "scope",
        "merchant_id",
        "authorized_app_id",
        "created_at",
        "received_at",
        "signature_ok",
        "duplicate",
        "data",
    ]


def test_any_path_is_taken(receiver: Receiver, client: httpx.Client) -> None:
    assert client.post(f"{receiver.endpoint}api/webhook?a=1", json=payload()).status_code == 200


@pytest.mark.parametrize(
    ("content", "status", "error"),
    [
        (b"", 400, "not JSON"),
        (b"{", 400, "not JSON"),
        (b"\xff\x00", 400, "not JSON"),
        (b"[" * 100_000, 400, "not JSON"),
        (b"[]", 400, "not an object"),
        (b'"text"', 400, "not an object"),
        (b"{}", 422, "authorizedAppId, createdAt, data, id, merchantId, scope, signature"),
        (json.dumps(payload(data={"id": 1})).encode(), 422, "not strings: data"),
        (json.dumps(payload(id=None)).encode(), 422, "not strings: id"),
        (json.dumps(payload(scope="\ud800")).encode(), 422, "surrogate"),
        (json.dumps(payload(createdAt="now")).encode(), 422, "createdAt"),
    ],
)
def test_what_is_no_delivery_is_refused_with_a_row_that_tells(
    shared: Receiver, client: httpx.Client, content: bytes, status: int, error: str
) -> None:
    answer = client.post(shared.endpoint, content=content)
    row = rows(shared)[-1]
    assert (answer.status_code, row["status"], row["body"]) == (status, status, content)
    assert error in row["error"]
    assert error in answer.text
    assert client.post(shared.endpoint, json=payload()).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_only_post_is_taken(shared: Receiver, client: httpx.Client, method: str) -> None:
    answer = client.request(method, shared.endpoint)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    row = rows(shared)[-1]
    assert row["status"] == 405
    assert method in row["error"]


def test_a_body_that_is_too_large_is_refused_and_not_kept(client: httpx.Client) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000

    with Receiver(max_body=10_000) as receiver:
        assert client.post(receiver.endpoint, content=b"x" * 10_000).status_code == 400
        assert client.post(receiver.endpoint, content=b"x" * 10_001).status_code == 413
        assert client.post(receiver.endpoint, content=b"x" * 3_000_000).status_code == 413
        assert client.post(receiver.endpoint, content=parts()).status_code == 413
        kept = rows(receiver)
    assert [row["status"] for row in kept] == [400, 413, 413, 413]
    assert [row["body"] for row in kept[1:]] == [None] * 3
    assert "larger than 10,000 bytes" in kept[1]["error"]


def connect(receiver: Receiver, part: bytes = b'{"id": "half"') -> socket.socket:
    port = int(receiver.endpoint.rstrip("/").rsplit(":", 1)[1])
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 100\r\n\r\n"
    connection.sendall(head.encode() + part)
    return connection


@pytest.mark.parametrize("part", [b"", b'{"id": "half"'])
def test_a_body_that_does_not_end_is_given_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, part: bytes
) -> None:
    monkeypatch.setattr(requests, "BODY_TIMEOUT", 0.05)
    with connect(receiver, part) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 408")
    (row,) = rows(receiver)
    assert (row["status"], row["body"]) == (408, part)


def test_a_sender_that_leaves_half_way_has_a_row(receiver: Receiver) -> None:
    with connect(receiver):
        pass
    receiver.wait(1)
    (row,) = rows(receiver)
    assert (row["status"], row["body"]) == (None, b'{"id": "half"')
    assert "left after 13 bytes" in row["error"]


def test_the_signature_is_checked_and_told(receiver: Receiver, client: httpx.Client) -> None:
    wrong = payload(2, signature="0" * 64)
    forged = payload(1, id="forged", scope="store/stock/updated")
    for each in (payload(1), wrong, forged, payload(3, signature="")):
        assert client.post(receiver.endpoint, json=each).status_code == 200
    received = rows(receiver)
    # The forged one passes: the signature covers `data` alone.
    assert [row["signature_ok"] for row in received] == [True, False, True, False]
    assert "does not match" in received[1]["error"]
    assert "hex" in received[3]["error"]


def test_without_a_secret_nothing_is_claimed(client: httpx.Client) -> None:
    with Receiver() as receiver:
        client.post(receiver.endpoint, json=payload())
        assert receiver.deliveries()["signature_ok"].isna().all()


def test_waiting_at_a_closed_receiver_ends_at_once() -> None:
    receiver = Receiver()
    receiver.close()
    with pytest.raises(StorageError, match="receiver is closed"):
        receiver.wait(1, timeout=3600)


def test_close_can_be_called_twice_and_leaves_no_thread_and_no_port() -> None:
    before = threading.active_count()
    receiver = Receiver(SECRET)
    endpoint = receiver.endpoint
    receiver.close()
    receiver.close()
    assert threading.active_count() == before
    with pytest.raises(httpx.ConnectError):
        httpx.post(endpoint, json=payload())
    with pytest.raises(StorageError, match="closed"):
        receiver.deliveries()


def test_one_that_nobody_holds_any_more_ends(tmp_path: Path, client: httpx.Client) -> None:
    """Also by the collector of garbage, and its log can be opened again."""
    path = tmp_path / "log.sqlite"
    before = set(threading.enumerate())
    endpoint = Receiver(path=path).endpoint
    assert set(threading.enumerate()) <= before
    with pytest.raises(httpx.ConnectError):
        client.post(endpoint, json=payload())
    circle = [Receiver(path=path)]
    circle.append(circle)  # type: ignore[arg-type]
    assert client.post(circle[0].endpoint, json=payload()).status_code == 200
    del circle
    gc.collect()
    assert set(threading.enumerate()) <= before
    with Receiver(path=path) as again:
        assert len(again.deliveries()) == 1


def test_several_threads_may_close_it() -> None:
    for _ in range(20):
        receiver = Receiver(SECRET)
        with ThreadPoolExecutor(4) as pool:
            closing = [pool.submit(receiver.close) for _ in range(4)]
        assert [each.result() for each in closing] == [None] * 4
        with pytest.raises(StorageError, match="closed"):
            receiver.deliveries()


def test_a_taken_port_is_told_and_the_log_is_free_again(receiver: Receiver, tmp_path: Path) -> None:
    port = int(receiver.endpoint.rstrip("/").rsplit(":", 1)[1])
    with pytest.raises(ServingError, match=str(port)) as told:
        Receiver(path=tmp_path / "log.sqlite", port=port)
    assert "Receiver(not started)" in [repr(frame.locals.get("self")) for frame in told.traceback]
    Receiver(path=tmp_path / "log.sqlite").close()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"client_secret": ""}, SignatureError),
        ({"client_secret": " "}, SignatureError),
        ({"status": 99}, InvalidArgumentError),
        ({"delay": -1}, InvalidArgumentError),
        ({"delay": float("inf")}, InvalidArgumentError),
        ({"max_body": 0}, InvalidArgumentError),
    ],
)
def test_settings_that_cannot_be_are_refused(given: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Receiver(**given)


def test_its_repr_is_one_line_and_shows_no_secret(receiver: Receiver) -> None:
    receiver.status = [500, 200]
    assert repr(receiver) == f"Receiver({receiver.endpoint!r}, status=[500, 200])"
    receiver.status = lambda payload: 200
    assert "lambda" in repr(receiver)
    assert SECRET not in repr(receiver)
    assert SECRET not in repr(vars(receiver))
    receiver.close()
    assert repr(receiver) == "Receiver(closed)"


def test_a_budget_counts_answers_as_ikas_does() -> None:
    """Attempts to deliver, not what browsers and strangers send; 200 alone is no error."""
    with Receiver("s", status=[200, 204, 500, "drop"]) as receiver:
        for _ in range(10):
            push(receiver.endpoint, "store/order/created", "s", max_attempts=1)
        httpx.get(receiver.endpoint)
        httpx.post(receiver.endpoint, content=b"no delivery")
        push(receiver.endpoint, "store/order/created", "wrong", max_attempts=1)
        budget = receiver.budget()
        row = budget.iloc[0]
        assert (row["requests"], row["errors"], row["left"], row["state"]) == (10, 9, 0, "near")
        assert "never reached the receiver" in budget.attrs["not_visible"]
        push(receiver.endpoint, "store/order/created", "s", max_attempts=1)
        assert receiver.budget()["state"].iloc[0].startswith("blocked until ")


def test_a_budget_of_an_empty_log_is_all_ok() -> None:
    with Receiver() as receiver:
        assert receiver.budget()["state"].tolist() == ["ok"] * 3
