"""CSV that spreadsheets take for text: they run what looks like a formula.

What would be run gets an apostrophe before it, which `from_cell` takes off again. Excel splits at
semicolons in Turkish and German, and a quote in the middle of a cell protects nothing then. So it
is done at every place where a cell could begin, whatever the file is split at.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from ikas_explore.text.printable import plain

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

# Where a cell could begin, and what begins a formula there; wide signs count as the others.
_BEGINNING = r"(?:^|(?<=[,;|\t\r\n]))"
_FORMULA = r"""(?=['" ]*[=+\-@\uff1d\uff0b\uff0d\uff20])"""
_UNSAFE = re.compile(rf"{_BEGINNING}{_FORMULA}|^(?='*[\t\r])")
_MADE_SAFE = re.compile(rf"{_BEGINNING}'{_FORMULA}|^'(?='*[\t\r])")


def to_csv(frame: pd.DataFrame, path: str | Path | None = None) -> str | None:
    """Write a frame as CSV that spreadsheets take for text; return it, unless a path is given."""
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
    """Prefix what a spreadsheet would run as a formula, wherever it splits the text.

    Examples
    --------
    >>> to_cell("=1+1"), to_cell("'=1+1"), to_cell("1+1"), to_cell("a;=1"), to_cell(None)
    ("'=1+1", "''=1+1", '1+1', "a;'=1", None)
    >>> print(to_cell(["a;=1", -2]))  # a list is JSON, its numbers as they are
    ["a;'=1", -2]
    """
    if isinstance(value, (list, dict)):
        return plain(_safe(value))
    return _safe(value)


def _safe(value: object) -> object:
    if isinstance(value, list):
        return [_safe(each) for each in value]
    if isinstance(value, dict):
        return {name: _safe(each) for name, each in value.items()}
    return _UNSAFE.sub("'", value) if isinstance(value, str) else value


def from_cell(cell: object) -> object:
    """Return what `to_cell` was given."""
    return _MADE_SAFE.sub("", cell) if isinstance(cell, str) else cell
