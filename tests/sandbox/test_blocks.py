"""ikas' published limits, applied: each block is announced by `budget` before it begins."""

from __future__ import annotations

import math
import os
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path

import httpx
import pandas as pd
import pytest

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import InvalidArgumentError, StorageError
from ikas_explore.frames.frames import budget_frame
from ikas_explore.sandbox import Sandbox
from tests.sandbox.api import Api, api_of, codes, register
from tests.sandbox.coverage import emulates
from tests.waiting import until

ORDER = "store/order/created"
BY_30_MINUTES, BY_3_HOURS, BY_DAY = (
    f"failed deliveries by {window}" for window in ("30 minutes", "3 hours", "day")
)
LIST = "{ listWebhook { id } }"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A handler that answers 201, which ikas takes for a failure."""
    with Receiver(status=201) as receiver:
        yield receiver


def blocking(receiver: Receiver, **settings: object) -> Sandbox:
    sandbox = Sandbox(**{"blocks": True, "max_attempts": 1, **settings})  # type: ignore[arg-type]
    register(sandbox, receiver.endpoint)
    return sandbox


def burst(sandbox: Sandbox, number: int) -> None:
    for _ in range(number):
        sandbox.emit(ORDER)
    sandbox.settle(30)


def state(sandbox: Sandbox, limit: str) -> str:
    frame = sandbox.budget()
    return str(frame.set_index("limit")["state"][limit])


def blocked(sandbox: Sandbox, limit: str) -> bool:
    return state(sandbox, limit).startswith(("blocked until ", "permanent"))


@emulates("more than 10 attempts in 30 minutes, 70 % failed: blocked", source="docs")
def test_failed_attempts_end_in_a_block_that_budget_announces(receiver: Receiver) -> None:
    with blocking(receiver) as sandbox:
        for number in range(1, 12):
            assert state(sandbox, BY_30_MINUTES) == ("near" if number > 8 else "ok")
            burst(sandbox, 1)
        assert blocked(sandbox, BY_30_MINUTES)
        assert len(receiver.deliveries()) == 11


@emulates("an event during a block is never delivered", source="inferred")
def test_events_during_a_block_are_withheld(receiver: Receiver) -> None:
    """The reason is in the row, `settle` does not wait for it, and nothing is sent."""
    with blocking(receiver) as sandbox:
        burst(sandbox, 11)
        ids = sandbox.emit(ORDER)
        sandbox.settle(0)
        (row,) = sandbox.deliveries(state="withheld").to_dict("records")
        assert [row["id"]] == ids
        assert row["reason"].startswith(f"{BY_30_MINUTES}, until 2")
        assert row["attempts"] == 0
        assert row["finished_at"] == row["created_at"]
        assert len(receiver.deliveries()) == 11
        assert sandbox.prune("9999-01-01") == 12


def test_attempts_that_were_to_follow_are_withheld_too(receiver: Receiver) -> None:
    """The eleven first attempts begin the block, and none of their second ones is made."""
    with blocking(receiver, max_attempts=3, retry_delays=(0.3,), concurrency=11) as sandbox:
        for _ in range(11):
            sandbox.emit(ORDER)
        sandbox.settle(30)
        assert set(sandbox.deliveries()["state"]) == {"withheld"}
        assert set(sandbox.attempts()["number"]) == {1}


def test_deliveries_can_be_counted_in_place_of_attempts(receiver: Receiver) -> None:
    """What ikas counts is not known."""
    with blocking(receiver, blocks="deliveries", max_attempts=3, retry_delays=(0,)) as sandbox:
        burst(sandbox, 10)
        assert len(receiver.deliveries()) == 30
        assert state(sandbox, BY_30_MINUTES) == "near"
        burst(sandbox, 1)
        assert blocked(sandbox, BY_30_MINUTES)


@pytest.mark.skipif(os.name != "posix", reason="limits as POSIX has them")
def test_an_attempt_counts_once_however_often_the_disk_refuses_its_outcome(tmp_path: Path) -> None:
    """The worker tries again every 0.2 s: one failure would end in a block for good."""
    path = tmp_path / "sandbox.db"
    limit, unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(payload: object) -> int:
        size = path.with_name("sandbox.db-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, unlimited))
        return 201

    with Receiver(status=fill) as handler, blocking(handler, path=path) as sandbox:
        sandbox.emit(ORDER)
        try:
            for _ in range(3):
                with pytest.raises(StorageError):
                    sandbox.settle(10)
                time.sleep(0.3)  # longer than the worker's pause
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited))
        until(lambda: not sandbox.deliveries(state="exhausted").empty)
        assert sandbox.budget()["requests"].tolist()[-3:] == [1, 1, 1]


def test_a_receiver_that_works_is_never_blocked() -> None:
    with Receiver() as receiver, blocking(receiver) as sandbox:
        burst(sandbox, 30)
        assert set(sandbox.budget()["state"]) == {"ok"}
        assert sandbox.budget()["requests"].tolist()[-3:] == [30, 30, 30]


def test_without_blocks_nothing_is_withheld_or_refused(receiver: Receiver) -> None:
    """`budget` says what ikas would do."""
    with blocking(receiver, blocks=False) as sandbox, api_of(sandbox) as api:
        burst(sandbox, 12)
        assert set(sandbox.deliveries()["state"]) == {"exhausted"}
        assert blocked(sandbox, BY_30_MINUTES)
        for _ in range(60):
            assert codes(api.save("no url", ORDER)) == ["ARGUMENT_VALIDATION_ERROR"]
        assert blocked(sandbox, "call errors over 25 %")
        assert api.call(LIST).status_code == 200


def test_stores_are_counted_apart(receiver: Receiver) -> None:
    with blocking(receiver) as sandbox:
        shop = sandbox.add_store("shop")
        with api_of(sandbox, shop) as api:
            api.save(receiver.endpoint, ORDER)
        burst(sandbox, 11)
        sandbox.emit(ORDER, store="shop")
        sandbox.settle()
        assert sandbox.deliveries(store="shop")["state"].tolist() == ["exhausted"]
        shown = sandbox.budget(store="shop").set_index("limit")
        assert shown["requests"][BY_30_MINUTES] == 1


@pytest.mark.slow
@emulates("the ladder of failed deliveries: 15 minutes, 1 hour, for good", source="docs")
def test_a_handler_that_answers_201_climbs_the_whole_ladder(receiver: Receiver) -> None:
    """An hour is a second. No step is so large that it could leave out "near"."""
    with blocking(receiver, time_scale=3_600) as sandbox:
        for limit, step in ((BY_30_MINUTES, 3), (BY_3_HOURS, 13), (BY_DAY, 48)):
            announced = False
            for _ in range(500):
                if blocked(sandbox, limit):
                    break
                announced = announced or state(sandbox, limit) == "near"
                until(lambda: not blocked(sandbox, BY_30_MINUTES))
                until(lambda: not blocked(sandbox, BY_3_HOURS))
                burst(sandbox, step)
            else:
                pytest.fail(f"no block for {limit}")
            assert announced, limit
        assert state(sandbox, BY_DAY) == "permanent"
        sandbox.emit(ORDER)
        assert sandbox.deliveries()["reason"].iloc[-1] == f"{BY_DAY}, for good"


def refused(api: Api, number: int) -> list[int]:
    """Send calls that ikas refuses."""
    return [api.save("no url", ORDER).status_code for _ in range(number)]


@emulates("over 25 % of errors in an hour: blocked for an hour", source="docs; HTTP 429: a guess")
def test_calls_that_fail_end_in_a_block(receiver: Receiver) -> None:
    with blocking(receiver) as sandbox, api_of(sandbox) as api:
        for _ in range(15):
            api.call(LIST)
        assert refused(api, 4) == [200] * 4
        assert state(sandbox, "call errors over 25 %") == "near"
        assert refused(api, 2) == [200] * 2
        assert blocked(sandbox, "call errors over 25 %")
        answer = api.call(LIST)
        assert answer.status_code == 429
        assert 3_590 <= int(answer.headers["Retry-After"]) <= 3_600
        assert "call errors over 25 %, until" in answer.json()["errors"][0]["message"]


@emulates("the ladder of calls that fail: 30 minutes, 12 hours, for good", source="docs")
@pytest.mark.parametrize(
    ("limit", "count"),
    [
        ("call errors by hour", 300),
        pytest.param("call errors by day", 3_000, marks=pytest.mark.slow),
        pytest.param("call errors by five days", 9_000, marks=pytest.mark.slow),
    ],
)
def test_a_client_that_goes_on_climbs_the_ladder(limit: str, count: int) -> None:
    """What is refused during a block is an error too."""
    with Sandbox(blocks=True) as sandbox, api_of(sandbox) as api:
        refused(api, math.ceil(0.8 * count) - 2)
        assert state(sandbox, limit) == "ok"
        refused(api, 2)
        assert state(sandbox, limit) == "near"
        refused(api, count - math.ceil(0.8 * count))
        assert state(sandbox, limit) == "near"
        refused(api, 1)
        assert blocked(sandbox, limit)


def test_a_block_of_calls_ends(receiver: Receiver) -> None:
    """An hour is two seconds."""
    with Sandbox(blocks=True, time_scale=1_800) as sandbox, api_of(sandbox) as api:
        refused(api, 20)
        until(lambda: api.call(LIST).status_code == 429 or not refused(api, 20))
        until(lambda: api.call(LIST).status_code == 200)


def test_calls_over_the_rate_are_refused() -> None:
    with Sandbox(blocks=True) as sandbox, api_of(sandbox) as api:
        statuses = [api.call(LIST).status_code for _ in range(51)]
        assert statuses == [200] * 50 + [429]
        row = sandbox.budget().iloc[0]
        assert (row["limit"], row["requests"], row["left"]) == ("calls", 50, 0)
        assert row["state"].startswith("blocked until ")


def test_a_block_stays_in_the_file(tmp_path: Path, receiver: Receiver) -> None:
    """What was counted does not."""
    path = tmp_path / "sandbox.db"
    with blocking(receiver, path=path) as sandbox:
        burst(sandbox, 11)
    with Sandbox(path, blocks=True) as sandbox:
        assert blocked(sandbox, BY_30_MINUTES)
        assert sandbox.budget()["requests"].sum() == 0
        sandbox.emit(ORDER)
        assert sandbox.deliveries()["state"].iloc[-1] == "withheld"
    with Sandbox(path) as sandbox:
        sandbox.emit(ORDER)
        sandbox.settle()
        assert sandbox.deliveries()["state"].iloc[-1] == "exhausted"


def test_a_block_of_calls_stays_in_the_file_too(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    with Sandbox(path, blocks=True) as sandbox, api_of(sandbox) as api:
        refused(api, 20)
    with Sandbox(path, blocks=True) as sandbox:
        assert blocked(sandbox, "call errors over 25 %")


def test_a_long_block_says_how_many_seconds_are_left(tmp_path: Path) -> None:
    """As long as half a day is with time_scale=0.01; seven digits are written out."""
    path = tmp_path / "sandbox.db"
    with Sandbox(path, blocks=True) as sandbox, api_of(sandbox) as api:
        refused(api, 20)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE blocks SET until = until + 4320000")
    with Sandbox(path, blocks=True, time_scale=0.01) as sandbox, api_of(sandbox) as api:
        assert int(api.call(LIST).headers["Retry-After"]) > 4_320_000


def test_files_of_before_are_brought_up(tmp_path: Path, receiver: Receiver) -> None:
    """Their deliveries are kept as they were, and can be withheld from now on."""
    path = tmp_path / "sandbox.db"
    with blocking(receiver, path=path, blocks=False) as sandbox:
        burst(sandbox, 3)
        before, attempts = sandbox.deliveries(), sandbox.attempts()
    made_old(path)
    with Sandbox(path, blocks=True, max_attempts=1) as sandbox:
        assert sandbox.deliveries().equals(before)
        assert sandbox.attempts().equals(attempts)
        burst(sandbox, 11)
        sandbox.emit(ORDER)
        assert sandbox.deliveries()["state"].iloc[-1] == "withheld"


def made_old(path: Path) -> None:
    """Make a file what it was before there were blocks."""
    scripts = resources.files("ikas_explore.sandbox")
    with closing(sqlite3.connect(path)) as connection:
        rows = {
            table: connection.execute(f"SELECT * FROM {table}").fetchall()
            for (table,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'blocks'"
            ).fetchall()
        }
        for table in [*rows, "blocks"]:
            connection.execute(f"DROP TABLE {table}")
        for name in ("tables.sql", "catalogue.sql"):
            connection.executescript(scripts.joinpath(name).read_text("utf-8"))
        connection.execute("DELETE FROM opened")
        for table, found in rows.items():
            for row in found:
                connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        connection.execute("PRAGMA user_version = 2")
        connection.commit()


def test_a_budget_says_what_it_cannot_see(sandbox: Sandbox) -> None:
    frame = sandbox.budget()
    assert "before the sandbox was opened" in frame.attrs["not_visible"]
    pd.testing.assert_series_equal(frame.dtypes, budget_frame([], "").dtypes)


def test_programs_in_other_languages_read_the_budget(sandbox: Sandbox, api: Api) -> None:
    api.call(LIST)
    answer = api.client.get("/control/budget")
    assert answer.json() == sandbox.budget().to_dict("records")
    assert httpx.get(f"{sandbox.base_url}/control/budget").status_code == 401


@pytest.mark.parametrize("scale", [0, -1, math.nan, math.inf, "1"])
def test_a_scale_that_cannot_be_right_is_refused(scale: object) -> None:
    with pytest.raises(InvalidArgumentError, match="time_scale"):
        Sandbox(time_scale=scale)  # type: ignore[arg-type]
