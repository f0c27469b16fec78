"""A receiver's log as the live table looks at it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence

from ikas_explore.deliveries.log import Log
from ikas_explore.live.live import LiveRow
from ikas_explore.values.times import moment_of


class ReceivedRows:
    """The newest requests of a receiver; `replay` sends one again and says what came of it."""

    def __init__(self, log: Log, replay: Callable[[str], str]) -> None:
        self._log = log
        self.changes = log.changes
        self.replay = replay

    def rows(self, limit: int) -> Sequence[LiveRow]:
        """Return the newest rows, the newest first."""
        times: Counter[str] = Counter()
        rows = []
        for row in self._log.rows(limit=limit):
            key, app = row["id"] or "", row["forwarded_status"]
            times[key] += 1
            forwarded = "" if row["forwarded_at"] is None else f"→ {app or '-'}"
            answer = (row["status"], row["error"], forwarded)
            rows.append(
                LiveRow(
                    key=key,
                    time=clock(moment_of(row["received_at"])),
                    scope=row["scope"] or "",
                    object=(row["object_id"] or "")[:8],
                    signature=row["signature_ok"],
                    answer=" ".join(str(each) for each in answer if each),
                    ok=row["status"] == 200 and (not forwarded or 200 <= (app or 0) < 300),
                    attempts=times[key] if key else 1,
                )
            )
        return rows[::-1]

    def body(self, key: str) -> str:
        """Return what was sent, as text."""
        ((_, body),) = self._log.bodies([key])
        return body.decode("utf-8", "backslashreplace")


def clock(time: dt.datetime) -> str:
    """Return the time of day of a row, with its day when that is not today."""
    today = dt.datetime.now(dt.UTC).date() == time.date()
    return f"{time:%H:%M:%S}" if today else f"{time:%Y-%m-%d %H:%M:%S}"
