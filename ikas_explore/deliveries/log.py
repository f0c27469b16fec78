"""The log of a receiver: every request it got, in SQLite, body byte for byte.

A frame is read from the bodies. The columns ``id`` and ``scope`` repeat what a body says, so that
duplicates and the deliveries of a scope are found by an index, however many rows there are.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, get_type_hints

from ikas_explore.deliveries.payloads import read_payload
from ikas_explore.errors import InvalidArgumentError, StorageError, WaitTimeoutError
from ikas_explore.network.clock import Changes
from ikas_explore.system.database import Database

if TYPE_CHECKING:
    import sqlite3

#: Of the requests that were refused without a look at their body, so many stay: a log that
#: strangers can fill must not grow without end.
REFUSED_KEPT = 1_000
# Rows removed in one transaction: requests that arrive meanwhile wait for one of them.
_BATCH = 200

_REQUESTS = """
CREATE TABLE requests (
    number       INTEGER PRIMARY KEY,   -- in the order they came, from 1
    received_at  INTEGER NOT NULL,      -- Unix milliseconds
    body         BLOB,                  -- NULL when it was not kept
    signature_ok INTEGER,               -- NULL when it was not checked
    status       INTEGER,               -- of the answer, NULL when none was given
    error        TEXT                   -- what was wrong with the request, or its answer
);
"""
# What the first version did not have.
_ADDED = """
ALTER TABLE requests ADD COLUMN id TEXT;
ALTER TABLE requests ADD COLUMN id_sum INTEGER;  -- a checksum of it: its index costs a third
ALTER TABLE requests ADD COLUMN scope TEXT;
ALTER TABLE requests ADD COLUMN method TEXT;
ALTER TABLE requests ADD COLUMN target TEXT;     -- path and query
ALTER TABLE requests ADD COLUMN host TEXT;
ALTER TABLE requests ADD COLUMN headers TEXT;    -- an object of JSON
ALTER TABLE requests ADD COLUMN refused INTEGER; -- 1 without a look at its body
UPDATE requests SET id = read_text(body, 'id'), id_sum = checksum(read_text(body, 'id')),
    scope = read_text(body, 'scope');
CREATE INDEX requests_id ON requests (id_sum) WHERE id_sum IS NOT NULL;
CREATE INDEX requests_when ON requests (received_at, scope);
CREATE INDEX requests_refused ON requests (number) WHERE refused;
"""
# What the second did not have.
_ADDED_LATER = """
ALTER TABLE requests ADD COLUMN signed_with INTEGER;      -- the place of the secret, from 0
ALTER TABLE requests ADD COLUMN forwarded_at INTEGER;     -- Unix milliseconds, the last attempt
ALTER TABLE requests ADD COLUMN forwarded_status INTEGER; -- NULL when no answer came
"""
# What the third did not have: what is to be forwarded is found without a look at all rows.
_ADDED_LAST = """
CREATE INDEX requests_pending ON requests (number) WHERE forwarded_status = 0;
"""
#: The status of the app before the first attempt to forward a request.
PENDING = 0
_CAME_BEFORE = (
    "EXISTS (SELECT 1 FROM requests AS other"
    " WHERE other.id_sum = requests.id_sum AND other.number < requests.number"
    " AND other.id = requests.id)"
)


@dataclass(slots=True)
class Request:
    """One request, as it is written before it is answered; see the table for its parts."""

    received_at: int
    body: bytes | None = None
    signature_ok: int | None = None  # SQLite has no bool
    status: int | None = None
    error: str | None = None
    id: str | None = None
    scope: str | None = None
    method: str | None = None
    target: str | None = None
    host: str | None = None
    headers: str | None = None
    refused: int | None = False
    signed_with: int | None = None
    forwarded_at: int | None = None
    forwarded_status: int | None = None
    number: int = 0  # given by the log

    @property
    def id_sum(self) -> int | None:
        """What the index of ids finds it by."""
        return _checksum(self.id)


#: SQLite takes and gives cells of any kind, whatever the column says.
_KINDS: dict[str, Any] = {**get_type_hints(Request), "id_sum": int | None}
_values = attrgetter(*_KINDS)
# No value of anybody is in these.
_INSERT = f"INSERT INTO requests ({', '.join(_KINDS)}) VALUES ({', '.join('?' * len(_KINDS))})"  # noqa: S608
_ROWS = f"SELECT *, {_CAME_BEFORE} AS duplicate FROM requests"  # noqa: S608
_LINES = (
    f"SELECT number, received_at, scope, status, error, signature_ok, {_CAME_BEFORE} AS duplicate"  # noqa: S608
    " FROM requests WHERE number > ? ORDER BY number"
)
_FIRST = f"SELECT id, body FROM requests WHERE NOT {_CAME_BEFORE}"  # noqa: S608
_SAME = "SELECT 1 FROM requests WHERE id_sum = ? AND body = ? AND signature_ok AND "


class Log:
    """Requests, written in groups by the receiver's server and read by everyone else.

    Who only wants to `look` leaves the file as it is, and may do so while a receiver writes to it.
    """

    def __init__(self, path: str | os.PathLike[str] | None, *, look: bool = False) -> None:
        self._database = Database(
            path,
            name="receiver's log",
            tables=_REQUESTS,
            added=[_ADDED, _ADDED_LATER, _ADDED_LAST],
            functions={"read_text": _read_text, "checksum": _checksum},
            application_id=0x696B7263,  # "ikrc" in ASCII
            look=look,
        )
        self._written = Changes()
        self._failure: StorageError | None = None
        self._closed = False
        (row,) = self._database.read("SELECT coalesce(max(number), 0) FROM requests")
        self.earlier = self._last = int(row[0])

    @property
    def came(self) -> int:
        """How many requests came since the log was opened."""
        return self._last - self.earlier

    def changes(self) -> int:
        """Return a number that is another after each change."""
        return self._database.changes

    def write(self, requests: Sequence[Request]) -> Sequence[Request]:
        """Write requests in one transaction; return them with their numbers."""
        for number, request in enumerate(requests, self._last + 1):
            request.number = number
        try:
            with self._database.transaction() as connection:
                connection.executemany(_INSERT, map(_values, requests))
                if any(request.refused for request in requests):
                    connection.execute(
                        "DELETE FROM requests WHERE refused AND number <= (SELECT number"
                        " FROM requests WHERE refused ORDER BY number DESC LIMIT 1 OFFSET ?)",
                        (REFUSED_KEPT,),
                    )
        except StorageError as error:
            self._failure = error
            self._written.notify()
            raise
        self._failure = None
        self._last += len(requests)
        self._written.notify()
        return requests

    def amend(self, number: int, **columns: object) -> None:
        """Correct a row: another answer was given, or it was forwarded."""
        changed = ", ".join(f"{name} = ?" for name in columns)
        with self._database.transaction() as connection:
            connection.execute(
                f"UPDATE requests SET {changed} WHERE number = ?",  # noqa: S608 - our names
                (*columns.values(), number),
            )

    def forward_first(self, number: int, id_sum: int | None, body: bytes | None) -> bool:
        """Return whether no verified request before had these bytes and is, or was, forwarded."""
        before = "number < ? AND (forwarded_status = 0 OR forwarded_at IS NOT NULL) LIMIT 1"
        return not self._database.read(_SAME + before, id_sum, body, number)

    def app_took(self, request: Request) -> bool:
        """Return whether the app answered 2xx to these bytes before."""
        took = "forwarded_status BETWEEN 200 AND 299 LIMIT 1"
        return bool(self._database.read(_SAME + took, request.id_sum, request.body))

    def pending(self) -> list[tuple[int, bytes]]:
        """Return what an earlier process answered, and had not forwarded when it ended."""
        rows = self._database.read(
            "SELECT number, id_sum, body FROM requests WHERE forwarded_status = 0 ORDER BY number"
        )
        return [(row["number"], row["body"]) for row in rows if self.forward_first(*row)]

    def wait(self, count: int, timeout: float) -> None:
        """Return when `count` requests came since the log was opened; see `Receiver.wait`."""
        self._database.check_process()  # nothing ever comes to a forked child
        self._written.wait_for(
            lambda: self.came >= count or self._failure is not None or self._closed, timeout
        )
        failure = self._failure
        if self.came >= count:
            return
        if failure is not None:
            raise failure
        if self._closed:
            raise StorageError("The receiver is closed and gets nothing; make a new one.")
        raise WaitTimeoutError(
            f"{self.came} of {count} requests came within {timeout:g} s. Look at "
            "deliveries() for those that did, and at the sender for the others; "
            "a longer `timeout` waits longer."
        )

    def rows(
        self,
        *,
        after: int = 0,
        since: int | None = None,
        scope: str | None = None,
        limit: int,
    ) -> list[dict[str, Any]]:
        """Return the newest `limit` requests that match, the oldest first, as cells of a frame."""
        conditions: dict[str, object] = {"number > ?": after}
        if since is not None:
            conditions["received_at >= ?"] = since
        if scope is not None and "*" in scope:
            conditions["scope GLOB ?"] = scope.replace("[", "[[]").replace("?", "[?]")
        elif scope is not None:
            conditions["scope = ?"] = scope
        # SQLite would rather go through all rows, with their bodies, from the newest on.
        index = " INDEXED BY requests_when" if len(conditions) > 1 else ""
        given = " AND ".join(conditions)
        chosen = f"SELECT number FROM requests{index} WHERE {given}"  # noqa: S608 - bound values
        rows = self._database.read(
            f"{_ROWS} WHERE number IN ({chosen} ORDER BY number DESC LIMIT ?) ORDER BY number",
            *conditions.values(),
            limit,
        )
        return [_cells(row) for row in rows]

    def answers(self, since: int) -> list[sqlite3.Row]:
        """Return when deliveries came since a moment, and the status of each answer."""
        return self._database.read(
            "SELECT received_at, status FROM requests INDEXED BY requests_when"
            " WHERE received_at >= ? AND id IS NOT NULL AND signature_ok IS NOT 0 ORDER BY number",
            since,
        )

    def lines(self, after: int) -> list[sqlite3.Row]:
        """Return what a line says of each request after one, without a look at its body."""
        return self._database.read(_LINES, after)

    def bodies(self, ids: Iterable[str] | None) -> list[tuple[str, bytes]]:
        """Return the first body kept under each of these ids, or under all that there are."""
        if ids is None:
            rows = self._database.read(f"{_FIRST} AND id IS NOT NULL ORDER BY number")
        else:
            rows = [row for each in ids for row in self._first(each)]
        return [(row["id"], row["body"]) for row in rows]

    def _first(self, identity: str) -> list[sqlite3.Row]:
        found = self._database.read(
            f"{_FIRST} AND id_sum = ? AND id = ?", _checksum(identity), identity
        )
        if not found:
            raise InvalidArgumentError(
                f"The log has no delivery with the id {identity!r}; take ids from "
                "deliveries()['id']."
            )
        return found

    def prune(self, before: int) -> int:
        """Remove the rows that came before a moment, and return how many."""
        removed = 0
        while True:
            with self._database.transaction() as connection:
                found = connection.execute(
                    "DELETE FROM requests WHERE number IN (SELECT number FROM requests"
                    " WHERE received_at < ? LIMIT ?)",
                    (before, _BATCH),
                ).rowcount
            removed += found
            if found < _BATCH:
                return removed

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        self._database.close()
        self._closed = True
        self._written.notify()


def _checksum(text: str | None) -> int | None:
    return None if text is None else zlib.crc32(text.encode(errors="replace"))


def _read_text(body: object, key: str) -> str | None:
    return _read_last(body).text(key) if isinstance(body, bytes) else None


_read_last = lru_cache(maxsize=1)(read_payload)  # it is asked for several texts of one body

_AS_THEY_ARE = (
    "body", "status", "error", "method", "target", "host", "signed_with", "forwarded_at",
)  # fmt: skip


def _cells(row: sqlite3.Row) -> dict[str, Any]:
    try:
        if not all(isinstance(row[name], kinds) for name, kinds in _KINDS.items()):
            raise ValueError
        headers = None if row["headers"] is None else json.loads(row["headers"])
    except ValueError:
        raise StorageError(
            f"Request {row['number']} in the receiver's log is damaged; give another path, "
            "and keep the file if its rows are worth a look."
        ) from None
    reading = read_payload(row["body"] or b"")
    return {
        "number": row["number"],
        "id": reading.text("id"),
        "scope": reading.text("scope"),
        "merchant_id": reading.text("merchantId"),
        "authorized_app_id": reading.text("authorizedAppId"),
        "created_at": reading.created_at,
        "received_at": row["received_at"],
        "signature_ok": None if row["signature_ok"] is None else bool(row["signature_ok"]),
        "duplicate": bool(row["duplicate"]),
        "data": reading.text("data"),
        "object_id": reading.object_id(),
        **{name: row[name] for name in _AS_THEY_ARE},
        "headers": headers,
        "forwarded_status": row["forwarded_status"] or None,
    }
