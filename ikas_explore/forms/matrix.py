"""Lines to choose from with a box each: the scopes of a store, or the stores of a fleet."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
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
from ikas_explore.forms.form import Section
from ikas_explore.forms.schema_fields import Field
from ikas_explore.forms.scope_rows import (
    Findings,
    Line,
    audit_lines,
    cell,
    fits,
    matrix_lines,
    said,
)
from ikas_explore.forms.session import PYTHON_LIST, Session
from ikas_explore.forms.words import Words
from ikas_explore.schema.scopes import Scope
from ikas_explore.text.html_table import Html, escape
from ikas_explore.values.names import did_you_mean, read_texts
from ikas_explore.values.urls import read_url


class Lines(Section):
    """Lines that are shown or hidden, and those chosen: the value of the field `name`.

    A box is that of one line for as long as the form is there, so that no click of a person can
    land on another line. With `choosing` there is a filter, a list of what to select at once, and
    a button that shows what the audit finds. `head` has these, and the button that lists again.
    """

    def __init__(self, name: str, words: Words, look: str, *, hint: str, choosing: bool) -> None:
        self.name = name
        self.turn = 0
        self._words = words
        self._lines: dict[str, widgets.Widget] = {}
        self._boxes: dict[str, widgets.Checkbox] = {}
        self._cells: dict[str, Markup] = {}
        self._names: Sequence[str] = ()
        self._chosen: set[str] = set()
        self._drawn: object = None
        self._quiet = self._checking = False
        self._found: tuple[int, Findings] = (-1, {})
        self._changed: Callable[[], None] = lambda: None
        self._picks: Mapping[str, Sequence[str]] = {}
        self._filter: TextControl | None = None
        self._select: ChoiceControl | None = None
        refresh = Button(words("refresh"), self._refresh, busy=words("refresh.busy"))
        self.buttons = {"refresh": refresh}
        above: list[Control] = []
        if choosing:
            self._filter = TextControl(Field("filter"), words, hint=hint)
            self._select = ChoiceControl(
                "select", widgets.Dropdown, words("field.select"), "ikas-select"
            )
            self._select.observe(self._pick)
            above = [self._filter, self._select]
            check = Button(words("check"), self._check, busy=words("check.busy"))
            self.buttons = {"refresh": refresh, "check": check}
        self.controls = [*above, self]
        shown = [each.widget for each in above]
        shown += [each for button in self.buttons.values() for each in button.widgets]
        self.head = row(*shown, name="ikas-filter")
        self._heads: list[widgets.Widget] = []
        self._list = make(widgets.VBox, "ikas-matrix", f"ikas-{look}")
        self._count = Markup()

    @property
    def value(self) -> list[str]:
        """The names of the lines chosen, those that are hidden too."""
        return [name for name in self._names if name in self._chosen]

    @value.setter
    def value(self, value: str | Iterable[str] | None) -> None:
        wanted = [] if value is None else read_texts(value, self.name, of=self.name)
        for name in wanted:
            if name not in self._names:
                self._refuse(f"{name!r} is not on the list.{did_you_mean(name, self._names)}")
        self._choose(wanted)

    @property
    def problem(self) -> str | None:
        return None if self.value else self._words(f"problem.{self.name}")

    @property
    def filter(self) -> str:
        """What is typed into the filter."""
        return "" if self._filter is None else self._filter.text

    def observe(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def update(self) -> None:
        wanted = (self.filter, self.turn, self._checking, self._options())
        if wanted != self._drawn:
            self._drawn = wanted
            self._names, fitting = self._fitting()
            self._show(self._page_of(fitting))
            self._picks = self._offered(fitting)
        if self._select is not None:
            words = {"shown": self._words("select.shown")}
            self._select.offer({name: words.get(name, name) for name in self._picks})
            if self._select.value and {*self._picks[self._select.value]} != {*self.value}:
                self._select.value = None

    def findings(self) -> Findings:
        """Return what the audit finds, once a turn."""
        if self._found[0] != self.turn:
            self._found = self.turn, self._findings()
        return self._found[1]

    def check(self) -> None:
        """Show what the audit finds beside the lines it is about, from now on."""
        self._checking = True
        self.update()

    def _page_of(self, fitting: Sequence[str]) -> Sequence[str]:
        """Return those of the lines that are shown at a time."""
        return fitting

    def _show(self, fitting: Sequence[str]) -> None:
        """Show these lines, and hide the others."""
        there = {*fitting}
        for name in self._names:
            if name in there:
                self._cell(name).show(self._cells_html(name))
            if name in self._lines:
                show_if(self._lines[name], name in there)
        gone = [name for name in self._lines if name not in {*self._names}]
        for name in gone:
            close(self._lines.pop(name))
        lines = [self._lines[name] for name in self._names if name in self._lines]
        if [*self._list.children] != [*self._heads, *lines]:
            self._list.children = [*self._heads, *lines]

    def _cell(self, name: str) -> Markup:
        """Return what is beside the box of a line, made when it is shown first."""
        if name not in self._lines:
            box = make(
                widgets.Checkbox,
                description=self._label(name),
                indent=False,
                value=name in self._chosen,
            )
            box.observe(partial(self._ticked, name), "value")
            self._boxes[name], self._cells[name] = box, Markup()
            self._lines[name] = row(box, self._cells[name].widget, name="ikas-line")
        return self._cells[name]

    def _ticked(self, name: str, change: Mapping[str, bool]) -> None:
        (self._chosen.add if change["new"] else self._chosen.discard)(name)
        if not self._quiet:
            self._changed()

    def _choose(self, names: Iterable[str]) -> None:
        self._quiet = True  # one change for all of them
        try:
            self._chosen = {*names}
            for name in self._lines:
                self._boxes[name].value = name in names
        finally:
            self._quiet = False
        self._changed()

    def _pick(self) -> None:
        if self._select is not None and self._select.value:
            self._choose(self._picks[self._select.value])

    def _check(self) -> Told:
        self.check()
        found = [each for some in self.findings().values() for each in some]
        return "warning" if found else "good", [self._words.count("check.done", len(found))]

    def _options(self) -> object:
        """Return what else decides which lines are shown."""
        return None

    def _refuse(self, why: str) -> None:
        raise InvalidArgumentError(why)

    @abstractmethod
    def _fitting(self) -> tuple[Sequence[str], Sequence[str]]:
        """Return the names of all lines, and of those that the filter leaves."""

    @abstractmethod
    def _offered(self, fitting: Sequence[str]) -> dict[str, list[str]]:
        """Return what can be selected at once: ``shown``, hosts, endpoints."""

    @abstractmethod
    def _label(self, name: str) -> str: ...

    @abstractmethod
    def _cells_html(self, name: str) -> str: ...

    @abstractmethod
    def _refresh(self) -> Told: ...

    @abstractmethod
    def _findings(self) -> Findings: ...


#: Which scopes a form has, with the columns beside their names.
COLUMNS: Mapping[str, Sequence[str]] = {
    "all": ("id", "state", "endpoint", "created", "updated"),
    "registered": ("endpoint", "age"),
    "registrable": (),
}


class Matrix(Lines):
    """The scopes of a store: what is registered, where, since when.

    `kind` says which scopes: ``all``, those ``registered``, or those ``registrable`` with a button
    per resource for all of its scopes or none.
    """

    def __init__(
        self, session: Session, words: Words, kind: Literal["all", "registered", "registrable"]
    ) -> None:
        super().__init__("scopes", words, kind, hint="", choosing=kind == "all")
        self._session = session
        self._kind = kind
        self._by_scope: dict[str, Line] = {}
        self._turn_read = -1
        groups = dict.fromkeys(scope.group for scope in Scope.registrable())
        self._groups = {
            name: Button("", partial(self._toggle, name), look="ikas-small")
            for name in (groups if kind == "registrable" else ())
        }
        self.buttons = {**self.buttons, **self._groups}
        if COLUMNS[kind]:
            scope, *names = (
                Html(f'<span aria-hidden="true">{escape(words(f"column.{name}"))}</span>')
                for name in ("scope", *COLUMNS[kind])
            )
            cells = Markup(scope).widget, Markup(_cells(names)).widget
            self._heads = [make(widgets.HBox, "ikas-line", "ikas-line-head", children=cells)]
        title = [Markup(markup.heading(4, words("field.scopes"))).widget] if self._groups else []
        toggles = [row(*(each.widget for each in self._groups.values()))] if self._groups else []
        self.widget = stack(*title, *toggles, self._list, self._count.widget)

    @property
    def lines(self) -> Sequence[Line]:
        """All lines, a filter aside."""
        if self._turn_read != self._session.turn:
            self._turn_read = self.turn = self._session.turn
            known, kind = self._session.known, self._kind
            catalogue = {*map(str, Scope.registrable())}
            self._by_scope = {
                line["scope"]: line if known else {**line, "state": "unknown"}
                for line in matrix_lines(self._session.shown, [self._session.name])
                if kind == "all"
                or (line["endpoint"] if kind == "registered" else line["scope"] in catalogue)
            }
        return [*self._by_scope.values()]

    def update(self) -> None:
        self.turn = self._session.turn
        super().update()
        for group, button in self._groups.items():
            chosen = self._chosen.issuperset(self._of(group))
            name = self._words.known(f"group.{group}", group)
            button.widget.description = self._words("none" if chosen else "all", group=name)

    def _fitting(self) -> tuple[Sequence[str], Sequence[str]]:
        names = [line["scope"] for line in self.lines]
        shown = []
        for scope, line in self._by_scope.items():
            texts = (said(self._words, line, each) for each in ("scope", "state", "endpoint"))
            if fits(self.filter, f"{scope} {' '.join(texts)}"):
                shown.append(scope)
        counts = self._words("matrix.shown", shown=len(shown), count=len(names))
        about = markup.badges(self._words, self._findings_of(None))
        self._count.show(markup.note("plain", counts if len(shown) < len(names) else "") + about)
        return names, shown

    def _offered(self, fitting: Sequence[str]) -> dict[str, list[str]]:
        picks = {"shown": [*fitting]}
        for scope, endpoint in self._session.state().items():
            for name in dict.fromkeys((host_of(endpoint), endpoint)):
                picks.setdefault(name, []).append(scope)
        return picks

    def _refresh(self) -> Told:
        self._session.refresh()
        failed = self._session.failed(self._words)
        if failed is None:
            done = self._words("refresh.done", time=now())
            self._session.note(PYTHON_LIST, done)
        return failed or ("good", [done])

    def _findings(self) -> Findings:
        known = self._session.known
        return audit_lines(self._session.shown, [self._session.name]) if known else {}

    def _findings_of(self, scope: str | None) -> Sequence[Mapping[str, str]]:
        """Return what is about a scope; for None what is about no line alone."""
        found = self.findings().get(self._session.name, ()) if self._checking else ()
        return [
            each
            for each in found
            if (each["scope"] if each["scope"] in self._by_scope else None) == scope
        ]

    def _of(self, group: str) -> list[str]:
        return [scope for scope in self._names if Scope(scope).group == group]

    def _toggle(self, group: str) -> None:
        """Tick all scopes of a resource; take the ticks out when all have one."""
        scopes = {*self._of(group)}
        self._choose(self._chosen - scopes if scopes <= self._chosen else self._chosen | scopes)

    def _refuse(self, why: str) -> None:
        raise InvalidScopeError(why)

    def _label(self, name: str) -> str:
        return self._words.scope(name)

    def _cells_html(self, name: str) -> str:
        columns, line = COLUMNS[self._kind], self._by_scope[name]
        if not columns:
            return ""
        absent = "" if line["endpoint"] else " ikas-none"
        badges = markup.badges(self._words, self._findings_of(name))
        return _cells(
            Html(
                f'<div class="ikas-cell{absent if each not in ("id", "state") else ""}">'
                f"{markup.span('label', self._words(f'column.{each}'))}"
                f"{escape(cell(self._words, line, each))}"
                f"{badges if each == 'endpoint' else ''}</div>"
            )
            for each in columns
        )


def _cells(html: Iterable[Html]) -> Html:
    cells = [*html]
    return Html(f'<div class="ikas-cells ikas-cells-{len(cells)}">{"".join(cells)}</div>')


def now() -> str:
    """Return what a clock in UTC shows."""
    return f"{dt.datetime.now(dt.UTC):%H:%M:%S}"


@lru_cache(maxsize=10_000)
def host_of(endpoint: str) -> str:
    """Return the host of an endpoint; what cannot be read is its own."""
    try:
        return read_url(endpoint).host
    except InvalidArgumentError:  # it was registered all the same
        return endpoint
