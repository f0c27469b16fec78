"""HTML of what the forms show. Every text from outside is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from ikas_explore.forms.words import Words
from ikas_explore.text.printable import printable

if TYPE_CHECKING:
    from pandas import DataFrame

Kind = Literal["plain", "good", "warning", "bad", "busy"]

#: Where there is nothing to say.
NONE = "\N{EN DASH}"

#: A sign before each kind of message, so that colour is never all that tells them apart.
_SIGNS: Mapping[Kind, str] = {"good": "✓", "warning": "!", "bad": "✗", "busy": "…"}


def text(value: object) -> str:
    """Escape a text for HTML.

    Examples
    --------
    >>> text("<img onerror=x>")
    '&lt;img onerror=x&gt;'
    """
    return escape(printable(str(value)))


def note(kind: Kind, *sentences: str) -> str:
    """Make a message; the first sentence is the weightiest."""
    said = [text(sentence) for sentence in sentences if sentence]
    if not said:
        return ""
    role = "alert" if kind == "bad" else "status"
    sign = _SIGNS.get(kind, "")
    before = sign and f'<span class="ikas-sign" aria-hidden="true">{sign}</span>'
    more = "".join(f'<span class="ikas-more">{each}</span>' for each in said[1:])
    body = f"{before}<span>{said[0]}{more}</span>"
    return f'<div class="ikas-note ikas-{kind}" role="{role}">{body}</div>'


def heading(level: int, words: str) -> str:
    return (
        f'<div class="ikas-heading ikas-heading-{level}" role="heading" aria-level="{level}">'
        f"{text(words)}</div>"
    )


def python(words: Words, line: str) -> str:
    """Make a line of Python to copy: one click into it selects all of it."""
    label = f'<span class="ikas-label">{text(words("python"))}</span>'
    return f'<div class="ikas-python">{label}<code>{text(line)}</code></div>'


def endpoint(value: str) -> str:
    """Make the cell of an endpoint. It is never a link: nobody should call it by mistake."""
    kind = "endpoint" if value else "quiet"
    return f'<span class="ikas-{kind}">{text(value) or NONE}</span>'


def state(words: Words, key: str) -> str:
    """Make a state in words, with a dot that is filled when something is registered."""
    dot = "●" if key == "registered" else "○"
    said = f'<span aria-hidden="true">{dot}</span> {text(words(key))}'
    return f'<span class="ikas-state ikas-{key}">{said}</span>'


def time(value: Any) -> str:
    """Write a time to the minute, in UTC; a dash where there is none."""
    import pandas as pd

    return NONE if pd.isna(value) else f"{value:%Y-%m-%d %H:%M}"


def html_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, name: str = "") -> str:
    """Make a table of cells that are HTML already; its columns' names are text."""
    head = "".join(f'<th scope="col">{text(column)}</th>' for column in columns)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    # It may scroll sideways in a narrow cell, so it has to be reachable by keyboard.
    label = f' role="region" aria-label="{text(name)}" tabindex="0"' if name else ""
    return (
        f'<div class="ikas-wide"{label}><table class="ikas-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def changes(
    words: Words, frame: DataFrame, *, resend: bool = False
) -> tuple[list[str], list[list[str]]]:
    """Put changes or their outcomes into words: the columns, and a list of texts a row."""
    done = "outcome" in frame.columns
    names = ["scope", "outcome", "before", "after"] if done else ["scope", "change", "now", "then"]
    shown = ["endpoint_before", "endpoint_after"]
    if done and frame["error"].notna().any():
        names, shown = [*names, "error"], [*shown, "error"]
    rows = []
    for row in frame.to_dict("records"):
        action = "resend" if resend and row["action"] == "keep" else row["action"]
        what = words(f"outcome.{row['outcome']}" if done else f"change.{action}")
        texts = [row[name] if isinstance(row[name], str) else "" for name in shown]
        rows.append([words.scope(row["scope"]), what, *texts])
    return [words(f"column.{name}") for name in names], rows


def changes_table(words: Words, frame: DataFrame, *, name: str, resend: bool = False) -> str:
    """Make the table of a preview or an outcome; empty text when there are no rows.

    The two endpoints are under each other, so that the table fits a narrow cell.
    """
    if not len(frame):
        return ""
    (scope, what, _, _, *why), rows = changes(words, frame, resend=resend)
    kinds = frame["outcome"] if "outcome" in frame.columns else frame["action"]
    cells = [
        [
            text(scope),
            f'<span class="ikas-do-{kind}">{text(what)}</span>',
            _ends(words, before, after),
            *map(text, reason),
        ]
        for kind, (scope, what, before, after, *reason) in zip(kinds, rows, strict=True)
    ]
    return html_table([scope, what, words("column.endpoint"), *why], cells, name=name)


def _ends(words: Words, before: str, after: str) -> str:
    """Make one cell of both endpoints; one that stays is shown once."""
    if not before or not after or before == after:
        return endpoint(before or after)
    ends = (("then", after), ("now", before))
    return "".join(
        f'<div class="ikas-end"><span class="ikas-label">{text(words(when))}</span> '
        f"{endpoint(end)}</div>"
        for when, end in ends
    )
