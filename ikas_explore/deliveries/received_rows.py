"""A receiver's log as the live table and the picture look at it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.live.live import LiveRow

if TYPE_CHECKING:
    from ikas_explore.deliveries.receiver import Receiver

VERIFIED, NOT_VERIFIED, REFUSED = "verified", "not verified", "refused"


class ReceivedRows:
    """The newest requests of a receiver; `changes` comes from its log."""

    def __init__(self, receiver: Receiver, changes: Callable[[], int]) -> None:
        self._receiver = receiver
        self.changes = changes

    def rows(self, limit: int) -> Sequence[LiveRow]:
        """Return the newest rows, the newest first."""
        frame = self._receiver.deliveries(limit=limit)
        times: dict[str, int] = {}
        rows = []
        for row in frame.to_dict("records"):
            key = _text(row["id"])
            times[key] = times.get(key, 0) + 1 if key else 1
            status, forwarded = _text(row["status"]), _text(row.get("forwarded_at"))
            app = _text(row.get("forwarded_status"))
            answer = [status, _text(row["error"]), f"→ {app or '-'}" if forwarded else ""]
            rows.append(
                LiveRow(
                    key=key,
                    time=clock(row["received_at"]),
                    scope=_text(row["scope"]),
                    object=_text(row["object_id"])[:8],
                    signature=row["signature_ok"],
                    answer=" ".join(filter(None, answer)),
                    ok=status == "200" and (not forwarded or app.startswith("2")),
                    attempts=times[key],
                )
            )
        return rows[::-1]

    def body(self, key: str) -> str:
        """Return what was sent, as text."""
        frame = self._receiver.deliveries(limit=10_000)
        for body in frame[frame["id"] == key]["body"].tolist()[-1:]:
            return bytes(body).decode("utf-8", "backslashreplace")
        raise InvalidArgumentError("This delivery is no longer in the log.")

    def replay(self, key: str) -> str:
        """Send it to the receiver again; return what came of it."""
        attempts = self._receiver.replay(key)
        return ", ".join(_text(status) or "-" for status in attempts["status_code"])


def outcome(row: Any) -> str:
    """Return what a record of `Receiver.deliveries` is drawn as."""
    if row["signature_ok"]:
        return VERIFIED
    return REFUSED if _text(row["id"]) == "" else NOT_VERIFIED


def clock(time: dt.datetime) -> str:
    """Return the time of day of a row, with its day when that is not today."""
    today = dt.datetime.now(dt.UTC).date() == time.date()
    return f"{time:%H:%M:%S}" if today else f"{time:%Y-%m-%d %H:%M:%S}"


def _text(value: Any) -> str:
    if value is None or value != value or not str(value).strip("<NA>"):
        return ""
    return str(int(value)) if isinstance(value, float) else str(value)
