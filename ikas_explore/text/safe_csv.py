"""CSV that spreadsheets take for text: they run what looks like a formula.

A cell that would be run stands behind an apostrophe, which `from_cell` takes off again.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

#: What makes a spreadsheet take a cell for a formula.
_STARTS = ("=", "+", "-", "@", "\t", "\r")


def to_csv(frame: pd.DataFrame, path: str | Path | None = None) -> str | None:
    """Write a frame as CSV that spreadsheets take for text; return it, unless a path is given.

    Examples
    --------
    >>> import pandas as pd
    >>> to_csv(pd.DataFrame({"endpoint": ["=1+1", "https://example.com/"]})).splitlines()
    ['endpoint', "'=1+1", 'https://example.com/']
    """
    safe = frame.copy()
    for name in safe.columns:
        if safe[name].dtype.kind == "O" or str(safe[name].dtype) == "str":
            safe[name] = safe[name].map(to_cell)
    # pandas quotes no lone carriage return, which ends a line for all that read CSV.
    returns = any(
        isinstance(cell, str) and "\r" in cell for name in safe.columns for cell in safe[name]
    )
    quoting: Any = csv.QUOTE_ALL if returns else csv.QUOTE_MINIMAL
    text: str | None = safe.to_csv(path, index=False, quoting=quoting)
    return text


def to_cell(value: object) -> object:
    """Return a value as no formula; one apostrophe more where there are some already.

    Examples
    --------
    >>> to_cell("=1+1"), to_cell("'=1+1"), to_cell("1+1"), to_cell(None)
    ("'=1+1", "''=1+1", '1+1', None)
    """
    return f"'{value}" if _formula(value) else value


def from_cell(cell: object) -> object:
    """Return what `to_cell` was given.

    Examples
    --------
    >>> from_cell(to_cell("=1+1")), from_cell("'quoted'")
    ('=1+1', "'quoted'")
    """
    return cell[1:] if isinstance(cell, str) and cell[:1] == "'" and _formula(cell) else cell


def _formula(value: object) -> bool:
    return isinstance(value, str) and value.lstrip("'").startswith(_STARTS)
