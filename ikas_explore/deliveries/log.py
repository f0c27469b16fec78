"""The log of a receiver: every request it got, in SQLite, body byte for byte.

The body is the truth: what a frame shows of a payload is read from it when it is asked for.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ikas_explore.deliveries.payloads import Reading, read_body
from ikas_explore.errors import StorageError, WaitTimeoutError
from ikas_explore.system.database import Database

if TYPE_CHECKING:
    import sqlite3

    import pandas as pd

_TABLES = """
CREATE TABLE requests (
    number       INTEGER PRIMARY KEY,   -- in the order they came, from 1
    received_at  INTEGER NOT NULL,      -- Unix milliseconds
    body         BLOB,                  -- NULL when it was too large to keep
    signature_ok INTEGER,               -- NULL when it was not checked
    status       INTEGER,               -- of the answer, NULL when none was given
    error        TEXT                   -- what was wrong with the request, or its answer
);
"""
_INSERT = "INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(slots=True)
class Request:
    """One request, as it is written before it is answered; see the table for its parts."""

    received_at: int
    body: bytes | None
    signature_ok: bool | None = None
    status: int | None = None
    error: str | None = None
    number: int = 0  # given by the log


#: SQLite takes and gives cells of any kind, whatever the column says.
_KINDS: dict[str, Any] = {
    "received_at": int,
    "body": bytes | None,
    "signature_ok": int | None,
    "status": int | None,
    "error": str | None,
}
_values = attrgetter("number", "received_at", "body", "signature_ok", "status", "error")


class Log:
    """Requests, written in groups by the receiver's server and read by everyone else.

    Parameters
    ----------
    path : str or path-like or None
        A file that keeps them across runs; None keeps them in memory.

    Raises
    ------
    StorageError
        The file cannot be opened or written, or another process has it.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        self._database = Database(
            path,
            name="receiver's log",
            tables=_TABLES,
            application_id=0x696B7263,  # "ikrc" in ASCII
        )
        self._written = threading.Condition()
        self._failure: StorageError | None = None
        self._closed = False
        (row,) = self._database.read("SELECT coalesce(max(number), 0) FROM requests")
        self.earlier = self._last = int(row[0])
        # The number under which each delivery's id came first, of the rows read so far.
        self._first: dict[str, int] = {}
        self._read_to = 0

    @property
    def came(self) -> int:
        """How many requests came since the log was opened."""
        return self._last - self.earlier

    def write(self, requests: Sequence[Request]) -> None:
        """Write requests in one transaction, and number them."""
        for number, request in enumerate(requests, self._last + 1):
            request.number = number
        try:
            with self._database.transaction() as connection:
                connection.executemany(_INSERT, map(_values, requests))
        except StorageError as error:
            with self._written:
                self._failure = error
                self._written.notify_all()
            raise
        with self._written:
            self._failure = None
            self._last += len(requests)
            self._written.notify_all()

    def amend(self, number: int, *, status: int | None, error: str) -> None:
        """Tell of a request that its answer was not the one that was written down."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE requests SET status = ?, error = ? WHERE number = ?",
                (status, error, number),
            )

    def wait(self, count: int, timeout: float) -> None:
        """Return when `count` requests came since the log was opened.

        Raises
        ------
        WaitTimeoutError
            Fewer came within `timeout` seconds.
        StorageError
            A request came and could not be written, or the log is closed.
        """
        end = time.monotonic() + timeout
        with self._written:
            while self.came < count:
                if self._failure is not None:
                    raise self._failure
                if self._closed:
                    raise StorageError(
                        "The receiver is closed, and nothing comes any more; make a new one."
                    )
                left = end - time.monotonic()
                if left <= 0:
                    raise WaitTimeoutError(
                        f"{self.came} of {count} requests came within {timeout:g} s. Look at "
                        "deliveries() for those that did, and at the sender for the others; "
                        "a longer `timeout` waits longer."
                    )
                self._written.wait(min(left, threading.TIMEOUT_MAX))

    def frame(self, after: int = 0) -> pd.DataFrame:
        """Return the requests after a number as a frame, in the order they came.

        A row is read and parsed to be shown, and once to know its id again in later ones.
        """
        from ikas_explore.frames.frames import RECEIVED, rows_frame

        shown = []
        read_to = self._read_to
        for row in self._requests(min(after, read_to)):
            number, reading = row["number"], read_body(row["body"] or b"")
            identity = reading.text("id")
            first = number if identity is None else self._first.setdefault(identity, number)
            if number > after:
                shown.append(_cells(row, reading, duplicate=first < number))
            read_to = max(read_to, number)
        self._read_to = read_to  # last: whoever reads meanwhile begins before, and changes nothing
        return rows_frame(RECEIVED, shown)

    def bodies(self) -> dict[str, bytes]:
        """Return the first body kept under each delivery's id, in the order they came."""
        kept: dict[str, bytes] = {}
        for row in self._requests():
            identity = read_body(row["body"] or b"").text("id")
            if identity is not None:
                kept.setdefault(identity, row["body"])
        return kept

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        self._database.close()
        with self._written:
            self._closed = True
            self._written.notify_all()

    def _requests(self, after: int = 0) -> list[sqlite3.Row]:
        rows = self._database.read("SELECT * FROM requests WHERE number > ? ORDER BY number", after)
        for row in rows:
            if not all(isinstance(row[name], kinds) for name, kinds in _KINDS.items()):
                raise StorageError(
                    f"Request {row['number']} in the receiver's log is damaged; give another path, "
                    "and keep the file if its rows are worth a look."
                )
        return rows


def _cells(row: sqlite3.Row, reading: Reading, *, duplicate: bool) -> dict[str, Any]:
    return {
        "id": reading.text("id"),
        "scope": reading.text("scope"),
        "merchant_id": reading.text("merchantId"),
        "authorized_app_id": reading.text("authorizedAppId"),
        "created_at": reading.created_at,
        "received_at": row["received_at"],
        "signature_ok": None if row["signature_ok"] is None else bool(row["signature_ok"]),
        "duplicate": duplicate,
        "data": reading.text("data"),
        "body": row["body"],
        "status": row["status"],
        "error": row["error"],
    }
