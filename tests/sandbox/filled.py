"""A sandbox's file with many deliveries, written without making them."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from ikas_explore.sandbox import Sandbox

SCOPE = "store/order/created"


def fill(path: Path, count: int, *, seconds_apart: float = 1.0) -> None:
    """Make a file with `count` deliveries, the newest of now; every tenth is exhausted."""
    with Sandbox(path, seed=1, examples=False):
        pass
    now = time.time_ns() // 1_000_000
    times = [now - round((count - number) * seconds_apart * 1000) for number in range(count + 1)]
    states = ["exhausted" if number % 10 == 0 else "delivered" for number in range(count + 1)]
    numbers = range(1, count + 1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO events VALUES (?, ?, 'sandbox', ?, '{}', 'own', ?)",
            ((number, f"event-{number}", SCOPE, times[number]) for number in numbers),
        )
        connection.executemany(
            "INSERT INTO deliveries VALUES (?, ?, ?, 'http://127.0.0.1:9/', ?, NULL, ?, NULL, ?)",
            (
                (number, f"delivery-{number}", number, states[number], times[number], now)
                for number in numbers
            ),
        )
        connection.executemany(
            "INSERT INTO attempts VALUES (?, 1, ?, 1.5, ?, NULL)",
            (
                (number, times[number], 500 if states[number] == "exhausted" else 200)
                for number in numbers
            ),
        )
