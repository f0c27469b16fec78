"""The log of a receiver: found again, counted, replayed and pruned, whatever its size."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
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
    StorageError,
    WaitTimeoutError,
)
from tests.deliveries.sending import SECRET, payload, rows
from tests.waiting import until


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


def multiply(path: Path, times: int) -> None:
    """Give a log so many copies of each of its rows."""
    with contextlib.closing(sqlite3.connect(path)) as log, log:
        names = [row[1] for row in log.execute("PRAGMA table_info(requests)")]
        columns = ", ".join(name for name in names if name != "number")
        log.execute(
            f"INSERT INTO requests ({columns}) SELECT {columns} FROM requests,"
            f" (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times})"
            " SELECT i FROM n)"
        )


def seconds(call: Callable[[], object]) -> float:
    """The least that this process works for a call, of several times, however busy others are."""
    times = []
    for _ in range(5):
        begun = time.process_time()
        call()
        times.append(time.process_time() - begun)
    return min(times)


def test_a_few_rows_of_many_are_read_alone(tmp_path: Path, client: httpx.Client) -> None:
    """However they are asked for, and also when a delivery is known by an id of long ago."""
    path = tmp_path / "log.sqlite"
    with Receiver(path=path) as receiver:
        client.post(receiver.endpoint, json=payload())
    multiply(path, 4000)
    with Receiver(path=path) as receiver:
        client.post(receiver.endpoint, json=payload(scope="store/stock/updated"))
        newest = receiver.deliveries(limit=1)["received_at"].iloc[0]
        few: list[Callable[[], pd.DataFrame]] = [
            lambda: receiver.wait(1, after=receiver.earlier),
            lambda: receiver.deliveries(limit=1),
            lambda: receiver.deliveries(scope="store/stock/updated"),
            lambda: receiver.deliveries(scope="store/order/created", limit=1),
            lambda: receiver.deliveries(since=newest, limit=1),
        ]
        every = seconds(receiver.deliveries)
        for call in few:
            assert len(call()) == 1
            assert call()["duplicate"].tolist() == [True]
            assert seconds(call) < every / 10


def test_opening_does_not_read_the_rows(tmp_path: Path, client: httpx.Client) -> None:
    path = tmp_path / "log.sqlite"
    with Receiver(path=path) as receiver:
        client.post(receiver.endpoint, content=b"x" * 10_000)
        every = seconds(receiver.deliveries)

    def first_delivery() -> None:
        with Receiver(path=path) as receiver:
            client.post(receiver.endpoint, json=payload())
            receiver.wait(1, after=receiver.earlier)

    before = seconds(first_delivery)
    multiply(path, 2000)
    with Receiver(path=path) as receiver:
        assert seconds(receiver.deliveries) > 20 * every
    assert seconds(first_delivery) < 3 * before


def test_the_newest_are_asked_for_by_time_scope_and_number(
    receiver: Receiver, client: httpx.Client
) -> None:
    scopes = ["store/order/created", "store/order/updated", "store/orders/created", "a_b", "axb"]
    for number, scope in enumerate(scopes * 2):
        client.post(receiver.endpoint, json=payload(number, scope=scope))
        until(lambda: time.time() * 1000 > receiver.deliveries()["received_at"].max().value / 1e6)
    client.get(receiver.endpoint)  # of no scope

    def numbers(**asked: Any) -> list[int]:
        frame = receiver.deliveries(**asked)
        assert list(frame) == list(receiver.deliveries())
        return [int(text.removeprefix("id-")) for text in frame["id"].dropna()]

    assert numbers() == list(range(10))
    assert numbers(limit=3) == [8, 9]
    assert numbers(limit=0) == []
    assert numbers(limit=10**30) == list(range(10))
    assert numbers(scope="store/order/*") == [0, 1, 5, 6]
    assert numbers(scope="store/order/*", limit=3) == [1, 5, 6]
    assert numbers(scope="store/order/created") == [0, 5]
    assert numbers(scope="a_b") == [3, 8]
    assert numbers(scope="a[_]b") == numbers(scope="a?*b") == numbers(scope="A_B") == []
    assert numbers(scope="*b", after=5) == [8, 9]
    fifth = receiver.deliveries()["received_at"].iloc[5]
    for since in (fifth, fifth.to_pydatetime(), fifth.isoformat()):
        assert numbers(since=since) == [5, 6, 7, 8, 9]
        assert numbers(since=since, scope="store/*", limit=2) == [6, 7]
    assert numbers(since="2000-01-01") == list(range(10))
    assert numbers(since=dt.date(2999, 1, 1)) == []


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "yesterday"},
        {"since": 1},
        {"since": dt.datetime(2026, 1, 1)},
        {"since": pd.NaT},
        {"scope": 7},
        {"scope": ["store/order/created"]},
        {"limit": -1},
        {"limit": 1.5},
        {"limit": "all"},
        {"after": None},
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused(shared: Receiver, asked: dict[str, Any]) -> None:
    (name,) = asked
    with pytest.raises(InvalidArgumentError, match=name):
        shared.deliveries(**asked)


@pytest.mark.parametrize(
    "given",
    [
        ("2", 0),
        (-1, 0),
        (5, -math.inf),
        (1.5, 0),
        (None, 0),
        (5, None),
        (5, "1"),
        (1, math.nan),
        (1, -1),
    ],
    ids=str,
)
def test_a_wait_without_sense_is_refused(shared: Receiver, given: tuple[Any, Any]) -> None:
    with pytest.raises(InvalidArgumentError, match=r"count|timeout"):
        shared.wait(*given)


@pytest.mark.parametrize("timeout", [0, 10**400, math.inf])
def test_a_wait_for_what_came_ends_whatever_the_time(shared: Receiver, timeout: float) -> None:
    assert list(shared.wait(0, timeout)) == list(shared.deliveries())


@pytest.mark.parametrize(
    "ids", [7, [7], None, "", "\ud800", ["id-1", "id-9"], b"id-1", {"id-1": 1}]
)
def test_only_ids_of_the_log_are_sent_again(
    receiver: Receiver, client: httpx.Client, ids: Any
) -> None:
    client.post(receiver.endpoint, json=payload())
    if ids is None:
        assert len(receiver.replay(ids)) == 1
        return
    with pytest.raises(InvalidArgumentError, match="id"):
        receiver.replay(ids)
    assert len(receiver.deliveries()) == 1


def test_old_rows_are_removed_on_request(tmp_path: Path, client: httpx.Client) -> None:
    with Receiver(path=tmp_path / "log.sqlite") as receiver:
        for number in range(3):
            client.post(receiver.endpoint, json=payload(number))
            until(lambda: time.time() * 1000 > newest(receiver).value / 1e6)
        assert receiver.prune("2000-01-01") == 0
        assert receiver.prune(newest(receiver)) == 2
        assert receiver.deliveries()["id"].tolist() == ["id-2"]
        client.post(receiver.endpoint, json=payload(0))
        assert receiver.deliveries(after=3)["duplicate"].tolist() == [False]  # it is forgotten
        assert len(receiver.wait(4, timeout=0)) == 2
        assert receiver.prune("2999-01-01") == 2
        assert receiver.deliveries().empty
        client.post(receiver.endpoint, json=payload(0))
        assert len(receiver.wait(5, timeout=0, after=4)) == 1
        with pytest.raises(InvalidArgumentError, match="before"):
            receiver.prune("last week")


def newest(receiver: Receiver) -> pd.Timestamp:
    moment = receiver.deliveries(limit=1)["received_at"].iloc[0]
    assert isinstance(moment, pd.Timestamp)
    return moment


def test_more_rows_than_one_transaction_removes_are_removed(
    tmp_path: Path, client: httpx.Client
) -> None:
    path = tmp_path / "log.sqlite"
    with Receiver(path=path) as receiver:
        client.post(receiver.endpoint, json=payload())
    multiply(path, 2500)
    with Receiver(path=path) as receiver:
        assert receiver.prune("2999-01-01") == 2501
        assert receiver.deliveries().empty


#: As the first version made it.
FIRST_VERSION = """
CREATE TABLE requests (
    number       INTEGER PRIMARY KEY,
    received_at  INTEGER NOT NULL,
    body         BLOB,
    signature_ok INTEGER,
    status       INTEGER,
    error        TEXT
);
PRAGMA application_id = 1768649315;
PRAGMA user_version = 1;
"""


def make_first_version(path: Path) -> list[bytes | None]:
    bodies = [json.dumps(payload(number)).encode() for number in (1, 2, 1)]
    kept = [*bodies, None, b"no JSON"]
    with contextlib.closing(sqlite3.connect(path)) as log, log:
        log.executescript(FIRST_VERSION)
        for number, body in enumerate(kept, 1):
            row = (number, 1_700_000_000_000 + number, body, True, 200, None)
            log.execute("INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?)", row)
    return kept


def test_a_log_of_before_is_read_and_gets_the_new_columns(
    tmp_path: Path, client: httpx.Client
) -> None:
    path = tmp_path / "log.sqlite"
    kept = make_first_version(path)
    for _ in range(2):  # when it is brought up, and when it is as it should be
        with Receiver(SECRET, path=path) as receiver:
            assert receiver.earlier == 5
            found = rows(receiver)
        assert [row["body"] for row in found] == kept
        assert [row["id"] for row in found] == ["id-1", "id-2", "id-1", None, None]
        assert [row["object_id"] for row in found] == ["1", "2", "1", None, None]
        assert [row["duplicate"] for row in found] == [False, False, True, False, False]
        assert {row["method"] for row in found} == {row["headers"] for row in found} == {None}
    with Receiver(SECRET, path=path) as receiver:
        assert len(receiver.deliveries(scope="store/order/created", limit=2)) == 2
        client.post(receiver.endpoint, json=payload(2))
        (row,) = receiver.wait(1, after=receiver.earlier).to_dict("records")
        assert (row["duplicate"], row["method"]) == (True, "POST")


def test_a_log_of_before_that_cannot_be_brought_up_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    make_first_version(path)

    def everything() -> list[Any]:
        with contextlib.closing(sqlite3.connect(path)) as log:
            return [
                *log.execute("SELECT sql FROM sqlite_master"),
                *log.execute("PRAGMA user_version"),
                *log.execute("SELECT * FROM requests"),
            ]

    with contextlib.closing(sqlite3.connect(path)) as log, log:
        log.execute("CREATE INDEX requests_refused ON requests (number)")  # the last to be made
    before = everything()
    with pytest.raises(StorageError):
        Receiver(path=path)
    assert everything() == before


def test_a_forked_child_is_refused_and_its_parent_goes_on(tmp_path: Path) -> None:
    """In a process of its own: this one has threads that a fork would not have."""
    code = """
import os, sys, socket
import ikas_explore as ikas
from ikas_explore.errors import StorageError
receiver = ikas.Receiver("secret", path=sys.argv[1])
ikas.push(receiver.endpoint, "store/order/created", "secret")
begin, end = os.pipe()
if os.fork() == 0:
    calls = [receiver.deliveries, lambda: receiver.wait(2, 3600), receiver.replay,
             lambda: receiver.prune("2000-01-01")]
    refused = 0
    for call in calls:
        try:
            call()
        except StorageError as error:
            refused += "another process" in str(error)
    receiver.close()
    os.write(end, b"%d" % refused)
    sys.stdin.read()  # it lives on until its parent has ended all
    sys.exit()  # as usual, with all that runs then
os.close(end)
print(os.read(begin, 1).decode(), "of 4 refused")
ikas.push(receiver.endpoint, "store/order/created", "secret")
print(len(receiver.wait(2)), "received", flush=True)
port = int(receiver.endpoint.rstrip("/").rsplit(":", 1)[1])
receiver.close()
try:
    socket.create_connection(("127.0.0.1", port), 5)
except ConnectionRefusedError:
    print("the port is free", flush=True)
"""
    path = tmp_path / "log.sqlite"
    command = [sys.executable, "-W", "ignore", "-c", code, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        said = [process.stdout.readline().strip() for _ in range(3)]
        process.stdin.close()
        assert process.wait(60) == 0
    assert said == ["4 of 4 refused", "2 received", "the port is free"]
    with Receiver("secret", path=path) as receiver:
        assert len(receiver.deliveries()) == 2


@pytest.mark.parametrize("count", [1, 2])
def test_a_wait_ends_on_a_clock_that_stands_still(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """With what came or a time-out, as in a test that freezes time."""
    for name in ("monotonic", "perf_counter", "time"):
        monkeypatch.setattr(time, name, lambda: 1.0)
    monkeypatch.setattr(time, "time_ns", lambda: 10**9)
    push(receiver.endpoint, "store/order/created", SECRET)
    ended = threading.Event()

    def wait() -> None:
        with contextlib.suppress(WaitTimeoutError):
            receiver.wait(count, timeout=0.05)
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    assert ended.wait(60)


def test_many_senders_at_once_lose_nothing(tmp_path: Path) -> None:
    def send(sender: int) -> None:
        with httpx.Client(trust_env=False, timeout=30, verify=False) as client:
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
