"""The scopes of a store as lines to choose from: what is registered, where, since when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Literal

import ipywidgets as widgets

from ikas_explore.errors import InvalidArgumentError, InvalidScopeError
from ikas_explore.forms import markup
from ikas_explore.forms.controls import (
    Button,
    ChoiceControl,
    Control,
    Markup,
    TextControl,
    Told,
    close,
    make,
    row,
    show_if,
    stack,
)
from ikas_explore.forms.fields import Field
from ikas_explore.forms.form import Section
from ikas_explore.forms.lines import Line, cell, fits, matrix_lines, said
from ikas_explore.forms.session import PYTHON_LIST, Session
from ikas_explore.forms.words import Words
from ikas_explore.schema.scopes import Scope
from ikas_explore.text.html_table import escape
from ikas_explore.values.names import did_you_mean, read_texts
from ikas_explore.values.urls import read_url

FILTER = Field("filter")

#: Which lines a form has, with the columns beside the scope's name.
COLUMNS: Mapping[str, Sequence[str]] = {
    "all": ("id", "state", "endpoint", "created", "updated"),
    "registered": ("endpoint", "age"),
    "registrable": (),
}


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
        self._known: list[Line] = []
        self._turn = -1
        self._drawn: object = None
        self._boxes: dict[str, widgets.Checkbox] = {}
        self._cells: dict[str, list[Markup]] = {}
        self._lines: dict[str, widgets.Widget] = {}
        self._quiet = False
        self._changed: Callable[[], None] = lambda: None
        self._filters = [TextControl(FILTER, words)] if lines == "all" else []
        self._picks: dict[str, list[str]] = {}
        self._selects: list[ChoiceControl] = []
        if lines == "all":
            select = ChoiceControl("select", widgets.Dropdown, words("field.select"), "ikas-select")
            select.observe(partial(self._pick, select))
            self._selects = [select]
        self._count = Markup()
        refresh = Button(words("refresh"), self._refresh, busy=words("refresh.busy"))
        groups = dict.fromkeys(scope.group for scope in Scope.registrable())
        self._groups = {
            name: Button("", partial(self._toggle, name), look="ikas-small")
            for name in (groups if lines == "registrable" else ())
        }
        self.buttons = {"refresh": refresh, **self._groups}
        above: list[Control] = [*self._filters, *self._selects]
        self.controls = [*above, self]
        fields = (each.widget for each in above)
        self.head = row(*fields, *refresh.widgets, name="ikas-filter")
        self._list = make(widgets.VBox, "ikas-matrix", f"ikas-{lines}")
        self._names = [self._line_of_names()] if COLUMNS[lines] else []
        title = [Markup(markup.heading(4, words("field.scopes"))).widget] if self._groups else []
        toggles = [row(*(each.widget for each in self._groups.values()))] if self._groups else []
        self.widget = stack(*title, *toggles, self._list, self._count.widget)

    @property
    def lines(self) -> list[Line]:
        """All lines, a filter aside."""
        if self._turn != self._session.turn:
            self._turn = self._session.turn
            known, kind = self._session.known, self._kind
            catalogue = {*map(str, Scope.registrable())}
            self._known = [
                line if known else {**line, "state": "unknown"}
                for line in matrix_lines(self._session.shown, [self._session.name])
                if kind == "all"
                or (line["endpoint"] if kind == "registered" else line["scope"] in catalogue)
            ]
        return self._known

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
        if self._drawn != (wanted, self._session.turn):
            self._drawn = (wanted, self._session.turn)
            self._draw(wanted)
        for select in self._selects:
            if select.value and {*self._picks[select.value]} != {*self.value}:
                select.value = None
        for group, button in self._groups.items():
            chosen = all(self._boxes[scope].value for scope in self._of(group))
            name = self._words.known(f"group.{group}", group)
            button.widget.description = self._words("none" if chosen else "all", group=name)

    def _draw(self, wanted: str) -> None:
        lines, shown = {}, []
        for record in self.lines:
            scope = record["scope"]
            lines[scope] = self._line(record)
            named = (said(self._words, record, name) for name in ("scope", "state", "endpoint"))
            fitting = fits(wanted, f"{scope} {' '.join(named)}")
            show_if(lines[scope], fitting)
            shown += [scope] if fitting else []
        gone = [self._lines[scope] for scope in self._lines.keys() - lines.keys()]
        if lines.keys() != self._lines.keys():
            self._lines = lines
            self._list.children = (*self._names, *lines.values())
        for line in gone:
            close(line)
        counts = self._words("matrix.shown", shown=len(shown), count=len(lines))
        self._count.show(markup.note("plain", counts if len(shown) < len(lines) else ""))
        self._offer(shown)

    def _offer(self, shown: Sequence[str]) -> None:
        """Offer to select all lines shown, and those of each host and each endpoint."""
        self._picks = {"shown": [*shown]}
        for scope, endpoint in self._session.state().items():
            for name in dict.fromkeys((_host(endpoint), endpoint)):
                self._picks.setdefault(name, []).append(scope)
        named = {"shown": self._words("select.shown")}
        for select in self._selects:
            select.offer({name: named.get(name, name) for name in self._picks})

    def _pick(self, select: ChoiceControl) -> None:
        if select.value:
            picked = self._picks[select.value]
            self._choose({scope: scope in picked for scope in self._lines})

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

    def _line(self, record: Line) -> widgets.Widget:
        scope, columns = record["scope"], COLUMNS[self._kind]
        line = self._lines.get(scope)
        if line is None:
            box = make(widgets.Checkbox, description=self._words.scope(scope), indent=False)
            box.observe(lambda _: None if self._quiet else self._changed(), "value")
            self._boxes[scope] = box
            cells = [Markup()] if columns else []
            line = row(box, *(each.widget for each in cells), name="ikas-line")
            self._cells[scope] = cells
        for each in self._cells[scope]:
            each.show(self._cells_html(record))
        return line

    def _cells_html(self, record: Line) -> str:
        absent = "" if isinstance(record["endpoint"], str) else " ikas-none"
        return _cells(
            f'<div class="ikas-cell{absent if name not in ("id", "state") else ""}">'
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
        return make(widgets.HBox, "ikas-line", "ikas-line-head", children=cells)


def _cells(html: Iterable[str]) -> str:
    cells = [*html]
    return f'<div class="ikas-cells ikas-cells-{len(cells)}">{"".join(cells)}</div>'


def _host(endpoint: str) -> str:
    try:
        return read_url(endpoint).host
    except InvalidArgumentError:  # it was registered all the same
        return endpoint
