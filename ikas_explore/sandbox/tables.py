"""The rows a sandbox keeps, in memory or in a file that outlives it, and what its seed brings."""

from __future__ import annotations

import os
from importlib import resources
from random import Random

from ikas_explore.system.database import Database

# Marks a file as a sandbox's ("ikas" in ASCII).
_APPLICATION_ID = 0x696B6173
_TABLES, *_ADDED = (
    resources.files(__package__).joinpath(name).read_text("utf-8")
    for name in ("tables.sql", "catalogue.sql", "blocks.sql")
)


class Rows(Database):
    """The sandbox's tables, for the thread of the server and those that call the sandbox.

    ``opened`` is how often: a seed must not give the same ids again.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, seed: str = "") -> None:
        super().__init__(
            path,
            name="sandbox",
            tables=_TABLES,
            added=_ADDED,
            application_id=_APPLICATION_ID,
        )
        self._seed = seed
        try:
            with self.transaction() as connection:
                connection.execute("UPDATE opened SET times = times + 1")
                self.opened = int(connection.execute("SELECT times FROM opened").fetchone()[0])
        except BaseException:
            self.close()
            raise

    def random(self, *purpose: object) -> Random:
        """Return a generator of its own for each purpose, so that none shifts another's values."""
        # Not for cryptography: nothing made here opens more than a sandbox on this machine.
        return Random("/".join(map(str, (self._seed, *purpose))))  # noqa: S311
