"""Text of others in our reports: it shows as what it is, in every form of report.

Endpoints come from whoever registered them. In HTML and Markdown they must not become
markup, in a terminal no control sequence, in XML no character that XML does not have.
"""

from __future__ import annotations

import html
import re
from typing import Any

from ikas_explore.text.printable import printable
from ikas_explore.values.secret import masked

#: Rows that a page for people shows; more make one that nobody reads and browsers choke on.
MOST_ROWS = 2_000

# What XML 1.0 does not allow at all, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN = re.compile(r"[\w:/.%?=&+,;@ ~{}-]+", re.ASCII)
_ACTIVE = re.compile(r"[&<>`*_\[\]|~\\#!@]|:(?=//)|\bwww\.|[\r\n]", re.IGNORECASE)


def visible(text: str) -> str:
    """Return a text with its secrets masked and its control characters shown as escapes.

    Examples
    --------
    >>> visible("https://a.example/\\x1b[2J?token=1")
    'https://a.example/\\\\x1b[2J?token=***'
    """
    return printable(masked(text))


def as_html(text: str) -> str:
    """Return a text for HTML, in elements and in attributes.

    Examples
    --------
    >>> as_html("<img>")
    '&lt;img&gt;'
    """
    return html.escape(visible(text))


def as_markdown(text: str) -> str:
    """Return a text for a cell of a Markdown table: no markup, no link, no HTML.

    Examples
    --------
    >>> as_markdown("a|b <img> _c_")
    'a&#124;b &#60;img&#62; &#95;c&#95;'
    """
    return _ACTIVE.sub(lambda match: "".join(f"&#{ord(c)};" for c in match[0]), visible(text))


def as_markdown_code(text: str) -> str:
    """Return a text as Markdown code where that is safe, else as `as_markdown` does.

    Examples
    --------
    >>> as_markdown_code("https://a.example/ikas"), as_markdown_code("a`b")
    ('`https://a.example/ikas`', 'a&#96;b')
    """
    shown = visible(text)
    return f"`{shown}`" if _PLAIN.fullmatch(shown) else as_markdown(text)


def as_xml(text: str) -> str:
    """Return a text that XML can hold; it is escaped when it is written.

    Examples
    --------
    >>> as_xml("a\\ufffeb")
    'a\\\\ufffeb'
    """
    return _NOT_XML.sub(lambda match: match[0].encode("unicode_escape").decode(), visible(text))


def cell(value: Any) -> str:
    """Return a cell of the findings as text; empty where it is missing."""
    return value if isinstance(value, str) else ""
