"""Text of others, made fit to print: an endpoint or an answer must not steer a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress

# Characters that count as letters, marks or signs and yet show nothing: what Unicode calls
# default-ignorable, and blanks that are no white space. `isprintable` knows all others.
_UNSEEN = (
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u2d7f\u3164\ufe00-\ufe0f\uffa0"
    "\U0001107f\U00013441\U00013442\U00016fe4\U0001d159\U000e0000-\U000e0fff]"
)


def is_visible(text: str) -> bool:
    """Return whether every character shows; a space does."""
    return text.isprintable() and (text.isascii() or not re.search(_UNSEEN, text))


def printable(text: str) -> str:
    """Show control characters, and others that do not show, as Python's escapes."""
    if is_visible(text):
        return text
    return "".join(
        each if is_visible(each) else each.encode("unicode_escape").decode() for each in text
    )


def shown(value: object) -> str:
    """Return a value for a message: its repr, cut short, or its type where it has none."""
    try:
        text = repr(value)
    except Exception:  # whatever a repr of others does; an int may have too many digits
        return f"a value of the type {type(value).__name__}"
    return text if len(text) <= 200 else f"{text[:200]}..."


def plain(value: object) -> str:
    """Return a cell of a frame as text; a list or an object is JSON."""
    if isinstance(value, (list, dict)):
        with suppress(TypeError, ValueError, RecursionError):  # of the caller, and no JSON
            return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def text_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Make a table of plain text, aligned to the left: one long cell widens no other column."""
    lines = [columns, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one."""
    if number != 1:
        noun = f"{noun[:-1]}ies" if re.search("[^aeo]y$", noun) else f"{noun}s"
    return f"{number} {noun}"


def first_of(names: Iterable[str], most: int) -> str:
    """Name the first ones of several, and say how many more there are."""
    given = [*names]
    more = f" and {len(given) - most} more" if len(given) > most else ""
    return ", ".join(given[:most]) + more
