"""Many stores in one matrix, and what is done to many of them at once."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import ipywidgets as widgets

from ikas_explore.forms import markup
from ikas_explore.forms.actions import judge_endpoint
from ikas_explore.forms.controls import (
    Button,
    ChoiceControl,
    Markup,
    TextControl,
    TickControl,
    Told,
    make,
    row,
    show_if,
    stack,
)
from ikas_explore.forms.form import Form, Section
from ikas_explore.forms.manager import Manager, Panels
from ikas_explore.forms.matrix import Lines, host_of, now
from ikas_explore.forms.schema_fields import Field
from ikas_explore.forms.scope_rows import (
    TABLE,
    Findings,
    Line,
    audit_lines,
    fits,
    lines_frame,
    matrix_lines,
    said,
    table,
)
from ikas_explore.forms.words import Words
from ikas_explore.manage.journal import Journals
from ikas_explore.manage.plan import Plan
from ikas_explore.schema.scopes import Scope
from ikas_explore.text.html_table import Html, escape, html_table
from ikas_explore.text.palette import OTHERS
from ikas_explore.values.urls import is_loopback, read_url

if TYPE_CHECKING:
    from pandas import DataFrame

#: Stores on a page, and rows where no widget can be drawn: more only make a page slow.
PAGE = 50
MOST_ROWS = 200

#: Letters that stand for a host; further hosts share the last sign.
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FURTHER = "*"


class Stores(Protocol):
    """What the matrix needs to know of a fleet."""

    @property
    def names(self) -> Sequence[str]: ...
    @property
    def listed(self) -> DataFrame: ...
    @property
    def errors(self) -> DataFrame: ...
    @property
    def journal(self) -> Journals: ...
    def list(self) -> DataFrame: ...
    def plan(self, desired: DataFrame) -> Plan: ...
    def undo(self) -> Plan | None: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __getitem__(self, name: str) -> Any: ...


class FleetManager(Form):
    """See and change the webhooks of many stores; made by ``fleet.manager()``.

    A row is a store, a column a scope, and a letter the host of the endpoint. Fields ``filter``,
    ``select`` (``shown``, a host or an endpoint: the stores to select), ``problems`` (only stores
    with an error or a warning of the audit), ``page``, ``stores`` (those selected), ``panel``
    (``move`` or ``open``), ``source`` (the host or endpoint to move from), ``endpoint`` (where
    to), ``confirm``, ``store``; buttons ``refresh``, ``check``, ``preview``, ``move``, ``undo``,
    ``open``.

    `fill`, `click`, `message` and `problems` are those of every `Form`.
    """

    def __init__(self, fleet: Stores, *, language: str | None = None) -> None:
        words = Words(language)
        self._lines = _StoreLines(fleet, words)
        panels: dict[str, Section] = {
            "move": _Moving(fleet, self._lines, words),
            "open": _Opening(fleet, self._lines, words),
        }
        choice = Panels(panels, self._lines, words, ["move"])
        super().__init__(
            words,
            [self._lines, choice, *panels.values()],
            "",
            [self._lines.head, self._lines.widget, choice.widget],
            self._lines.failed(),
        )

    @property
    def title(self) -> str:
        lines = self._lines.lines.values()
        registered = sum(each["state"] == "registered" for some in lines for each in some)
        return self.words.count("fleet.title", len(lines), registered=registered)

    @property
    def frame(self) -> DataFrame:
        """The scopes that the filter leaves: ``store, scope, state, endpoint`` and the times."""
        return lines_frame(self._lines.filtered())

    def table(self) -> tuple[list[str], list[list[str]]]:
        return table(self.words, self._lines.filtered()[:MOST_ROWS], ("store", *TABLE))


class _StoreLines(Lines):
    """The stores, a mark for each of their scopes."""

    def __init__(self, fleet: Stores, words: Words) -> None:
        super().__init__("stores", words, "stores", hint=words("hint.fleet"), choosing=True)
        self._fleet = fleet
        self._problems = TickControl("problems", words("field.problems"), look="ikas-fold")
        self._page = ChoiceControl("page", widgets.Dropdown, words("field.page"), "ikas-select")
        self._legend, self._head = Markup(), Markup()
        heads = [Markup(words("column.store")).widget, self._head.widget]
        self._heads = [make(widgets.HBox, "ikas-line", "ikas-line-head", children=heads)]
        self.controls = [*self.controls, self._problems, self._page]
        self.widget = stack(
            self._problems.widget,
            self._legend.widget,
            self._list,
            row(self._count.widget, self._page.widget),
        )
        self._read()

    def _read(self) -> None:
        """Take what the fleet listed last."""
        self.turn += 1
        reached = {*self._fleet.names} - {*self._fleet.errors["store"]}
        self.lines: dict[str, list[Line]] = {name: [] for name in sorted(reached)}
        for line in matrix_lines(self._fleet.listed, self.lines):
            self.lines[line["store"]].append(line)
        self._index()

    def take(self, store: str, lines: Sequence[Line]) -> None:
        """Take what a store's own manager has listed."""
        self.turn += 1
        self.lines[store] = [*lines]
        self._index()
        self._changed()

    def _index(self) -> None:
        every = [line for some in self.lines.values() for line in some]
        catalogue = [str(scope) for scope in Scope.registrable()]
        self.scopes = [*catalogue, *sorted({line["scope"] for line in every} - {*catalogue})]
        held = (line["endpoint"] for line in every if line["state"] == "registered")
        hosts = Counter(map(host_of, held))
        self._marks = dict.fromkeys(hosts, _FURTHER)
        self._marks |= zip((host for host, _ in hosts.most_common()), _LETTERS, strict=False)
        signs = [
            f"<li>{_mark(self._marks[host], '')} {escape(host)} ({count})</li>"
            for host, count in hosts.most_common(len(_LETTERS))
        ]
        further = f"<li>{_mark(_FURTHER, '')} …</li>" if len(hosts) > len(_LETTERS) else ""
        self._legend.show(
            f'<ul class="ikas-legend">{"".join(signs)}{further}</ul>' if signs else ""
        )
        heads = "".join(
            f'<span class="ikas-mark-head" aria-hidden="true">{escape(name)}</span>'
            for name in map(self._words.scope, self.scopes)
        )
        self._head.show(f'<div class="ikas-marks">{heads}</div>')

    def listed_again(self) -> Told | None:
        """List the stores, and return what to say about those that could not be."""
        with warnings.catch_warnings():  # said in the form
            warnings.simplefilter("ignore")
            self._fleet.list()
        self._read()
        return self.failed()

    def failed(self) -> Told | None:
        stores, reasons = (self._fleet.errors[name].tolist() for name in ("store", "message"))
        said = self._words.count("fleet.failed", len(stores), stores=", ".join(stores))
        return ("bad", [said, *reasons]) if stores else None

    def filtered(self) -> list[Line]:
        """Return the scopes that the filter leaves, in the stores that are shown."""
        names = ("store", "scope", "state", "endpoint")
        return [
            line
            for store, lines in self.lines.items()
            if not self._problems.value or self._problems_of(store)
            for line in lines
            if not self.filter
            or fits(
                self.filter,
                " ".join([line["scope"], *(said(self._words, line, each) for each in names)]),
            )
        ]

    def sources(self, stores: Sequence[str]) -> dict[str, list[Line]]:
        """Return what is registered in some stores by host and by endpoint, the most used first."""
        found: dict[str, list[Line]] = {}
        for store in stores:
            for line in self.lines.get(store, ()):
                if line["state"] == "registered":
                    for name in (host_of(line["endpoint"]), line["endpoint"]):
                        found.setdefault(name, []).append(line)
        return dict(sorted(found.items(), key=lambda each: (-len(each[1]), each[0])))

    def _fitting(self) -> tuple[Sequence[str], Sequence[str]]:
        fitting = [*dict.fromkeys(line["store"] for line in self.filtered())]
        counts = self._words("matrix.shown", shown=len(fitting), count=len(self.lines))
        self._count.show(markup.note("plain", counts))
        return [*self.lines], fitting

    def _page_of(self, fitting: Sequence[str]) -> Sequence[str]:
        pages = {
            str(start): f"{start + 1}-{min(start + PAGE, len(fitting))}"
            for start in range(0, len(fitting), PAGE)
        }
        self._page.offer(pages)
        show_if(self._page.widget, len(pages) > 1)
        if pages and self._page.value is None:
            self._page.value = "0"
        first = int(self._page.value or 0)
        return fitting[first : first + PAGE]

    def _offered(self, fitting: Sequence[str]) -> dict[str, list[str]]:
        found = self.sources(fitting).items()
        stores = {name: [*dict.fromkeys(each["store"] for each in lines)] for name, lines in found}
        return {"shown": [*fitting], **stores}

    def _options(self) -> object:
        return self._problems.value, self._page.value

    def _refresh(self) -> Told:
        return self.listed_again() or ("good", [self._words("refresh.done", time=now())])

    def _findings(self) -> Findings:
        return audit_lines(self._fleet.listed, self.lines)

    def _problems_of(self, store: str) -> list[Mapping[str, str]]:
        """Return the errors and warnings, with the scope beside the rule."""
        return [
            {
                **each,
                "rule": f"{each['rule']} {each['scope'] if isinstance(each['scope'], str) else ''}",
            }
            for each in self.findings().get(store, ())
            if each["severity"] != "info"
        ]

    def _label(self, name: str) -> str:
        return name

    def _cells_html(self, name: str) -> str:
        known = {line["scope"]: line for line in self.lines[name]}
        marks = "".join(self._mark_of(scope, known.get(scope)) for scope in self.scopes)
        badges = markup.badges(self._words, self._problems_of(name)) if self._checking else ""
        return f'<div class="ikas-marks">{marks}</div>{badges}'

    def _mark_of(self, scope: str, line: Line | None) -> Html:
        state = "not_registered" if line is None else line["state"]
        words = self._words
        if line is not None and state == "registered":
            what = f"{words.scope(scope)}: {line['endpoint']}"
            return _mark(self._marks[host_of(line["endpoint"])], what)
        return _mark("x" if state == "deleted" else "·", f"{words.scope(scope)}: {words(state)}")


class _Moving(Section):
    """Moves what is at one host to one endpoint, in the stores selected."""

    def __init__(self, fleet: Stores, lines: _StoreLines, words: Words) -> None:
        self._fleet = fleet
        self._lines = lines
        self._words = words
        self._plan: Plan | None = None
        self._planned_for: object = None
        self._outcome_for: object = None
        self._written: Sequence[Any] = ()
        self._source = ChoiceControl(
            "source", widgets.Dropdown, words("field.source"), "ikas-select"
        )
        self._endpoint = TextControl(
            Field("endpoint", required=True),
            words,
            hint=words("hint.move"),
            check=lambda text: judge_endpoint(
                words,
                text.replace("{store}", "store"),
                allow_http=all(is_loopback(read_url(each.base_url).host) for each in fleet),
            ),
        )
        self._confirm = TickControl("confirm")
        self._shown = Markup()
        self.controls = [self._source, self._endpoint, self._confirm]
        self.buttons = {
            "preview": Button(
                words("preview"),
                self._preview,
                ready=lambda: bool(self._moved()),
                busy=words("refresh.busy"),
            ),
            "move": Button(
                words("move"),
                partial(self._carry_out, "move"),
                ready=lambda: self._confirm.value,
                busy=words("save.busy"),
                look="ikas-main",
            ),
            "undo": Button(
                words("undo"),
                partial(self._carry_out, "undo"),
                ready=lambda: bool(self._written),
                busy=words("undo.busy"),
            ),
        }
        preview, *others = (row(*each.widgets) for each in self.buttons.values())
        self.widget = stack(
            row(self._source.widget, self._endpoint.widget),
            preview,
            self._shown.widget,
            self._confirm.widget,
            *others,
            name="ikas-section",
        )

    def _offer(self) -> None:
        self._source.offer({name: name for name in self._lines.sources(self._lines.value)})

    def update(self) -> None:
        self._offer()
        plan = self._plan if self._planned_for == self._entries() else None
        changes = [] if plan is None else plan.changes.to_dict("records")
        changing = [each for each in changes if each["action"] != "keep"]
        stores = len({each["store"] for each in changing})
        words = self._words
        label = words.count("move.confirm", stores, changes=len(changing)) if changing else ""
        self._confirm.ask(plan if changing else None, label)
        if plan is not None:
            name = words("save.preview")
            shown = changing[:MOST_ROWS]
            more = words("matrix.shown", shown=len(shown), count=len(changing))
            notes = [more if len(shown) < len(changing) else "", *plan.notes]
            self._shown.show(
                markup.changes_table(words, shown, name=name, stores=True)
                + markup.note("plain", *([] if changing else [words("save.nothing")]), *notes)
            )
        elif self._outcome_for != self._entries():
            self._shown.show(markup.note("plain", "" if self._moved() else words("move.first")))

    def _entries(self) -> object:
        return self._lines.turn, self._lines.value, self._source.value, self._endpoint.value

    def _moved(self) -> list[Line]:
        """Return what is to be registered: the scopes at the source, with the new endpoint."""
        if self._endpoint.problem or not self._source.value:
            return []
        return [
            {**line, "endpoint": self._endpoint.value.replace("{store}", line["store"])}
            for line in self._lines.sources(self._lines.value).get(self._source.value, ())
        ]

    def _preview(self) -> Told:
        self._plan = self._fleet.plan(lines_frame(self._moved()))
        self._planned_for = self._entries()
        return "plain", []

    def _carry_out(self, name: str) -> Told:
        """Apply the plan that is shown, or take back what it wrote; say what came of it."""
        words = self._words
        plan = self._plan if name == "move" else self._fleet.undo()
        if plan is None or any(each not in self._written for each in plan.reverts):
            self._written = ()
            return "warning", [words("move.other")]
        before = self._fleet.journal.newest()
        self._plan = None
        try:
            outcomes = plan.apply(progress=partial(self._tell, name))
        finally:
            after = self._fleet.journal.newest()
            self._written = after if name == "move" and after != before else ()
            failed = self._lines.listed_again()
        done = {"saved", "deleted", "kept"}
        told = [
            [
                store,
                ", ".join(f"{words(f'outcome.{each}')}: {count}" for each, count in kinds.items()),
                " ".join(dict.fromkeys(part["error"].dropna())),
            ]
            for store, part in outcomes[outcomes["action"] != "keep"].groupby("store")
            for kinds in [Counter(part["outcome"])]
        ]
        columns = [words(f"column.{each}") for each in ("store", "outcome", "error")]
        self._shown.show(html_table(columns, told, name=words("column.outcome")))
        self._lines.update()  # what is gone cannot be selected any more
        self._offer()
        self._outcome_for = self._entries()
        good = int(outcomes["outcome"].isin(done).sum())
        if good < len(outcomes):
            return "warning", [words("partly")]
        return failed or ("good", [words(f"{name}.done", done=good, count=len(outcomes))])

    def _tell(self, name: str, done: int, total: int) -> None:
        said = self.buttons[name].said
        if said is not None:
            said.show(markup.note("busy", self._words("move.progress", done=done, count=total)))


class _Opening(Section):
    """Opens a store's own manager in place."""

    def __init__(self, fleet: Stores, lines: _StoreLines, words: Words) -> None:
        self._fleet = fleet
        self._lines = lines
        self._words = words
        self._manager: Manager | None = None
        self._store = ChoiceControl("store", widgets.Dropdown, words("column.store"), "ikas-select")
        opening = Button(
            words("open"),
            self._open,
            ready=lambda: self._store.value is not None,
            busy=words("refresh.busy"),
        )
        self._place = stack()
        self.controls = [self._store]
        self.buttons = {"open": opening}
        self.widget = stack(
            row(self._store.widget, *opening.widgets, name="ikas-filter"), self._place
        )

    def update(self) -> None:
        names = self._lines.value or [*self._lines.lines]
        self._store.offer({name: name for name in names})

    def _open(self) -> Told:
        name = self._store.value or ""
        before = self._manager
        self._manager = manager = self._fleet[name].webhooks.manager(language=self._words.language)
        manager.acted = lambda: self._lines.take(name, manager.lines)
        manager.shown()  # what the audit finds
        self._place.children = [manager.widget]
        if before is not None:
            before.close()
        return "plain", []


def _mark(sign: str, what: str) -> Html:
    """Make a mark: a letter, and the colour that the plots give in turn."""
    place = _LETTERS.find(sign)
    colour = f' style="border-color:{OTHERS[place % len(OTHERS)]}"' if sign in _LETTERS else ""
    about = f' role="img" aria-label="{escape(what)}" title="{escape(what)}"' if what else ""
    look = "ikas-mark" if colour or sign == _FURTHER else "ikas-mark ikas-mark-none"
    return Html(f'<span class="{look}"{colour}{about}>{sign}</span>')
