"""Carry out what a plan says: the fewest calls to each store, each journaled, then read back."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeGuard

from ikas_explore.errors import (
    AppNotFoundError,
    CredentialsError,
    IkasError,
    LoginRequiredError,
    PermissionDeniedError,
    PlanError,
    RateLimitedError,
)
from ikas_explore.manage.changes import (
    DELETE,
    KEEP,
    Change,
    Registered,
    Wanted,
    list_store,
    wanted_by,
)
from ikas_explore.manage.journal import Journals
from ikas_explore.schema.scopes import Scope
from ikas_explore.system.threads import gather
from ikas_explore.text.progress import Progress
from ikas_explore.values.urls import same_endpoint

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.values.protocols import WebhookStore

SAVED, DELETED, CONFLICT, FAILED, KEPT = "saved", "deleted", "conflict", "failed", "kept"

#: After one of these the next call cannot succeed either, and failures count against the app.
_HOPELESS = (
    CredentialsError,
    LoginRequiredError,
    PermissionDeniedError,
    AppNotFoundError,
    RateLimitedError,
)

State = Mapping[str, str]


@dataclass(frozen=True)
class Call:
    """One save of an endpoint, or one delete where `endpoint` is None."""

    endpoint: str | None
    scopes: list[str] = field(default_factory=list)


def calls_for(changes: Sequence[Change], current: State) -> list[Call]:
    """Return the fewest calls that make the changes: a save per endpoint, then one delete.

    Changes that are made already need none. A scope that ikas may refuse is saved by itself, as
    one that is refused would take the others with it.
    """
    calls: dict[tuple[str | None, str | None], Call] = {}
    known = set(Scope.registrable())
    for change in sorted(changes, key=lambda change: change.action == DELETE):
        endpoint, scope = change.endpoint_after, change.scope
        done = same_endpoint(endpoint, current.get(scope))
        if change.action != KEEP and not done:
            alone = None if endpoint is None or scope in known else scope
            calls.setdefault((endpoint, alone), Call(endpoint)).scopes.append(scope)
    return list(calls.values())


def list_stores(
    stores: Mapping[str, WebhookStore], wanted: Wanted, *, workers: int
) -> tuple[Registered, dict[str, Exception]]:
    """List stores at once; returns what is registered in each, and why others failed."""
    found: Registered = {}
    failed: dict[str, Exception] = {}
    for name, state in gather(
        lambda name: list_store(stores[name], wanted.get(name)), stores, workers=workers
    ):
        if not isinstance(state, BaseException):
            found[name] = state
        elif is_one_stores(state, stores):
            failed[name] = state
        else:
            raise state
    return found, failed


def is_one_stores(error: BaseException, stores: Collection[object]) -> TypeGuard[Exception]:
    """Return whether an error is a store's failure, with which the other stores go on.

    Whatever it is; but a mistake of ours is raised where there is no other store.
    """
    return isinstance(error, IkasError) or (isinstance(error, Exception) and len(stores) > 1)


class Applying:
    """One `Plan.apply`: the stores in which something changes, listed anew and then written."""

    def __init__(
        self,
        stores: Mapping[str, WebhookStore],
        changes: Mapping[str, Sequence[Change]],
        *,
        journals: Journals | None,
        workers: int,
    ) -> None:
        self.stores = stores
        self.changes = changes
        self.journals = journals
        self.wanted = wanted_by(itertools.chain.from_iterable(changes.values()))
        self.current, self._unreachable = list_stores(
            {name: stores[name] for name in changes}, self.wanted, workers=workers
        )
        self.stopped = threading.Event()
        self.id, self.parts = uuid.uuid4().hex, itertools.count()
        self._workers = workers
        self._writings = {name: _Writing(self, name) for name in self.current}

    def refuse_changed(self, then: Registered) -> None:
        """Raise PlanError when a store changed since it was listed for the plan.

        Scopes that are as desired by now do not count.
        """
        changed = []
        for store, now in self.current.items():
            was = then.get(store, {})
            changed += [
                f"{store}: {scope} was {_named(was.get(scope))} and is {_named(now.get(scope))}"
                for scope in sorted(was.keys() | now.keys())
                if not same_endpoint(now.get(scope), was.get(scope))
                and not same_endpoint(now.get(scope), self.wanted[store].get(scope, ""))
            ]
        if changed:
            raise PlanError(
                f"Nothing was written: what is registered changed since the plan was made "
                f"({'; '.join(changed[:3])}{'; ...' if len(changed) > 3 else ''}). "
                "Make a new plan and look at it."
            )

    def write(self, progress: Progress) -> None:
        """Write to each store; on Ctrl-C, stop after the calls under way and read back."""
        total = sum(
            len(calls_for(self.changes[name], state)) for name, state in self.current.items()
        )
        done, lock = itertools.count(1), threading.Lock()

        def tell() -> None:
            with lock:
                progress(next(done), total)

        try:
            with closing(
                gather(
                    lambda name: self._writings[name].run(tell),
                    self._writings,
                    workers=self._workers,
                    finish=True,
                )
            ) as writing:
                for _, mistake in writing:
                    if mistake is not None:
                        raise mistake
        finally:
            self.stopped.set()

    def report(self, changes: Sequence[Change]) -> DataFrame:
        """Return the frame of what was done about each change."""
        from ikas_explore.frames.frames import OUTCOMES, rows_frame

        rows = []
        for change in changes:
            outcome, error = KEPT, None
            if change.store in self._writings:
                outcome, error = self._writings[change.store].outcome(change)
            elif change.store in self._unreachable and change.action != KEEP:
                why = said(self._unreachable[change.store])
                outcome, error = FAILED, f"not sent, as the store could not be listed: {why}"
            row = {**change._asdict(), "action": change.action}
            rows.append({**row, "outcome": outcome, "error": error})
        return rows_frame(OUTCOMES, rows)


class _Writing:
    """The writes to one store."""

    def __init__(self, applying: Applying, name: str) -> None:
        self._applying = applying
        self._store = applying.stores[name]
        self._changes = applying.changes[name]
        self._current = applying.current[name]
        self._sent: set[str] = set()
        self._answered: set[str] = set()
        self._errors: dict[str, str] = {}
        self._found: State | None = None
        self._unread: str | None = None

    def run(self, tell: Callable[[], None]) -> None:
        """Send the calls, then list; `tell` is called after each call. Ctrl-C ends it early.

        The store is listed after Ctrl-C too: the call cut off may have arrived.
        """
        try:
            hopeless: str | None = None
            for call in calls_for(self._changes, self._current):
                if hopeless:
                    self._note(call, f"not sent: {hopeless}")
                elif not self._applying.stopped.is_set():
                    hopeless = self._send(call)
                tell()
        except BaseException:
            self._applying.stopped.set()
            raise
        finally:
            if self._sent:
                self._read_back()

    def outcome(self, change: Change) -> tuple[str, str | None]:
        """Return what was done about a change, as the store was read back, and the error."""
        error = self._errors.get(change.scope)
        sent = change.scope in self._sent
        was = self._current.get(change.scope)
        done = DELETED if change.endpoint_after is None else SAVED
        if not sent and error is None and not same_endpoint(was, change.endpoint_after):
            error = "not sent: interrupted"
        if sent and self._found is None:
            if change.scope not in self._answered:  # a second Ctrl-C did not wait for it
                error = error or "interrupted while it was sent; list() shows what is registered"
            return FAILED if error else done, error or self._unread
        now = (self._current if self._found is None else self._found).get(change.scope)
        if same_endpoint(now, change.endpoint_after):
            # An error does not matter when what was wanted is registered.
            return done if sent else KEPT, None
        if error and same_endpoint(now, was):
            return FAILED, error
        seen = f"read back, {_named(now)}" + (" is registered" if now else "")
        return CONFLICT, f"{seen} ({error})" if error else seen

    def _send(self, call: Call) -> str | None:
        """Make one call; returns why the next one cannot succeed, if so."""
        self._sent.update(call.scopes)
        try:
            with self._recorded(call):
                self._write(call)
        except BaseException as error:
            if not is_one_stores(error, self._applying.changes):
                self._note(call, f"cut off by {type(error).__name__}")
                raise
            self._note(call, said(error))
            return said(error) if isinstance(error, _HOPELESS) else None
        self._answered.update(call.scopes)
        return None

    def _recorded(self, call: Call) -> AbstractContextManager[object]:
        applying = self._applying
        if applying.journals is None:
            return nullcontext()
        return applying.journals[self._store.name].write(
            self._store,
            call.scopes,
            endpoint=call.endpoint,
            before=self._current,
            apply=applying.id,
            parts=applying.parts,
        )

    def _write(self, call: Call) -> None:
        if call.endpoint is None:
            if not self._store.delete(call.scopes):
                self._note(call, "ikas answered the delete with false")
        else:  # a frame may name scopes that were listed once
            self._store.save(call.endpoint, call.scopes, allow_unknown=True)

    def _note(self, call: Call, error: str) -> None:
        for scope in call.scopes:
            self._errors.setdefault(scope, error)

    def _read_back(self) -> None:
        try:
            self._found = list_store(self._store, self._applying.wanted[self._store.name])
        except Exception as error:
            self._unread = f"not read back: {said(error)}"


def said(error: Exception) -> str:
    """Return what a failure says; of one that is not ours only the kind, as it may hold secrets."""
    if isinstance(error, IkasError):
        return str(error)
    reason = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    return f"unexpected {type(error).__name__}{reason}"


def _named(endpoint: str | None) -> str:
    return "not registered" if endpoint is None else repr(endpoint)
