"""`Listening`: real deliveries of a store for a while, and its scopes as before at the end."""

from __future__ import annotations

import os
import time
import warnings
import weakref
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from ikas_explore.deliveries import leases
from ikas_explore.deliveries.leases import Lease, Outcome
from ikas_explore.deliveries.receiver import FORWARDED, Receiver
from ikas_explore.errors import IkasError, ResponseError, ScopeTakenError
from ikas_explore.text.printable import counted, printable
from ikas_explore.values.secret import OneOrMore, Secret, hide, hide_all
from ikas_explore.values.urls import same_endpoint

if TYPE_CHECKING:
    import pandas as pd

    from ikas_explore.live.live import Live
    from ikas_explore.values.protocols import WebhookStore


class Listening:
    """A session of `Webhooks.listen`: open as soon as it is made, until `close` or ``with`` ends.

    At the end each scope goes back to the endpoint that had it before, or is deleted when none
    had. A scope that somebody else took meanwhile stays theirs; `restore` names it.

    Attributes
    ----------
    receiver : Receiver
        What receives the deliveries on this machine.
    """

    def __init__(
        self,
        store: WebhookStore,
        scopes: Sequence[str],
        *,
        base_url: str,
        url: str,
        client_secret: OneOrMore,
        port: int = 0,
        forward_to: str | Secret | None = None,
        take: bool = False,
        path: str | os.PathLike[str] | None = None,
        answer_app: bool = False,
    ) -> None:
        # First of all: a traceback may print local variables.
        client_secret, app = hide_all(client_secret), hide(forward_to)
        forward_to = None
        self.url = url
        self._end = _End(store, base_url)
        self._finalizer = weakref.finalize(self, self._end)
        try:
            # It answers before the first scope leads here. In no ExitStack: the traceback of Ctrl-C
            # in the middle of enter_context() would keep it open.
            self.receiver = self._end.receiver = Receiver(
                client_secret,
                port=port,
                path=path,
                public_url=url,
                forward_to=None if app is None else app.reveal(),
            )
            # The same columns whether it forwards or not.
            self.receiver._more = [*dict.fromkeys([*self.receiver._more, *FORWARDED])]
            self.receiver._intake.answer_app = answer_app
            with leases.borrowing(base_url, store.name):
                _warn(leases.sweep_borrowed(base_url, store))
                self._borrow(store, scopes, base_url, take=take)
        except BaseException as error:
            left = self._end.maybe_saved
            try:
                self.close()
            except IkasError:  # the first error says more
                left = True
            if left:
                error.add_note("What was borrowed is given back by: ikas-explore listen --restore")
            raise

    def _borrow(
        self, store: WebhookStore, scopes: Sequence[str], base_url: str, *, take: bool
    ) -> None:
        before = leases.registered(store)
        same = [
            each
            for each in leases.leases_of(base_url, store.name)
            if each.scope in scopes and same_endpoint(each.endpoint, self.url)
        ]
        if same:
            raise ScopeTakenError(
                f"{store.name}: borrowed is {leases.named(same)}. End that session first, or "
                "listen at another URL. Nothing was saved."
            )
        used = [
            f"{scope} by {before[scope]}"
            for scope in scopes
            if scope in before and not same_endpoint(before[scope], self.url)
        ]
        if used and not take:
            raise ScopeTakenError(
                f"{store.name}: in use: {', '.join(used)}. Nothing was saved; take=True borrows "
                "them, and they go back at the end."
            )
        session = self._end.held.enter_context(leases.session())
        self._end.leases = [
            Lease(
                session, base_url, store.name, scope, before.get(scope), self.url, int(time.time())
            )
            for scope in scopes
        ]
        leases.write(self._end.leases)
        self._end.maybe_saved = True  # Ctrl-C
        try:
            store.save(self.url, scopes)
        except IkasError as error:
            self._end.maybe_saved = error.maybe_done
            raise
        self._end.maybe_saved = False
        now = leases.registered(store)
        missing = [scope for scope in scopes if not same_endpoint(now.get(scope), self.url)]
        if missing:
            raise ResponseError(
                f"{store.name}: ikas answered the save, and does not list it for "
                f"{', '.join(missing)}. The scopes are given back."
            )

    @property
    def borrowed(self) -> pd.DataFrame:
        """The scopes of this session: ``scope, endpoint_before`` (missing where there was none)."""
        from ikas_explore.frames.frames import BORROWED, rows_frame

        return rows_frame(
            BORROWED,
            [{"scope": each.scope, "endpoint_before": each.before} for each in self._end.leases],
        )

    def deliveries(self, **chosen: Any) -> pd.DataFrame:
        """Return what arrived; takes ``since, scope, limit, after`` as `Receiver.deliveries` does.

        Returns
        -------
        pandas.DataFrame
            The columns of `Receiver.deliveries`, and ``forwarded_at, forwarded_status``: the last
            attempt to forward it, missing where it was not forwarded.
        """
        return self.receiver.deliveries(**chosen)

    def live(self, *, language: str | None = None) -> Live:
        """Return a table that grows as deliveries arrive; see `Receiver.live`."""
        return self.receiver.live(language=language)

    def restore(self) -> pd.DataFrame:
        """Give the scopes back now; the receiver keeps serving until `close`.

        Returns
        -------
        pandas.DataFrame
            One row a scope: ``scope, endpoint_before, endpoint`` (what holds it now), ``outcome``:
            ``restored``, ``deleted``, ``unchanged``, ``taken by another`` (it stays theirs),
            ``deleted by another``, or ``refused: ...`` with ikas' reason.

        Raises
        ------
        IkasError
            ikas could not be reached. Call it again, or run ``ikas-explore listen --restore``.
        """
        return outcomes_frame(self._end.restore())

    def close(self) -> None:
        """Give the scopes back and stop receiving; calling it again does nothing."""
        try:
            self._end()
        except KeyboardInterrupt:  # once more: the scopes would stay where nobody listens
            self._end()
            raise
        finally:
            self._finalizer.detach()

    def __enter__(self) -> Listening:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        if not self._finalizer.alive:
            return "<Listening (closed)>"
        borrowed = 0 if self._end.outcomes is not None else len(self._end.leases)
        return f"<Listening at {printable(self.url)}: {counted(borrowed, 'scope')}>"


class _End:
    """What is to be done at the end of a session. It knows nothing of the session itself."""

    def __init__(self, store: WebhookStore, base_url: str) -> None:
        self.receiver: Receiver | None = None
        self.held = ExitStack()
        self.leases: list[Lease] = []
        self._store = store
        self._base_url = base_url
        self.outcomes: list[Outcome] | None = None
        #: Whether a save that nobody answered may yet be carried out.
        self.maybe_saved = False
        self._process = os.getpid()

    def restore(self) -> list[Outcome]:
        if self.outcomes is None:
            if not self.leases:
                return []
            with leases.borrowing(self._base_url, self._store.name):
                # From the disk: another session may have given up one that this one took.
                mine = [
                    each
                    for each in leases.leases_of(self._base_url, self._store.name)
                    if each.session == self.leases[0].session
                ]
                self.outcomes = leases.give_back(self._store, mine, maybe_saved=self.maybe_saved)
        return self.outcomes

    def __call__(self) -> None:
        if self._process != os.getpid():
            return  # a fork has borrowed nothing
        first = self.outcomes is None
        try:
            outcomes = self.restore()
            if first:
                _warn(outcomes)
        finally:
            with self.held:
                if self.receiver is not None:
                    self.receiver.close()


def outcomes_frame(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Return what giving scopes back came to as a frame."""
    from ikas_explore.frames.frames import GIVEN_BACK, rows_frame

    return rows_frame(GIVEN_BACK, [each._asdict() for each in outcomes])


def _warn(outcomes: Sequence[Outcome]) -> None:
    lost = [each for each in outcomes if each.outcome not in ("restored", "deleted", "unchanged")]
    if lost:
        said = "; ".join(
            f"{each.scope} ({each.outcome}{f', {each.endpoint}' if each.endpoint else ''})"
            for each in lost
        )
        warnings.warn(f"Not given back: {printable(said)}.", stacklevel=2)
