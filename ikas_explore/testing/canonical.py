"""A frame as plain data that is the same whatever pandas made it: columns, kinds, rows."""

from __future__ import annotations

import json
from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ikas_explore.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Row = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """What is kept of a frame: every column with its kind, the rows without ignored cells.

    Attributes
    ----------
    columns : dict of str to str
        ``string``, ``time``, ``duration``, ``bool``, ``int``, ``float`` or ``object``.
    key : list of str
        The columns that tell the rows apart; none when their order does.
    compared : list of str
        The columns whose cells are kept.
    rows : list of dict
    """

    columns: dict[str, str]
    key: list[str]
    compared: list[str]
    rows: list[Row]

    def text(self) -> str:
        """Return JSON with a row per line, so that version control shows what changed."""
        rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in self.rows)
        head = "".join(
            f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)},\n"
            for name, value in vars(self).items()
            if name != "rows"
        )
        return f'{{\n{head} "rows": [\n{rows}\n ]\n}}\n'

    def check(self) -> None:
        """Raise ValueError when its parts, read from a file, do not fit together."""
        lists = (self.key, self.compared, self.rows)
        fits = (
            isinstance(self.columns, dict)
            and all(isinstance(each, list) for each in lists)
            and all(isinstance(each, str) for each in (*self.columns.values(), *self.compared))
            and all(name in self.compared for name in self.key)
            and all(isinstance(row, dict) for row in self.rows)
            and all(row.keys() == set(self.compared) for row in self.rows)
        )
        if not fits:
            raise ValueError("its parts do not fit together")

    def by_label(self) -> dict[str, Row]:
        """Return the rows by the text of their key, or by their number."""
        if not self.key:
            return {f"row {number}": row for number, row in enumerate(self.rows, start=1)}
        return {" ".join(as_text(row[name]) for name in self.key): row for row in self.rows}


def take_record(frame: DataFrame, key: list[str], ignore: Set[str]) -> Record:
    """Return what is compared of a frame.

    A named index counts as columns; one without a name, as a filter leaves it, does not.

    Raises
    ------
    InvalidArgumentError
        The key does not tell the rows apart, or a cell is nothing that JSON can hold.
    """
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidArgumentError(f"Columns of one name cannot be told apart: {', '.join(twice)}.")
    absent = [name for name in key if name not in names]
    if absent:
        raise InvalidArgumentError(
            f"The frame has no column {', '.join(map(repr, absent))} to tell its rows apart; give "
            f"key=, one or more of {', '.join(names)}, or key=None to compare rows in order."
        )
    columns = {name: frame.iloc[:, place] for place, name in enumerate(names)}
    cells = {
        name: [_cell(cell, name) for cell in columns[name].tolist()]
        for name in names
        if name in key or name not in ignore
    }
    rows = [{name: cells[name][row] for name in cells} for row in range(len(frame))]
    if key:
        rows.sort(key=lambda row: [(row[name] is None, as_text(row[name])) for name in key])
    kinds = {name: _kind(column) for name, column in columns.items()}
    record = Record(columns=kinds, key=key, compared=list(cells), rows=rows)
    labels = record.by_label()
    if len(labels) != len(rows):
        raise InvalidArgumentError(
            f"{len(rows)} rows have only {len(labels)} different values of {', '.join(key)}. Give "
            "key= the columns that tell rows apart, or key=None to compare rows in order."
        )
    return record


def as_text(cell: Any) -> str:
    """Return a cell as it is shown and sorted."""
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _kind(series: Series[Any]) -> str:
    """Name what a column holds; the same for the dtypes of pandas 2 and 3."""
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = dtype.categories.dtype
    kinds = {
        "bool": pd.api.types.is_bool_dtype,
        "int": pd.api.types.is_integer_dtype,
        "float": pd.api.types.is_float_dtype,
        "time": pd.api.types.is_datetime64_any_dtype,
        "duration": pd.api.types.is_timedelta64_dtype,
    }
    for kind, fits in kinds.items():
        if fits(dtype):
            return kind
    # pandas 2 keeps text in object columns; an empty one is text to pandas 3.
    text = all(isinstance(cell, str) or _missing(cell) for cell in series.tolist())
    return "string" if text else "object"


def _missing(cell: Any) -> bool:
    import pandas as pd

    return (
        cell is None
        or cell is pd.NA
        or cell is pd.NaT
        or (isinstance(cell, float) and cell != cell)
    )


def _cell(cell: Any, column: str) -> Any:
    import pandas as pd

    if _missing(cell):
        return None
    if isinstance(cell, str):
        return str(cell)  # a Scope is one
    if isinstance(cell, pd.Timestamp):
        return _time(cell)
    if isinstance(cell, pd.Timedelta):
        return f"{cell.total_seconds():g} s"
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "backslashreplace")
    if isinstance(cell, float) and cell in (float("inf"), float("-inf")):
        return str(cell)  # JSON has no such number
    if isinstance(cell, dict):
        return {str(name): _cell(value, column) for name, value in cell.items()}
    if isinstance(cell, (list, tuple)):
        return [_cell(value, column) for value in cell]
    if hasattr(cell, "item"):  # a number of numpy
        return _cell(cell.item(), column)
    if isinstance(cell, (bool, int, float)):
        return cell
    raise InvalidArgumentError(
        f"Column {column!r} holds a {type(cell).__name__}, which cannot be recorded. Make it text, "
        f"or leave it out with ignore=[{column!r}]."
    )


def _time(time: Any) -> str:
    """ISO text without zeros at its end: pandas prints as many as its unit has."""
    utc = time.tz_convert("UTC") if time.tzinfo else time
    fraction = f"{utc.microsecond:06d}{utc.nanosecond:03d}".rstrip("0")
    return (
        f"{utc.strftime('%Y-%m-%dT%H:%M:%S')}{'.' if fraction else ''}{fraction}"
        f"{'Z' if time.tzinfo else ''}"
    )
