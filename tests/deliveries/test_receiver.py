"""The receiver over real HTTP: kept byte for byte, before the answer, whatever comes."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gc
import hashlib
import hmac
import json
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import (
    InvalidArgumentError,
    ServingError,
    SignatureError,
    StorageError,
    WaitTimeoutError,
)
from ikas_explore.network import server
from tests.waiting import until

SECRET = "canary-4711"


def payload(number: int = 1, **changes: Any) -> dict[str, Any]:
    data = json.dumps({"id": str(number), "name": "Çağla"}, ensure_ascii=False)
    return {
        "authorizedAppId": "app",
        "createdAt": "2024-01-31T09:30:00.987Z",
        "data": data,
        "id": f"id-{number}",
        "merchantId": "merchant",
        "scope": "store/order/created",
        "signature": hmac.new(SECRET.encode(), data.encode(), hashlib.sha256).hexdigest(),
        **changes,
    }


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=10) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(SECRET) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def shared() -> Iterator[Receiver]:
    """One for the tables, whose rows do not mind each other: a start and stop takes 0.2 s."""
    with Receiver(SECRET) as receiver:
        yield receiver


def rows(receiver: Receiver) -> list[dict[str, Any]]:
    """The frame as records, what is missing as None."""
    frame = receiver.deliveries()
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def test_a_delivery_is_a_row_with_every_part(receiver: Receiver, client: httpx.Client) -> None:
    sent = json.dumps(payload(), indent=1, ensure_ascii=False).encode()
    before = dt.datetime.now(dt.UTC)
    assert client.post(receiver.endpoint, content=sent).status_code == 200
    (row,) = rows(receiver)
    received_at = row.pop("received_at").to_pydatetime()
    assert row == {
        "id": "id-1",
        "scope": "store/order/created",
        "merchant_id": "merchant",
        "authorized_app_id": "app",
        "created_at": pd.Timestamp("2024-01-31T09:30:00.987Z"),
        "signature_ok": True,
        "duplicate": False,
        "data": payload()["data"],
        "body": sent,
        "status": 200,
        "error": None,
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
        (b"[]", 400, "no object"),
        (b'"text"', 400, "no object"),
        (b"{}", 422, "authorizedAppId, createdAt, data, id, merchantId, scope, signature"),
        (json.dumps(payload(data={"id": 1})).encode(), 422, "no strings: data"),
        (json.dumps(payload(id=None)).encode(), 422, "no strings: id"),
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
    monkeypatch.setattr(server, "BODY_TIMEOUT", 0.05)
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


def test_a_foreign_host_is_refused(receiver: Receiver, client: httpx.Client) -> None:
    answer = client.post(receiver.endpoint, json=payload(), headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert receiver.deliveries().empty


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


def test_a_known_id_is_a_duplicate(receiver: Receiver, client: httpx.Client) -> None:
    for number in (1, 2, 1, 1):
        client.post(receiver.endpoint, json=payload(number))
    assert receiver.deliveries()["duplicate"].to_list() == [False, False, True, True]


def test_rows_can_be_left_out_and_a_known_id_is_still_known(
    tmp_path: Path, client: httpx.Client
) -> None:
    with Receiver(path=tmp_path / "log.sqlite") as receiver:
        for number in (1, 2):
            client.post(receiver.endpoint, json=payload(number))
    with Receiver(path=tmp_path / "log.sqlite") as receiver:
        for number in (2, 3, 3):
            client.post(receiver.endpoint, json=payload(number))
        new = receiver.wait(3, after=receiver.earlier)
        assert new["duplicate"].to_list() == [True, False, True]
        client.post(receiver.endpoint, json=payload(1))
        assert receiver.deliveries(after=5)["duplicate"].to_list() == [True]
        assert receiver.deliveries(after=9).empty
        for after in range(7):
            left = receiver.deliveries().iloc[after:].reset_index(drop=True)
            pd.testing.assert_frame_equal(receiver.deliveries(after=after), left)


def test_what_is_left_out_is_read_once(tmp_path: Path, client: httpx.Client) -> None:
    """Telling of each delivery as it comes takes no longer after thousands of them."""
    path = tmp_path / "log.sqlite"
    with Receiver(path=path) as receiver:
        client.post(receiver.endpoint, json=payload())
    with contextlib.closing(sqlite3.connect(path)) as log, log:
        columns = "received_at, body, signature_ok, status, error"
        log.execute(
            f"INSERT INTO requests ({columns}) SELECT {columns} FROM requests,"
            " (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
            " SELECT i FROM n)"
        )
    with Receiver(path=path) as receiver:

        def seconds(after: int) -> float:
            begun = time.perf_counter()
            receiver.deliveries(after=after)
            return time.perf_counter() - begun

        every = min(seconds(0) for _ in range(3))
        assert min(seconds(2000) for _ in range(5)) < every / 5


def test_the_status_can_be_changed_while_it_runs(receiver: Receiver, client: httpx.Client) -> None:
    def answered(times: int) -> list[int]:
        return [client.post(receiver.endpoint, json=payload()).status_code for _ in range(times)]

    assert answered(1) == [200]
    receiver.status = 503
    assert answered(2) == [503, 503]
    receiver.status = [500, 404, 200]
    assert answered(4) == [500, 404, 200, 200]
    receiver.status = lambda payload: 200 if payload["scope"].startswith("store/order/") else 410
    assert answered(1) == [200]
    assert client.post(receiver.endpoint, json=payload(scope="store/stock/x")).status_code == 410
    assert receiver.deliveries()["status"].to_list() == [
        200,
        503,
        503,
        500,
        404,
        200,
        200,
        200,
        410,
    ]


def test_a_status_function_that_fails_is_told_in_the_row(
    receiver: Receiver, client: httpx.Client
) -> None:
    def fail(payload: Mapping[str, Any]) -> int:
        return int(payload["nothing"])

    for broken, told in ((fail, "KeyError: 'nothing'"), (lambda payload: 99, "99 cannot")):
        receiver.status = broken
        assert client.post(receiver.endpoint, json=payload()).status_code == 500
        assert told in rows(receiver)[-1]["error"]


@pytest.mark.parametrize(
    "kind", [StopIteration, SystemExit, KeyboardInterrupt, asyncio.CancelledError]
)
def test_a_status_function_may_raise_what_would_end_a_task(
    kind: type[BaseException],
    receiver: Receiver,
    client: httpx.Client,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """``lambda payload: next(statuses)`` does, when they are used up."""

    def fail(payload: Mapping[str, Any]) -> int:
        raise kind

    receiver.status = fail
    for _ in range(2):
        assert client.post(receiver.endpoint, json=payload()).status_code == 500
    told = f"the status function raised {kind.__name__}"
    assert [(row["status"], row["error"]) for row in rows(receiver)] == [(500, told)] * 2
    assert capfd.readouterr().err == ""


def test_a_status_function_leaves_the_row_what_was_wrong_with_the_signature(
    receiver: Receiver, client: httpx.Client
) -> None:
    receiver.status = lambda payload: 200
    client.post(receiver.endpoint, json=payload(signature="0" * 64))
    assert "does not match" in rows(receiver)[-1]["error"]


def test_closing_does_not_wait_for_a_status_function_to_write_the_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its row is written and answered with 503, so that the sender comes again."""
    asked, let_go = threading.Event(), threading.Event()

    def status(payload: Mapping[str, Any]) -> int:
        asked.set()
        let_go.wait(60)
        return 200

    def send() -> None:
        answers.append(httpx.post(receiver.endpoint, json=payload(), timeout=60))
        let_go.set()

    answers: list[httpx.Response] = []
    receiver = Receiver(path=tmp_path / "log.sqlite", status=status)
    sender = threading.Thread(target=send)
    sender.start()
    assert asked.wait(10)
    receiver.close()
    sender.join(10)
    assert [answer.status_code for answer in answers] == [503]
    assert caplog.text == ""
    with Receiver(path=tmp_path / "log.sqlite") as again:
        (row,) = rows(again)
    told = "the receiver was closed before the status function returned"
    assert (row["id"], row["status"], row["error"]) == ("id-1", 503, told)


def test_what_a_status_function_says_is_written_down_whatever_is_in_it(
    receiver: Receiver, client: httpx.Client
) -> None:
    """Half of a surrogate pair, which a sender can bring, has no bytes: it hung all who waited."""

    def fail(payload: Mapping[str, Any]) -> int:
        raise RuntimeError(payload["who"])

    receiver.status = fail
    body = json.dumps({**payload(), "who": "\ud800"})
    assert client.post(receiver.endpoint, content=body).status_code == 500
    assert r"RuntimeError: \ud800" in rows(receiver)[-1]["error"]


def test_waiting_at_a_closed_receiver_ends_at_once() -> None:
    receiver = Receiver()
    receiver.close()
    with pytest.raises(StorageError, match="receiver is closed"):
        receiver.wait(1, timeout=3600)


def test_a_slow_status_function_holds_nobody_else_up(
    receiver: Receiver, client: httpx.Client
) -> None:
    """The first delivery is answered only after a second one came in and was answered."""
    second = threading.Event()

    def status(payload: Mapping[str, Any]) -> int:
        if payload["id"] == "id-1":
            return 200 if second.wait(10) else 500
        second.set()
        return 200

    receiver.status = status
    answers: list[int] = []
    first = threading.Thread(
        target=lambda: answers.append(httpx.post(receiver.endpoint, json=payload(1)).status_code)
    )
    first.start()
    answers.append(client.post(receiver.endpoint, json=payload(2)).status_code)
    first.join(10)
    assert answers == [200, 200]


@pytest.mark.parametrize("status", [0, 99, 100, 600, "200", True, None, 2.0, [], [200, "later"]])
def test_a_status_that_cannot_be_is_refused_and_the_old_one_stays(
    shared: Receiver, status: Any
) -> None:
    with pytest.raises(InvalidArgumentError, match="status"):
        shared.status = status
    assert shared.status == 200


def test_a_dropped_connection_has_a_row_without_a_status(
    receiver: Receiver, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = ["drop", 200]
    with pytest.raises(httpx.TransportError):
        client.post(receiver.endpoint, json=payload())
    assert client.post(receiver.endpoint, json=payload()).status_code == 200
    assert [row["status"] for row in rows(receiver)] == [None, 200]
    assert caplog.text == ""


def test_the_row_is_written_before_the_answer(receiver: Receiver, client: httpx.Client) -> None:
    """During the delay the row is there, and the sender has nothing yet."""
    receiver.delay = 30
    sender = threading.Thread(target=_post_and_leave, args=(receiver.endpoint,))
    sender.start()
    received = receiver.wait(1)
    assert received["status"].to_list() == [200]
    sender.join(10)
    until(lambda: rows(receiver)[0]["status"] is None)
    (row,) = rows(receiver)
    assert (row["status"], row["error"]) == (None, "the sender left before the answer")


def test_closing_ends_a_delay_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "log.sqlite"
    receiver = Receiver(path=path, delay=3600)
    failures: list[httpx.TransportError] = []

    def send() -> None:
        with pytest.raises(httpx.TransportError) as caught:
            httpx.post(receiver.endpoint, json=payload(), timeout=60)
        failures.append(caught.value)

    sender = threading.Thread(target=send)
    sender.start()
    receiver.wait(1)
    receiver.close()
    sender.join(10)
    assert len(failures) == 1
    assert caplog.text == ""
    with Receiver(path=path) as again:
        (row,) = rows(again)
    assert (row["status"], row["error"]) == (None, "the receiver was closed before the answer")


def test_many_senders_at_once_lose_nothing(tmp_path: Path) -> None:
    def send(sender: int) -> None:
        with httpx.Client(trust_env=False, timeout=30) as client:
            for number in range(25):
                body = json.dumps(payload(sender * 25 + number)).encode()
                assert client.post(receiver.endpoint, content=body).status_code == 200

    with Receiver(SECRET, path=tmp_path / "log.sqlite") as receiver:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(send, range(16)))
        received = receiver.deliveries()
    assert sorted(received["id"]) == sorted(f"id-{number}" for number in range(400))
    assert received["signature_ok"].all()
    assert not received["duplicate"].any()


def _post_and_leave(endpoint: str) -> None:
    with pytest.raises(httpx.ReadTimeout), httpx.Client(trust_env=False, timeout=0.3) as client:
        client.post(endpoint, json=payload())


def test_wait_returns_when_enough_came_and_tells_how_many_when_not(
    receiver: Receiver, client: httpx.Client
) -> None:
    client.post(receiver.endpoint, json=payload(1))
    assert len(receiver.wait(1)) == 1
    with pytest.raises(WaitTimeoutError, match=r"1 of 2 requests came within 0\.01 s"):
        receiver.wait(2, timeout=0.01)
    sender = threading.Thread(target=httpx.post, args=(receiver.endpoint,), kwargs={"json": {}})
    sender.start()
    assert len(receiver.wait(2, timeout=10)) == 2
    sender.join(10)


def test_replay_sends_the_kept_bytes_again(receiver: Receiver, client: httpx.Client) -> None:
    bodies = [json.dumps(payload(number), indent=number).encode() for number in (1, 2)]
    for body in (*bodies, b"{", bodies[0]):
        client.post(receiver.endpoint, content=body)
    with Receiver(SECRET, status=[500, 200]) as other:
        attempts = receiver.replay(endpoint=other.endpoint, max_attempts=2, retry_delays=[])
        assert [row["body"] for row in rows(other)] == [bodies[0], bodies[0], bodies[1]]
        assert all(row["signature_ok"] for row in rows(other))
        receiver.replay("id-2", other.endpoint)
        assert rows(other)[-1]["body"] == bodies[1]
    assert attempts["delivery_id"].to_list() == ["id-1", "id-1", "id-2"]
    assert attempts["status_code"].to_list() == [500, 200, 200]
    assert receiver.replay(["id-2"])["status_code"].to_list() == [200]
    assert rows(receiver)[-1]["duplicate"] is True
    assert receiver.replay([]).empty
    with pytest.raises(InvalidArgumentError, match="'id-9'"):
        receiver.replay(["id-1", "id-9"])
    with pytest.raises(InvalidArgumentError, match="not https"):
        receiver.replay(endpoint="http://example.com/")


def test_a_path_keeps_the_log_across_runs(tmp_path: Path, client: httpx.Client) -> None:
    path = tmp_path / "log.sqlite"
    with Receiver(SECRET, path=path) as receiver:
        client.post(receiver.endpoint, json=payload(1))
    with Receiver(SECRET, path=path) as receiver:
        with pytest.raises(WaitTimeoutError, match="0 of 1"):
            receiver.wait(1, timeout=0)
        client.post(receiver.endpoint, json=payload(1))
        assert receiver.wait(1)["duplicate"].to_list() == [False, True]
        with pytest.raises(StorageError, match="give another path"):
            Receiver(path=path)
    assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}
    assert SECRET.encode() not in path.read_bytes()


def test_what_was_answered_with_200_survives_a_kill(tmp_path: Path, client: httpx.Client) -> None:
    path = tmp_path / "log.sqlite"
    code = (
        "import sys, time; from ikas_explore.deliveries.receiver import Receiver\n"
        "receiver = Receiver(path=sys.argv[1])\n"
        "print(receiver.endpoint, flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        endpoint = process.stdout.readline().strip()
        for number in range(50):
            assert client.post(endpoint, json=payload(number)).status_code == 200
        process.kill()
    with Receiver(path=path) as receiver:
        assert receiver.deliveries()["id"].to_list() == [f"id-{number}" for number in range(50)]


def test_what_cannot_be_written_is_not_answered_with_200(client: httpx.Client) -> None:
    with Receiver(SECRET) as receiver:
        client.post(receiver.endpoint, json=payload(1))
        database = receiver._log._database  # the disk is made full at the database itself
        (pages,) = database.read("PRAGMA page_count")
        database.read(f"PRAGMA max_page_count = {pages[0]}")
        large = payload(2, data="x" * 100_000)
        assert client.post(receiver.endpoint, json=large).status_code == 503
        with pytest.raises(StorageError, match="Make room"):
            receiver.wait(2)
        database.read("PRAGMA max_page_count = 1000000")
        assert client.post(receiver.endpoint, json=large).status_code == 200
        assert len(receiver.wait(2)) == 2


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
