"""The deliveries and attempts of a sandbox, listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from ikas_explore.sandbox.tables import Rows

Listed = Literal["deliveries", "attempts"]

# The columns are those of the frames, in their order.
_ROWS: dict[Listed, str] = {
    "deliveries": """
SELECT d.id, e.scope, d.endpoint, d.state,
  (SELECT count(*) FROM attempts AS a WHERE a.delivery = d.number) AS attempts,
  d.created_at, d.finished_at, d.reason, e.sample
FROM deliveries AS d JOIN events AS e ON e.number = d.event
WHERE d.number BETWEEN ?1 AND ?2 AND (?3 IS NULL OR e.store = ?3)
ORDER BY d.number
""",
    "attempts": """
SELECT d.id AS delivery_id, a.number, a.started_at, a.duration_ms, a.status_code, a.error
FROM deliveries AS d JOIN events AS e ON e.number = d.event
JOIN attempts AS a ON a.delivery = d.number
WHERE d.number BETWEEN ?1 AND ?2 AND (?3 IS NULL OR e.store = ?3)
ORDER BY d.number, a.number
""",
}
# Deliveries read at a time: the connection is also the event loop's, which must not wait for long.
_WINDOW = 2_000


class Deliveries:
    """The deliveries and attempts, in rows."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def listed(self, what: Listed, store: str | None = None) -> Iterator[dict[str, Any]]:
        """Give the rows of one store or of all, the oldest delivery first."""
        ((lowest, highest),) = self._rows.read("SELECT min(number), max(number) FROM deliveries")
        if lowest is not None:
            for start in range(lowest, highest + 1, _WINDOW):
                end = min(start + _WINDOW - 1, highest)
                yield from map(dict, self._rows.read(_ROWS[what], start, end, store))
