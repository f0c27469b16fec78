"""Text of others, made fit to print: an endpoint or an answer must not steer a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def printable(text: str) -> str:
    """Show control characters, and others that do not print, as Python's escapes.

    Examples
    --------
    >>> printable("https://example.com/\\x1b[31m")
    'https://example.com/\\\\x1b[31m'
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def text_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Make a table of plain text, aligned to the left: one long cell widens no other column.

    Examples
    --------
    >>> print(text_table(["a", "b"], [["1", "2"], ["333", "4"]]))
    a    b
    1    2
    333  4
    """
    lines = [columns, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
