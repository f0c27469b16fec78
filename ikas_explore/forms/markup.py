"""HTML of what the forms show; what is not `Html` is escaped where it is put in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from ikas_explore.forms.words import Words
from ikas_explore.text.html_table import Html, escape, html_table

Kind = Literal["plain", "good", "warning", "bad", "busy"]

#: A message about a form: its kind, and its sentences.
Told = tuple[Kind, list[str]]

#: Where there is nothing to say.
NONE = "\N{EN DASH}"

#: Letters of an endpoint that a cell shows.
LONGEST = 60

#: A sign before each kind of message, so that colour is never all that tells them apart.
_SIGNS: Mapping[Kind, str] = {"good": "✓", "warning": "!", "bad": "✗", "busy": "…"}


#: How a finding looks.
_KINDS: Mapping[str, Kind] = {"error": "bad", "warning": "warning", "info": "plain"}


def note(kind: Kind, *sentences: str) -> Html:
    """Make a message; the first sentence is the weightiest."""
    said = [escape(sentence) for sentence in sentences if sentence]
    if not said:
        return Html()
    role = "alert" if kind == "bad" else "status"
    sign = _SIGNS.get(kind, "")
    before = sign and f'<span class="ikas-sign" aria-hidden="true">{sign}</span>'
    more = "".join(f'<span class="ikas-more">{each}</span>' for each in said[1:])
    body = f"{before}<span>{said[0]}{more}</span>"
    return Html(f'<div class="ikas-note ikas-{kind}" role="{role}">{body}</div>')


def heading(level: int, words: str) -> Html:
    look = f'class="ikas-heading ikas-heading-{level}" role="heading" aria-level="{level}"'
    return Html(f"<div {look}>{escape(words)}</div>")


def python(words: Words, line: str) -> Html:
    """Make a line of Python to copy: one click into it selects all of it."""
    label = span("label", words("python"))
    return Html(f'<div class="ikas-python">{label}<code>{escape(line)}</code></div>')


def span(look: str, text: str) -> Html:
    return Html(f'<span class="ikas-{look}">{escape(text)}</span>')


def endpoint(value: str) -> Html:
    """Make the cell of an endpoint, a long one shortened in the middle and whole on hover.

    It is never a link: nobody should call it by mistake.
    """
    if not value:
        return span("quiet", NONE)
    if len(value) <= LONGEST:
        return span("endpoint", value)
    short = f"{value[: LONGEST - 25]}…{value[-24:]}"
    return Html(f'<span class="ikas-endpoint" title="{escape(value)}">{escape(short)}</span>')


def ago(said: str, at: Any) -> Html:
    """Make a time that is said as how long ago it was, with the exact one on hover."""
    exact = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return Html(f'<time class="ikas-time" title="{exact}">{escape(said)}</time>')


def state(words: Words, key: str) -> Html:
    """Make a state in words, with a dot that is filled when something is registered."""
    dot = "●" if key == "registered" else "○"
    said = f'<span aria-hidden="true">{dot}</span> {escape(words(key))}'
    return span(f"state ikas-{key}", Html(said))


def badges(words: Words, findings: Iterable[Mapping[str, str]]) -> Html:
    """Make what the audit finds: a line each that unfolds to why, and what to do."""
    made = ""
    for each in findings:
        kind = _KINDS[each["severity"]]
        sign = f'<span aria-hidden="true">{_SIGNS.get(kind, "i")}</span>'
        severity = each["severity"]
        name = f"{words(f'severity.{severity}')}: {each['rule']}"
        why = f"{each['message']} {each['remedy']}"
        made += (
            f'<details class="ikas-badge ikas-{kind}"><summary>{sign} {escape(name)}</summary>'
            f"{escape(why)}</details>"
        )
    return Html(made)


#: A change or what came of it: the columns of the plan's frames.
Row = Mapping[Any, Any]


def changes(
    words: Words, rows: Sequence[Row], *, resend: bool = False
) -> tuple[list[str], list[list[str]]]:
    """Put changes or their outcomes into words: the columns, and a list of texts a row."""
    done = "outcome" in rows[0] if rows else False
    names = ["scope", "outcome", "before", "after"] if done else ["scope", "change", "now", "then"]
    shown = ["endpoint_before", "endpoint_after"]
    # One that all rows have is of the whole call, and is said beside the button.
    if len({str(row["error"]) for row in rows if done}) > 1:
        names, shown = [*names, "error"], [*shown, "error"]
    cells = []
    for row in rows:
        action = "resend" if resend and row["action"] == "keep" else row["action"]
        what = words(f"outcome.{row['outcome']}" if done else f"change.{action}")
        texts = [row[name] if isinstance(row[name], str) else "" for name in shown]
        cells.append([words.scope(row["scope"]), what, *texts])
    return [words(f"column.{name}") for name in names], cells


def changes_table(
    words: Words, rows: Sequence[Row], *, name: str, resend: bool = False, stores: bool = False
) -> Html:
    """Make the table of a preview or an outcome; empty text when there are no rows.

    The two endpoints are under each other, so that the table fits a narrow cell. With `stores`
    the first column is the store.
    """
    if not rows:
        return Html()
    (scope, what, _, _, *why), texts = changes(words, rows, resend=resend)
    heads = [scope, what, words("column.endpoint"), *why]
    cells = []
    for row, (said, done, before, after, *reason) in zip(rows, texts, strict=True):
        look = f"do-{row.get('outcome', row['action'])}"
        cells.append([said, span(look, done), _ends(words, before, after), *reason])
    if stores:
        heads.insert(0, words("column.store"))
        cells = [[row["store"], *each] for row, each in zip(rows, cells, strict=True)]
    return html_table(heads, cells, name=name)


def _ends(words: Words, before: str, after: str) -> Html:
    """Make one cell of both endpoints; one that stays is shown once."""
    if not before or not after or before == after:
        return endpoint(before or after)
    ends = (("then", after), ("now", before))
    lines = (f"{span('label', words(when))} {endpoint(end)}" for when, end in ends)
    return Html("".join(f'<div class="ikas-end">{line}</div>' for line in lines))
