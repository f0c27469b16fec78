"""The deliveries and attempts of a sandbox: listed, counted and pruned.

All of it in windows of a thousand deliveries: the connection is also the event loop's, which
must not wait for long, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ikas_explore.sandbox.tables import Rows
from ikas_explore.values.names import check_choice
from ikas_explore.values.numbers import check_number
from ikas_explore.values.times import check_time

Listed = Literal["deliveries", "attempts"]
DeliveryState = Literal["pending", "delivered", "exhausted", "blocked", "withheld"]

_WINDOW = 1_000
# The columns are those of the frames, in their order.
_COLUMNS: dict[Listed, str] = {
    "deliveries": "d.id, e.scope, d.endpoint, d.state,"
    " (SELECT count(*) FROM attempts AS a WHERE a.delivery = d.number) AS attempts,"
    " d.created_at, d.finished_at, d.reason, e.sample",
    "attempts": "d.id AS delivery_id, a.number, a.started_at, a.duration_ms, a.status_code,"
    " a.error",
}


@dataclass(frozen=True)
class Asked:
    """Which rows are asked for, checked; see `Sandbox.deliveries`."""

    store: str | None = None
    since: object = None
    state: str | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.since is not None:
            object.__setattr__(self, "since", check_time("since", self.since))
        if self.state is not None:
            check_choice("state", self.state, get_args(DeliveryState))
        if self.limit is not None:
            limit = check_number("limit", self.limit, least=0, whole=True)
            object.__setattr__(self, "limit", limit)


class Deliveries:
    """The deliveries and attempts, in rows."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def pages(self, what: Listed, asked: Asked) -> Iterator[list[dict[str, Any]]]:
        """Give the rows that are asked for a window at a time, the oldest delivery first."""
        if asked.limit is None:
            for window in self._windows():
                yield self._read(what, window, asked)
            return
        pages: list[list[dict[str, Any]]] = []
        left = asked.limit
        for window in reversed(self._windows()):
            if not left:
                break
            pages.append(self._read(what, window, asked)[-left:])
            left -= len(pages[-1])
        yield from reversed(pages)

    def count(self, what: Listed, asked: Asked) -> int:
        """Count the rows that there are, whatever the limit."""
        if (asked.store, asked.since, asked.state) != (None, None, None):
            windows = self._windows()
            return sum(self._select("count(*)", what, window, asked)[0][0] for window in windows)
        # Keys alone are counted twenty times as fast as rows that are looked at.
        key = "number" if what == "deliveries" else "delivery"
        statement = f"SELECT count(*) FROM {what} WHERE {key} BETWEEN ? AND ?"  # noqa: S608 - as below
        windows = self._windows(size=20 * _WINDOW)
        return sum(self._rows.read(statement, *window)[0][0] for window in windows)

    def prune(self, before: object) -> int:
        """Delete ended deliveries from before a time, see `Sandbox.prune`; return how many."""
        time = check_time("before", before)
        deleted, kept = 0, set()
        old = "number BETWEEN ? AND ? AND created_at < ?"
        ended = f"FROM deliveries WHERE {old} AND state <> 'pending'"
        # Both at first: what is emitted meanwhile is not looked at.
        windows, events = self._windows(), self._windows("events")
        for window in windows:
            with self._rows.transaction() as connection:
                pending = f"SELECT event FROM deliveries WHERE {old} AND state = 'pending'"  # noqa: S608 - as below
                kept |= {event for (event,) in connection.execute(pending, (*window, time))}
                attempts = f"DELETE FROM attempts WHERE delivery IN (SELECT number {ended})"  # noqa: S608 - as below
                connection.execute(attempts, (*window, time))
                deleted += connection.execute(f"DELETE {ended}", (*window, time)).rowcount
        for window in events:
            with self._rows.transaction() as connection:
                some = f"SELECT number FROM events WHERE {old}"  # noqa: S608 - as below
                found = connection.execute(some, (*window, time)).fetchall()
                gone = [(number,) for (number,) in found if number not in kept]
                connection.executemany("DELETE FROM events WHERE number = ?", gone)
        return deleted

    def _windows(self, table: str = "deliveries", size: int | None = None) -> list[tuple[int, int]]:
        size = size or _WINDOW
        ((low, high),) = self._rows.read(f"SELECT min(number), max(number) FROM {table}")  # noqa: S608 - as below
        if low is None:
            return []
        return [(each, min(each + size - 1, high)) for each in range(low, high + 1, size)]

    def _read(self, what: Listed, window: tuple[int, int], asked: Asked) -> list[dict[str, Any]]:
        return [dict(row) for row in self._select(_COLUMNS[what], what, window, asked)]

    def _select(self, columns: str, what: Listed, window: tuple[int, int], asked: Asked) -> Any:
        statement = f"SELECT {columns} FROM deliveries AS d"  # noqa: S608 - texts of this module
        values: list[Any] = []
        if "e." in columns or asked.store is not None:
            statement += " JOIN events AS e ON e.number = d.event AND e.store = ifnull(?, e.store)"
            values.append(asked.store)
        if what == "attempts":
            statement += " JOIN attempts AS a ON a.delivery = d.number"
        time, order = ("a.started_at", ", a.number") if what == "attempts" else ("d.created_at", "")
        statement += (
            f" WHERE d.number BETWEEN ? AND ? AND {time} >= ifnull(?, {time})"
            f" AND d.state = ifnull(?, d.state) ORDER BY d.number{order}"
        )
        return self._rows.read(statement, *values, *window, asked.since, asked.state)
