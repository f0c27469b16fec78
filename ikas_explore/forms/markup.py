"""HTML and plain text of what the forms show. Every text from outside is escaped here."""

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
_SIGNS: Mapping[Kind, str] = {"plain": "", "good": "✓", "warning": "!", "bad": "✗", "busy": "…"}


def text(value: object) -> str:
    """Escape a text for HTML.

    Examples
    --------
    >>> text("<img onerror=x>")
    '&lt;img onerror=x&gt;'
    """
    return escape(printable(str(value)))


def note(kind: Kind, *sentences: str) -> str:
    """Make a message of one or more sentences; the first is the weightiest."""
    said = [sentence for sentence in sentences if sentence]
    if not said:
        return ""
    role = "alert" if kind == "bad" else "status"
    sign = (
        f'<span class="ikas-sign" aria-hidden="true">{_SIGNS[kind]}</span>' if _SIGNS[kind] else ""
    )
    more = "".join(f'<span class="ikas-more">{text(each)}</span>' for each in said[1:])
    return (
        f'<div class="ikas-note ikas-{kind}" role="{role}">{sign}'
        f"<span>{text(said[0])}{more}</span></div>"
    )


def heading(level: int, words: str) -> str:
    return (
        f'<div class="ikas-heading ikas-heading-{level}" role="heading" aria-level="{level}">'
        f"{text(words)}</div>"
    )


def code(label: str, lines: Iterable[str]) -> str:
    """Make a block of Python to copy: one click into it selects all of it."""
    body = "\n".join(map(text, lines))
    return (
        f'<div class="ikas-python"><span class="ikas-label">{text(label)}</span>'
        f"<code>{body}</code></div>"
    )


def endpoint(value: str | None) -> str:
    """Make the cell of an endpoint, which is never a link: nobody should call it by mistake."""
    return (
        f'<span class="ikas-endpoint">{text(value)}</span>'
        if value
        else f'<span class="ikas-quiet">{NONE}</span>'
    )


def state(words: Words, key: str) -> str:
    """Make a state in words, with a dot that is filled when something is registered."""
    dot = "●" if key == "registered" else "○"
    return (
        f'<span class="ikas-state ikas-{key}"><span aria-hidden="true">{dot}</span> '
        f"{text(words(key))}</span>"
    )


def time(value: Any) -> str:
    """Write a time to the minute, in UTC; a dash where there is none."""
    import pandas as pd

    return NONE if pd.isna(value) else f"{value:%Y-%m-%d %H:%M}"


def moment(value: Any) -> str:
    """Make the cell of a time."""
    return f'<span class="ikas-time">{time(value)}</span>'


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


def changes_rows(words: Words, frame: DataFrame, *, resend: bool = False) -> list[list[str]]:
    """Put a frame of changes, or of their outcomes, into words: a list of texts a row."""
    rows = []
    done = "outcome" in frame.columns
    reasons = done and bool(frame["error"].notna().any())
    for row in frame.to_dict("records"):
        action = "resend" if resend and row["action"] == "keep" else row["action"]
        what = words(f"outcome.{row['outcome']}" if done else f"change.{action}")
        ends = [row[name] if isinstance(row[name], str) else "" for name in _ENDS]
        why = [row["error"] if isinstance(row["error"], str) else ""] if reasons else []
        rows.append([words.scope(row["scope"]), what, *ends, *why])
    return rows


_ENDS = ("endpoint_before", "endpoint_after")


def changes_columns(words: Words, frame: DataFrame) -> list[str]:
    if "outcome" not in frame.columns:
        return [words(f"column.{name}") for name in ("scope", "change", "now", "then")]
    reasons = ("error",) if frame["error"].notna().any() else ()
    return [words(f"column.{name}") for name in ("scope", "outcome", "before", "after", *reasons)]


def changes_table(words: Words, frame: DataFrame, *, name: str, resend: bool = False) -> str:
    """Make the table of a preview or an outcome; empty text when there are no rows.

    The two endpoints stand under each other, so that the table fits a narrow cell.
    """
    if not len(frame):
        return ""
    rows = zip(frame.to_dict("records"), changes_rows(words, frame, resend=resend), strict=True)
    cells = [
        [
            text(scope),
            f'<span class="ikas-do-{row.get("outcome", row["action"])}">{text(what)}</span>',
            _ends(words, before, after),
            *map(text, why),
        ]
        for row, (scope, what, before, after, *why) in rows
    ]
    scope, what, _, _, *why = changes_columns(words, frame)
    return html_table([scope, what, words("column.endpoint"), *why], cells, name=name)


def _ends(words: Words, before: str, after: str) -> str:
    """Make one cell of both endpoints; one that stays stands once."""
    if not before or not after or before == after:
        return endpoint(before or after)
    then = f'<span class="ikas-label">{text(words("then"))}</span> {endpoint(after)}'
    now = f'<span class="ikas-label">{text(words("now"))}</span> {endpoint(before)}'
    return f'<div class="ikas-end">{now}</div><div class="ikas-end">{then}</div>'
