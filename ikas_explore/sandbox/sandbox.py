"""The sandbox: an ikas on this machine."""

from __future__ import annotations

import os
import secrets
import threading
import warnings
import weakref
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from numbers import Integral
from typing import TYPE_CHECKING, Any, get_args

from ikas_explore.deliveries.attempts import Retries
from ikas_explore.deliveries.fake_objects import Kind
from ikas_explore.deliveries.payloads import check_data
from ikas_explore.deliveries.samples import differs_from_known, payload
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.network.server import Server
from ikas_explore.sandbox.app import State
from ikas_explore.sandbox.behaviour import (
    Blocking,
    DeliverTo,
    NextAttemptTo,
    OnExhausted,
    Rules,
    TokenBody,
)
from ikas_explore.sandbox.delivery_rows import Asked, DeliveryState, Listed
from ikas_explore.sandbox.faults import Faults, RateLimit
from ikas_explore.sandbox.stores import CODE_LIFETIME, StoreCredentials
from ikas_explore.schema.scopes import check_scopes
from ikas_explore.text.html_table import escape, html_table
from ikas_explore.text.printable import shown
from ikas_explore.values.names import check_flag, read_texts
from ikas_explore.values.numbers import check_number
from ikas_explore.values.strict_json import decode

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from ikas_explore.live.live import Live
    from ikas_explore.values.times import Time


class Sandbox:
    """An ikas on this machine: the webhook API, the OAuth path, and deliveries.

    It serves as soon as it is made, on 127.0.0.1, until `close`, the end of a ``with``
    block, or the end of Python.

    Parameters
    ----------
    path : str or path-like, optional
        A file that keeps its state, for one process at a time. Default: memory, gone with the
        sandbox.
    port : int, default 0
        0 takes a free one.
    max_attempts : int, default 3
        Attempts of one delivery in all, as ikas documents it ("for 3 times"). ikas told one
        integrator "three more", which would be 4.
    retry_delays : sequence of float, default (1.0, 2.0)
        Seconds before the second attempt, the third and so on; the last one repeats.
        ikas' own gaps are not known; a guess.
    receiver_timeout : float, default 5.0
        Seconds a receiver has to answer. ikas' own time is not known; a guess.
    strict : bool, default False
        Refuse the endpoints ikas refuses: ``http://``, private and reserved addresses. Off, so
        that a receiver on this machine can be registered.
    deliver_to : {"loopback", "any"}, default "loopback"
        Where deliveries may go. Others are recorded as ``blocked``, because the endpoints in
        ikas' examples are real hosts.
    examples : bool, default True
        Start with the two webhooks of the first example in ikas' documentation.
    seed : int or str, optional
        The same seed gives the same credentials, ids and sample events. Default: random.
    on_exhausted : {"delivery", "registration"}, default "delivery"
        What ends when all attempts failed: the delivery, or the webhook with it, which is then no
        longer listed. ikas says only "then stops sending webhook".
    next_attempt_to : {"first", "current"}, default "first"
        Where a further attempt goes when the webhook has moved in between: where the
        delivery was addressed at first, or where the webhook is now. A guess.
    concurrency : int, default 32
        Attempts under way to one receiver at a time, so that a slow one holds up only itself;
        eight times as many in all. A guess.
    token_lifetime : float, default 14400
        Seconds a token of the OAuth path is valid, as ikas documents it.
    token_body : {"any", "form"}, default "any"
        What the OAuth path reads: a form or JSON, or a form alone. ikas documents a form; that it
        reads JSON is a guess.
    private_app : bool, default False
        Payloads have ``isPrivateApp``, as those of a private app do.
    tls : bool, default False
        Serve https, with a throw-away authority for 30 days, for clients that do not take http.
        ``*.myikas.com`` and ``STORE.localhost`` are names of it then. Needs the extra ``tls``.
    blocks : bool or "deliveries", default False
        Apply the limits that ikas publishes. Too many calls, or calls that fail, are refused with
        HTTP 429, as `rate_limit` does it. Where too many attempts to deliver fail, events make
        deliveries in the state ``withheld``, which are never sent. `budget` shows how much is left.
        ``"deliveries"`` counts a delivery once, when all its attempts have ended: what ikas counts
        is not known. A block stays in the file.
    time_scale : float, default 1.0
        What the windows and blocks of these limits are divided by: with 3600 an hour is a second.

    Attributes
    ----------
    base_url : str
        Where it answers: ``http://127.0.0.1:PORT``, without a slash at the end.
    ca_file : str or None
        With `tls`, the certificate to trust, until the sandbox is closed. `connect` trusts it when
        it is given the sandbox; other programs read ``SSL_CERT_FILE`` and the like.
    access_token, client_id, client_secret : str
        Of the default store, ``sandbox``; the token does not expire, and the secret signs
        deliveries. Plain strings: they open nothing but this sandbox.

    Raises
    ------
    StorageError
        The file cannot be used.
    ServingError
        The port is taken.
    InvalidArgumentError
        A setting cannot be right.
    IkasError
        The extra ``tls`` is not installed.

    Examples
    --------
    >>> with Sandbox(seed=1) as sandbox:
    ...     sandbox.client_id
    '...'
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        port: int = 0,
        max_attempts: int = 3,
        retry_delays: Sequence[float] = (1.0, 2.0),
        receiver_timeout: float = 5.0,
        strict: bool = False,
        deliver_to: DeliverTo = "loopback",
        examples: bool = True,
        seed: int | str | None = None,
        on_exhausted: OnExhausted = "delivery",
        next_attempt_to: NextAttemptTo = "first",
        concurrency: int = 32,
        token_lifetime: float = 14_400,
        token_body: TokenBody = "any",  # noqa: S107 - what a body is, no password
        private_app: bool = False,
        tls: bool = False,
        blocks: Blocking = False,
        time_scale: float = 1.0,
    ) -> None:
        rules = Rules(
            retries=Retries(max_attempts, retry_delays),
            receiver_timeout=receiver_timeout,
            strict=strict,
            deliver_to=deliver_to,
            on_exhausted=on_exhausted,
            next_attempt_to=next_attempt_to,
            concurrency=concurrency,
            token_lifetime=token_lifetime,
            token_body=token_body,
            private_app=private_app,
            blocks=blocks,
            time_scale=time_scale,
        )
        check_flag("examples", examples)
        check_flag("tls", tls)
        checked_seed = secrets.token_hex(16) if seed is None else _checked_seed(seed)
        self._private_app = rules.private_app
        self._state = State(path, rules, seed=checked_seed, examples=examples)
        # The server knows the state but not this object, so that a sandbox nobody holds any more
        # ends too, and one that is held ends with Python.
        self._server = Server(
            self._state, port=port, name="sandbox", ending=self._state.ending, tls=tls
        )
        self._finalizer = weakref.finalize(self, self._server.stop)
        self._server.start()
        try:
            self._server.know(*self._state.stores)
            store = self._state.store
            self.base_url, self.ca_file = self._server.base_url, self._server.ca_file
            self.access_token, self.client_id = store.access_token, store.client_id
            self.client_secret = store.client_secret
        except BaseException:  # Ctrl-C: its traceback holds the sandbox, maybe for long
            self._server.stop()
            raise

    @property
    def calls(self) -> Counter[str]:
        """How often each GraphQL root field was called; ``token`` counts the OAuth path."""
        self._state.rows.check_process()
        return Counter(self._state.calls)

    @property
    def faults(self) -> Faults:
        """What is broken; nothing at first. See `Faults.add`."""
        self._state.rows.check_process()  # what is set in a fork would never be seen
        return self._state.faults

    @property
    def rate_limit(self) -> RateLimit:
        """ikas' limit of 50 calls in 10 s per store; off unless ``enabled`` is set."""
        self._state.rows.check_process()
        return self._state.rate_limit

    def emit(
        self,
        scope: str,
        data: str | Mapping[str, Any] | None = None,
        *,
        store: str | None = None,
    ) -> list[str]:
        """Make an event happen; a webhook registered for its scope gets a delivery.

        Parameters
        ----------
        scope : str
            A pattern such as ``store/order/*`` is an event of each registrable scope it matches.
        data : str or mapping, optional
            A JSON object, or the text of one, taken as it is. A warning says what real ones of
            this scope have and this has not. Default: a sample.
        store : str, optional
            Where it happens. Default: the store ``sandbox``.

        Returns
        -------
        list of str
            The ids of the deliveries, written but not yet made: empty when no webhook
            matches, since ikas keeps one webhook per store and scope. See `settle`.

        Raises
        ------
        InvalidScopeError
            No webhook can have this scope.
        InvalidArgumentError
            The data cannot be sent as it is, or there is no such store.
        StorageError
            It cannot be written; then that event did not happen.

        Examples
        --------
        >>> with Sandbox() as sandbox:
        ...     ids = sandbox.emit("store/customer/created")
        ...     list(sandbox.deliveries()["state"])  # the example's endpoint is a real host
        ['blocked']
        """
        where, ids = self._named(store), []
        scopes = check_scopes(scope, patterns=True) if isinstance(scope, str) else [scope]
        if data is not None and isinstance(scope, str):
            given = decode(check_data(data))
            for each in scopes:
                # Before anything happens: where warnings are errors, nothing did.
                if told := "; ".join(differs_from_known(each, given)):
                    warnings.warn(f"The data given for {each}: {told}.", stacklevel=2)
        for each in scopes:
            ids += self._state.emit(where, each, data)[1]
        return ids

    def change(
        self,
        kind: Kind,
        id: str | None = None,
        *,
        emit: bool = True,
        store: str | None = None,
        **fields: Any,
    ) -> str:
        """Have something happen in a store: its lists show it, and the event is emitted.

        Parameters
        ----------
        kind : {"order", "customer", "product", "stock"}
        id : str, optional
            The object to change; its ``updatedAt`` moves. Default: a new one is made.
        emit : bool, default True
            False emits no event, as in an outage of ikas.
        store : str, optional
            As for `emit`.
        **fields
            Fields to set, by ikas' names or Python's: ``status="CANCELLED"``, ``stock_count=3``.

        Returns
        -------
        str
            The object's id.

        Raises
        ------
        InvalidArgumentError
            No such kind, store, object or field, or a value of another type.
        StorageError
            It cannot be written; then nothing happened.

        Examples
        --------
        >>> with Sandbox(seed=1) as sandbox:
        ...     order = sandbox.change("order")
        ...     sandbox.change("order", order, status="CANCELLED") == order
        True
        """
        where = self._named(store)
        check_flag("emit", emit)
        if id is not None and not isinstance(id, str):
            raise InvalidArgumentError(f"id is {shown(id)}; give the text that change() returned.")
        with self._state.rows.transaction():  # both or neither
            changed, new = self._state.catalogue.change(where, kind, id, fields)
            if emit:
                event = "created" if new else "updated"
                data = payload(kind, changed, private_app=self._private_app)
                self._state.emit(where, f"store/{kind}/{event}", data)
        return str(changed["id"])

    def fill(
        self,
        *,
        orders: int = 0,
        customers: int = 0,
        products: int = 0,
        days: float = 30,
        store: str | None = None,
    ) -> None:
        """Give a store a past: its lists show it, and no event is emitted.

        Most objects changed after they were made. Each product has a row of stock.

        Parameters
        ----------
        orders, customers, products : int, default 0
            How many are added.
        days : float, default 30
            How far back the past goes; it ends now.
        store : str, optional
            Default: the store ``sandbox``.

        Raises
        ------
        InvalidArgumentError
            A number that cannot be right, or no such store.
        StorageError
            It cannot be written; then nothing was added.

        Examples
        --------
        >>> with Sandbox() as sandbox:
        ...     sandbox.fill(orders=20, days=7)
        """
        numbers: dict[Kind, int] = {"order": orders, "customer": customers, "product": products}
        for kind, number in numbers.items():
            numbers[kind] = check_number(f"{kind}s", number, least=0, most=1_000_000, whole=True)
        days = check_number("days", days, least=0, most=10_000, above=True)
        numbers["stock"] = numbers["product"]
        self._state.catalogue.fill(self._named(store), numbers, days)

    def settle(self, timeout: float = 10.0) -> None:
        """Wait until no delivery is pending.

        Parameters
        ----------
        timeout : float, default 10.0
            Seconds; `math.inf` waits until all have ended.

        Raises
        ------
        WaitTimeoutError
            The time is up and some are pending.
        TransportError
            The sandbox is closed and some are pending.
        StorageError
            What came of attempts cannot be written.
        """
        seconds = min(check_number("timeout", timeout, least=0), threading.TIMEOUT_MAX)
        self._state.rows.check_process()  # in a fork nobody makes the attempts
        self._state.worker.settle(seconds)

    def deliveries(
        self,
        *,
        store: str | None = None,
        since: Time | None = None,
        state: DeliveryState | None = None,
        limit: int | None = None,
    ) -> DataFrame:
        """Return the deliveries of all stores, or of one, the oldest first.

        Parameters
        ----------
        store : str, optional
        since : datetime, date or ISO text, optional
            Only those made then or later. With a time zone; a date is that day in UTC.
        state : {"pending", "delivered", "exhausted", "blocked", "withheld"}, optional
        limit : int, optional
            Only the newest so many, the oldest of them first.

        Returns
        -------
        pandas.DataFrame
            ``id, scope, endpoint, state, attempts, created_at, finished_at, reason, sample``:
            ``reason`` says why it was not delivered, ``sample`` who has seen such data: live (at
            ikas), sdk (its types), invented (nobody), or own (given to `emit`).
        """
        return self._listed("deliveries", store, since, state, limit)

    def attempts(
        self,
        *,
        store: str | None = None,
        since: Time | None = None,
        state: DeliveryState | None = None,
        limit: int | None = None,
    ) -> DataFrame:
        """Return the attempts to make `deliveries`, by delivery and number.

        Returns
        -------
        pandas.DataFrame
            ``delivery_id, number`` (from 1), ``started_at, duration_ms, status_code, error``:
            the last three are missing while an attempt is under way.
        """
        return self._listed("attempts", store, since, state, limit)

    def budget(self, *, store: str | None = None) -> DataFrame:
        """Return how much is left for a store before ikas' limits, as `Store.budget` does.

        Counted are all its calls to this sandbox, and all attempts to deliver its events, since
        the sandbox was opened. Without ``blocks=True`` a block is what ikas would do.
        """
        from ikas_explore.frames.frames import budget_frame

        self._state.rows.check_process()  # nothing is counted in a fork
        rows = self._state.blocks.budget(self._named(store).name)
        return budget_frame(rows, "what happened before the sandbox was opened")

    def live(self, *, language: str | None = None) -> Live:
        """Return a table for a notebook cell that grows as deliveries are made.

        See `Receiver.live`; a replay makes the same event happen again.
        """
        from ikas_explore.live.live import Live
        from ikas_explore.sandbox.sent_rows import SentRows

        rows = SentRows(self._state.rows, self.emit)
        return Live(rows, title=self.base_url, language=language)

    def plot(self) -> Figure:
        """Draw the deliveries over time by their state; see `Receiver.plot`."""
        from ikas_explore.live.plot import draw_times

        frame = self.deliveries()
        return draw_times(
            frame["created_at"].tolist(),
            frame["state"].tolist(),
            title=f"Deliveries of {self.base_url}",
            order=get_args(DeliveryState),
        )

    def prune(self, before: Time) -> int:
        """Delete ended deliveries from before a time, with all that belongs to them.

        See `Receiver.prune`.
        """
        return self._state.deliveries.prune(before)

    def add_store(self, name: str) -> StoreCredentials:
        """Add a store with credentials, webhooks and deliveries of its own.

        Parameters
        ----------
        name : str
            Lower-case letters, digits and hyphens, as ikas gives them.

        Returns
        -------
        StoreCredentials
            For ``connect(name, ...)``; those it has when the sandbox already holds the store.

        Raises
        ------
        InvalidArgumentError
            ikas gives no such name.
        """
        store, new = self._state.stores.add(name)
        if new:
            self._server.know(store.name)
        return store

    def authorization_code(self, store: str | None = None) -> str:
        """Return a code for OAuth's ``authorization_code`` grant: what an install hands over.

        It is valid once, for ten minutes.
        """
        return self._state.stores.issue(self._named(store).name, "code", CODE_LIFETIME)

    def uninstall(self, store: str | None = None) -> None:
        """Uninstall the app from a store, as a merchant does it: ikas does not tell the app.

        Its webhooks are dropped, lists are empty, saving and deleting answer
        ``APP_NOT_FOUND``. `install` puts the app back, without the webhooks.
        """
        self._state.stores.set_installed(self._named(store).name, False)

    def install(self, store: str | None = None) -> None:
        """Install the app in a store again."""
        self._state.stores.set_installed(self._named(store).name, True)

    def close(self) -> None:
        """End it; calling it again does nothing."""
        self._server.stop()
        self._finalizer.detach()

    def _listed(self, what: Listed, store: str | None, *asked: Any) -> DataFrame:
        from ikas_explore.frames.frames import ATTEMPTS, DELIVERIES, rows_frame

        name = None if store is None else self._named(store).name
        pages = self._state.deliveries.pages(what, Asked(name, *asked))
        kind = DELIVERIES if what == "deliveries" else ATTEMPTS
        return rows_frame(kind, [row for page in pages for row in page])

    def _named(self, store: str | None) -> StoreCredentials:
        return self._state.store if store is None else self._state.stores.named(store)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        if not hasattr(self, "base_url"):  # why it could not be made
            return "<Sandbox (not started)>"
        return f"<Sandbox {self.base_url}>" if self._finalizer.alive else "<Sandbox (closed)>"

    def _repr_html_(self) -> str:
        said = repr(self).strip("<>")
        calls = {} if "(" in said else self._state.calls.copy()
        table = html_table(["operation", "calls"], sorted(calls.items()), left=True)
        return f"<p><b>{escape(said)}</b></p>{table if calls else ''}"


def _checked_seed(seed: object) -> str:
    if isinstance(seed, str):
        return read_texts(seed, "seed")[0]
    if isinstance(seed, Integral) and not isinstance(seed, bool):
        with suppress(ValueError):  # more digits than Python writes
            return str(seed)
    raise InvalidArgumentError(f"seed is {shown(seed)}; give a whole number or a text.")
