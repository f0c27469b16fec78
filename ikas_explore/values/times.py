"""Moments: Unix milliseconds inside, a datetime or ISO text where callers give them."""

from __future__ import annotations

import datetime as dt
import time
from contextlib import suppress

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.text.printable import shown

#: What callers give: a datetime with a time zone, a date or ISO text.
Time = dt.date | str

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def now_ms() -> int:
    """Return the time as Unix milliseconds."""
    return time.time_ns() // 1_000_000


def moment_of(milliseconds: int) -> dt.datetime:
    """Return Unix milliseconds as a datetime in UTC."""
    # Not fromtimestamp, which knows no years before 1970 on some systems.
    return _EPOCH + dt.timedelta(milliseconds=milliseconds)


def ms_of(moment: dt.datetime) -> int:
    """Return a datetime with a time zone as Unix milliseconds, rounded down."""
    return int((moment - _EPOCH) // dt.timedelta(milliseconds=1))


def check_time(name: str, value: object) -> int:
    """Return a moment as Unix milliseconds, rounded down.

    A datetime needs a time zone; a date is the start of that day in UTC.
    """
    moment = value
    with suppress(ValueError, OverflowError):  # refused below, like all else that is no moment
        if isinstance(moment, str):
            moment = _read(moment)
        if isinstance(moment, dt.date) and not isinstance(moment, dt.datetime):
            moment = dt.datetime(moment.year, moment.month, moment.day, tzinfo=dt.UTC)
        if isinstance(moment, dt.datetime) and moment.utcoffset() is not None:
            return ms_of(moment.astimezone(dt.UTC))  # of the years 1 to 9999 there too
    raise InvalidArgumentError(
        f"{name} is {shown(value)}; give a datetime with a time zone, or ISO text, for example "
        "'2026-11-01' (that day in UTC) or '2026-11-01T09:30:00Z'."
    )


def _read(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return dt.datetime.fromisoformat(text)
