"""Text of others, made fit to print: an endpoint or an answer must not steer a terminal."""

from __future__ import annotations


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
