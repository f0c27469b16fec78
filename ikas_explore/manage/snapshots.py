"""Webhook frames on disk: Parquet or CSV, written to be compared later."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ikas_explore.errors import StorageError
from ikas_explore.files import replacing
from ikas_explore.printing import printable
from ikas_explore.spreadsheets import from_cell, to_csv

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_ENDINGS = (".parquet", ".csv")
_SAFE_PYARROW = (14, 0, 1)


def write_snapshot(frame: DataFrame, path: str | Path) -> Path:
    """Write a webhook frame as Parquet or CSV, by the ending of the path; for its owner alone.

    Parameters
    ----------
    frame : pandas.DataFrame
    path : str or Path
        Ends in ``.parquet`` or ``.csv``.

    Returns
    -------
    Path

    Raises
    ------
    StorageError
        Another ending, Parquet without pyarrow, or a file that cannot be written.
    """
    path = Path(path)
    ending = _ending(path)
    try:
        with replacing(path, 0o600) as part:  # endpoints may hold tokens
            if ending == ".parquet":
                frame.to_parquet(part)
            else:
                to_csv(frame, part)
    except ImportError as error:
        raise _no_parquet(path) from error
    except OSError as error:
        raise StorageError(f"The snapshot {str(path)!r} cannot be written: {error}.") from error
    return path


def read_snapshot(path: str | Path) -> DataFrame:
    """Read a webhook frame written by `write_snapshot`.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    pandas.DataFrame
        With the columns and dtypes of a webhook frame; columns the file lacks are missing
        values, or False for ``deleted``.

    Raises
    ------
    StorageError
        The file is not there, cannot be read, or is no snapshot of a webhook frame.
    """
    import pandas as pd

    path = Path(path)
    ending = _ending(path)
    try:
        frame = (
            _read_parquet(path)
            if ending == ".parquet"
            # As text, and nothing read as missing but an empty cell: a store may be named "na".
            else pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""]).map(from_cell)
        )
    except ImportError as error:
        raise _no_parquet(path) from error
    except (OSError, ValueError) as error:  # pandas' and pyarrow's parse errors are ValueErrors
        said = f"The snapshot {str(path)!r} cannot be read: {_said(error)}."
        raise StorageError(said) from error
    missing = [name for name in ("store", "scope", "endpoint") if name not in frame.columns]
    if missing:
        raise StorageError(
            f"{str(path)!r} is no snapshot of a webhook frame: it has no column "
            f"{', '.join(map(repr, missing))}."
        )
    return _declared(frame, path)


def _read_parquet(path: Path) -> DataFrame:
    import pandas as pd

    pyarrow: Any = import_module("pyarrow")

    if tuple(map(int, re.findall(r"\d+", pyarrow.__version__)[:3])) < _SAFE_PYARROW:
        raise StorageError(
            f"{path.name!r} is not read with pyarrow {pyarrow.__version__}, which runs code that a "
            "Parquet file holds (CVE-2023-47248); run `pip install 'pyarrow>=14.0.1'`."
        )
    return pd.read_parquet(path, engine="pyarrow")


def _declared(frame: DataFrame, path: Path) -> DataFrame:
    from ikas_explore.frames import make_frame, webhook_columns

    columns = webhook_columns()
    data: dict[str, list[Any]] = {}
    for name, kind in columns.items():
        cells: Series = frame[name] if name in frame else _absent(frame)
        if kind == "time":
            data[name] = _milliseconds(cells, path)
        elif kind == "bool":
            data[name] = [str(cell).casefold() in ("true", "1") for cell in cells]
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
    return printable(str(error).partition("\n")[0])


def _milliseconds(cells: Series, path: Path) -> list[int | None]:
    import pandas as pd

    try:
        if pd.api.types.is_numeric_dtype(cells) and cells.notna().any():
            raise ValueError("it is a number")
        times = pd.to_datetime(cells, utc=True, format="ISO8601")
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise StorageError(
            f"A time in the snapshot {str(path)!r} cannot be read: {_said(error)}."
        ) from error
    return [None if pd.isna(time) else round(time.timestamp() * 1000) for time in times]


def is_snapshot(path: str | Path) -> bool:
    """Tell by its ending whether a file is a snapshot."""
    return Path(path).suffix.casefold() in _ENDINGS


def _ending(path: Path) -> str:
    ending = path.suffix.casefold()
    if ending not in _ENDINGS:
        raise StorageError(
            f"A snapshot is Parquet or CSV, not {path.name!r}; end the name in .parquet or .csv."
        )
    return ending


def _no_parquet(path: Path) -> StorageError:
    return StorageError(
        f"{path.name!r} needs pyarrow, which is not installed; run `pip install pyarrow`, or "
        "end the name in .csv."
    )
