"""The deliveries of a sandbox as the live table looks at them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from ikas_explore.deliveries.received_rows import clock
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.live.live import LiveRow
from ikas_explore.sandbox.tables import Rows
from ikas_explore.values.times import moment_of

_ROWS = """
SELECT d.id, e.scope, e.data, d.state, d.reason, d.created_at, a.number, a.status_code, a.error
FROM deliveries AS d JOIN events AS e ON e.number = d.event
LEFT JOIN attempts AS a ON a.delivery = d.number
  AND a.number = (SELECT max(number) FROM attempts WHERE delivery = d.number)
ORDER BY d.number DESC LIMIT ?
"""
_ONE = """
SELECT e.store, e.scope, e.data FROM deliveries AS d JOIN events AS e ON e.number = d.event
WHERE d.id = ?
"""


class SentRows:
    """The newest deliveries of a sandbox, and its `Sandbox.emit`."""

    def __init__(self, rows: Rows, emit: Callable[..., Sequence[str]]) -> None:
        self._rows = rows
        self._emit = emit

    def changes(self) -> int:
        return self._rows.changes

    def rows(self, limit: int) -> Sequence[LiveRow]:
        """Return the newest rows, the newest first."""
        shown = []
        for row in self._rows.read(_ROWS, limit):
            answer = row["status_code"] or row["error"] or row["reason"]
            words = (row["state"], "" if answer is None else f"({answer})")
            shown.append(
                LiveRow(
                    key=row["id"],
                    time=clock(moment_of(row["created_at"])),
                    scope=row["scope"],
                    object=str(json.loads(row["data"]).get("id", ""))[:8],
                    signature=True,
                    answer=" ".join(filter(None, words)),
                    ok=row["state"] in ("delivered", "pending"),
                    attempts=row["number"] or 0,
                )
            )
        return shown

    def body(self, key: str) -> str:
        """Return the event's data, laid out."""
        return json.dumps(json.loads(self._event(key)["data"]), indent=2, ensure_ascii=False)

    def replay(self, key: str) -> str:
        """Make the same event happen again; return how many deliveries that makes."""
        return str(len(self._emit(**self._event(key))))

    def _event(self, key: str) -> dict[str, str]:
        for row in self._rows.read(_ONE, key):
            return dict(row)
        raise InvalidArgumentError("This delivery is no longer in the sandbox.")
