"""Webhook frames on disk: Parquet, CSV or Excel, written to be compared later."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ikas_explore.errors import StorageError
from ikas_explore.system.files import reason_of, replacing, user_path
from ikas_explore.text.printable import printable
from ikas_explore.text.safe_csv import from_cell, to_csv

if TYPE_CHECKING:
    from pandas import DataFrame, Series

#: The ending of a path, and what reading and writing such a file needs beside pandas.
_NEEDS = {".parquet": "pyarrow", ".csv": None, ".xlsx": "openpyxl"}
_SAFE_PYARROW = (14, 0, 1)

#: What ``deleted`` may hold: 1.0 and 0.0 as pandas has it beside a gap, and the words of Excel in
#: Turkish, German, French, Spanish and Italian.
_FLAGS = {
    **dict.fromkeys(("true", "1", "1.0", "do\u011fru", "wahr", "vrai", "verdadero", "vero"), True),
    **dict.fromkeys(("false", "0", "0.0", "yanl\u0131\u015f", "yanli\u015f"), False),
    **dict.fromkeys(("falsch", "faux", "falso"), False),
}


def write_snapshot(frame: DataFrame, path: str | Path) -> Path:
    """Write a webhook frame as the ending of the path says; for its owner alone."""
    path = user_path(path)
    ending = _ending(path)
    try:
        with replacing(path, 0o600) as part:  # endpoints may hold tokens
            if ending == ".parquet":
                frame.to_parquet(part)
            elif ending == ".xlsx":
                _write_xlsx(frame, part)
            else:
                to_csv(frame, part)
    except ImportError as error:
        raise _not_installed(path) from error
    except (OSError, ValueError) as error:
        said = f"The snapshot {str(path)!r} cannot be written: {_said(error)}."
        raise StorageError(said) from error
    return path


def read_snapshot(path: str | Path) -> DataFrame:
    """Read a webhook frame that `write_snapshot` wrote, and a spreadsheet perhaps changed.

    A CSV may be separated by semicolons or tabs too, as Excel writes it in some languages.
    Columns the file lacks are missing values, or False for ``deleted``.
    """
    from ikas_explore.frames.frames import wrong_columns

    path = user_path(path)
    read = {".parquet": _read_parquet, ".csv": _read_csv, ".xlsx": _read_xlsx}[_ending(path)]
    try:
        frame = read(path)
    except ImportError as error:
        raise _not_installed(path) from error
    except UnicodeDecodeError as error:
        raise StorageError(
            f"The snapshot {str(path)!r} is not in UTF-8. In Excel, save it as 'CSV UTF-8 (Comma "
            "delimited)' or as .xlsx; in LibreOffice choose the character set 'Unicode (UTF-8)'."
        ) from error
    except (OSError, ValueError, csv.Error) as error:  # pyarrow's are ValueErrors
        said = f"The snapshot {str(path)!r} cannot be read: {_said(error)}."
        raise StorageError(said) from error
    if wrong := wrong_columns(frame):
        raise StorageError(f"The snapshot {str(path)!r} {wrong}")
    return _declared(frame, path)


def _read_csv(path: Path) -> DataFrame:
    """Read the cells as text, None where empty; the index numbers rows as spreadsheets do.

    pandas would read cells beyond the header as an index or drop them, and take the first of
    two columns of one name.
    """
    content = path.read_bytes()
    utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if utf_16 else "utf-8-sig")  # Excel's "Unicode Text" is the one
    first, *others = re.split(r"(?:\r\n|\r|\n)", text, maxsplit=1)
    said = re.fullmatch(r'"?sep=(.)"?', first.strip(" "), re.IGNORECASE)
    if said:  # for Excel: what separates the cells; the rows keep their numbers
        text = "\n" + "".join(others)
    first_line = re.split(r"[\r\n]", text.strip(), maxsplit=1)[0]
    # Where the comma is the decimal sign, as in Turkish, Excel separates by semicolons.
    separator = said[1] if said else max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows = {number: row for number, row in enumerate(reader, start=1) if any(map(str.strip, row))}
    width = len(rows[min(rows)]) if rows else 0
    for number, row in rows.items():
        if len(row) > width:
            raise StorageError(
                f"Row {number} of the snapshot {str(path)!r} has {len(row)} cells and the header "
                f"{width}. Take out the {separator!r} that is too many, at the end perhaps, "
                "or put the cell that holds it in quotes."
            )
    return _sheet(rows, lambda _, cell: from_cell(cell) or None)


def _sheet(rows: dict[int, list[Any]], read: Callable[[str, Any], Any]) -> DataFrame:
    """Make a frame of the rows of a sheet, the header first; the index holds their numbers."""
    import pandas as pd

    if not rows:
        raise ValueError("it is empty")
    header = [str(name) if _filled(name) else "" for name in rows.pop(min(rows))]
    cells = [
        [read(name, cell) for name, cell in zip(header, row, strict=False)]
        + [None] * (len(header) - len(row))
        for row in rows.values()
    ]
    return pd.DataFrame(cells, index=[*rows], columns=header, dtype=object)


def _write_xlsx(frame: DataFrame, path: Path) -> None:
    import pandas as pd

    from ikas_explore.frames.display import Frame

    for value in (cell for name in frame.columns for cell in frame[name]):
        if isinstance(value, str) and re.search(r"[\x00-\x1f\ufffe\uffff]", value):
            raise ValueError(
                f"{value!r} has a character that Excel does not keep; end the name in .csv"
            )
    with (
        path.open("wb") as file,  # its own name has another ending
        pd.ExcelWriter(file, engine="openpyxl") as book,
    ):
        Frame(frame).to_excel(book, sheet_name="webhooks", index=False, freeze_panes=(1, 0))
        for cell in (cell for row in book.sheets["webhooks"].iter_rows() for cell in row):
            if cell.is_date:  # pandas' own datetime_format is for another engine
                cell.number_format = "yyyy-mm-dd hh:mm:ss.000"


def _read_xlsx(path: Path) -> DataFrame:
    """Read the first sheet; the index numbers rows as Excel does."""
    openpyxl: Any = import_module("openpyxl")
    try:
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            lines = [list(line) for line in book.worksheets[0].iter_rows(values_only=True)]
    except OSError:
        raise
    except Exception as error:  # anything, where the file is damaged
        raise ValueError(f"it is no Excel workbook ({type(error).__name__})") from error
    rows = {number: line for number, line in enumerate(lines, start=1) if any(map(_filled, line))}
    return _sheet(
        rows,
        # A name in figures is a number to Excel.
        lambda name, cell: (
            str(cell) if type(cell) is int and name != "deleted" else from_cell(cell)
        ),
    )


def _filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""


def _read_parquet(path: Path) -> DataFrame:
    import pandas as pd

    pyarrow: Any = import_module("pyarrow")

    if tuple(map(int, re.findall(r"\d+", pyarrow.__version__)[:3])) < _SAFE_PYARROW:
        raise StorageError(
            f"{path.name!r} is not read with pyarrow {pyarrow.__version__}, which runs code that a "
            "Parquet file holds (CVE-2023-47248); run `pip install 'pyarrow>=14.0.1'`."
        )
    frame = pd.read_parquet(path, engine="pyarrow")
    frame.index = pd.RangeIndex(1, len(frame) + 1)  # rows are told by their number
    return frame


def _declared(frame: DataFrame, path: Path) -> DataFrame:
    from ikas_explore.frames.frames import make_frame, webhook_columns

    columns = webhook_columns()
    data: dict[str, list[Any]] = {}
    for name, kind in columns.items():
        cells: Series = frame[name] if name in frame else _absent(frame)
        if kind == "time":
            data[name] = _milliseconds(cells, path)
        elif kind == "bool":
            data[name] = _flags(cells, path)
        else:
            data[name] = [text if isinstance(text, str) else None for text in cells]
    made = make_frame(columns, data)
    made.attrs = dict(frame.attrs)
    return made


def _absent(frame: DataFrame) -> Series:
    import pandas as pd

    return pd.Series([None] * len(frame), dtype=object)


def _said(error: Exception) -> str:
    # pandas shows what it could not read, and adds advice on its own functions.
    return printable(reason_of(error).partition("\n")[0])


def _flags(cells: Series, path: Path) -> list[bool]:
    flags = []
    for (row, cell), missing in zip(cells.items(), cells.isna(), strict=True):
        flag = False if missing else _FLAGS.get(str(cell).strip().casefold())
        if flag is None:  # a webhook that is deleted must not be read as one that is there
            raise StorageError(
                f"Row {row} of the snapshot {str(path)!r} holds {str(cell)!r} in its column "
                f"{cells.name!r}, which is true or false, or empty for false. Correct the cell."
            )
        flags.append(flag)
    return flags


_NO_TIMES = (ValueError, TypeError, AttributeError, OverflowError)


def _milliseconds(cells: Series, path: Path) -> list[int | None]:
    try:
        return _times(cells)
    except _NO_TIMES as error:
        raise StorageError(
            f"A time in the snapshot {str(path)!r} cannot be read: {_first_wrong(cells, error)}. "
            "Write it as 2021-11-08T10:11:51+00:00 (ISO 8601), or leave it empty."
        ) from error


def _times(cells: Series) -> list[int | None]:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(cells) and cells.notna().any():
        raise ValueError("it is a number")
    times = pd.to_datetime(cells, utc=True, format="ISO8601")
    return [None if pd.isna(time) else round(time.timestamp() * 1000) for time in times]


def _first_wrong(cells: Series, error: Exception) -> str:
    for place, (row, cell) in enumerate(cells.items()):
        try:
            _times(cells.iloc[place : place + 1])
        except _NO_TIMES:
            return f"{str(cell)!r} in row {row}, column {cells.name!r}"
    return _said(error)  # each can be read, but not all as one column


def is_snapshot(path: str | Path) -> bool:
    """Return whether the ending of a path is a snapshot's."""
    return Path(path).suffix.casefold() in _NEEDS


def _ending(path: Path) -> str:
    ending = path.suffix.casefold()
    if ending not in _NEEDS:
        raise StorageError(
            f"A snapshot is Parquet, CSV or Excel, not {path.name!r}; end the name in .parquet, "
            ".csv or .xlsx."
        )
    return ending


def _not_installed(path: Path) -> StorageError:
    module = _NEEDS[_ending(path)]
    return StorageError(
        f"{path.name!r} needs {module}, which is not installed; run `pip install {module}`, or "
        "end the name in .csv."
    )
