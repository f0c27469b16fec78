"""ikas' blocks: too many calls that fail, or deliveries that fail, and a store is blocked.

What was counted goes with the process; a block stays in the file.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from ikas_explore.sandbox.behaviour import Rules
from ikas_explore.sandbox.tables import Rows
from ikas_explore.schema.limits import CALL_LINES, DELIVERY_LINES, Line
from ikas_explore.schema.tally import Tally, until_text

Side = Literal["calls", "deliveries"]

_LINES: dict[Side, tuple[Line, ...]] = {"calls": CALL_LINES, "deliveries": DELIVERY_LINES}


class Blocks:
    """What each store did, counted beside ikas' limits; ``Rules.blocks`` applies them.

    That ikas counts both per store is inferred.
    """

    def __init__(self, rows: Rows, rules: Rules) -> None:
        self._rows = rows
        self._rules = rules
        self._tallies: dict[tuple[Side, str], Tally] = {}
        self._begun: dict[tuple[str, str], float] = {}  # blocks that are not in the file yet

    def count(self, side: Side, store: str, *, failed: bool, over_rate: bool = False) -> None:
        """Count a call or an attempt that ended; `keep` writes what that begins."""
        begun = self._tally(side, store).add(time.time(), failed=failed, over_rate=over_rate)
        if self._rules.blocks:
            self._begun |= {(store, limit): until for limit, until in begun.items()}

    def keep(self) -> None:
        """Write the blocks that began; those that the disk refuses are written the next time."""
        if self._begun:
            with self.keeping():
                pass

    @contextmanager
    def keeping(self) -> Iterator[sqlite3.Connection]:
        """Write them with what is written inside, in one transaction."""
        with self._rows.transaction() as connection:
            yield connection
            connection.executemany(
                "INSERT OR REPLACE INTO blocks VALUES (?, ?, ?)",
                [(*block, until) for block, until in self._begun.items()],
            )
        self._begun.clear()

    def blocked(self, side: Side, store: str) -> tuple[float, str] | None:
        """Return in how many seconds a block ends, and what blocks, if anything does."""
        now = time.time()
        found = self._tally(side, store).blocked(now) if self._rules.blocks else None
        if found is None:
            return None
        limit, until = found
        left = until - now
        return left if left == math.inf else math.ceil(left), f"{limit}, {until_text(until)}"

    def budget(self, store: str) -> list[dict[str, Any]]:
        """Return the rows of a store's budget."""
        now = time.time()
        return [row for side in _LINES for row in self._tally(side, store).rows(now)]

    def _tally(self, side: Side, store: str) -> Tally:
        if (side, store) not in self._tallies:
            tally = Tally(_LINES[side], scale=self._rules.time_scale)
            if self._rules.blocks:
                names = {line.limit for line in _LINES[side]}
                kept = self._rows.read("SELECT name, until FROM blocks WHERE store = ?", store)
                tally.until = {row["name"]: row["until"] for row in kept if row["name"] in names}
            self._tallies.setdefault((side, store), tally)
        return self._tallies[side, store]
