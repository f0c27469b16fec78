"""A diff that can be applied: what to create, replace and delete so that a store is as desired."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ikas_explore.errors import IkasError, PlanError
from ikas_explore.manage.applying import FAILED, KEPT, Outcome, Writing, calls_for
from ikas_explore.manage.changes import (
    CREATE,
    DELETE,
    KEEP,
    REPLACE,
    Change,
    Registered,
    changes_frame,
)
from ikas_explore.manage.journal import Journal
from ikas_explore.manage.journal_file import Entry
from ikas_explore.manage.stores import each_store, list_store
from ikas_explore.text.printable import printable
from ikas_explore.text.progress import Progress
from ikas_explore.values.protocols import WebhookStore

if TYPE_CHECKING:
    from pandas import DataFrame

_SIGNS = {CREATE: "+", REPLACE: "~", DELETE: "-", KEEP: " "}
_COLOURS = {CREATE: "\x1b[32m", REPLACE: "\x1b[33m", DELETE: "\x1b[31m", KEEP: "\x1b[2m"}
_NAMED = 10  # stores, in a line
_TOTALS = {CREATE: "to create", REPLACE: "to replace", DELETE: "to delete", KEEP: "kept"}


class Plan:
    """What would change, and the means to do it; made by `planning.make_plan` and `planning.undo`.

    Attributes
    ----------
    notes : tuple of str
        What the plan cannot do, in sentences: sales channels cannot be read back.
    reverts : Entry or None
        The write that it takes back, for a plan of `planning.undo`.
    report : pandas.DataFrame or None
        What the last `apply` returned, or would have returned had Ctrl-C not ended it.
    """

    def __init__(
        self,
        registries: Mapping[str, WebhookStore],
        listed: Registered,
        changes: Sequence[Change],
        *,
        journal: Journal | None = None,
        notes: Sequence[str] = (),
        workers: int = 1,
        reverts: Entry | None = None,
    ) -> None:
        self._registries = registries
        self._listed = listed
        self._changes = list(changes)
        self._by_store: dict[str, list[Change]] = {}
        for change in self._changes:
            self._by_store.setdefault(change.store, []).append(change)
        self._journal = journal
        self._workers = workers
        self.notes = tuple(notes)
        self.reverts = reverts
        self.report: DataFrame | None = None

    @property
    def changes(self) -> DataFrame:
        """``store, scope, action, endpoint_before, endpoint_after``, by store and scope.

        ``action`` is ``create``, ``replace``, ``delete`` or ``keep``.
        """
        return changes_frame(self._changes)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self._pending()

    def apply(self, *, progress: Progress | None = None) -> DataFrame:
        """Make it so.

        Each store is listed once, before the first write to any; then one save per endpoint
        and one delete are sent, and the store is listed again. Applied a second time it
        sends what is missing, and nothing when nothing is.

        Parameters
        ----------
        progress : callable, optional
            Told ``(done, total)`` after each write.

        Returns
        -------
        pandas.DataFrame
            `changes` with ``outcome`` and ``error``. The outcome is ``saved`` or
            ``deleted`` (done by this plan), ``kept`` (it stood so already and nothing was
            sent for it), ``conflict`` (read back, something else stands there) or
            ``failed`` (``error`` says why). The same is kept as `report`.

        Raises
        ------
        PlanError
            A store changed since the plan was made; nothing was written anywhere. Scopes
            that stand as desired by now do not count.
        KeyboardInterrupt
            On Ctrl-C, after the call under way and a listing; `report` tells what was done.
        """
        pending = {store: self._by_store[store] for store in self._pending()}
        unreachable: dict[str, str] = {}
        current = self._list(pending, unreachable)
        self._refuse_changed(current)
        stopped = threading.Event()
        writings = {
            store: Writing(
                self._registries[store],
                pending[store],
                current[store],
                journal=self._journal,
                stopped=stopped,
            )
            for store in current
        }
        total = sum(len(calls_for(pending[store], current[store])) for store in current)
        tell = _Counter(total, progress)
        try:
            each_store(
                lambda store: writings[store].run(tell),
                writings,
                workers=self._workers,
                stopped=stopped,
            )
            self.report = self._report(writings, unreachable)
        except KeyboardInterrupt as interrupt:
            self.report = self._report(writings, unreachable)
            done = self.report["outcome"].value_counts().to_dict()
            interrupt.add_note(f"Done before the interrupt: {done}; plan.report has every row.")
            raise
        return self.report

    def text(self, *, colour: bool = False) -> str:
        """Return the plan as lines of text, one a change, and a line of totals.

        Of several stores, those in which nothing changes share one line.

        Parameters
        ----------
        colour : bool, default False
            With the terminal's colours; the sign before each line says the same.
        """
        lines = []
        stores = self._by_store if len(self._by_store) == 1 else self._pending()
        for store in stores:
            changes = self._by_store[store]
            lines.append(printable(store))
            for change in changes:
                line = f"  {_SIGNS[change.action]} {printable(change.scope)}  {_ends(change)}"
                lines.append(f"{_COLOURS[change.action]}{line}\x1b[0m" if colour else line)
        lines += _same([store for store in self._by_store if store not in set(stores)])
        lines.append(self._totals())
        return "\n".join([*lines, *(f"Note: {printable(note)}" for note in self.notes)])

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Plan: {self._totals()}>"

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(printable(note))}</p>" for note in self.notes)
        # Filled and not by `na_rep`, which pandas 2 does not use for None in text.
        table = self.changes.fillna("").map(printable).to_html(index=False, notebook=True)
        return f"<p>{html.escape(self._totals())}</p>{table}{notes}"

    def _totals(self) -> str:
        count = dict.fromkeys(_TOTALS, 0)
        for change in self._changes:
            count[change.action] += 1
        return ", ".join(f"{count[action]} {words}" for action, words in _TOTALS.items())

    def _pending(self) -> list[str]:
        return [
            store
            for store, changes in self._by_store.items()
            if any(change.action != KEEP for change in changes)
        ]

    def _list(self, stores: Iterable[str], unreachable: dict[str, str]) -> Registered:
        found: Registered = {}

        def list_one(store: str) -> None:
            try:
                found[store] = list_store(self._registries[store])
            except IkasError as error:
                unreachable[store] = f"not sent, as the store could not be listed: {error}"

        each_store(list_one, stores, workers=self._workers)
        return found

    def _refuse_changed(self, current: Registered) -> None:
        changed = []
        for store, now in current.items():
            wanted = {change.scope: change.endpoint_after for change in self._by_store[store]}
            then = self._listed.get(store, {})
            changed += [
                f"{store}: {scope} was {then.get(scope)!r} and is {now.get(scope)!r}"
                for scope in sorted(then.keys() | now.keys())
                if now.get(scope) != then.get(scope)
                and not (scope in wanted and now.get(scope) == wanted[scope])
            ]
        if changed:
            raise PlanError(
                f"Nothing was written: what is registered changed since the plan was made "
                f"({'; '.join(changed[:3])}{'; ...' if len(changed) > 3 else ''}). "
                "Make a new plan and look at it."
            )

    def _report(self, writings: Mapping[str, Writing], unreachable: Mapping[str, str]) -> DataFrame:
        from ikas_explore.frames.frames import OUTCOMES, rows_frame

        told = {
            (each.change.store, each.change.scope): each
            for writing in writings.values()
            for each in writing.outcomes()
        }
        rows = []
        for change in self._changes:
            each = told.get((change.store, change.scope)) or (
                Outcome(change, FAILED, unreachable[change.store])
                if change.store in unreachable and change.action != KEEP
                else Outcome(change, KEPT)
            )
            row = {**change._asdict(), "action": change.action}
            rows.append({**row, "outcome": each.outcome, "error": each.error})
        return rows_frame(OUTCOMES, rows)


class _Counter:
    """Tells how many writes are done; several threads may call it."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._done = 0
        self._total = total
        self._progress = progress
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self._done += 1
            if self._progress is not None:
                self._progress(self._done, self._total)


def _same(stores: Sequence[str]) -> list[str]:
    if not stores:
        return []
    named = ", ".join(map(printable, stores[:_NAMED]))
    more = f" and {len(stores) - _NAMED} more" if len(stores) > _NAMED else ""
    return [f"Nothing to do in {len(stores)} stores: {named}{more}"]


def _ends(change: Change) -> str:
    ends = dict.fromkeys((change.endpoint_before, change.endpoint_after))  # a kept one stands once
    return " -> ".join(printable(end) for end in ends if end is not None)
