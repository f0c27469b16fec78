"""What differs between a frame and its record, as a table to read."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ikas_explore.testing.canonical import Record, as_text
from ikas_explore.text.printable import text_table

_WIDTH = 72  # of a cell in the table
_SHARE = 1e-9  # of a number: sums that differ by less depend on numpy, not on the data
_ALL = "all rows"


class Difference(NamedTuple):
    """One line of the table."""

    row: str
    column: str
    recorded: str
    now: str


def find_differences(then: Record, now: Record) -> list[Difference]:
    """Compare columns, then rows, then cells."""
    found = [
        Difference(_ALL, name, then.columns.get(name, "(none)"), now.columns.get(name, "(none)"))
        for name in dict.fromkeys((*then.columns, *now.columns))
        if then.columns.get(name) != now.columns.get(name)
    ]
    ways = [
        ("(key)", then.key, now.key),
        ("(compared)", sorted(then.compared), sorted(now.compared)),
        ("(order)", list(then.columns), list(now.columns)),
    ]
    for what, before, after in ways:
        if not found and before != after:
            found.append(Difference(_ALL, what, ", ".join(before), ", ".join(after)))
    if then.key != now.key:
        return found  # rows cannot be matched
    rows_then, rows_now = then.by_label(), now.by_label()
    for label in (*rows_then, *(label for label in rows_now if label not in rows_then)):
        if label not in rows_now:
            found.append(Difference(label, "", "a row", "(none)"))
        elif label not in rows_then:
            found.append(Difference(label, "", "(none)", "a row"))
        else:
            found += _cells(label, rows_then[label], rows_now[label])
    return found


def _cells(label: str, then: dict[str, Any], now: dict[str, Any]) -> list[Difference]:
    return [
        Difference(label, name, *_parting(then[name], now[name]))
        for name in then
        if name in now and not _same(then[name], now[name])
    ]


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, float) and isinstance(after, float):
        return math.isclose(before, after, rel_tol=_SHARE)
    return type(before) is type(after) and bool(before == after)


def _parting(before: Any, after: Any) -> tuple[str, str]:
    """Show both cells, long ones from shortly before the place where they part."""
    first, second = as_text(before), as_text(after)
    if first == second:  # a number and a text
        first, second = f"{first} ({type(before).__name__})", f"{second} ({type(after).__name__})"
    start = 0
    if max(len(first), len(second)) > _WIDTH:
        pairs = zip(first, second, strict=False)
        parted = next((place for place, (a, b) in enumerate(pairs) if a != b), 0)
        start = max(0, parted - _WIDTH // 3)
    return _cut(first, start), _cut(second, start)


def _cut(text: str, start: int) -> str:
    end = start + _WIDTH
    return f"{'…' * bool(start)}{text[start:end]}{'…' * (len(text) > end)}"


def table(differences: list[Difference]) -> str:
    """Return aligned text, control characters shown as escapes."""
    return text_table(Difference._fields, differences)
