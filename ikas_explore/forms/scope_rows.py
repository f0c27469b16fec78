"""A line of a matrix: what is known of a scope, and how each column says it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ikas_explore.forms import markup
from ikas_explore.forms.words import Words
from ikas_explore.frames.kinds import Columns
from ikas_explore.schema.scopes import Scope

if TYPE_CHECKING:
    from pandas import DataFrame

#: What is known of a scope: `LINE` by name, None where it is missing.
Line = Mapping[str, Any]
LINE: Columns = {
    "store": "string",
    "scope": "string",
    "state": "string",
    "endpoint": "string",
    "created_at": "time",
    "updated_at": "time",
}

#: What the audit finds about each store, the worst first.
Findings = Mapping[str, Sequence[Mapping[str, Any]]]

#: The columns of a matrix where no widget can be drawn.
TABLE = tuple(LINE)[1:]

#: Columns that say how long ago something was, with the times they read.
_AGES = {"age": "created_at", "created": "created_at", "updated": "updated_at"}


def matrix_lines(shown: DataFrame, stores: Iterable[str]) -> list[Line]:
    """Set a webhook frame of some stores against all registrable scopes.

    Returns a line for every store and registrable scope, in the order of the catalogue, and one
    for whatever else is registered. The state is ``registered``, ``not_registered`` or
    ``deleted``.
    """
    held: dict[str, dict[str, Line]] = {name: {} for name in stores}
    names = ("store", "scope", "deleted", "endpoint", "created_at", "updated_at")
    for store, scope, deleted, *more in zip(*(shown[name].tolist() for name in names), strict=True):
        lines = held.setdefault(store, {})
        # Where a deleted row is beside a live one, the live one counts.
        if scope not in lines or (deleted is not True and lines[scope]["state"] == "deleted"):
            known = [None if cell != cell else cell for cell in more]  # NaN, NaT
            there = "not_registered" if known[0] is None else "registered"
            cells = (store, scope, "deleted" if deleted is True else there, *known)
            lines[scope] = dict(zip(LINE, cells, strict=True))
    catalogue = [str(scope) for scope in Scope.registrable()]
    nothing = dict.fromkeys(LINE)
    return [
        held[store].get(scope)
        or {**nothing, "store": store, "scope": scope, "state": "not_registered"}
        for store in sorted(held)
        for scope in (*catalogue, *sorted(held[store].keys() - set(catalogue)))
    ]


def lines_frame(lines: Iterable[Line]) -> DataFrame:
    """Make the frame of some lines."""
    from ikas_explore.frames.frames import rows_frame

    def milliseconds(time: dt.datetime | None) -> int | None:
        return None if time is None else round(time.timestamp() * 1000)

    times = TABLE[-2:]
    return rows_frame(
        LINE, [{**each, **{name: milliseconds(each[name]) for name in times}} for each in lines]
    )


def audit_lines(frame: DataFrame, stores: Iterable[str]) -> Findings:
    """Audit a webhook frame without a policy."""
    from ikas_explore.auditing.audit import audit  # only when somebody asks

    found: dict[str, list[Any]] = {}
    for each in audit(frame, stores=[*stores]).findings.to_dict("records"):
        found.setdefault(each["store"], []).append(each)
    return found


def fits(wanted: str, said: str) -> bool:
    """Whether every word typed into a filter is part of what a line says."""
    said = said.casefold()
    return all(word in said for word in wanted.casefold().split())


def said(words: Words, line: Line, column: str) -> str:
    """Say what a cell of a line shows, as plain text."""
    value = line["scope" if column == "id" else _AGES.get(column, column)]
    if value is None:
        return markup.NONE
    if column in _AGES:
        return words.age((dt.datetime.now(dt.UTC) - value).total_seconds())
    if column in ("created_at", "updated_at"):
        return f"{value:%Y-%m-%d %H:%M}"
    if column == "scope":
        return words.scope(value)
    return words(value) if column == "state" else str(value)


def cell(words: Words, line: Line, column: str) -> str:
    """Make a cell of a line, as HTML where it is more than a text."""
    text = said(words, line, column)
    if column == "state":
        return markup.state(words, line["state"])
    if column == "id":
        return markup.span("id", text)
    if text == markup.NONE:
        return markup.span("quiet", text)
    if column == "endpoint":
        return markup.endpoint(text)
    return markup.ago(text, line[_AGES[column]]) if column in _AGES else text


def table(
    words: Words, lines: Iterable[Line], columns: Sequence[str]
) -> tuple[list[str], list[list[str]]]:
    """Put lines into words: the names of the columns, and a list of texts per line."""
    rows = [[said(words, each, name) for name in columns] for each in lines]
    return [words(f"column.{name}") for name in columns], rows
