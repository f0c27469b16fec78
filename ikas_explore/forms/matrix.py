"""Lines to choose from with a box each: the scopes of a store, or the stores of a fleet."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import TYPE_CHECKING, Literal

import ipywidgets as widgets

from ikas_explore.errors import IkasError, InvalidArgumentError, InvalidScopeError
from ikas_explore.forms import markup
from ikas_explore.forms.controls import Button, ChoiceControl, Control, Part, TextControl
from ikas_explore.forms.markup import Told
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
from ikas_explore.forms.view import Node, html, row, show_if, stack
from ikas_explore.forms.words import Words
from ikas_explore.schema.scopes import Scope
from ikas_explore.text.html_table import Html, escape
from ikas_explore.values.names import did_you_mean, read_texts
from ikas_explore.values.urls import read_url

if TYPE_CHECKING:
    from pandas import DataFrame


class Lines(Part):
    """Lines that are shown or hidden, and those chosen: the value of a field.

    A line is a scope of a store or a store with all its scopes. `rows` has what is known by the
    name of a line, `left` what a filter leaves of it. A box is that of one line for as long as the
    form is there, so that no click of a person can land on another line. With `choosing` there
    is a filter, a list of what to select at once, and a button that shows what the audit finds.
    """

    by: Literal["scope", "store"]
    #: The store that all lines are of.
    about = ""
    #: Whether they are shown inside a panel.
    inside = False
    error: type[IkasError] = InvalidArgumentError
    #: What a filter goes by, beside the id of the scope.
    filtered_by: Sequence[str] = ("scope", "state", "endpoint")

    def __init__(self, words: Words, *, look: str, hint: str = "", choosing: bool = True) -> None:
        self.name = f"{self.by}s"
        self.turn = 0
        self.rows: Mapping[str, Sequence[Line]] = {}
        self.left: Mapping[str, Sequence[Line]] = {}
        self.words = words
        self._look = look
        self._heads: Sequence[Node] = ()
        self._chosen: set[str] = set()
        self._seen: set[str] = set()
        self._cells: dict[str, str] = {}
        self._checking = False
        self._drawn: object = None
        self._turn_read = -1
        self._found: Findings | None = None
        self._picks: Mapping[str, Sequence[str]] = {}
        self._picked: str | None = None
        self._filter = TextControl("filter", words, hint=hint)
        self._select = ChoiceControl("select", words("field.select"))
        above: list[TextControl | ChoiceControl] = [self._filter, self._select]
        self._above = above if choosing else []
        self._filters: Sequence[Control] = [self._filter]
        self.controls: Sequence[Control] = [*self._above, self]
        refresh = Button(words, "refresh", self._refresh, busy="refresh.busy")
        check = Button(words, "check", self._check, busy="check.busy")
        self._asking = [refresh, check] if choosing else [refresh]
        self.buttons = self._asking

    @property
    def value(self) -> list[str]:
        """The names of the lines chosen, those that are hidden too."""
        return [name for name in self.rows if name in self._chosen]

    def set(self, value: str | Iterable[str] | None) -> None:
        wanted = [] if value is None else read_texts(value, self.name, of=self.name)
        for name in wanted:
            if name not in self.rows:
                raise self.error(f"{name!r} is not on the list.{did_you_mean(name, self.rows)}")
        self._chosen = {*wanted}

    @property
    def problem(self) -> str | None:
        return None if self.value else self.words(f"problem.{self.name}")

    @property
    def lines(self) -> Sequence[Line]:
        """All that is known, a filter aside."""
        return [*chain.from_iterable(self.rows.values())]

    def update(self) -> None:
        if self._turn_read != self.turn:
            self._turn_read = self.turn
            self.rows, self._found, self._cells = self._read(), None, {}
        drawn = (self.turn, self._checking, *(each.value for each in self._filters))
        if drawn != self._drawn:
            self._drawn = drawn
            left = {name: [*filter(self._fits, lines)] for name, lines in self.rows.items()}
            self.left = {name: lines for name, lines in left.items() if lines}
            self._picks = {"shown": [*self.left]} | {
                source: [*dict.fromkeys(line[self.by] for line in lines)]
                for source, lines in self.sources(self._pickable()).items()
            }
            labels = {name: name for name in self._picks}
            self._select.offer({**labels, "shown": self.words("select.shown")})
        picked = self._select.value
        if picked and picked != self._picked:
            self._chosen = {*self._picks[picked]}
        elif picked and {*self._picks[picked]} != {*self.value}:
            self._select.value = None
        self._picked = self._select.value

    def head(self) -> Node:
        """Return what is above the lines."""
        buttons = chain.from_iterable(each.show() for each in self._asking)
        return row(*(each.show() for each in self._above), *buttons, look="ikas-filter")

    def check(self) -> None:
        """Show what the audit finds beside the lines it is about, from now on."""
        self._checking = True
        self._cells = {}
        self.changed()

    def findings(self) -> Findings:
        """Return what the audit finds, once a turn."""
        if self._found is None:
            self._found = audit_lines(*self._listed())
        return self._found

    def sources(self, names: Iterable[str]) -> Mapping[str, Sequence[Line]]:
        """Return what is registered in some lines by host and by endpoint, the most used first."""
        found: dict[str, list[Line]] = {}
        for line in chain.from_iterable(self.rows[name] for name in names):
            if line["state"] == "registered":
                for source in {host_of(line["endpoint"]): 0, line["endpoint"]: 0}:
                    found.setdefault(source, []).append(line)
        return dict(sorted(found.items(), key=lambda each: (-len(each[1]), each[0])))

    def _read(self) -> Mapping[str, Sequence[Line]]:
        """Return what was listed last, by the name of a line."""
        rows: dict[str, list[Line]] = {}
        for line in matrix_lines(*self._listed()):
            rows.setdefault(line[self.by], []).append(line)
        return rows

    def _fits(self, line: Line) -> bool:
        wanted = self._filter.text
        said_of = (said(self.words, line, each) for each in self.filtered_by)
        return not wanted or fits(wanted, f"{line['scope']} {' '.join(said_of)}")

    def _list(self, shown: Iterable[str]) -> Node:
        """Return the lines, those of other names hidden."""
        there = {*shown}
        self._seen |= there
        lines = (self._line(name, name in there) for name in self.rows if name in self._seen)
        return stack(*self._heads, *lines, look=f"ikas-matrix ikas-{self._look}")

    def _line(self, name: str, there: bool) -> Node:
        if name not in self._cells:
            self._cells[name] = self._cells_html(name)
        traits = {
            "description": self.words.scope(name),
            "indent": False,
            "value": name in self._chosen,
        }
        box = Node(widgets.Checkbox, "", traits, source=partial(self._tick, name))
        return show_if(there, row(box, html(self._cells[name]), look="ikas-line", key=name))

    def _tick(self, name: str, ticked: bool) -> None:
        (self._chosen.add if ticked else self._chosen.discard)(name)

    def _refresh(self) -> Told:
        self.list_again()
        done = self.words("refresh.done", time=f"{dt.datetime.now(dt.UTC):%H:%M:%S}")
        return self.failed() or ("good", [done])

    def _check(self) -> Told:
        self.check()
        found = [*chain.from_iterable(self.findings().values())]
        return "warning" if found else "good", [self.words.count("check.done", len(found))]

    @abstractmethod
    def _pickable(self) -> Iterable[str]:
        """Return the names of the lines that can be selected by host or endpoint."""

    @abstractmethod
    def _listed(self) -> tuple[DataFrame, Sequence[str]]:
        """Return the webhook frame that was listed last, and the stores in it."""

    @abstractmethod
    def _cells_html(self, name: str) -> str: ...

    @abstractmethod
    def list_again(self) -> None: ...

    @abstractmethod
    def failed(self) -> Told | None:
        """Say what could not be listed."""


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

    by = "scope"
    error = InvalidScopeError

    def __init__(
        self, session: Session, words: Words, kind: Literal["all", "registered", "registrable"]
    ) -> None:
        super().__init__(words, look=kind, choosing=kind == "all")
        self.session = session
        self.about = session.name
        self.inside = kind == "registrable"
        self._kind = kind
        self._columns = COLUMNS[kind]
        groups = dict.fromkeys(scope.group for scope in Scope.registrable())
        self._groups = [
            Button(words, name, partial(self._toggle, name), look="ikas-small")
            for name in (groups if self.inside else ())
        ]
        self.buttons = [*self._asking, *self._groups]
        if self._columns:
            scope, *names = (
                Html(f'<span aria-hidden="true">{escape(words(f"column.{name}"))}</span>')
                for name in ("scope", *self._columns)
            )
            self._heads = [row(html(scope), html(_cells(names)), look="ikas-line ikas-line-head")]

    def update(self) -> None:
        self.turn = self.session.turn
        super().update()
        for button in self._groups:
            key = "none" if self._chosen.issuperset(self._of(button.name)) else "all"
            group = self.words.known(f"group.{button.name}", button.name)
            button.label = self.words(key, group=group)

    def show(self) -> Node:
        some = len(self.left) < len(self.rows)
        counts = self.words("matrix.shown", shown=len(self.left), count=len(self.rows))
        note = markup.note("plain", counts if some else "")
        badges = markup.badges(self.words, self._findings_of(None))
        title = [html(markup.heading(4, self.words("field.scopes")))] if self._groups else []
        toggles = [row(*chain(*(each.show() for each in self._groups)))] if self._groups else []
        return stack(*title, *toggles, self._list(self.left), html(note + badges))

    def findings(self) -> Findings:
        return super().findings() if self.session.known else {}

    def _read(self) -> Mapping[str, Sequence[Line]]:
        unknown = {} if self.session.known else {"state": "unknown"}
        catalogue = {*map(str, Scope.registrable())}
        return {
            scope: [{**line, **unknown}]
            for scope, [line] in super()._read().items()
            if self._kind == "all"
            or (line["endpoint"] if self._kind == "registered" else scope in catalogue)
        }

    def _pickable(self) -> Iterable[str]:
        return self.rows

    def _listed(self) -> tuple[DataFrame, Sequence[str]]:
        return self.session.shown, [self.session.name]

    def _refresh(self) -> Told:
        told = super()._refresh()
        if told[0] == "good":
            self.session.note(PYTHON_LIST, told[1][0])
        return told

    def list_again(self) -> None:
        self.session.refresh()

    def failed(self) -> Told | None:
        return self.session.failed(self.words)

    def _findings_of(self, scope: str | None) -> Sequence[Mapping[str, str]]:
        """Return what is about a scope; for None what is about no line alone."""
        found = self.findings().get(self.session.name, ()) if self._checking else ()
        about = ((each["scope"] if each["scope"] in self.rows else None, each) for each in found)
        return [each for named, each in about if named == scope]

    def _of(self, group: str) -> list[str]:
        return [scope for scope in self.rows if Scope(scope).group == group]

    def _toggle(self, group: str) -> None:
        """Tick all scopes of a resource; take the ticks out when all have one."""
        scopes = {*self._of(group)}
        self._chosen = (self._chosen - scopes) if scopes <= self._chosen else self._chosen | scopes

    def _cells_html(self, name: str) -> str:
        if not self._columns:
            return ""
        [line] = self.rows[name]
        absent = "" if line["endpoint"] else " ikas-none"
        badges = markup.badges(self.words, self._findings_of(name))
        return _cells(
            Html(
                f'<div class="ikas-cell{absent if each not in ("id", "state") else ""}">'
                f"{markup.span('label', self.words(f'column.{each}'))}"
                f"{escape(cell(self.words, line, each))}"
                f"{badges if each == 'endpoint' else ''}</div>"
            )
            for each in self._columns
        )


def _cells(html: Iterable[Html]) -> Html:
    cells = [*html]
    return Html(f'<div class="ikas-cells ikas-cells-{len(cells)}">{"".join(cells)}</div>')


@lru_cache(maxsize=10_000)
def host_of(endpoint: str) -> str:
    """Return the host of an endpoint; what cannot be read is its own."""
    try:
        return read_url(endpoint).host
    except InvalidArgumentError:  # it was registered all the same
        return endpoint
