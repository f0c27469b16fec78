"""A diff that can be applied: what to create, replace and delete so that stores are as desired."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ikas_explore.deliveries.leases import leased, named
from ikas_explore.manage.applying import CONFLICT, FAILED, Applying
from ikas_explore.manage.changes import (
    CREATE,
    DELETE,
    KEEP,
    REPLACE,
    Change,
    Registered,
    changes_frame,
    compare,
    listed_twice,
    one_each,
)
from ikas_explore.manage.desired import Desired
from ikas_explore.manage.journal import Journals
from ikas_explore.manage.journal_file import Entry
from ikas_explore.schema.scopes import Scope, check_scopes
from ikas_explore.text.html_table import Html, escape, html_table
from ikas_explore.text.palette import COLOURS
from ikas_explore.text.printable import counted, first_of, printable
from ikas_explore.text.progress import Progress, progressing
from ikas_explore.values.names import check_flag
from ikas_explore.values.urls import check_endpoint

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.values.protocols import WebhookStore

_SIGNS = {CREATE: "+", REPLACE: "~", DELETE: "-", KEEP: " "}
_COLOURS = {CREATE: "\x1b[32m", REPLACE: "\x1b[33m", DELETE: "\x1b[31m", KEEP: "\x1b[2m"}
_NAMED = 10  # stores, in a line
_MOST_ROWS = 500  # in a notebook
_SHOWN = ("store", "scope", "action", "endpoint_before", "endpoint_after")
_TOTALS = {CREATE: "to create", REPLACE: "to replace", DELETE: "to delete", KEEP: "kept"}


class Plan:
    """What would change, and the means to do it.

    `Webhooks.plan`, `Webhooks.undo` and the same of `Fleet` make one. Looking at it changes
    nothing: `changes`, `text` and its display only show it, `apply` carries it out.

    Attributes
    ----------
    notes : tuple of str
        What the plan cannot do or restore, in sentences.
    reverts : tuple of Entry
        The writes that it takes back; empty unless `undo` made it.
    report : pandas.DataFrame or None
        What the last `apply` returned, or would have returned if Ctrl-C had not ended it.

    Examples
    --------
    >>> import ikas_explore as ikas
    >>> with ikas.connect("sandbox") as store:
    ...     plan = store.webhooks.plan({"https://example.com/ikas": ["store/order/created"]})
    ...     print(plan)
    ...     plan.apply()["outcome"].tolist()
    ...     store.webhooks.undo()
    sandbox
      + store/order/created  https://example.com/ikas
    1 to create
    ['saved']
    <Plan: 1 to delete>
    """

    def __init__(
        self,
        stores: Mapping[str, WebhookStore],
        listed: Registered,
        changes: Sequence[Change],
        *,
        journals: Journals | None = None,
        notes: Sequence[str] = (),
        workers: int = 1,
        reverts: Sequence[Entry] = (),
    ) -> None:
        self._stores = stores
        self._listed = listed
        self._changes = list(changes)
        self._by_store: dict[str, list[Change]] = {}
        for change in self._changes:
            self._by_store.setdefault(change.store, []).append(change)
        self._journals = journals
        self._workers = workers
        self._left = list(reverts)
        self.notes = tuple(notes)
        self.reverts = tuple(reverts)
        self.report: DataFrame | None = None

    @property
    def changes(self) -> DataFrame:
        """One row per scope, by store and scope: what would change, and what is kept.

        Columns ``store, scope, action, endpoint_before, endpoint_after`` (strings, missing where
        nothing is registered); ``action`` is ``create``, ``replace``, ``delete`` or ``keep``.
        """
        return changes_frame(self._changes)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to change."""
        return not self._pending()

    def apply(self, *, progress: Progress | bool | None = None) -> DataFrame:
        """Carry the plan out.

        Each store is listed once, before the first write to any. Then one save per endpoint and
        one delete are sent, and the store is listed again. One store's failure does not stop the
        others. Applied a second time, the plan sends what is missing; a plan of `undo` is refused
        when its writes were taken back, and is not itself recorded.

        Parameters
        ----------
        progress : callable, optional
            Called with ``(done, total)`` after each write.

        Returns
        -------
        pandas.DataFrame
            `changes` with ``outcome`` and ``error`` (strings). The outcome is ``saved`` or
            ``deleted`` (done by this plan), ``kept`` (as desired already, nothing was sent),
            ``conflict`` (read back, something else is registered) or ``failed`` (``error`` says
            why). The same is kept as `report`.

        Raises
        ------
        PlanError
            A store changed since the plan was made, or its writes were taken back already.
            Nothing was written anywhere.
        StorageError
            The journal cannot be read or written.
        KeyboardInterrupt
            On Ctrl-C, after the calls under way and a listing; `report` shows what was done.
        """
        if not self.reverts:
            return self._carry_out(progress)
        assert self._journals is not None  # noqa: S101 - what has entries has their journals
        with self._journals.claim(self._left or self.reverts):
            self.report = None
            try:
                return self._carry_out(progress)
            finally:
                self._take_done()

    def text(self, *, colour: bool = False) -> str:
        """Return the plan as lines of text, one per change, and a line of totals.

        Of several stores, those in which nothing changes share one line.

        Parameters
        ----------
        colour : bool, default False
            Use a terminal's colours; the sign before each line says the same.
        """
        lines = []
        stores = self._by_store if len(self._by_store) == 1 else self._pending()
        for store in stores:
            lines.append(printable(store))
            for change in self._by_store[store]:
                line = f"  {_SIGNS[change.action]} {printable(change.scope)}  {_ends(change)}"
                lines.append(f"{_COLOURS[change.action]}{line}\x1b[0m" if colour else line)
        if stores:
            changing = {*stores}
            lines += _unchanged([store for store in self._by_store if store not in changing])
        lines.append(self._totals())
        return "\n".join([*lines, *(f"Note: {printable(note)}" for note in self.notes)])

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Plan: {self._totals()}>"

    def _repr_html_(self) -> str:
        changing = [each for each in self._changes if each.action != KEEP]
        rows = [
            (
                each.store,
                each.scope,
                Html(
                    f'<b style="border-left:.4em solid {COLOURS[each.action]};padding-left:.4em">'
                    f"{each.action}</b>"
                ),
                each.endpoint_before or "",
                each.endpoint_after or "",
            )
            for each in changing[:_MOST_ROWS]
        ]
        table = html_table(_SHOWN, rows, left=True) if rows else ""
        left = len(changing) - len(rows)
        more = f"{counted(left, 'more change')} in plan.changes." if left else ""
        notes = "".join(f"<p>{escape(note)}</p>" for note in [more, *self.notes] if note)
        return f"<p>{escape(self._totals())}</p>{table}{notes}"

    def _totals(self) -> str:
        if self.empty:
            return "Nothing to change."
        count = dict.fromkeys(_TOTALS, 0)
        for change in self._changes:
            count[change.action] += 1
        return ", ".join(f"{count[each]} {words}" for each, words in _TOTALS.items() if count[each])

    def _pending(self) -> list[str]:
        return [
            store
            for store, changes in self._by_store.items()
            if any(change.action != KEEP for change in changes)
        ]

    def _carry_out(self, progress: Progress | bool | None) -> DataFrame:
        applying = Applying(
            self._stores,
            {store: self._by_store[store] for store in self._pending()},
            journals=None if self.reverts else self._journals,
            workers=self._workers,
        )
        applying.refuse_changed(self._listed)
        try:
            # No bar unless one is asked for: most plans are carried out at once.
            with progressing(False if progress is None else progress, "writes") as tell:
                applying.write(tell)
        except KeyboardInterrupt as interrupt:
            done = applying.report(self._changes)["outcome"].value_counts().to_dict()
            interrupt.add_note(f"Done before the interrupt: {done}; plan.report has every row.")
            raise
        finally:
            self.report = applying.report(self._changes)
        return self.report

    def _take_done(self) -> None:
        """Remove the writes from the journal that were taken back as a whole."""
        if self._journals is None or self.report is None:
            return
        undone = self.report["outcome"].isin([CONFLICT, FAILED])
        failed = set(self.report.loc[undone, "store"])
        done = [entry for entry in self._left if entry.store not in failed]
        if done:
            self._journals.take(done)
            self._left = [entry for entry in self._left if entry.store in failed]


def make_plan(
    desired: Desired,
    stores: Mapping[str, WebhookStore],
    *,
    names: Collection[str] | None = None,
    before: Sequence[tuple[str, str, str]] | None = None,
    prune: bool = False,
    local: bool = False,
    journals: Journals | None = None,
    notes: Sequence[str] = (),
    workers: int = 1,
) -> Plan:
    """Compare what is desired with what is registered.

    The stores are listed, unless `before` has the rows that were just listed. `desired` is for all
    of `names`, of which `stores` could be listed. Without `prune`, scopes that are not desired are
    not in the plan. Stores that are `local`, on this machine, accept endpoints there.
    """
    check_flag("prune", prune)
    # What a frame without rows means depends on how many stores there are, reached or not.
    names = list(stores) if names is None else names
    wanted = {name: state for name, state in desired.of(names).items() if name in stores}
    if before is None:
        before = [(name, *row) for name in wanted for row in stores[name].rows()]
    now = one_each(before, wanted)
    changes = [
        change
        for change in compare({name: now.get(name, {}) for name in wanted}, wanted)
        if prune or change.endpoint_after is not None
    ]
    for change in changes:
        if change.action in (CREATE, REPLACE):
            check_scopes(change.scope, allow_unknown=True)
            check_endpoint(change.endpoint_after or "", local=local)
    twice = map(_twice, listed_twice(before).items())
    notes = [*notes, *desired.notes(names), *unknown_scopes(changes), *twice]
    if journals is not None:
        notes += [
            f"{each.store}: borrowed is {named([each])}; it goes back at its end."
            for each in leased({name: journals[name].base_url for name in wanted})
        ]
    return Plan(stores, now, changes, journals=journals, notes=notes, workers=workers)


def unknown_scopes(changes: Sequence[Change]) -> list[str]:
    unknown = {each.scope for each in changes if each.endpoint_after} - {*Scope.registrable()}
    return [
        f"{scope!r} is not a scope that this version knows; ikas decides whether it can be "
        "registered."
        for scope in sorted(unknown)
    ]


def _twice(place: tuple[tuple[str, str], list[str]]) -> str:
    (store, scope), endpoints = place
    return (
        f"{store}: ikas lists {scope} {len(endpoints)} times, with {' and '.join(endpoints)}. To "
        "have it once, delete the scope and save it again."
    )


def _unchanged(stores: Sequence[str]) -> list[str]:
    if not stores:
        return []
    named = first_of(map(printable, stores), _NAMED)
    return [f"Nothing to change in {counted(len(stores), 'store')}: {named}"]


def _ends(change: Change) -> str:
    ends = [change.endpoint_before, change.endpoint_after]
    if change.action == KEEP:
        del ends[1:]
    return " -> ".join(printable(end) for end in ends if end is not None)
