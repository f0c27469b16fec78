"""What a form knows of a store and does to it: everything but the widgets.

Plans, undo and the journal are those of `ikas_explore.manage`. A write goes out only if what
is registered is still what was shown.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ikas_explore.errors import IkasError, PlanError, StorageError
from ikas_explore.forms.markup import Told
from ikas_explore.forms.words import Words
from ikas_explore.manage.applying import CONFLICT, DELETED, FAILED, SAVED
from ikas_explore.manage.changes import Change, frame_rows, list_store, listed, wanted_by
from ikas_explore.manage.journal import Journal, Journals
from ikas_explore.manage.plan import Plan
from ikas_explore.manage.undo import make_undo
from ikas_explore.schema.scopes import Scope

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.values.protocols import WebhookStore

T = TypeVar("T")


class Session:
    """One store as a form sees it; listed once at the start.

    `registry` must not journal its writes by itself. `shown` is the webhook frame as last
    listed, `state` scope to endpoint in it, and `turn` how many actions there were: what follows
    from them alone need not be made anew for every keystroke. `log` has when each action was, the
    Python that does the same, and its outcome.

    Plans list and write through it, so that it has the frame that they saw, and the first error of
    an action: a plan turns errors into text in one language, a form says them in the reader's.
    """

    def __init__(
        self, registry: WebhookStore, *, journal: Journal | None = None, allow_http: bool = False
    ) -> None:
        from ikas_explore.frames.frames import rows_frame, webhook_columns

        self.allow_http = allow_http
        self.journal = Journal() if journal is None else journal
        self.log: list[tuple[dt.datetime, str, str]] = []
        self.turn = 0
        self.shown = rows_frame(webhook_columns(), [])
        self.state: Mapping[str, str] = {}
        self.error: IkasError | None = None
        #: Whether the store was ever listed: else nothing can be said of what a click changes.
        self.known = False
        self._current = False
        self._registry = registry
        self.name = registry.name
        self._journals = Journals({self.name: self.journal})
        self.refresh()

    @property
    def endpoints(self) -> Sequence[str]:
        """The endpoints in use, the most used first."""
        used = [*self.state.values()]
        return sorted({*used}, key=lambda each: (-used.count(each), used.index(each)))

    def failed(self, words: Words) -> Told | None:
        """Say what failed in the last action."""
        error = self.error
        return None if error is None else ("bad", [words.error(error), str(error)])

    def refresh(self) -> None:
        """List the store again: one call. A failure is kept as `error`, not raised."""
        with self._action(), suppress(IkasError):
            self.list()

    def saving(self, endpoint: str, scopes: Sequence[str]) -> Sequence[Change]:
        """Return what saving would change, with the rows that are so already.

        Nothing for as long as the store was never listed: who has the scopes is not known.
        """
        if not self.known:
            return []
        return [Change(self.name, scope, self.state.get(scope), endpoint) for scope in scopes]

    def deleting(self, scopes: Sequence[str]) -> Sequence[Change]:
        """Return what deleting would change, without the scopes nothing is registered for."""
        held = [scope for scope in scopes if scope in self.state]
        return [Change(self.name, scope, self.state[scope], None) for scope in held]

    def undoing(self) -> Plan | None:
        """Return the plan that takes back the last write, going by what is shown; no call."""
        return make_undo(self._journals, {self.name: self}, now=self.shown) if self.known else None

    def apply(self, changes: Sequence[Change], more: Mapping[str, Any] | None = None) -> DataFrame:
        """Make changes that were shown in one call; return outcomes as `Plan.apply` does.

        With `more` arguments of the save, what is registered already is sent as well.
        """
        with self._action():
            if more:
                return self._resave(changes, more)
            now = listed(self.shown, wanted_by(changes))
            return Plan({self.name: self}, now, changes, journals=self._journals).apply()

    def undo(self, shown: Plan) -> DataFrame:
        """Take back the last write, if that is still what `shown` says."""
        with self._action():
            plan = make_undo(self._journals, {self.name: self})
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
        self.log.append((dt.datetime.now(dt.UTC), python, outcome))

    def list(self) -> DataFrame:
        self._current = False
        self.shown = self._watched(self._registry.list)
        self._current = self.known = True
        return self.shown

    def rows(self) -> Iterable[tuple[str, str]]:
        return [(scope, endpoint) for _, scope, endpoint in frame_rows(self.list())]

    def save(self, endpoint: str, scopes: Sequence[str], **more: Any) -> object:
        return self._watched(lambda: self._registry.save(endpoint, scopes, **more))

    def delete(self, scopes: Sequence[str]) -> bool:
        return self._watched(lambda: self._registry.delete(scopes))

    def _watched(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except IkasError as error:
            self.error = self.error or error
            raise

    @contextmanager
    def _action(self) -> Iterator[None]:
        """Begin without an error, and show at the end what was listed last."""
        self.error = None
        try:
            yield
        finally:
            self.turn += 1
            self.state = listed(self.shown).get(self.name, {})

    def _told(self, words: Words, outcomes: DataFrame, done: str) -> Told:
        sent = outcomes[outcomes["outcome"].isin([SAVED, DELETED, FAILED, CONFLICT])]
        good = int(sent["outcome"].isin([SAVED, DELETED]).sum())
        if good < len(sent) and self.error is not None:
            return "bad", [words.error(self.error), str(self.error), words("kept_entries")]
        if good < len(sent):
            reasons = dict.fromkeys(sent["error"].dropna())
            return "warning", [words("partly"), *reasons, words("kept_entries")]
        if not self._current:
            return "warning", [words("unread"), words.error(self.error) if self.error else ""]
        return "good", [words(done, done=good, count=len(sent))]

    def _resave(self, changes: Sequence[Change], more: Mapping[str, Any]) -> DataFrame:
        """Save with arguments that a plan does not know, as ikas does not return them."""
        from ikas_explore.frames.frames import OUTCOMES, rows_frame

        before = self.state
        if list_store(self) != before:
            raise PlanError("What is registered is not what was shown.")
        scopes = [change.scope for change in changes]
        endpoint = changes[0].endpoint_after or ""
        # One that ikas has added is on the list when it is registered.
        known = {*scopes} <= {*map(str, Scope.registrable())}
        unknown = {} if known else {"allow_unknown": True}
        after: Mapping[str, str] | None = None
        refused = False
        try:
            with self.journal.write(
                self, scopes, endpoint=endpoint, sales_channels=True, before=before
            ):
                self.save(endpoint, scopes, **unknown, **more)
        except StorageError:
            raise  # nothing was sent
        except IkasError as error:
            refused, self.error = True, self.error or error
        with suppress(IkasError):  # kept as `error`
            after = list_store(self)
        rows = []
        for change in changes:
            held = after is None or after.get(change.scope) == endpoint
            outcome = FAILED if refused else SAVED if held else CONFLICT
            row = {**change._asdict(), "action": change.action, "outcome": outcome}
            rows.append({**row, "error": None if self.error is None else str(self.error)})
        return rows_frame(OUTCOMES, rows)


def python_save(endpoint: str, scopes: Sequence[str], more: Mapping[str, Any]) -> str:
    """Return the line of Python that does what the form's save does."""
    named = "".join(f", {name}={_literal(value)}" for name, value in more.items())
    return f"store.webhooks.save({_literal(endpoint)}, {_literal([*scopes])}{named})"


def python_delete(scopes: Sequence[str]) -> str:
    """Return the line of Python that does what the form's delete does."""
    return f"store.webhooks.delete({_literal([*scopes])})"


#: What the form's undo and its refresh are in Python.
PYTHON_UNDO = "store.webhooks.undo().apply()"
PYTHON_LIST = "store.webhooks.list()"


def _literal(value: Any) -> str:
    # JSON's texts and lists are Python's, in double quotes.
    is_number = isinstance(value, bool | int | float)
    return repr(value) if is_number else json.dumps(value, ensure_ascii=False)
