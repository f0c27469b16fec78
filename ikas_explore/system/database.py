"""A SQLite file of ours: durable against ``kill -9``, one process at a time, owner only.

WAL with ``synchronous=NORMAL``: what is committed survives the end of the process at any
moment, though not a power cut. ``locking_mode=EXCLUSIVE`` makes the operating system's own
lock keep other processes out; it goes with the process, so that nothing has to be cleaned
up after a kill.
"""

from __future__ import annotations

import inspect
import os
import shutil
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ikas_explore.errors import StorageError
from ikas_explore.system.files import is_trap, user_path
from ikas_explore.text.printable import printable


class Database:
    """The one connection to a file's rows; threads take turns, and errors are StorageErrors.

    A file is readable by its owner alone; without a `path` the rows are in memory. `name` is what
    errors call it, and `application_id` marks the file as one of this kind. `added` brings a file
    of the first version to the second, of the second to the third and so on, when it is opened, in
    one transaction; `functions` are Python's, for these statements. To `look` opens a copy, which
    goes when it is closed: whatever another process does with the file, and it may write to it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        *,
        name: str,
        tables: str,
        application_id: int,
        added: Sequence[str] = (),
        functions: Mapping[str, Callable[..., Any]] | None = None,
        look: bool = False,
    ) -> None:
        self._what = f"{name} ({'memory' if path is None else printable(str(path))})"
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._path = None if path is None else self._checked(path, look)
        self._held = ExitStack()
        with self._translated():
            if look and self._path is not None:
                self._path = self._held.enter_context(_copied(self._path))
            elif self._path is not None:
                # Only one that is not there is opened here: closing any handle of a file gives
                # up the locks that this process has on it, SQLite's included (POSIX).
                with suppress(FileExistsError):
                    os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            self._connection = sqlite3.connect(
                self._path or ":memory:", isolation_level=None, check_same_thread=False, timeout=0
            )
        try:
            self._open([tables, *added], application_id, functions or {})
        except BaseException:
            self._connection.close()
            self._held.close()
            raise
        _OPEN.add(self)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all of what is done inside, or nothing; one within another is part of that."""
        self.check_process()
        with self._lock, self._translated():
            if self._connection.in_transaction:  # of this thread: it has the lock
                yield self._connection
                return
            # The connection commits at the end of its block, or rolls back.
            with self._connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                yield connection

    def read(self, statement: str, *values: object) -> list[sqlite3.Row]:
        """Return the rows of one query."""
        self.check_process()
        with self._lock, self._translated():
            return self._connection.execute(statement, values).fetchall()

    @property
    def changes(self) -> int:
        """A number that is another after each change of a row."""
        self.check_process()
        with self._lock, self._translated():
            self._connection.execute("SELECT 1")  # raises when it is closed
            return self._connection.total_changes

    def check_process(self) -> None:
        """Raise StorageError in a forked child: SQLite's connection belongs to its parent."""
        if self._process != os.getpid():  # before any lock: a thread of the parent may hold it
            raise StorageError(
                f"The {self._what} was opened by another process ({self._process}), of which this "
                "one is a fork. Use it there, or open one of its own here."
            )

    def close(self) -> None:
        """Close the connection; calling it again does nothing, nor does it in a forked child."""
        if self._process == os.getpid():
            with self._lock:
                _OPEN.discard(self)
                self._connection.close()
                self._held.close()

    def _checked(self, path: str | os.PathLike[str], look: bool) -> Path:
        path = user_path(path)
        try:
            # To its end: a file that is made by SQLite behind a link is open to all at first.
            found = Path(os.path.realpath(path))
            trap, size = is_trap(path), found.stat().st_size if found.is_file() else 0
        except OSError as error:
            raise StorageError(f"The {self._what} cannot be used: {error}. {_ANOTHER}") from None
        if trap:
            raise StorageError(
                f"{path} belongs to another user and lies where everybody may write. {_ANOTHER}"
            )
        if look:
            if self._is_open_here(found):  # closing the copied file would give up its lock
                raise StorageError(
                    f"The {self._what} cannot be used. This process has the file open already: "
                    "give the object that holds it in place of the path, or call close() on it."
                )
        elif found.exists() and not _writable(found):  # SQLite would call it a disk I/O error
            raise StorageError(
                f"The {self._what} cannot be written; make it so that it can be written, or give "
                "another path."
            )
        if size == 1:  # SQLite would take it for an empty one, and write over it
            raise self._something_else()
        return found

    def _open(
        self,
        versions: Sequence[str],
        application_id: int,
        functions: Mapping[str, Callable[..., Any]],
    ) -> None:
        self._connection.row_factory = sqlite3.Row
        with self._translated():
            # Looked at before anything is set: WAL is written into the file.
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            found, version = (
                self._connection.execute(f"PRAGMA {each}").fetchone()[0]
                for each in ("application_id", "user_version")
            )
            new = not self._connection.execute("SELECT 1 FROM sqlite_master").fetchone()
            if new and version == found == 0:
                pass  # an empty one takes the file for us too
            elif (
                found != application_id
                or not 1 <= version <= len(versions)
                or (
                    not new
                    and _columns(self._connection) != _declared(versions[:version], functions)
                )
            ):
                raise self._something_else()
            for setting in ("journal_mode = WAL", "synchronous = NORMAL"):
                self._connection.execute(f"PRAGMA {setting}").fetchall()
            _define(self._connection, functions)
            missing = "\n".join(versions[0 if new else version :])
            if missing:
                missing += (
                    f"\nPRAGMA application_id = {application_id};"
                    f" PRAGMA user_version = {len(versions)};"
                )
            self._connection.executescript(f"BEGIN IMMEDIATE; {missing} COMMIT")
            if self._path is not None:
                # A file that was there may be open to others; the -wal file holds rows as well.
                for path in (self._path, Path(f"{self._path}-wal")):
                    with suppress(FileNotFoundError):
                        path.chmod(0o600)

    def _something_else(self) -> StorageError:
        return StorageError(f"The file of the {self._what} holds something else. {_ANOTHER}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError as error:
            if "closed database" not in str(error):
                raise  # a mistake of ours
            raise StorageError(f"The {self._what} is closed; open a new one.") from None
        except sqlite3.IntegrityError:
            raise  # a mistake of ours too
        except (sqlite3.DatabaseError, OSError, UnicodeError) as error:
            # The last of these where SQLite's own message holds bytes of a damaged file.
            raise StorageError(
                f"The {self._what} cannot be used: {printable(str(error))}. "
                f"{self._advice(str(error))}"
            ) from error

    def _advice(self, error: str) -> str:
        if "locked" in error and self._path is not None and self._is_open_here(self._path):
            return (
                "This process has the file open already: call close() on the object that holds it "
                "(from the first run, if a notebook cell ran twice), or give another path."
            )
        if "locked" in error:
            return "Another process has the file open: end that one, or give another path."
        if any(each in error for each in ("full", "No space", "disk I/O")):
            return "Make room on the disk; what was written before is still there."
        if "not a database" in error or "malformed" in error:
            return f"The file is of another kind. {_ANOTHER}"
        return "Give a path in a folder that exists and can be written."

    def _is_open_here(self, path: Path) -> bool:
        return any((path, self._process) == (each._path, each._process) for each in list(_OPEN))


@contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """Give a copy of a file as it is now, though another process may write to it.

    What is committed is in the -wal file first, and then copied into the other. With both, whatever
    was copied meanwhile, SQLite finds all of it, unless a new -wal was begun: it has another head.
    """
    wal = Path(f"{path}-wal")
    with TemporaryDirectory(prefix="ikas-explore-") as folder:
        copies = Path(folder, path.name), Path(folder, f"{path.name}-wal")
        for _ in range(_COPIES):
            head = _head(wal)
            for source, copy in zip((path, wal), copies, strict=True):
                copy.unlink(missing_ok=True)
                with suppress(FileNotFoundError):
                    shutil.copyfile(source, copy)
            if _head(wal) == head:
                yield copies[0]
                return
        raise OSError("it changed each time that it was copied; try again")


def _head(wal: Path) -> bytes:
    try:
        with wal.open("rb") as file:
            return file.read(_HEAD)
    except FileNotFoundError:  # it is removed when the file is closed
        return b""


# Bytes of the head of a -wal file: https://www.sqlite.org/fileformat2.html#walformat
_HEAD = 32
# A new -wal is begun at most every thousand pages.
_COPIES = 20
_ANOTHER = "Please give another path."
_OPEN: weakref.WeakSet[Database] = weakref.WeakSet()


def _abandon() -> None:
    """Keep a forked child from ever closing its parent's files.

    Its copy of a connection believes to have the parent's locks; closed, also by the garbage
    collector or the end of Python, it would write old pages and remove the log of newer ones.
    """
    import ctypes

    for each in list(_OPEN):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(each._connection))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon)


def _declared(
    statements: Sequence[str], functions: Mapping[str, Callable[..., Any]]
) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        _define(connection, functions)
        connection.executescript("\n".join(statements))
        return _columns(connection)


def _define(connection: sqlite3.Connection, functions: Mapping[str, Callable[..., Any]]) -> None:
    for name, function in functions.items():
        arguments = len(inspect.signature(function).parameters)
        connection.create_function(name, arguments, function, deterministic=True)


def _columns(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    """Return the tables with the names and types of their columns: a damaged file has others."""
    return sorted(
        tuple(row)
        for row in connection.execute(
            "SELECT master.name, info.name, info.type FROM sqlite_master AS master, "
            "pragma_table_info(master.name) AS info WHERE master.type = 'table'"
        )
    )


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
