"""The webhooks of many stores in one matrix, read-only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ikas_explore.forms import markup
from ikas_explore.forms.controls import Markup, TextControl, stack
from ikas_explore.forms.form import Form, Section
from ikas_explore.forms.lines import TABLE, Line, cell, fits, lines_frame, matrix_lines, said, table
from ikas_explore.forms.matrix import FILTER
from ikas_explore.forms.words import Words
from ikas_explore.text.html_table import html_table

if TYPE_CHECKING:
    from pandas import DataFrame

#: More rows than a person reads only make the page slow; the filter finds the rest.
MOST_ROWS = 200

_COLUMNS = ("store", *TABLE)


class Overview(Form):
    """Look at the webhooks of many stores; made by ``fleet.manager()``.

    Field ``filter``; no buttons.

    Parameters
    ----------
    frame : pandas.DataFrame
        A webhook frame, as ``fleet.list()`` returns it.
    stores : sequence of str, optional
        The stores to show, those without a webhook too. Default: those in the frame.
    failures : mapping of str to str, optional
        The stores that could not be listed, and why: shown above the rows.
    language : {"en", "tr"}, optional
        Default: that of the locale.

    Examples
    --------
    >>> from ikas_explore.frames.frames import rows_frame, webhook_columns
    >>> listed = rows_frame(webhook_columns(), [])
    >>> view = Overview(listed, stores=["acme", "beta"], language="en")
    >>> view.title, len(view.frame)
    ('Webhooks of 2 stores: 0 registered, read-only', 22)
    """

    def __init__(
        self,
        frame: DataFrame,
        *,
        stores: Sequence[str] | None = None,
        failures: Mapping[str, str] | None = None,
        language: str | None = None,
    ) -> None:
        words = Words(language)
        named = list(dict.fromkeys(frame["store"])) if stores is None else list(stores)
        self._rows = _Rows(matrix_lines(frame, named), words)
        self._stores = len(named)
        super().__init__(words, [self._rows], about="")
        if failures:
            said = words.count("fleet.failed", len(failures), stores=", ".join(failures))
            self.say("bad", said, *failures.values())

    @property
    def title(self) -> str:
        registered = sum(line["state"] == "registered" for line in self._rows.lines)
        return self.words.count("fleet.title", self._stores, registered=registered)

    @property
    def frame(self) -> DataFrame:
        """The rows that the filter leaves: ``store, scope, state, endpoint`` and the times."""
        return lines_frame(self._rows.filtered())

    def table(self) -> tuple[list[str], list[list[str]]]:
        return table(self.words, self._rows.filtered()[:MOST_ROWS], _COLUMNS)


class _Rows(Section):
    def __init__(self, lines: list[Line], words: Words) -> None:
        self.lines = lines
        self._words = words
        self._filter = TextControl(FILTER, words, hint=words("hint.fleet"))
        self._table = Markup()
        self.controls = [self._filter]
        self.widget = stack(self._filter.widget, self._table.widget)

    def filtered(self) -> list[Line]:
        names = ("store", "scope", "state", "endpoint")
        return [
            line
            for line in self.lines
            if fits(
                self._filter.text,
                " ".join([line["scope"], *(said(self._words, line, name) for name in names)]),
            )
        ]

    def update(self) -> None:
        words = self._words
        lines = self.filtered()[:MOST_ROWS]
        cells = [[cell(words, line, name) for name in _COLUMNS] for line in lines]
        columns = [words(f"column.{name}") for name in _COLUMNS]
        html = html_table(columns, cells, name=words("column.scope"))
        shown = words("matrix.shown", shown=len(lines), count=len(self.lines))
        self._table.show(html + markup.note("plain", shown))
