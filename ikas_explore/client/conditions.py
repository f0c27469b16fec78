"""What `Query.where` understands: conditions on cells, looked at on this machine.

ikas' lists take no filter for most fields, so the rows come whole and are sifted here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any

from ikas_explore.errors import InvalidArgumentError, UnknownFieldError
from ikas_explore.frames.kinds import Kind
from ikas_explore.values.names import did_you_mean, matches

Condition = Callable[[Any], bool]


class Row(Mapping[str, Any]):
    """A row as a predicate sees it: cells by snake_case or camelCase name, times as datetime.

    Parameters
    ----------
    cells : mapping of str to Any
        By dotted snake_case name.
    names : mapping of str to str
        The API's dotted names to ours.
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
    """Return a test of one cell.

    Parameters
    ----------
    wanted : Any
        A callable is asked. Text fits as it is or by its ``*``. Of a collection one has to
        fit. Anything else has to be equal; a time may also be given in Unix milliseconds.
    kind : str
        Of the column: what can never be equal to its cells is refused.
    name : str
        What messages call the column.

    Returns
    -------
    callable
        From a cell to bool.

    Examples
    --------
    >>> condition("store/order/*")("store/order/created"), condition([1, 2])(3)
    (True, False)
    """
    if callable(wanted):
        return lambda cell: bool(wanted(cell))
    if hasattr(wanted, "columns"):
        raise InvalidArgumentError(f"{name} cannot be a whole frame; give one of its columns.")
    if _never(wanted, kind):
        instead = "a datetime with a time zone, or a function" if kind == "time" else "a bool"
        raise InvalidArgumentError(f"{name} can never be {wanted!r}; give {instead}.")
    if isinstance(wanted, str):
        return lambda cell: matches(wanted, cell) if isinstance(cell, str) else cell == wanted
    if isinstance(wanted, Iterable) and not isinstance(wanted, (bytes, Mapping)):
        several = [condition(each, kind, name) for each in wanted]
        return lambda cell: any(fits(cell) for fits in several)
    if isinstance(wanted, dt.datetime) and wanted.tzinfo is None:
        raise InvalidArgumentError(
            f"The time {wanted!r} has no time zone; give one, for example tzinfo=datetime.UTC."
        )
    if isinstance(wanted, Real) and not isinstance(wanted, bool):
        return lambda cell: (
            (_milliseconds(cell) if isinstance(cell, dt.datetime) else cell) == wanted
        )
    return lambda cell: bool(cell == wanted)


def _never(wanted: Any, kind: Kind) -> bool:
    """Tell whether nothing in a column of this kind is equal to it: numpy's times neither."""
    if kind == "time":
        possible = wanted is None or isinstance(wanted, (dt.datetime, Real, Iterable))
        return isinstance(wanted, str) or not possible
    return kind in ("bool", "boolean") and isinstance(wanted, (str, dt.date))


def any_of(fits: Condition) -> Condition:
    """Return a test of a cell that is a list: one of its items has to fit, or it as a whole."""
    return lambda cell: any(map(fits, cell)) if isinstance(cell, list) and cell else fits(cell)


def shown(cells: list[Any], kind: Kind) -> list[Any]:
    """Return the cells of a column as conditions see them: times as datetime in UTC."""
    if kind != "time":
        return cells
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    # timedelta and not fromtimestamp: that knows no years before 1970 on some systems.
    return [None if cell is None else epoch + dt.timedelta(milliseconds=cell) for cell in cells]


def _milliseconds(time: dt.datetime) -> int:
    return round(time.timestamp() * 1000)
