"""What a form shows of a store, and what was done through it: everything but the widgets.

Plans, undo and the journal are those of `ikas_explore.manage`. A write goes out only if what
is registered is still what was shown.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ikas_explore.errors import IkasError, PlanError, StorageError
from ikas_explore.forms.watched import Watched
from ikas_explore.manage.applying import CONFLICT, FAILED, SAVED
from ikas_explore.manage.changes import Change, list_store, listed, wanted_by
from ikas_explore.manage.journal import Journal, Journals
from ikas_explore.manage.plan import Plan, make_undo
from ikas_explore.values.protocols import WebhookStore

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Done:
    """One action of this session: when, the Python that does the same, what came of it."""

    at: dt.datetime
    python: str
    outcome: str


class Session:
    """One store as a form sees it.

    Parameters
    ----------
    registry : WebhookStore
        Its writes must not journal by themselves.
    journal : Journal, optional
        Where writes are recorded, for `undo`. Default: one in memory.
    allow_http : bool, default False
        Accept ``http://`` endpoints: for a store on this machine only.

    Attributes
    ----------
    shown : pandas.DataFrame
        The webhook frame as last listed.
    error : IkasError or None
        What failed in the last action, if something did.
    journal : Journal
    log : list of Done
    turn : int
        How many actions there were: what follows from them alone need not be made anew for
        every keystroke.
    """

    def __init__(
        self, registry: WebhookStore, *, journal: Journal | None = None, allow_http: bool = False
    ) -> None:
        from ikas_explore.frames.frames import rows_frame, webhook_columns

        self.allow_http = allow_http
        self.log: list[Done] = []
        self.turn = 0
        self.shown = self._read = rows_frame(webhook_columns(), [])
        self._state: Mapping[str, str] = {}
        self._registry = Watched(registry)
        self.journal = Journal() if journal is None else journal

    @property
    def name(self) -> str:
        """The store's name."""
        return self._registry.name

    @property
    def _journals(self) -> Journals:
        return Journals({self.name: self.journal})

    @property
    def error(self) -> IkasError | None:
        return self._registry.error

    @property
    def known(self) -> bool:
        """Whether the store was ever listed: else nothing can be said of what a click changes."""
        return self._registry.listed is not None

    @property
    def current(self) -> bool:
        """Whether the last listing succeeded."""
        return self._registry.current

    @property
    def endpoints(self) -> list[str]:
        """The endpoints in use, the most used first."""
        return [str(each) for each in self.shown["endpoint"].value_counts().index]

    def state(self) -> Mapping[str, str]:
        """Return scope to endpoint, as shown."""
        if self._read is not self.shown:  # asked for many times in a keystroke, read once
            self._read, self._state = self.shown, listed(self.shown).get(self.name, {})
        return self._state

    def refresh(self) -> None:
        """List the store again: one call. A failure is kept as `error`, not raised."""
        with self._action(), suppress(IkasError):
            self._registry.list()

    def saving(self, endpoint: str, scopes: Sequence[str]) -> list[Change]:
        """Return what saving would change; rows that stand so already are among them.

        Nothing for as long as the store was never listed: who has the scopes is not known.
        """
        if not self.known:
            return []
        state = self.state()
        return [Change(self.name, scope, state.get(scope), endpoint) for scope in scopes]

    def deleting(self, scopes: Sequence[str]) -> list[Change]:
        """Return what deleting would change, without the scopes nothing is registered for."""
        state = self.state()
        return [Change(self.name, scope, state[scope], None) for scope in scopes if scope in state]

    def undoing(self) -> Plan | None:
        """Return the plan that takes back the last write, going by what is shown; no call."""
        if not self.known:
            return None
        return make_undo(self._journals, {self.name: self._registry}, now=self.shown)

    def save(self, changes: Sequence[Change], more: Mapping[str, Any]) -> DataFrame:
        """Save what `saving` returned, in one call.

        Parameters
        ----------
        changes : sequence of Change
            All to one endpoint.
        more : mapping
            Further arguments of the save. With any, what stands so already is sent as well.

        Returns
        -------
        pandas.DataFrame
            As from `Plan.apply`, read back.
        """
        with self._action():
            return self._resave(changes, more) if more else self._apply(changes)

    def delete(self, changes: Sequence[Change]) -> DataFrame:
        """Delete what `deleting` returned, in one call; returns outcomes, read back."""
        with self._action():
            return self._apply(changes)

    def undo(self, shown: Plan) -> DataFrame:
        """Take back the last write, if that is still what `shown` says.

        Raises
        ------
        PlanError
            Something was written in between.
        """
        with self._action():
            plan = make_undo(self._journals, {self.name: self._registry})
            if plan is None or not plan.changes.equals(shown.changes):
                raise PlanError("The last change, or what is registered, is another one by now.")
            return plan.apply()

    def note(self, python: str, outcome: str) -> None:
        """Write an action into the log."""
        self.log.append(Done(dt.datetime.now(dt.UTC), python, outcome))

    def _apply(self, changes: Sequence[Change]) -> DataFrame:
        now = listed(self.shown, wanted_by(changes))
        plan = Plan({self.name: self._registry}, now, changes, journals=self._journals)
        return plan.apply()

    def _resave(self, changes: Sequence[Change], more: Mapping[str, Any]) -> DataFrame:
        """Save with arguments that a plan knows nothing of, as ikas does not tell them back."""
        from ikas_explore.frames.frames import OUTCOMES, rows_frame

        before = self.state()
        if list_store(self._registry) != before:
            raise PlanError("What is registered is not what was shown.")
        scopes = [change.scope for change in changes]
        endpoint = changes[0].endpoint_after or ""
        failure: IkasError | None = None
        unread: IkasError | None = None
        try:
            with self.journal.write(
                self._registry, scopes, endpoint=endpoint, sales_channels=True, before=before
            ):
                self._registry.save(endpoint, scopes, **more)
        except StorageError:
            raise  # nothing was sent
        except IkasError as error:
            failure = error
        after: Mapping[str, str] | None = None
        try:
            after = list_store(self._registry)
        except IkasError as error:
            unread = error
        rows = []
        for change in changes:
            stands = after is None or after.get(change.scope) == endpoint
            outcome = FAILED if failure else SAVED if stands else CONFLICT
            told = failure or unread
            row = {**change._asdict(), "action": change.action, "outcome": outcome}
            rows.append({**row, "error": None if told is None else str(told)})
        return rows_frame(OUTCOMES, rows)

    @contextmanager
    def _action(self) -> Iterator[None]:
        """Begin without an error, and show at the end what was listed last."""
        self._registry.error = None
        try:
            yield
        finally:
            self.turn += 1
            if self._registry.listed is not None:
                self.shown = self._registry.listed


def python_save(endpoint: str, scopes: Sequence[str], more: Mapping[str, Any]) -> str:
    """Return the line of Python that does what the form's save does.

    Examples
    --------
    >>> python_save("https://example.com/", ["store/order/created"], {})
    'store.webhooks.save("https://example.com/", ["store/order/created"])'
    """
    named = "".join(f", {name}={_literal(value)}" for name, value in more.items())
    return f"store.webhooks.save({_literal(endpoint)}, {_literal(list(scopes))}{named})"


def python_delete(scopes: Sequence[str]) -> str:
    """Return the line of Python that does what the form's delete does."""
    return f"store.webhooks.delete({_literal(list(scopes))})"


#: What the form's undo and its refresh are in Python.
PYTHON_UNDO = "store.webhooks.undo().apply()"
PYTHON_LIST = "store.webhooks.list()"


def _literal(value: Any) -> str:
    # JSON's texts and lists are Python's, in double quotes.
    return (
        repr(value)
        if isinstance(value, bool | int | float)
        else json.dumps(value, ensure_ascii=False)
    )
