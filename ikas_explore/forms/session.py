"""What a form knows of a store and does to it: everything but the widgets.

Plans, undo and the journal are those of `ikas_explore.manage`. A write goes out only if what
is registered is still what was shown.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ikas_explore.errors import IkasError, PlanError, StorageError
from ikas_explore.forms.controls import Told
from ikas_explore.forms.words import Words
from ikas_explore.manage.applying import CONFLICT, DELETED, FAILED, SAVED
from ikas_explore.manage.changes import Change, frame_rows, list_store, listed, wanted_by
from ikas_explore.manage.journal import Journal, Journals
from ikas_explore.manage.plan import Plan
from ikas_explore.manage.undo import make_undo
from ikas_explore.schema.scopes import Scope
from ikas_explore.values.protocols import WebhookStore

if TYPE_CHECKING:
    from pandas import DataFrame

T = TypeVar("T")


class Done(NamedTuple):
    """One action of this session: when, the Python that does the same, its outcome."""

    at: dt.datetime
    python: str
    outcome: str


class _Watched:
    """A registry whose last listing and first error are kept.

    A plan turns an error into text in one language; a form says it in the reader's.
    """

    def __init__(self, behind: WebhookStore) -> None:
        self._behind = behind
        self.name = behind.name
        self.listed: DataFrame | None = None
        self.current = False
        self.error: IkasError | None = None

    def list(self) -> DataFrame:
        self.current = False
        self.listed = self._watched(self._behind.list)
        self.current = True
        return self.listed

    def rows(self) -> Iterable[tuple[str, str]]:
        return [(scope, endpoint) for _, scope, endpoint in frame_rows(self.list())]

    def save(self, endpoint: str, scopes: Sequence[str], **more: Any) -> object:
        return self._watched(lambda: self._behind.save(endpoint, scopes, **more))

    def delete(self, scopes: Sequence[str]) -> bool:
        return self._watched(lambda: self._behind.delete(scopes))

    def _watched(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except IkasError as error:
            self.error = self.error or error
            raise


class Session:
    """One store as a form sees it; listed once at the start.

    `registry` must not journal its writes by itself. `shown` is the webhook frame as last
    listed, `turn` how many actions there were: what follows from them alone need not be made
    anew for every keystroke.
    """

    def __init__(
        self, registry: WebhookStore, *, journal: Journal | None = None, allow_http: bool = False
    ) -> None:
        from ikas_explore.frames.frames import rows_frame, webhook_columns

        self.allow_http = allow_http
        self.journal = Journal() if journal is None else journal
        self.log: list[Done] = []
        self.turn = 0
        self.shown = rows_frame(webhook_columns(), [])
        self._state: dict[str, str] = {}
        self._registry = _Watched(registry)
        self._stores = {registry.name: self._registry}
        self.name = registry.name
        self._journals = Journals({self.name: self.journal})
        self.refresh()

    @property
    def error(self) -> IkasError | None:
        """What failed in the last action, if something did."""
        return self._registry.error

    def failed(self, words: Words) -> Told | None:
        """Say what failed in the last action."""
        error = self.error
        return None if error is None else ("bad", [words.error(error), str(error)])

    @property
    def known(self) -> bool:
        """Whether the store was ever listed: else nothing can be said of what a click changes."""
        return self._registry.listed is not None

    @property
    def endpoints(self) -> list[str]:
        """The endpoints in use, the most used first."""
        used = [*self._state.values()]
        return sorted({*used}, key=lambda each: (-used.count(each), used.index(each)))

    def state(self) -> Mapping[str, str]:
        """Return scope to endpoint, as shown."""
        return self._state

    def refresh(self) -> None:
        """List the store again: one call. A failure is kept as `error`, not raised."""
        with self._action(), suppress(IkasError):
            self._registry.list()

    def saving(self, endpoint: str, scopes: Sequence[str]) -> list[Change]:
        """Return what saving would change, with the rows that are so already.

        Nothing for as long as the store was never listed: who has the scopes is not known.
        """
        if not self.known:
            return []
        return [Change(self.name, scope, self._state.get(scope), endpoint) for scope in scopes]

    def deleting(self, scopes: Sequence[str]) -> list[Change]:
        """Return what deleting would change, without the scopes nothing is registered for."""
        held = [scope for scope in scopes if scope in self._state]
        return [Change(self.name, scope, self._state[scope], None) for scope in held]

    def undoing(self) -> Plan | None:
        """Return the plan that takes back the last write, going by what is shown; no call."""
        return make_undo(self._journals, self._stores, now=self.shown) if self.known else None

    def apply(self, changes: Sequence[Change], more: Mapping[str, Any] | None = None) -> DataFrame:
        """Make changes that were shown in one call; return outcomes as `Plan.apply` does.

        With `more` arguments of the save, what is registered already is sent as well.
        """
        with self._action():
            if more:
                return self._resave(changes, more)
            now = listed(self.shown, wanted_by(changes))
            return Plan(self._stores, now, changes, journals=self._journals).apply()

    def undo(self, shown: Plan) -> DataFrame:
        """Take back the last write, if that is still what `shown` says."""
        with self._action():
            plan = make_undo(self._journals, self._stores)
            if plan is None or not plan.changes.equals(shown.changes):
                raise PlanError("The last change, or what is registered, is another one by now.")
            return plan.apply()

    def told(self, words: Words, outcomes: DataFrame, done: str, python: str) -> Told:
        """Say what came of an action, with the key `done` when all went well, and log it."""
        told = self._told(words, outcomes, done)
        self.note(python, told[1][0])
        return told

    def note(self, python: str, outcome: str) -> None:
        """Write an action into the log."""
        self.log.append(Done(dt.datetime.now(dt.UTC), python, outcome))

    def _told(self, words: Words, outcomes: DataFrame, done: str) -> Told:
        sent = outcomes[outcomes["outcome"].isin([SAVED, DELETED, FAILED, CONFLICT])]
        good = int(sent["outcome"].isin([SAVED, DELETED]).sum())
        if good < len(sent) and self.error is not None:
            return "bad", [words.error(self.error), str(self.error), words("kept_entries")]
        if good < len(sent):
            reasons = dict.fromkeys(sent["error"].dropna())
            return "warning", [words("partly"), *reasons, words("kept_entries")]
        if not self._registry.current:
            return "warning", [words("unread"), words.error(self.error) if self.error else ""]
        return "good", [words(done, done=good, count=len(sent))]

    def _resave(self, changes: Sequence[Change], more: Mapping[str, Any]) -> DataFrame:
        """Save with arguments that a plan does not know, as ikas does not return them."""
        from ikas_explore.frames.frames import OUTCOMES, rows_frame

        before = self._state
        if list_store(self._registry) != before:
            raise PlanError("What is registered is not what was shown.")
        scopes = [change.scope for change in changes]
        endpoint = changes[0].endpoint_after or ""
        # One that ikas has added is on the list when it is registered.
        known = {*scopes} <= {*map(str, Scope.registrable())}
        unknown = {} if known else {"allow_unknown": True}
        error = after = None
        try:
            with self.journal.write(
                self._registry, scopes, endpoint=endpoint, sales_channels=True, before=before
            ):
                self._registry.save(endpoint, scopes, **unknown, **more)
        except StorageError:
            raise  # nothing was sent
        except IkasError as failed:
            error = failed
        refused = error is not None
        try:
            after = list_store(self._registry)
        except IkasError as unread:
            error = error or unread
        rows = []
        for change in changes:
            held = after is None or after.get(change.scope) == endpoint
            outcome = FAILED if refused else SAVED if held else CONFLICT
            row = {**change._asdict(), "action": change.action, "outcome": outcome}
            rows.append({**row, "error": None if error is None else str(error)})
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
                self._state = listed(self.shown).get(self.name, {})


def python_save(endpoint: str, scopes: Sequence[str], more: Mapping[str, Any]) -> str:
    """Return the line of Python that does what the form's save does."""
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
    is_number = isinstance(value, bool | int | float)
    return repr(value) if is_number else json.dumps(value, ensure_ascii=False)
