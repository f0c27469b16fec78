"""The conditions of `Query.where`, which are tested on this machine.

ikas' lists take no filter for most fields, so all rows are fetched and filtered here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any

from ikas_explore.errors import InvalidArgumentError, UnknownFieldError
from ikas_explore.frames.kinds import Kind
from ikas_explore.text.printable import shown
from ikas_explore.values.names import did_you_mean, matches
from ikas_explore.values.times import check_time, moment_of, ms_of

Condition = Callable[[Any], bool]


class Row(Mapping[str, Any]):
    """A row as a predicate sees it: cells by snake_case or camelCase name, times as datetime.

    `names` leads from the API's dotted names to ours, by which `cells` are kept.
    """

    def __init__(self, cells: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self._cells = cells
        self._names = names

    def __getitem__(self, name: str) -> Any:
        try:
            return self._cells[self._names.get(name, name)]
        except KeyError:
            raise UnknownFieldError(
                f"A condition reads {name!r}, which is not selected."
                f"{did_you_mean(name, self._cells)} Add it with .select()."
            ) from None

    def __iter__(self) -> Any:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)


def condition(wanted: Any, kind: Kind = "object", name: str = "a field") -> Condition:
    """Return a test of one cell of a column of some kind; see `Query.where`.

    What can never be equal to such a cell is refused.
    """
    if callable(wanted):
        return lambda cell: bool(wanted(cell))
    if kind == "time" and isinstance(wanted, (str, dt.date)):
        return _moment(wanted, name)
    if hasattr(wanted, "columns"):
        raise InvalidArgumentError(f"{name} cannot be a whole frame; give one of its columns.")
    if type(wanted).__name__ in ("NAType", "NaTType"):
        wanted = None  # pandas' signs for what is missing
    if _never(wanted, kind):
        instead = "a datetime, ISO text or a function" if kind == "time" else "a bool"
        raise InvalidArgumentError(f"{name} can never be {shown(wanted)}; give {instead}.")
    if isinstance(wanted, str):
        return lambda cell: matches(wanted, cell) if isinstance(cell, str) else cell == wanted
    if isinstance(wanted, Iterable) and not isinstance(wanted, (bytes, Mapping)):
        several = [condition(each, kind, name) for each in wanted]
        return lambda cell: any(fits(cell) for fits in several)
    if isinstance(wanted, Real) and not isinstance(wanted, bool):
        return lambda cell: (ms_of(cell) if isinstance(cell, dt.datetime) else cell) == wanted
    return lambda cell: bool(cell == wanted)


def _moment(wanted: str | dt.date, name: str) -> Condition:
    """Return a test for a moment; a date without a time is all of that day in UTC."""
    start = check_time(name, wanted)
    day = (
        len(wanted) <= len("2026-11-01")
        if isinstance(wanted, str)
        else not isinstance(wanted, dt.datetime)
    )
    end = start + 86_400_000 if day else start + 1
    return lambda cell: cell is not None and start <= ms_of(cell) < end


def _never(wanted: Any, kind: Kind) -> bool:
    """Return whether no cell of this kind can be equal to it; NumPy's times cannot."""
    if kind == "time":
        return not (wanted is None or isinstance(wanted, (Real, Iterable)))
    return kind in ("bool", "boolean") and isinstance(wanted, (str, dt.date))


def any_of(fits: Condition) -> Condition:
    """Return a test of a cell that is a list: one of its items fits, or the whole list."""
    return lambda cell: any(map(fits, cell)) if isinstance(cell, list) and cell else fits(cell)


def seen(cells: list[Any], kind: Kind) -> list[Any]:
    """Return the cells of a column as conditions see them: times as datetime in UTC."""
    if kind != "time":
        return cells
    return [None if cell is None else moment_of(cell) for cell in cells]
