"""The rows a sandbox keeps, in SQLite: in memory, or in a file that outlives it.

WAL with ``synchronous=NORMAL``: what is committed survives the end of the process at any
moment (``kill -9``), though not a power cut. One connection serves the thread of the
server and the threads that call the sandbox, one at a time. ``locking_mode=EXCLUSIVE``
makes the operating system's own lock keep other processes out; it goes with the process,
so that nothing has to be cleaned up after a kill.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources

from ikas_explore.errors import StorageError

# Marks a file as a sandbox's ("ikas" in ASCII), and tells which tables it holds.
_APPLICATION_ID = 0x696B6173
_TABLES_VERSION = 1


def now_ms() -> int:
    """Return the time as Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Rows:
    """The one connection to the rows, and the border at which SQLite's errors are translated.

    Parameters
    ----------
    path : str or path-like, optional
        A file, made when it is not there; None keeps the rows in memory.

    Raises
    ------
    StorageError
        From here and from every method: the file cannot be opened, is used by another
        process, is no sandbox's, or cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._name = "memory" if path is None else os.fspath(path)
        self._lock = threading.RLock()
        # SQLite calls this a "disk I/O error".
        if path is not None and os.path.exists(path) and not os.access(path, os.W_OK):
            raise StorageError(
                f"The file {self._name!r} cannot be written; allow it, or give another path."
            )
        with self._translated():
            self._connection = sqlite3.connect(
                ":memory:" if path is None else os.path.abspath(path),
                isolation_level=None,
                check_same_thread=False,
                timeout=0,
            )
        try:
            self.opened = self._open()
        except BaseException:
            self._connection.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all of what is done inside, or nothing."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # SQLite itself rolls back when the disk is full.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def read(self, statement: str, *values: object) -> list[sqlite3.Row]:
        """Return the rows of one query."""
        with self._lock, self._translated():
            return self._connection.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the connection; calling it again does nothing."""
        with self._lock:
            self._connection.close()

    def _open(self) -> int:
        """Prepare the file and return how often it has been opened, this time included."""
        self._connection.row_factory = sqlite3.Row
        with self._lock, self._translated():
            for setting in (
                "locking_mode = EXCLUSIVE",
                "journal_mode = WAL",
                "synchronous = NORMAL",
                "foreign_keys = ON",
            ):
                self._connection.execute(f"PRAGMA {setting}").fetchall()
        with self.transaction() as connection:
            self._check_tables(connection)
            connection.execute("UPDATE opened SET times = times + 1")
            return int(connection.execute("SELECT times FROM opened").fetchone()[0])

    def _check_tables(self, connection: sqlite3.Connection) -> None:
        application_id = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if (application_id, version) == (_APPLICATION_ID, _TABLES_VERSION):
            return
        if connection.execute("SELECT 1 FROM sqlite_master").fetchone() or application_id:
            raise StorageError(
                f"The file {self._name!r} holds other tables than a sandbox's; give another path."
            )
        tables = resources.files(__package__).joinpath("tables.sql").read_text("utf-8")
        for statement in _statements(tables):  # executescript would end the transaction
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {_TABLES_VERSION}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError as error:
            if "closed database" not in str(error):
                raise  # a mistake of ours
            raise StorageError("The sandbox is closed; start a new one.") from None
        except sqlite3.IntegrityError:
            raise  # a mistake of ours too
        except sqlite3.DatabaseError as error:
            raise StorageError(
                f"The sandbox's rows ({self._name}) cannot be used: {error}. {_advice(error)}"
            ) from error


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _advice(error: sqlite3.Error) -> str:
    text = str(error)
    if "locked" in text:
        return "Another sandbox has the file open: end that one, or give another path."
    if "full" in text or "disk I/O" in text:
        return "Make room on the disk; what was written before still stands."
    if "readonly" in text or "unable to open" in text:
        return "Give a path in a folder that exists and can be written."
    if "not a database" in text or "malformed" in text:
        return "The file is no sandbox's: give another path."
    return "Give another path, or none to keep the rows in memory."
