"""Many stores in one matrix, and what is done to many of them at once."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

import ipywidgets as widgets

from ikas_explore.forms import markup
from ikas_explore.forms.actions import Look
from ikas_explore.forms.controls import (
    Button,
    ChoiceControl,
    Part,
    TextControl,
    TickControl,
)
from ikas_explore.forms.endpoints import judge_endpoint
from ikas_explore.forms.form import Form
from ikas_explore.forms.manager import Manager
from ikas_explore.forms.markup import Told
from ikas_explore.forms.matrix import Lines, host_of
from ikas_explore.forms.scope_rows import TABLE, Line, lines_frame, table
from ikas_explore.forms.view import Node, html, row, show_if, stack
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

#: Seconds between two reports of how far a call to many stores is: as quick as a person sees.
PAUSE = 0.25

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
        lines = _StoreLines(fleet, Words(language))
        super().__init__(lines, [_Moving(lines), _Opening(lines)])

    @property
    def title(self) -> str:
        registered = sum(each["state"] == "registered" for each in self._lines.lines)
        return self.words.count("fleet.title", len(self._lines.rows), registered=registered)

    @property
    def frame(self) -> DataFrame:
        """The scopes that the filter leaves: ``store, scope, state, endpoint`` and the times."""
        return lines_frame(self._filtered())

    def table(self) -> tuple[list[str], list[list[str]]]:
        return table(self.words, self._filtered()[:MOST_ROWS], ("store", *TABLE))

    def _filtered(self) -> list[Line]:
        return [*chain.from_iterable(self._lines.left.values())]


class _StoreLines(Lines):
    """The stores, a mark for each of their scopes."""

    by = "store"
    filtered_by = ("store", "scope", "state", "endpoint")

    def __init__(self, fleet: Stores, words: Words) -> None:
        super().__init__(words, look="stores", hint=words("hint.fleet"))
        self.fleet = fleet
        self._taken: dict[str, Sequence[Line]] = {}
        self._legend = ""
        self._problems = TickControl("problems", words("field.problems"), look="ikas-fold")
        self._page = ChoiceControl("page", words("field.page"))
        self.controls = [*self.controls, self._problems, self._page]
        self._filters = [*self._filters, self._problems]

    def take(self, store: str, lines: Sequence[Line]) -> None:
        """Take what a store's own manager has listed."""
        self.turn += 1
        self._taken[store] = lines
        self.changed()

    def list_again(self) -> None:
        with warnings.catch_warnings():  # said in the form
            warnings.simplefilter("ignore")
            self.fleet.list()
        self.turn += 1
        self._taken = {}

    def failed(self) -> Told | None:
        stores, reasons = (self.fleet.errors[name].tolist() for name in ("store", "message"))
        said = self.words.count("fleet.failed", len(stores), stores=", ".join(stores))
        return ("bad", [said, *reasons]) if stores else None

    def update(self) -> None:
        super().update()
        starts = range(0, len(self.left), PAGE)
        ends = [*starts[1:], len(self.left)]
        pages = zip(starts, ends, strict=False)
        self._page.offer({str(start): f"{start + 1}-{end}" for start, end in pages})
        if self.left and self._page.value is None:
            self._page.value = "0"

    def show(self) -> Node:
        start = int(self._page.value or 0)
        page = [*self.left][start : start + PAGE]
        counts = self.words("matrix.shown", shown=len(self.left), count=len(self.rows))
        return stack(
            self._problems.show(),
            html(self._legend),
            self._list(page),
            row(
                html(markup.note("plain", counts)),
                show_if(len(self.left) > PAGE, self._page.show()),
            ),
        )

    def _read(self) -> Mapping[str, Sequence[Line]]:
        rows = {**super()._read(), **self._taken}
        every = [*chain.from_iterable(rows.values())]
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
        legend = f'<ul class="ikas-legend">{"".join(signs)}{further}</ul>'
        self._legend = legend if signs else ""
        heads = "".join(
            f'<span class="ikas-mark-head" aria-hidden="true">{escape(name)}</span>'
            for name in map(self.words.scope, self.scopes)
        )
        store, marks = self.words("column.store"), f'<div class="ikas-marks">{heads}</div>'
        self._heads = [row(html(store), html(marks), look="ikas-line ikas-line-head")]
        return rows

    def _fits(self, line: Line) -> bool:
        only = self._problems.value
        return super()._fits(line) and (not only or bool(self._problems_of(line["store"])))

    def _pickable(self) -> Iterable[str]:
        return self.left

    def _listed(self) -> tuple[DataFrame, Sequence[str]]:
        reached = {*self.fleet.names} - {*self.fleet.errors["store"]}
        return self.fleet.listed, sorted(reached)

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

    def _cells_html(self, name: str) -> str:
        known = {line["scope"]: line for line in self.rows[name]}
        marks = "".join(self._mark_of(scope, known.get(scope)) for scope in self.scopes)
        badges = markup.badges(self.words, self._problems_of(name)) if self._checking else ""
        return f'<div class="ikas-marks">{marks}</div>{badges}'

    def _mark_of(self, scope: str, line: Line | None) -> Html:
        state = "not_registered" if line is None else line["state"]
        words = self.words
        if line is not None and state == "registered":
            what = f"{words.scope(scope)}: {line['endpoint']}"
            return _mark(self._marks[host_of(line["endpoint"])], what)
        return _mark("x" if state == "deleted" else "·", f"{words.scope(scope)}: {words(state)}")


class _Moving(Part):
    """Moves what is at one host to one endpoint, in the stores selected."""

    name = "move"

    def __init__(self, lines: _StoreLines) -> None:
        self._fleet = lines.fleet
        self._lines = lines
        self._words = words = lines.words
        self._plan: Plan | None = None
        self._looked = Look("")  # the preview, or what came of it
        self._looked_for: object = None
        self._written: Sequence[Any] = ()
        self._told = float("-inf")
        self._source = ChoiceControl("source", words("field.source"))
        self._endpoint = TextControl(
            "endpoint",
            words,
            kind="String!",
            hint=words("hint.move"),
            check=lambda text: judge_endpoint(
                words,
                text.replace("{store}", "store"),
                allow_http=all(is_loopback(read_url(each.base_url).host) for each in lines.fleet),
            ),
        )
        self._confirm = TickControl("confirm")
        self.controls = [self._source, self._endpoint, self._confirm]
        move, undo = partial(self._carry_out, "move"), partial(self._carry_out, "undo")
        self.buttons = [
            Button(
                words, "preview", self._preview, lambda: bool(self._moved()), busy="refresh.busy"
            ),
            Button(
                words, "move", move, lambda: self._confirm.value, busy="save.busy", look="ikas-main"
            ),
            Button(words, "undo", undo, lambda: bool(self._written), busy="undo.busy"),
        ]

    def update(self) -> None:
        self._source.offer({name: name for name in self._lines.sources(self._lines.value)})
        look = self.look()
        self._confirm.ask(look.asked, look.label)

    def look(self) -> Look:
        if self._looked_for == self._entries():
            return self._looked
        return Look(markup.note("plain", "" if self._moved() else self._words("move.first")))

    def show(self) -> Node:
        preview, *others = (row(*each.show()) for each in self.buttons)
        return stack(
            row(self._source.show(), self._endpoint.show()),
            preview,
            html(self.look().html),
            self._confirm.show(),
            *others,
            look="ikas-section",
        )

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
        words = self._words
        plan = self._plan = self._fleet.plan(lines_frame(self._moved()))
        changing = [each for each in plan.changes.to_dict("records") if each["action"] != "keep"]
        stores = len({each["store"] for each in changing})
        webhooks = words.count("move.webhooks", len(changing))
        label = words.count("move.confirm", stores, webhooks=webhooks)
        shown = changing[:MOST_ROWS]
        more = words("matrix.shown", shown=len(shown), count=len(changing))
        notes = [more if len(shown) < len(changing) else "", *plan.notes]
        table = markup.changes_table(words, shown, name=words("save.preview"), stores=True)
        note = markup.note("plain", *([] if changing else [words("save.nothing")]), *notes)
        self._looked = Look(table + note, asked=plan if changing else None, label=label)
        self._looked_for = self._entries()
        return "plain", []

    def _carry_out(self, name: str) -> Told:
        """Apply the plan that is shown, or take back what it wrote; say what came of it."""
        words = self._words
        plan = self._plan if name == "move" else self._fleet.undo()
        if plan is None or any(each not in self._written for each in plan.reverts):
            self._written = ()
            return "warning", [words("move.other")]
        before = self._fleet.journal.newest()
        try:
            outcomes = plan.apply(progress=partial(self._tell, name))
        finally:
            self._plan = self._looked_for = None
            after = self._fleet.journal.newest()
            self._written = after if name == "move" and after != before else ()
            self._lines.list_again()
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
        self._looked = Look(html_table(columns, told, name=words("column.outcome")))
        self._lines.update()  # what is gone cannot be selected any more
        self.update()
        self._looked_for = self._entries()
        good = int(outcomes["outcome"].isin(done).sum())
        if good < len(outcomes):
            return "warning", [words("partly")]
        return self._lines.failed() or (
            "good",
            [words(f"{name}.done", done=good, count=len(outcomes))],
        )

    def _tell(self, name: str, done: int, total: int) -> None:
        if time.monotonic() < self._told + PAUSE and done < total:
            return
        self._told = time.monotonic()
        said = self._words("move.progress", done=done, count=total)
        [button] = [each for each in self.buttons if each.name == name]
        button.said = markup.note("busy", said)
        self.changed()


class _Opening(Part):
    """Opens a store's own manager in place."""

    name = "open"
    asks = False

    def __init__(self, lines: _StoreLines) -> None:
        self._fleet = lines.fleet
        self._lines = lines
        self._words = words = lines.words
        self._manager: Manager | None = None
        self._store = ChoiceControl("store", words("column.store"))
        self.controls = [self._store]
        self.buttons = [Button(words, "open", self._open, self._ready, busy="refresh.busy")]

    def update(self) -> None:
        self._store.offer({name: name for name in self._lines.value or self._lines.rows})

    def show(self) -> Node:
        manager = [] if self._manager is None else [self._manager.widget]
        return stack(
            row(self._store.show(), *self.buttons[0].show(), look="ikas-filter"),
            Node(widgets.VBox, "ikas-stack", {"children": tuple(manager)}),
        )

    def _ready(self) -> bool:
        return self._store.value is not None

    def _open(self) -> Told:
        name = self._store.value or ""
        before = self._manager
        self._manager = manager = self._fleet[name].webhooks.manager(language=self._words.language)
        manager.acted = lambda: self._lines.take(name, manager.lines)
        manager.shown()  # what the audit finds
        self.changed()
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
