"""A wall clock that can be made to jump, for the process that installs it.

The monotonic clock goes on as it is: on a real machine too it is only the wall clock that
somebody sets.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pandas  # noqa: F401  # it does not load with another datetime than the one it knows

_time, _time_ns, _Datetime = time.time, time.time_ns, dt.datetime
_ahead = 0.0


def jump(seconds: float) -> None:
    """Set the clock so many seconds before or behind the real one, however it stood."""
    global _ahead
    _ahead = seconds


class _AnyDatetime(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _Datetime)


class _Shifted(_Datetime, metaclass=_AnyDatetime):  # type: ignore[misc,valid-type]  # a variable: the real class
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        return _Datetime.fromtimestamp(_time() + _ahead, tz)


def install() -> None:
    """Have this process read the clock here."""
    time.time = lambda: _time() + _ahead
    time.time_ns = lambda: _time_ns() + round(_ahead * 1e9)
    dt.datetime = _Shifted  # type: ignore[misc]
