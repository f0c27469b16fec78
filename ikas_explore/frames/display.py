"""How a frame looks as the last line of a cell: pandas aligns text to the right and cuts it.

`Frame` is a DataFrame that differs in nothing but `__repr__`, `_repr_html_` and `to_excel` (that of
pandas refuses times with a zone). What is shown follows pandas' options ``display.max_rows``,
``min_rows``, ``max_columns`` and ``notebook_repr_html``.
"""

from __future__ import annotations

import copyreg
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Any, NamedTuple

import pandas as pd

from ikas_explore.text.html_table import escape
from ikas_explore.text.printable import counted, plain, text_table
from ikas_explore.text.safe_csv import to_cell

#: Ids of ikas (UUIDs, two of them, hex): whole on hover, as they would break over many lines.
_ID = re.compile(r"[0-9a-fA-F-]{20,}")
_ID_SHOWN = 8
#: Characters of a text that are shown, and of what is for programs: JSON and bytes.
_LONGEST, _LONGEST_JSON = 200, 40
_HOVER = 1_000
#: A text longer than this folds where the page ends, an endpoint for example.
_FOLDED = 45
_GAP = "…"


class Frame(pd.DataFrame):
    """A DataFrame that looks right untouched; for every use in pandas it is a DataFrame.

    What pandas makes of it is one too; a plain frame on the left of a ``concat`` gives a plain
    one. Unpickled it is a plain DataFrame, so that a reader does not need this package.
    """

    @property
    def _constructor(self) -> type[Frame]:
        return Frame

    def __reduce_ex__(self, protocol: Any) -> Any:
        # What pickle keeps of a DataFrame, without the name of this class. Copies are pandas'.
        return copyreg._reconstructor, (pd.DataFrame, object, None), self.__getstate__()  # type: ignore[attr-defined]

    def to_excel(self, *given: Any, **more: Any) -> None:  # type: ignore[misc] # final for types only
        """Write to Excel as pandas does: times in UTC, as Excel knows no zones, and no formula."""
        plain = pd.DataFrame(self)
        for place in range(plain.shape[1]):
            column = plain.iloc[:, place]
            if isinstance(column.dtype, pd.DatetimeTZDtype):
                plain.isetitem(place, column.dt.tz_convert("UTC").dt.tz_localize(None).array)
            elif column.dtype == object or str(column.dtype) == "str":
                plain.isetitem(place, column.map(to_cell).array)
        plain.to_excel(*given, **more)

    def __repr__(self) -> str:
        shown = _shown(self)
        if shown is None:
            return super().__repr__()
        columns, rows, note = shown
        heads = [
            f"{column.name} ({column.zone})" if column.zone else column.name for column in columns
        ]
        lines = [heads, *([cell.text for cell in row] for row in rows)]
        widths = [max(map(len, texts)) for texts in zip(*lines, strict=True)]
        for line in lines:  # a table of text is aligned to the left, numbers to the right
            for place, column in enumerate(columns):
                if column.align == "right":
                    line[place] = line[place].rjust(widths[place])
        fitting = _fitting(widths)
        notes = [note] if note else []
        if fitting < len(heads):
            notes.append(f"not shown: {', '.join(heads[fitting:])}")
        text = text_table(lines[0][:fitting], [line[:fitting] for line in lines[1:]])
        return "\n".join([text, *notes])

    def _repr_html_(self) -> str | None:
        if not pd.get_option("display.notebook_repr_html"):
            return None
        shown = _shown(self)
        if shown is None:
            html: str | None = super()._repr_html_()  # type: ignore[misc]
            return html
        columns, rows, note = shown
        head = "".join(
            f'<th style="text-align:{column.align}">{escape(column.name)}'
            + (f" <small>{escape(column.zone)}</small>" if column.zone else "")
            + "</th>"
            for column in columns
        )
        body = "".join(
            "<tr>"
            + "".join(_html_cell(cell, column) for cell, column in zip(row, columns, strict=True))
            + "</tr>"
            for row in rows
        )
        return (
            f"<div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            + (f"<p>{escape(note)}</p>" if note else "")
            + "</div>"
        )


class _Cell(NamedTuple):
    text: str
    hover: str = ""


class _Column(NamedTuple):
    """A column as it is shown: by its dtype, and the form of its texts."""

    name: str
    zone: str
    align: str
    show: Callable[[Any], _Cell]

    def cells(self, values: Iterable[Any]) -> list[_Cell]:
        return [_Cell("") if _missing(value) else self.show(value) for value in values]


def _column(name: object, dtype: Any) -> _Column:
    kind = getattr(dtype, "kind", "O")
    zone = str(getattr(dtype, "tz", None) or "") if kind == "M" else ""
    show = {"M": _time, "m": _duration, "f": _number}.get(kind, _text)
    return _Column(str(name), zone, "right" if kind in "iufcm" else "left", show)


def _shown(frame: pd.DataFrame) -> tuple[list[_Column], list[list[_Cell]], str] | None:
    """Return columns, rows and a note on what is left out; None leaves it to pandas."""
    if frame.columns.nlevels > 1 or frame.index.nlevels > 1 or not len(frame.columns):
        return None
    most = pd.get_option("display.max_columns") or len(frame.columns)
    if len(frame.columns) > most:
        return None
    rows, limit = frame, pd.get_option("display.max_rows")
    half = None
    if limit and len(frame) > limit:
        half = min(pd.get_option("display.min_rows") or limit, limit) // 2 or 1
        rows = frame.take([*range(half), *range(len(frame) - half, len(frame))])
    columns = [_column(name, dtype) for name, dtype in frame.dtypes.items()]
    cells = [column.cells(rows.iloc[:, place]) for place, column in enumerate(columns)]
    if not _is_default(frame.index):
        index = _column(frame.index.name or "", frame.index.dtype)
        columns.insert(0, index)
        cells.insert(0, index.cells(rows.index))
    lines = [list(row) for row in zip(*cells, strict=True)]
    note = ""
    if half is not None:
        lines.insert(half, [_Cell(_GAP)] * len(columns))
        note = f"{len(frame):,} rows, {counted(len(frame.columns), 'column')}"
    elif not len(frame):
        note = "no rows"
    return columns, lines, note


def _fitting(widths: list[int]) -> int:
    """Return how many columns a terminal has room for; nothing else has a width."""
    if not sys.stdout.isatty():
        return len(widths)
    room = shutil.get_terminal_size().columns
    ends = accumulate(widths, lambda end, width: end + 2 + width)
    return max(sum(end <= room for end in ends), 1)


def _is_default(index: pd.Index[Any]) -> bool:
    if not len(index):  # pandas 2 has no RangeIndex where a condition left no row
        return index.name is None
    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1


def _missing(value: object) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))  # type: ignore[call-overload]


def _text(value: object) -> _Cell:
    text = value if isinstance(value, str) else _plain(value)
    if _ID.fullmatch(text):
        return _Cell(text[:_ID_SHOWN] + _GAP, text)
    longest = _LONGEST_JSON if text[:1] in ("{", "[") else _LONGEST
    if len(text) > longest:
        return _Cell(text[:longest] + _GAP, text[:_HOVER])
    return _Cell(text)


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return plain(value)


def _time(value: Any) -> _Cell:
    return _Cell(f"{value:%Y-%m-%d %H:%M:%S}", str(value.isoformat()))


def _duration(value: Any) -> _Cell:
    return _Cell(str(value.floor("s")).removeprefix("0 days "), str(value))


def _number(value: Any) -> _Cell:
    text = f"{value:,.{pd.get_option('display.precision')}f}"
    return _Cell(text.rstrip("0").rstrip(".") if "." in text else text, repr(float(value)))


def _html_cell(cell: _Cell, column: _Column) -> str:
    style = f"text-align:{column.align}"
    style += ";overflow-wrap:anywhere" if len(cell.text) > _FOLDED else ";white-space:nowrap"
    hover = f' title="{escape(cell.hover)}"' if cell.hover and cell.hover != cell.text else ""
    return f'<td style="{style}"{hover}>{escape(cell.text)}</td>'
