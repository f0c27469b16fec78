"""What happens in the stores, in rows: events, their deliveries, and the attempts to make these.

All is committed before anything leaves: an attempt is written before it is sent and after it
ended, and recovered after a kill.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar

from ikas_explore.deliveries.attempts import Outcome
from ikas_explore.deliveries.payloads import check_data, delivery_id, encode, envelope, make_uuid
from ikas_explore.deliveries.samples import sample
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.sandbox.behaviour import DeliverTo, Rules
from ikas_explore.sandbox.blocks import Blocks
from ikas_explore.sandbox.posting import receiver_of
from ikas_explore.sandbox.stores import StoreCredentials, Stores
from ikas_explore.sandbox.tables import Rows
from ikas_explore.schema.scopes import check_scopes
from ikas_explore.text.printable import shown
from ikas_explore.values.times import moment_of, now_ms
from ikas_explore.values.urls import is_loopback, read_url

T = TypeVar("T")

#: Who has seen such data, for data that the caller gave.
OWN = "own"
CUT_OFF = Outcome(None, "cut off: the sandbox ended during this attempt")

_CLAIMED = """
SELECT d.id, d.endpoint, e.store, e.scope, e.data, e.created_at, w.endpoint AS current
FROM deliveries AS d JOIN events AS e ON e.number = d.event
LEFT JOIN webhooks AS w ON w.store = e.store AND w.scope = e.scope
WHERE d.number = ? AND d.state = 'pending'
  AND NOT EXISTS (SELECT 1 FROM attempts WHERE delivery = d.number AND number = ?)
"""
_UNDER_WAY = """
SELECT a.delivery, a.number AS attempt, d.endpoint, e.store
FROM deliveries AS d JOIN attempts AS a ON a.delivery = d.number
JOIN events AS e ON e.number = d.event
WHERE d.state = 'pending' AND a.status_code IS NULL AND a.error IS NULL
"""
_PENDING = """
SELECT d.number AS delivery, d.endpoint, d.next_at, e.store,
  1 + (SELECT count(*) FROM attempts AS a WHERE a.delivery = d.number) AS attempt
FROM deliveries AS d JOIN events AS e ON e.number = d.event
WHERE d.state = 'pending' ORDER BY d.number
"""
_END_REGISTRATION = """
DELETE FROM webhooks WHERE (store, scope, endpoint) =
  (SELECT e.store, e.scope, d.endpoint FROM deliveries AS d
   JOIN events AS e ON e.number = d.event WHERE d.number = ?)
"""


class Due(NamedTuple):
    """An attempt to be made, from 1; `receiver` is scheme, host and port: slow or fast as one."""

    delivery: int
    attempt: int
    receiver: str
    store: str
    seconds: float = 0.0  # until then


class Finished(NamedTuple):
    """An attempt that ended; `duration_ms` is None where it was not measured."""

    due: Due
    outcome: Outcome
    duration_ms: float | None


class Ledger:
    """Events, deliveries and attempts as they are written; the worker makes the attempts."""

    def __init__(self, rows: Rows, rules: Rules, stores: Stores, blocks: Blocks) -> None:
        self._rows = rows
        self._rules = rules
        self._blocks = blocks
        self._stores = stores
        self._random = rows.random("events", rows.opened)

    def emit(
        self,
        push: Callable[[Sequence[Due]], None],
        store: StoreCredentials,
        scope: str,
        data: str | Mapping[str, Any] | None,
    ) -> tuple[str, list[str]]:
        """Make an event happen, see `Sandbox.emit`; return its id and those of its deliveries.

        The webhook of its scope gets a delivery; `push` is called with what is to be sent.
        """
        if not isinstance(scope, str):
            raise InvalidArgumentError(f"An event has one scope, a text, not {shown(scope)}.")
        (scope,) = check_scopes(scope)
        text, source = None if data is None else check_data(data), OWN
        now = now_ms()
        with self._rows.transaction() as connection:
            if text is None:
                made = sample(
                    scope,
                    self._random,
                    merchant_id=store.merchant_id,
                    private_app=self._rules.private_app,
                )
                text, source = made.data, str(made.source)
            event_id = make_uuid(self._random)
            event = connection.execute(
                "INSERT INTO events (id, store, scope, data, sample, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (event_id, store.name, scope, text, source, now),
            ).lastrowid
            found = connection.execute(
                "SELECT endpoint FROM webhooks WHERE store = ? AND scope = ? AND active",
                (store.name, scope),
            ).fetchone()
            if found is None:
                return event_id, []
            (endpoint,) = found
            state, reason = "pending", why_blocked(endpoint, self._rules.deliver_to)
            if reason:
                state = "blocked"
            elif block := self._blocks.blocked("deliveries", store.name):
                state, reason = "withheld", block[1]
            next_at, ended = (None, now) if reason else (now, None)
            new_id = delivery_id(self._random)
            number = connection.execute(
                "INSERT INTO deliveries (id, event, endpoint, state, reason, created_at,"
                " next_at, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (new_id, event, endpoint, state, reason, now, next_at, ended),
            ).lastrowid
            if not reason and number is not None:
                # Before the commit, so that Ctrl-C cannot come between: the worker waits for the
                # lock, and drops what is not there then.
                push([Due(number, 1, receiver_of(endpoint), store.name)])
        return event_id, [new_id]

    def write(self, writes: Sequence[Callable[[sqlite3.Connection], T]]) -> list[T]:
        """Do all of this in one transaction, or nothing: under load many rows share a commit."""
        with self._blocks.keeping() as connection:
            return [write(connection) for write in writes]

    def recover(self) -> list[Due]:
        """Take up what an earlier process left."""
        cut_off = [Finished(_due(row), CUT_OFF, None) for row in self._rows.read(_UNDER_WAY)]
        for each in cut_off:
            self.count(each)
        self.write([partial(self.record, each) for each in cut_off])
        now = now_ms()
        return [
            _due(row, self._wait(row["attempt"], (row["next_at"] - now) / 1000))
            for row in self._rows.read(_PENDING)
        ]

    def _wait(self, attempt: int, left: float) -> float:
        """Return the seconds until an attempt, of which `left` are left by the wall clock.

        That clock may have been set back since: no wait is longer than the whole of it.
        """
        whole = self._rules.retries.delay_after(attempt - 1) if attempt > 1 else 0.0
        return max(0.0, left if whole is None else min(left, whole))

    def _next(self, finished: Finished) -> float | None:
        """Return the seconds until the next attempt, if there is one."""
        due, outcome = finished.due, finished.outcome
        return None if outcome.ok else self._rules.retries.delay_after(due.attempt)

    def count(self, finished: Finished) -> None:
        """Count an attempt beside ikas' limits; to be called once for each."""
        if self._next(finished) is None or self._rules.blocks != "deliveries":
            failed = not finished.outcome.ok
            self._blocks.count("deliveries", finished.due.store, failed=failed)

    def record(self, finished: Finished, connection: sqlite3.Connection) -> float | None:
        """Write how an attempt ended; return the seconds until the next, if there is one."""
        due, outcome, duration_ms = finished
        now, wait = now_ms(), self._next(finished)
        connection.execute(
            "UPDATE attempts SET duration_ms = ?, status_code = ?, error = ?"
            " WHERE delivery = ? AND number = ?",
            (duration_ms, outcome.status_code, outcome.error, due.delivery, due.attempt),
        )
        if wait is not None:
            _set(connection, due, next_at=now + round(wait * 1000))
            return wait
        state = "delivered" if outcome.ok else "exhausted"
        _set(connection, due, state=state, reason=outcome.error, finished_at=now)
        if not outcome.ok and self._rules.on_exhausted == "registration":
            connection.execute(_END_REGISTRATION, (due.delivery,))
        return None

    def claim(self, due: Due, connection: sqlite3.Connection) -> tuple[str, bytes] | None:
        """Write that an attempt starts; return its endpoint and body, or None when it must not.

        It is withheld, or its webhook has moved to where nothing may go.
        """
        row = connection.execute(_CLAIMED, (due.delivery, due.attempt)).fetchone()
        if row is None:
            # Ctrl-C came before its event was committed; another may have got its number since.
            return None
        now, endpoint, state, reason = now_ms(), row["endpoint"], "withheld", None
        if block := self._blocks.blocked("deliveries", row["store"]):
            reason = block[1]
        elif self._rules.next_attempt_to == "current" and row["current"] not in (None, endpoint):
            endpoint, state = row["current"], "blocked"
            reason = why_blocked(endpoint, self._rules.deliver_to)
            _set(connection, due, endpoint=endpoint)
        if reason:
            _set(connection, due, state=state, reason=reason, next_at=None, finished_at=now)
            return None
        connection.execute(
            "INSERT INTO attempts (delivery, number, started_at) VALUES (?, ?, ?)",
            (due.delivery, due.attempt, now),
        )
        _set(connection, due, next_at=None)
        store = self._stores.named(row["store"])
        payload = envelope(
            id=row["id"],
            scope=row["scope"],
            data=row["data"],
            client_secret=store.client_secret,
            authorized_app_id=store.authorized_app_id,
            merchant_id=store.merchant_id,
            created_at=moment_of(row["created_at"]),
        )
        return endpoint, encode(payload)


@lru_cache(maxsize=1024)
def why_blocked(endpoint: str, deliver_to: DeliverTo) -> str | None:
    """Return why nothing may be sent to an endpoint; None when it may."""
    host = read_url(endpoint).host
    if deliver_to == "any" or is_loopback(host):
        return None
    return f'{host} is not this machine; deliver_to="any" lets deliveries leave it'


def _due(row: sqlite3.Row, seconds: float = 0.0) -> Due:
    receiver = receiver_of(row["endpoint"])
    return Due(row["delivery"], row["attempt"], receiver, row["store"], seconds)


def _set(connection: sqlite3.Connection, due: Due, **columns: object) -> None:
    """Write columns of the delivery that an attempt is of."""
    changed = ", ".join(f"{name} = ?" for name in columns)
    connection.execute(
        f"UPDATE deliveries SET {changed} WHERE number = ?",  # noqa: S608 - names of this module
        (*columns.values(), due.delivery),
    )
