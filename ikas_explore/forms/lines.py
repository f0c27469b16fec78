"""A line of a matrix: what is known of a scope, and how each column says it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ikas_explore.forms import markup
from ikas_explore.forms.words import Words
from ikas_explore.schema.scopes import Scope

if TYPE_CHECKING:
    from pandas import DataFrame

#: The columns of a matrix where no widget can be drawn.
TABLE = ("scope", "state", "endpoint", "created_at", "updated_at")

#: Columns that say how long ago something was, with the times they read.
_AGES = {"age": "created_at", "created": "created_at", "updated": "updated_at"}


def matrix_frame(shown: DataFrame, stores: Sequence[str]) -> DataFrame:
    """Set a webhook frame of some stores against all registrable scopes.

    Returns ``store, scope, state, endpoint, created_at, updated_at``: a row for every store and
    registrable scope, in the order of the catalogue, and one for whatever else is registered.
    The state is ``registered``, ``not_registered`` or ``deleted``.
    """
    import numpy as np
    import pandas as pd

    from ikas_explore.frames.frames import STRING

    known = [str(scope) for scope in Scope.registrable()]
    wanted = pd.MultiIndex.from_product([list(stores), known], names=["store", "scope"])
    # Where a deleted row is beside a live one, the live one counts.
    rows = shown.sort_values("deleted", kind="stable").drop_duplicates(["store", "scope"])
    held = rows.set_index(["store", "scope"])
    others = held.index.difference(wanted)
    frame = held.reindex(wanted.append(others)).reset_index()
    there, gone = frame["endpoint"].notna(), frame["deleted"].eq(True)
    states = np.select([gone, there], ["deleted", "registered"], "not_registered")
    frame["state"] = pd.Series(states, dtype=STRING, index=frame.index)
    frame = frame.sort_values("store", kind="stable", ignore_index=True)
    return frame[["store", "scope", "state", "endpoint", "created_at", "updated_at"]]


def fits(wanted: str, said: str) -> bool:
    """Whether every word typed into a filter is part of what a line says.

    Examples
    --------
    >>> fits("erp order", "Order created https://erp.example.com"), fits("crm", "Order created")
    (True, False)
    """
    return all(word in said.casefold() for word in wanted.casefold().split())


def said(words: Words, record: Mapping[Any, Any], column: str) -> str:
    """Say what a cell of a row shows, as plain text."""
    value = record["scope" if column == "id" else _AGES.get(column, column)]
    if column in ("created_at", "updated_at"):
        return markup.time(value)
    if column in _AGES and isinstance(value, dt.datetime) and value == value:  # no NaT
        return words.age((dt.datetime.now(dt.UTC) - value).total_seconds())
    if not isinstance(value, str):
        return markup.NONE
    if column == "scope":
        return words.scope(value)
    return words(value) if column == "state" else value


def cell(words: Words, record: Mapping[Any, Any], column: str) -> str:
    """Make a cell of a row, as HTML where it is more than a text."""
    text = said(words, record, column)
    if column == "state":
        return markup.state(words, record["state"])
    if column == "id":
        return markup.span("id", text)
    if text == markup.NONE:
        return markup.span("quiet", text)
    if column == "endpoint":
        return markup.endpoint(text)
    if column in _AGES:
        return markup.ago(text, record[_AGES[column]])
    return markup.span("time", text) if column in TABLE[-2:] else text


def table(
    words: Words, frame: DataFrame, columns: Sequence[str]
) -> tuple[list[str], list[list[str]]]:
    """Put rows into words: the names of the columns, and a list of texts per row."""
    rows = [[said(words, each, name) for name in columns] for each in frame.to_dict("records")]
    return [words(f"column.{name}") for name in columns], rows
