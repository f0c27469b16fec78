"""HTML for notebooks, forms and reports: the one escape and the one table."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape as _escape

from ikas_explore.text.printable import printable


class Html(str):
    """A text that is HTML already, so that `escape` leaves it as it is."""

    __slots__ = ()


def escape(value: object) -> Html:
    """Escape a value for HTML, in elements and in attributes; what does not show is spelled out."""
    return value if isinstance(value, Html) else Html(_escape(printable(str(value))))


def html_lines(text: str) -> Html:
    """Show a text of several lines as it is."""
    lines = "\n".join(escape(line) for line in text.split("\n"))
    return Html(f'<pre style="text-align:left;font-family:monospace">{lines}</pre>')


def html_table(
    columns: Iterable[object],
    rows: Iterable[Iterable[object]],
    *,
    name: str = "",
    row_heads: bool = False,
    left: bool = False,
) -> Html:
    """Make a table; names and cells are escaped unless they are `Html`.

    With a `name` it can be scrolled sideways by keyboard; with `row_heads` the first cell of each
    row names the row; with `left` it looks right in JupyterLab, which aligns to the right.
    """
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(f"<tr>{_row(row, row_heads)}</tr>" for row in rows)
    if left:
        style = ' style="text-align:left;vertical-align:top"'
        head = head.replace('<th scope="col"', f'<th scope="col"{style}')
        body = body.replace("<td>", f"<td{style}>")
    label = f' role="region" aria-label="{escape(name)}" tabindex="0"' if name else ""
    return Html(
        f'<div class="ikas-wide"{label}><table class="ikas-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(cells: Iterable[object], row_head: bool) -> str:
    escaped = [str(escape(cell)) for cell in cells]
    first = f'<th scope="row">{escaped.pop(0)}</th>' if row_head and escaped else ""
    return first + "".join(f"<td>{cell}</td>" for cell in escaped)
