"""The scopes of a store as lines to choose from: what is registered, where, since when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import ipywidgets as widgets

from ikas_explore.errors import InvalidScopeError
from ikas_explore.forms import markup
from ikas_explore.forms.controls import (
    Button,
    Markup,
    TextControl,
    Told,
    close,
    row,
    show_if,
    stack,
    with_class,
)
from ikas_explore.forms.fields import Field
from ikas_explore.forms.form import Section
from ikas_explore.forms.session import PYTHON_LIST, Session
from ikas_explore.forms.words import Words
from ikas_explore.schema.scopes import Scope
from ikas_explore.text.html_table import escape
from ikas_explore.values.names import did_you_mean, read_texts

if TYPE_CHECKING:
    from pandas import DataFrame

FILTER = Field("filter")

#: Which lines a form has, with the columns beside the scope.
COLUMNS: Mapping[str, Sequence[str]] = {
    "all": ("state", "endpoint", "created_at", "updated_at"),
    "registered": ("endpoint", "age"),
    "registrable": (),
}


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
    value = record["created_at" if column == "age" else column]
    if column in ("created_at", "updated_at"):
        return markup.time(value)
    if column == "age" and isinstance(value, dt.datetime) and value == value:  # no NaT
        return words.age((dt.datetime.now(dt.UTC) - value).total_seconds())
    if not isinstance(value, str):
        return markup.NONE
    if column == "scope":
        return words.scope(value)
    return words(value) if column == "state" else value


def cell(words: Words, record: Mapping[Any, Any], column: str) -> str:
    """Make a cell of a row, as HTML where it is more than a text."""
    if column == "state":
        return markup.state(words, record["state"])
    text = said(words, record, column)
    if column == "endpoint":
        return markup.endpoint("" if text == markup.NONE else text)
    return markup.span("time", text) if column in ("created_at", "updated_at") else text


def table(
    words: Words, frame: DataFrame, columns: Sequence[str]
) -> tuple[list[str], list[list[str]]]:
    """Put rows into words: the names of the columns, and a list of texts per row."""
    rows = [[said(words, each, name) for name in columns] for each in frame.to_dict("records")]
    return [words(f"column.{name}") for name in columns], rows


class Matrix(Section):
    """The lines of a form, and what chooses among them: the value of the field ``scopes``.

    `lines` says which scopes: ``all`` with a filter, those ``registered``, or those
    ``registrable`` with a button per resource for all of its scopes or none. `head` has the
    filter and the button that lists the store again.
    """

    def __init__(
        self, session: Session, words: Words, lines: Literal["all", "registered", "registrable"]
    ) -> None:
        self.name = "scopes"
        self._session = session
        self._words = words
        self._kind = lines
        self._rows: DataFrame | None = None
        self._turn = -1
        self._boxes: dict[str, widgets.Checkbox] = {}
        self._cells: dict[str, list[Markup]] = {}
        self._lines: dict[str, widgets.Widget] = {}
        self._quiet = False
        self._changed: Callable[[], None] = lambda: None
        self._filters = [TextControl(FILTER, words)] if lines == "all" else []
        self._count = Markup()
        refresh = Button(words("refresh"), self._refresh, busy=words("refresh.busy"))
        groups = dict.fromkeys(scope.group for scope in Scope.registrable())
        self._groups = {
            name: Button("", partial(self._toggle, name), look="ikas-small")
            for name in (groups if lines == "registrable" else ())
        }
        self.buttons = {"refresh": refresh, **self._groups}
        self.controls = [*self._filters, self]
        filters = (each.widget for each in self._filters)
        self.head = row(*filters, *refresh.widgets, name="ikas-filter")
        self._list = with_class(widgets.VBox(), "ikas-matrix", f"ikas-{lines}")
        self._names = [self._line_of_names()] if COLUMNS[lines] else []
        title = [Markup(markup.heading(4, words("field.scopes"))).widget] if self._groups else []
        toggles = [row(*(each.widget for each in self._groups.values()))] if self._groups else []
        self.widget = stack(*title, *toggles, self._list, self._count.widget)

    @property
    def frame(self) -> DataFrame:
        """The rows, a filter aside."""
        if self._rows is None or self._turn != self._session.turn:
            self._turn = self._session.turn
            rows = matrix_frame(self._session.shown, [self._session.name])
            if not self._session.known:
                rows["state"] = "unknown"
            if self._kind == "registered":
                rows = rows[rows["endpoint"].notna()].reset_index(drop=True)
            elif self._kind == "registrable":
                rows = rows[rows["scope"].isin(list(Scope.registrable()))].reset_index(drop=True)
            self._rows = rows
        return self._rows

    @property
    def value(self) -> list[str]:
        """The scopes chosen, those that a filter hides too."""
        return [scope for scope in self._lines if self._boxes[scope].value]

    @value.setter
    def value(self, value: str | Iterable[str] | None) -> None:
        wanted = [] if value is None else read_texts(value, self.name, of="scopes")
        for scope in wanted:
            if scope not in self._lines:
                near = did_you_mean(scope, self._lines)
                raise InvalidScopeError(f"{scope!r} is not on the list.{near}")
        self._choose({scope: scope in wanted for scope in self._lines})

    @property
    def problem(self) -> str | None:
        return None if self.value else self._words("problem.scopes")

    def observe(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def update(self) -> None:
        """Show the lines that the filter leaves."""
        wanted = " ".join(each.text for each in self._filters)
        lines, shown = {}, 0
        for record in self.frame.to_dict("records"):
            scope = record["scope"]
            lines[scope] = self._line(record)
            named = (said(self._words, record, name) for name in ("scope", "state", "endpoint"))
            fitting = fits(wanted, f"{scope} {' '.join(named)}")
            show_if(lines[scope], fitting)
            shown += fitting
        gone = [self._lines[scope] for scope in self._lines.keys() - lines.keys()]
        if lines.keys() != self._lines.keys():
            self._lines = lines
            self._list.children = (*self._names, *lines.values())
        for line in gone:
            close(line)
        counts = self._words("matrix.shown", shown=shown, count=len(lines))
        self._count.show(markup.note("plain", counts if shown < len(lines) else ""))
        for group, button in self._groups.items():
            chosen = all(self._boxes[scope].value for scope in self._of(group))
            name = self._words.known(f"group.{group}", group)
            button.widget.description = self._words("none" if chosen else "all", group=name)

    def _refresh(self) -> Told:
        session, words = self._session, self._words
        session.refresh()
        if session.error is not None:
            return "bad", [words.error(session.error), str(session.error)]
        done = words("refresh.done", time=f"{dt.datetime.now(dt.UTC):%H:%M:%S}")
        session.note(PYTHON_LIST, done)
        return "good", [done]

    def _of(self, group: str) -> list[str]:
        return [scope for scope in self._lines if Scope(scope).group == group]

    def _toggle(self, group: str) -> None:
        """Tick all scopes of a resource; take the ticks out when all have one."""
        scopes = self._of(group)
        chosen = all(self._boxes[scope].value for scope in scopes)
        self._choose(dict.fromkeys(scopes, not chosen))

    def _choose(self, ticks: Mapping[str, bool]) -> None:
        self._quiet = True  # one change for all of them
        try:
            for scope, ticked in ticks.items():
                self._boxes[scope].value = ticked
        finally:
            self._quiet = False
        self._changed()

    def _line(self, record: Mapping[Any, Any]) -> widgets.Widget:
        scope, columns = record["scope"], COLUMNS[self._kind]
        line = self._lines.get(scope)
        if line is None:
            box = widgets.Checkbox(description=self._words.scope(scope), indent=False)
            box.observe(lambda _: None if self._quiet else self._changed(), "value")
            self._boxes[scope] = box
            cells = [Markup()] if columns else []
            line = row(box, *(each.widget for each in cells), name="ikas-line")
            self._cells[scope] = cells
        for each in self._cells[scope]:
            each.show(self._cells_html(record))
        return line

    def _cells_html(self, record: Mapping[Any, Any]) -> str:
        absent = "" if isinstance(record["endpoint"], str) else " ikas-none"
        return _cells(
            f'<div class="ikas-cell{absent if name != "state" else ""}">'
            f"{markup.span('label', self._words(f'column.{name}'))}"
            f"{escape(cell(self._words, record, name))}</div>"
            for name in COLUMNS[self._kind]
        )

    def _line_of_names(self) -> widgets.Widget:
        scope, *names = (
            f'<span aria-hidden="true">{escape(self._words(f"column.{name}"))}</span>'
            for name in ("scope", *COLUMNS[self._kind])
        )
        cells = Markup(scope).widget, Markup(_cells(names)).widget
        return with_class(row(*cells, name="ikas-line"), "ikas-line-head")


def _cells(html: Iterable[str]) -> str:
    cells = [*html]
    return f'<div class="ikas-cells ikas-cells-{len(cells)}">{"".join(cells)}</div>'
