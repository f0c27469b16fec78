"""Carry out what a plan says about one store: the fewest calls, each journaled, then read back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ikas_explore.errors import (
    AppNotFoundError,
    CredentialsError,
    IkasError,
    LoginRequiredError,
    PermissionDeniedError,
    RateLimitedError,
)
from ikas_explore.manage.changes import DELETE, KEEP, Change
from ikas_explore.manage.journal import Journal
from ikas_explore.manage.stores import list_store
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
class Outcome:
    """What became of one change: see `Plan.apply` for the words."""

    change: Change
    outcome: str
    error: str | None = None


@dataclass(frozen=True)
class Call:
    """One save of an endpoint, or one delete where `endpoint` is None."""

    endpoint: str | None
    scopes: list[str] = field(default_factory=list)


def calls_for(changes: Sequence[Change], current: State) -> list[Call]:
    """Return the fewest calls that make the changes: a save per endpoint, then one delete.

    Changes that stand already need none.

    Examples
    --------
    >>> saves = [Change("acme", scope, None, "https://example.com/") for scope in ("a", "b")]
    >>> calls_for(saves, {"b": "https://example.com/"})
    [Call(endpoint='https://example.com/', scopes=['a'])]
    """
    calls: dict[str | None, Call] = {}
    pending = [each for each in changes if each.endpoint_after != current.get(each.scope)]
    for change in sorted(pending, key=lambda change: change.action == DELETE):
        if change.action != KEEP:
            call = calls.setdefault(change.endpoint_after, Call(change.endpoint_after))
            call.scopes.append(change.scope)
    return list(calls.values())


class Writing:
    """The writes to one store.

    Parameters
    ----------
    registry : WebhookStore
    changes : sequence of Change
        All of one store.
    current : mapping of str to str
        Scope to endpoint, as just listed.
    journal : Journal or None
        Each write is recorded there before it is sent.
    stopped : threading.Event
        No call is begun once it is set; Ctrl-C sets it.
    """

    def __init__(
        self,
        registry: WebhookStore,
        changes: Sequence[Change],
        current: State,
        *,
        journal: Journal | None,
        stopped: threading.Event,
    ) -> None:
        self._registry = registry
        self._changes = changes
        self._current = current
        self._journal = journal
        self._stopped = stopped
        self._sent: set[str] = set()
        self._answered: set[str] = set()
        self._errors: dict[str, str] = {}
        self._found: State | None = None
        self._unread: str | None = None

    def run(self, told: Callable[[], None]) -> None:
        """Send the calls, then list; `told` is called after each call. Ctrl-C ends it early.

        The store is listed after Ctrl-C too: the call cut off may have arrived.
        """
        try:
            hopeless: str | None = None
            for call in calls_for(self._changes, self._current):
                if hopeless:
                    self._note(call, f"not sent: {hopeless}")
                elif not self._stopped.is_set():
                    hopeless = self._send(call)
                told()
        except BaseException:
            self._stopped.set()
            raise
        finally:
            if self._sent:
                self._read_back()

    def outcomes(self) -> list[Outcome]:
        """Return what became of each change, as the store was read back."""
        return [self._outcome(change) for change in self._changes]

    def _send(self, call: Call) -> str | None:
        """Make one call; returns why the next one cannot succeed, if so."""
        self._sent.update(call.scopes)
        try:
            if self._journal is None:
                self._write(call)
            else:
                with self._journal.write(
                    self._registry, call.scopes, endpoint=call.endpoint, before=self._current
                ):
                    self._write(call)
        except IkasError as error:
            self._note(call, str(error))
            return str(error) if isinstance(error, _HOPELESS) else None
        except BaseException as error:
            self._note(call, f"cut off by {type(error).__name__}")
            raise
        self._answered.update(call.scopes)
        return None

    def _write(self, call: Call) -> None:
        if call.endpoint is not None:
            self._registry.save(call.endpoint, call.scopes)
        elif not self._registry.delete(call.scopes):
            self._note(call, "ikas answered the delete with false")

    def _note(self, call: Call, error: str) -> None:
        for scope in call.scopes:
            self._errors.setdefault(scope, error)

    def _read_back(self) -> None:
        try:
            self._found = list_store(self._registry)
        except IkasError as error:
            self._unread = f"not read back: {error}"

    def _outcome(self, change: Change) -> Outcome:
        error = self._errors.get(change.scope)
        sent = change.scope in self._sent
        was = self._current.get(change.scope)
        done = DELETED if change.endpoint_after is None else SAVED
        if not sent and error is None and was != change.endpoint_after:
            error = "not sent: interrupted"
        if sent and self._found is None:
            if change.scope not in self._answered:  # a second Ctrl-C did not wait for it
                error = error or "interrupted while it was sent; list() tells what stands there"
            return Outcome(change, FAILED if error else done, error or self._unread)
        now = (self._current if self._found is None else self._found).get(change.scope)
        if now == change.endpoint_after:
            # An error is of no account when what was wanted stands there.
            return Outcome(change, done if sent else KEPT)
        if error and now == was:
            return Outcome(change, FAILED, error)
        seen = f"read back, {'nothing' if now is None else repr(now)} is registered"
        return Outcome(change, CONFLICT, f"{seen} ({error})" if error else seen)
