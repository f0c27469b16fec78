"""The log of a receiver: found again, counted, replayed and pruned, whatever its size."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pandas as pd
import pytest

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import (
    InvalidArgumentError,
    StorageError,
    WaitTimeoutError,
)
from tests.deliveries.sending import SECRET, payload, rows


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
