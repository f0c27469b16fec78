"""What a large file costs beside a small one.

Journals, logs and a sandbox's file grow, and what is asked of them stays the same: a ratio near 1
is right.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

import httpx

import ikas_explore as ikas
from ikas_explore.testing.notebooks import check_notebooks
from tests.benchmarks.measuring import Figure, pairs, python
from tests.sandbox.filled import fill

SCOPE = "store/order/created"
SECRET = "benchmark"
GOAL = 1.5


def figures(short: bool) -> Iterator[Figure]:
    """Compare files with many rows to files with few."""
    with tempfile.TemporaryDirectory() as name:
        folder, share = Path(name), 10 if short else 1
        yield from _deliveries(folder, 500_000 // share, 3 if short else 11)
        yield _receiving(folder, 200_000 // share, 7 if short else 31)
        yield _pruning(folder, 200_000 // share, 7 if short else 31)
        yield _undoing(folder, 250_000 // share, 15 if short else 51)
        yield _leaks(folder, 1_000, 5 if short else 11)
        yield from _orders(10_000 // share, 3 if short else 11)


def _deliveries(folder: Path, count: int, times: int) -> Iterator[Figure]:
    """List deliveries by the command, and call GraphQL while others list all of them."""
    few, many = folder / "few.db", folder / "many.db"
    fill(few, 1_000)
    fill(many, count)
    with ikas.Sandbox(few) as small, ikas.Sandbox(many) as large:
        listing = [
            python(
                *("-m", "ikas_explore", "deliveries"),
                IKAS_BASE_URL=box.base_url,
                IKAS_ACCESS_TOKEN=box.access_token,
            )
            for box in (large, small)
        ]
        yield Figure(
            f"ikas-explore deliveries, {count:,}", "the same, of 1,000", "s",
            pairs(listing[0], listing[1], times, unit="s"), goal=GOAL,
        )  # fmt: skip
        with _listing_all(large), ikas.connect(large) as busy, ikas.connect(small) as idle:
            yield Figure(
                f"list webhooks, {count:,} are read", "a sandbox that is idle", "ms",
                pairs(busy.webhooks.list, idle.webhooks.list, times * 10),
                why="shares the process with the reader of all deliveries",
            )  # fmt: skip


def _orders(count: int, times: int) -> Iterator[Figure]:
    """Fill a store with orders, and ask for their last page and their first."""
    with ikas.Sandbox(seed=1) as box, ikas.connect(box) as store:

        def page(number: int) -> None:
            pagination = {"page": number, "limit": 100}
            orders = store.query("listOrder").select("id", "updated_at")
            assert len(orders.arguments(pagination=pagination).to_records()) == 100

        box.fill(orders=count)
        yield Figure(
            f"the last page of {count:,} orders", "the first page", "ms",
            pairs(partial(page, count // 100), partial(page, 1), times * 10), goal=GOAL,
        )  # fmt: skip

        def fill_by_parts() -> None:
            for _ in range(10):
                box.fill(orders=count // 10)

        yield Figure(
            f"fill(orders={count:,})", "ten times a tenth", "s",
            pairs(partial(box.fill, orders=count), fill_by_parts, min(times, 5), unit="s"),
            goal=GOAL,
        )  # fmt: skip


@contextmanager
def _listing_all(box: ikas.Sandbox) -> Iterator[None]:
    """Read all deliveries of a sandbox again and again, in a thread, within the block."""
    ended = threading.Event()

    def read() -> None:
        headers = {"Authorization": f"Bearer {box.access_token}"}
        with httpx.Client(trust_env=False, timeout=600) as client:
            while not ended.is_set():
                with client.stream(
                    "GET", f"{box.base_url}/control/deliveries", headers=headers
                ) as answer:
                    for _ in answer.iter_raw():
                        if ended.is_set():
                            break

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _receiving(folder: Path, count: int, times: int) -> Figure:
    """Start a receiver on a log, and push a delivery to it."""

    many, empty = folder / "log.db", folder / "empty.db"
    for path in (many, empty):
        ikas.Receiver(SECRET, path=path).close()
    _log(many, range(count))

    def receive(path: Path) -> None:
        with ikas.Receiver(SECRET, path=path) as receiver:
            ikas.push(receiver.endpoint, SCOPE, SECRET)

    return Figure(
        f"a receiver's first delivery, {count:,}", "the same, with an empty log", "ms",
        pairs(partial(receive, many), partial(receive, empty), times), goal=GOAL,
    )  # fmt: skip


def _pruning(folder: Path, count: int, times: int) -> Figure:
    """Open a log of many requests and remove a thousand old ones."""
    path = folder / "kept.db"
    ikas.Receiver(SECRET, path=path).close()
    _log(path, range(count))

    def prune() -> None:
        _log(path, range(-1_000, 0))
        with ikas.Receiver(SECRET, path=path) as receiver:
            assert receiver.prune("2021-11-01") == 1_000

    def delete() -> None:
        _log(path, range(-1_000, 0))
        with closing(sqlite3.connect(path)) as connection, connection:
            before = (1_635_000_000_000,)
            gone = connection.execute("DELETE FROM requests WHERE received_at < ?", before)
            assert gone.rowcount == 1_000

    return Figure(
        f"open and prune a log of {count:,}", "sqlite3, one DELETE", "ms",
        pairs(prune, delete, times), goal=GOAL, why="also starts a receiver",
    )  # fmt: skip


def _log(path: Path, numbers: range) -> None:
    """Write requests into a receiver's log; those below 0 are of an earlier year."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO requests (received_at, body, signature_ok, status, id, id_sum, scope)"
            " VALUES (?, ?, 1, 200, ?, ?, ?)",
            (_request(number) for number in numbers),
        )


def _request(number: int) -> tuple[object, ...]:
    identity = f"delivery-{number}"
    body = json.dumps({"id": identity, "data": "x" * 500}).encode()
    received_at = 1_636_366_311_914 if number >= 0 else 1_600_000_000_000
    return received_at, body, identity, zlib.crc32(identity.encode()), SCOPE


def _undoing(folder: Path, count: int, times: int) -> Figure:
    """Look at what an undo would do, after a save."""
    with ikas.Sandbox(examples=False) as box:
        looks = []
        for path, undone in ((folder / "long.jsonl", count), (folder / "new.jsonl", 0)):
            with path.open("w") as file:
                for number in range(undone):
                    file.write(_undone(number, box.base_url))
            with mock.patch.dict(os.environ, IKAS_JOURNAL=str(path)):
                store = ikas.connect(
                    "sandbox", base_url=box.base_url, access_token=box.access_token
                )
            store.webhooks.save("https://erp.example.com/ikas", SCOPE)
            looks.append(store.webhooks.undo)
        return Figure(
            f"undo(), after {count:,} undone writes", "the same, with a new journal", "ms",
            pairs(looks[0], looks[1], times), goal=GOAL,
        )  # fmt: skip


def _undone(number: int, base_url: str) -> str:
    """Return a write that was taken back, as the file of a journal has it."""
    identity = f"{number:032x}"
    write = {
        "id": identity,
        "written_at": "2026-01-01T00:00:00.000+00:00",
        "base_url": base_url,
        "store": "sandbox",
        "before": {SCOPE: "https://a.example.com/ikas"},
        "after": {SCOPE: "https://b.example.com/ikas"},
        "sales_channels": False,
    }
    lines = ({"write": write}, {"taken": identity})
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def _leaks(folder: Path, count: int, times: int) -> Figure:
    """Check a notebook with four times the leaks."""
    paths = []
    for leaks in (4 * count, count):
        text = [f"token_{number} = 's_{number:064x}'\n" for number in range(leaks)]
        output = {"output_type": "stream", "name": "stdout", "text": text}
        cell = {
            "cell_type": "code", "id": "a", "execution_count": 1, "metadata": {},
            "outputs": [output], "source": ["print(tokens)"],
        }  # fmt: skip
        content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        paths.append(folder / f"{leaks}.ipynb")
        paths[-1].write_text(json.dumps(content))

    def check(path: Path) -> None:
        found = check_notebooks([path])
        assert found, path

    return Figure(
        f"check-notebooks, {4 * count:,} leaks", f"the same, {count:,} leaks", "ms",
        pairs(partial(check, paths[0]), partial(check, paths[1]), times), goal=5,
        why="has four times as much to report",
    )  # fmt: skip
