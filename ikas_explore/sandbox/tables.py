"""The rows a sandbox keeps: in memory, or in a file that outlives it."""

from __future__ import annotations

import os
import time
from importlib import resources

from ikas_explore.system.database import Database

# Marks a file as a sandbox's ("ikas" in ASCII).
_APPLICATION_ID = 0x696B6173
_TABLES = resources.files(__package__).joinpath("tables.sql").read_text("utf-8")


def now_ms() -> int:
    """Return the time as Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Rows(Database):
    """The sandbox's tables; serves the thread of the server and those that call the sandbox.

    Parameters
    ----------
    path : str or path-like, optional
        A file, made when it is not there; None keeps the rows in memory.

    Attributes
    ----------
    opened : int
        How often the file has been opened, this time included: a seed must not give the same
        ids again.

    Raises
    ------
    StorageError
        From here and from every method; see `ikas_explore.system.database`.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        super().__init__(path, name="sandbox", tables=_TABLES, application_id=_APPLICATION_ID)
        self.read("PRAGMA foreign_keys = ON")
        with self.transaction() as connection:
            connection.execute("UPDATE opened SET times = times + 1")
            self.opened = int(connection.execute("SELECT times FROM opened").fetchone()[0])
