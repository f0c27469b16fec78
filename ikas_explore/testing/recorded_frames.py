"""`check_frame`: compare a frame with what was recorded of it, in any version of pandas."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ikas_explore.errors import InvalidArgumentError, StorageError
from ikas_explore.system.files import user_path, write_text
from ikas_explore.text.printable import counted, printable, shown, text_table
from ikas_explore.values.names import read_texts

if TYPE_CHECKING:
    from pandas import DataFrame, Series

#: Where records lie, for kernels that do not run in the folder of their notebook.
FOLDER_VARIABLE = "IKAS_FRAMES"
#: Set by ``pytest --ikas-update``.
UPDATE_VARIABLE = "IKAS_FRAMES_UPDATE"
FOLDER = "frames"

_WIDTH = 72  # of a cell in the table of differences
_SHARE = 1e-9  # of a number: sums that differ by less depend on numpy, not on the data
_KINDS = {"b": "bool", "i": "int", "u": "int", "f": "float", "M": "time", "m": "duration"}

#: What is kept of a frame: ``columns`` (name to kind), ``key`` (the columns that tell the rows
#: apart), ``compared`` (the columns of which cells are kept) and ``rows``.
Record = dict[str, Any]


def check_frame(
    frame: DataFrame,
    name: str,
    *,
    key: str | Sequence[str] | None = "scope",
    ignore: Iterable[str] = ("id", "created_at", "updated_at"),
) -> None:
    """Compare a frame with what was recorded of it; the order of its rows does not matter.

    Columns, kinds of dtypes and cells are compared, not what pandas prints, so an upgrade of
    pandas cannot fail it. The record is ``frames/NAME.json`` beside the notebook: commit it too.
    If there is none, a notebook that a person runs writes it and says so; under pytest a missing
    record is a failure. ``pytest --ikas-update`` records again.

    Parameters
    ----------
    frame : pandas.DataFrame
    name : str
        Of the record, one for each frame: letters, digits, ``.``, ``_`` and ``-``.
    key : str or sequence of str or None, default "scope"
        The columns that tell the rows apart; None compares them in their order.
    ignore : iterable of str, default ("id", "created_at", "updated_at")
        Columns with cells that may differ. The columns and their kinds are still compared.

    Raises
    ------
    AssertionError
        Something differs: the message shows it as a table. Or nothing is recorded yet.
    InvalidArgumentError
        The key does not tell the rows apart, or a cell cannot be recorded.
    StorageError
        The record cannot be read.

    Examples
    --------
    In a cell of a notebook: ``check_frame(store.webhooks.list(), "webhooks")``. A frame without
    scopes names its key: ``check_frame(stores, "stores", key="store")``.
    """
    __tracebackhide__ = True  # pytest shows the caller's line
    if not hasattr(frame, "columns") or not hasattr(frame, "dtypes"):
        raise InvalidArgumentError(f"frame is a DataFrame, not {type(frame).__name__}.")
    if not isinstance(name, str) or not re.fullmatch(r"\w[\w.-]*", name):
        raise InvalidArgumentError(
            f"{shown(name)} cannot name a record: use letters, digits, '.', '_' and '-'."
        )
    keys = [] if key is None else read_texts(key, "key")
    now = take_record(frame, keys, set(read_texts(ignore, "ignore")))
    path = user_path(os.environ.get(FOLDER_VARIABLE) or FOLDER) / f"{name}.json"
    record = f"{path.parent.name}/{path.name}"
    # pytest sets it, and the kernels it starts inherit it.
    checked = "PYTEST_CURRENT_TEST" in os.environ
    asked = bool(os.environ.get(UPDATE_VARIABLE))
    if asked or not (checked or path.exists()):
        write_text(path, record_text(now), "The record", whole=True)
        if not asked:
            print(f"Recorded {record}. Run this cell again before you save the notebook.")
        return
    if not path.exists():
        raise AssertionError(
            f"Nothing is recorded in {record}. Record it with `pytest --ikas-update`, look at it, "
            "and commit it with the notebook."
        )
    differences = _differences(_read(path, record), now)
    if differences:
        table = text_table(["row", "column", "recorded", "now"], differences)
        raise AssertionError(
            f"The frame differs from the record in {record}:\n\n{table}\n\n"
            "If the frame is right, record it with `pytest --ikas-update`."
        )


def take_record(frame: DataFrame, key: list[str], ignore: Set[str]) -> Record:
    """Return what is compared of a frame; a named index counts as columns."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    twice = frame.columns[frame.columns.duplicated()].unique()
    if len(twice):
        raise InvalidArgumentError(f"Columns of one name cannot be told apart: {', '.join(twice)}.")
    names = [*map(str, frame.columns)]
    absent = [name for name in key if name not in names]
    if absent:
        raise InvalidArgumentError(
            f"The frame has no column {', '.join(map(repr, absent))} to tell its rows apart. Give "
            f"key=, one or more of {', '.join(names)}, or key=None to compare rows in order."
        )
    compared = [name for name in names if name in key or name not in ignore]
    cells = {name: [_cell(cell, name) for cell in frame[name].tolist()] for name in compared}
    rows = [{name: cells[name][row] for name in compared} for row in range(len(frame))]
    rows.sort(key=lambda row: [(row[name] is None, _text(row[name])) for name in key])
    kinds = {name: _kind(frame[name]) for name in names}
    record = {"columns": kinds, "key": key, "compared": compared, "rows": rows}
    different = len(set(_labels(record)))
    if different != len(rows):
        raise InvalidArgumentError(
            f"{len(rows)} rows have only {counted(different, 'different value')} of "
            f"{', '.join(key)}. Give key= the columns that tell rows apart, or key=None to "
            "compare rows in order."
        )
    return record


def record_text(record: Record) -> str:
    """Return JSON with a line for each row, so that version control shows what changed."""
    head = "".join(
        f" {json.dumps(name)}: {json.dumps(record[name], ensure_ascii=False)},\n"
        for name in ("columns", "key", "compared")
    )
    rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in record["rows"])
    return f'{{\n{head} "rows": [\n{rows}\n ]\n}}\n'


def _read(path: Path, named: str) -> Record:
    try:
        record = json.loads(path.read_text("utf-8"))
        fits = (
            record.keys() == {"columns", "key", "compared", "rows"}
            and all(isinstance(kind, str) for kind in record["columns"].values())
            and set(record["key"]) <= set(record["compared"])
            and all(isinstance(name, str) for name in record["compared"])
            and all(row.keys() == set(record["compared"]) for row in record["rows"])
            and len(set(_labels(record))) == len(record["rows"])
        )
        reason = "its parts do not fit together"
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        fits, reason = False, str(error)
    if not fits:
        raise StorageError(
            f"{named} is not a record of a frame ({printable(reason)}). Record it again with "
            "`pytest --ikas-update`."
        )
    return cast("Record", record)


def _differences(then: Record, now: Record) -> list[list[str]]:
    """Return what differs as rows of a table: columns first, then rows, then cells."""
    before, after = then["columns"], now["columns"]
    found = [
        ["all rows", name, before.get(name, "(none)"), after.get(name, "(none)")]
        for name in before | after
        if before.get(name) != after.get(name)
    ]
    for what, part, order in (
        ("(key)", "key", list),
        ("(compared)", "compared", sorted),
        ("(order)", "columns", list),
    ):
        recorded, current = order(then[part]), order(now[part])
        if not found and recorded != current:
            found.append(["all rows", what, ", ".join(recorded), ", ".join(current)])
    if then["key"] != now["key"]:
        return found  # rows cannot be matched
    old, new = (dict(zip(_labels(each), each["rows"], strict=True)) for each in (then, now))
    found += [[row, "", "a row", "(none)"] for row in old if row not in new]
    found += [[row, "", "(none)", "a row"] for row in new if row not in old]
    names = [name for name in then["compared"] if name in now["compared"]]
    for row in (row for row in old if row in new):
        for name in names:
            recorded, current = old[row][name], new[row][name]
            if not _is_same(recorded, current):
                found.append([row, name, *_parting(recorded, current)])
    return found


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two cells are the same, numbers with a fraction but for rounding."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_SHARE)
    return json.dumps(one) == json.dumps(other)  # in which 1, 1.0, "1" and true are four


def _labels(record: Record) -> list[str]:
    if not record["key"]:
        return [f"row {number}" for number, _ in enumerate(record["rows"], start=1)]
    return [" ".join(_text(row[name]) for name in record["key"]) for row in record["rows"]]


def _parting(before: Any, after: Any) -> tuple[str, str]:
    """Show both cells, long ones from shortly before the place where they part."""
    first, second = _text(before), _text(after)
    if first == second:  # a number and a text
        first, second = json.dumps(before), json.dumps(after)
    start = 0
    if max(len(first), len(second)) > _WIDTH:
        pairs = enumerate(zip(first, second, strict=False))
        parted = next((place for place, (one, other) in pairs if one != other), 0)
        start = max(0, parted - _WIDTH // 3)
    return _cut(first, start), _cut(second, start)


def _cut(text: str, start: int) -> str:
    end = start + _WIDTH
    return f"{'…' * bool(start)}{text[start:end]}{'…' * (len(text) > end)}"


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _kind(series: Series[Any]) -> str:
    """Name what a column holds; the same for the dtypes of pandas 2 and 3."""
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = dtype.categories.dtype
    # pandas 2 keeps text in object columns; an empty one is text to pandas 3.
    text = all(isinstance(cell, str) or _is_missing(cell) for cell in series.tolist())
    return _KINDS.get(dtype.kind, "string" if text else "object")


def _is_missing(cell: Any) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_scalar(cell) and pd.isna(cell))


def _cell(cell: Any, column: str) -> Any:
    """Return a cell as JSON can hold it."""
    import pandas as pd

    if _is_missing(cell):
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
    if hasattr(cell, "tolist"):  # a number of numpy, or a list as Parquet gives it
        return _cell(cell.tolist(), column)
    if isinstance(cell, (bool, int, float)):
        return cell
    raise InvalidArgumentError(
        f"Column {column!r} holds a {type(cell).__name__}, which cannot be recorded. Make it text, "
        f"or leave it out with ignore=[{column!r}]."
    )


def _time(time: Any) -> str:
    """Return ISO text without zeros at its end: pandas prints as many as its unit has."""
    utc = time.tz_convert("UTC") if time.tzinfo else time
    fraction = f"{utc.microsecond:06d}{utc.nanosecond:03d}".rstrip("0")
    return (
        f"{utc.strftime('%Y-%m-%dT%H:%M:%S')}{'.' if fraction else ''}{fraction}"
        f"{'Z' if time.tzinfo else ''}"
    )
