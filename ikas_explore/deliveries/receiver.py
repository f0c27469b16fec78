"""An endpoint on this machine that keeps what it gets: the receiving end of deliveries."""

from __future__ import annotations

import datetime as dt
import os
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ikas_explore.deliveries.attempts import Retries
from ikas_explore.deliveries.intake import Answers, Intake, StatusPlan
from ikas_explore.deliveries.log import Log
from ikas_explore.deliveries.push import check_target, deliver
from ikas_explore.deliveries.signatures import check_secret
from ikas_explore.errors import InvalidArgumentError, StorageError, WaitTimeoutError
from ikas_explore.network.server import Server
from ikas_explore.schema.limits import DELIVERY_LINES
from ikas_explore.schema.tally import Tally
from ikas_explore.system.files import user_path
from ikas_explore.text.html_table import escape
from ikas_explore.text.printable import shown
from ikas_explore.values.names import read_texts
from ikas_explore.values.numbers import FINITE, check_number
from ikas_explore.values.secret import OneOrMore, hide, hide_all
from ikas_explore.values.times import check_time, moment_of, now_ms
from ikas_explore.values.urls import read_url

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ikas_explore.live.live import Live

# SQLite's largest number.
_MOST_ROWS = 2**63 - 1
#: Columns of a receiver that forwards.
FORWARDED = ("forwarded_at", "forwarded_status")
_OUTCOMES = ("verified", "not verified", "refused")
_NOT_VISIBLE = "what never reached the receiver, other endpoints, blocks from more than a day ago"
#: Bytes a body may have: far more than an order with hundreds of lines.
MAX_BODY = 10_000_000


class Receiver:
    """A real HTTP endpoint on 127.0.0.1 that writes every request down, then answers.

    It serves as soon as it is made, on any path, until `close`, the end of a ``with`` block, or
    the end of Python. Keep it in a variable: a receiver that nothing refers to ends too. A request
    is in the log before its sender has an answer, and survives ``kill -9``.

    Every request is recorded, even with a bad signature. A delivery with a bad signature gets the
    answer that was set, and its row says what is wrong. A request that is not a delivery is
    refused, and has a row too: 405 for a method other than POST, 413 for a body that is too large,
    408 for one that does not end, 400 for one that is not a JSON object, 422 for one without ikas'
    seven strings. 400 is also the answer to a ``Host`` that is neither this machine nor in
    ``public_url``, and 403 to what a browser sends for a web page. Rows of requests that were
    refused for their host, by 403 or by 413 have no body. Of these rows, and of those with 405, the
    newest 1,000 stay.

    The signature covers ``data`` alone. Where ``signature_ok`` is True, ``id``, ``scope``,
    ``created_at`` and the other ids may still be forged. A delivery that was sent again is
    recognised only by its ``id``.

    Parameters
    ----------
    client_secret : str or Secret, or a sequence of these, optional
        The secret that signatures are checked with. Without it ``signature_ok`` is missing. Of
        several, any may match, for example while a secret is replaced by a new one; the column
        ``signed_with`` is then the place of the one that did, from 0.
    status : int, "drop", sequence of these, or callable, default 200
        The answer to deliveries; see `status`.
    path : str or path-like, optional
        A file that keeps the log across runs. Only its owner can read it, and only one process
        can use it at a time. Default: memory.
    port : int, default 0
        0 takes a free one.
    public_url : str or sequence of str, optional
        The public address of your tunnel or proxy, for example ``"https://1a2b.tunnel.example"``.
        Requests for its host are let in. Only the host counts, not the port or the path.
    forward_to : str, optional
        The address of your app: https, or http on this machine. It gets the exact bytes of each
        verified delivery once; the sender has its answer already. An app that cannot be reached
        or does not answer with a status from 200 to 299 is tried three times in all. Columns
        ``forwarded_at, forwarded_status`` are of the last attempt. Needs ``client_secret``. What
        was not passed on when the process ended is sent by the next receiver with the same
        ``path``; after a crash the app may get one twice.
    delay : float, default 0.0
        Seconds between the row and the answer; can be set while it runs.
    max_body : int, default 10,000,000
        The largest body, in bytes.

    Raises
    ------
    SignatureError
        The secret is empty.
    InvalidArgumentError
        A status, delay, size or address is not valid.
    StorageError
        The file cannot be used, or is open already.
    ServingError
        The port is taken.

    Examples
    --------
    >>> from ikas_explore import push
    >>> with Receiver("secret", status=[500, 200]) as receiver:
    ...     attempts = push(receiver.endpoint, "store/order/created", "secret", retry_delays=[0])
    ...     received = receiver.deliveries()
    >>> received[["scope", "signature_ok", "duplicate", "status"]].to_dict("records")[1]
    {'scope': 'store/order/created', 'signature_ok': True, 'duplicate': True, 'status': 200}
    """

    def __init__(
        self,
        client_secret: OneOrMore = None,
        *,
        status: StatusPlan = 200,
        path: str | os.PathLike[str] | None = None,
        port: int = 0,
        public_url: str | Sequence[str] | None = None,
        forward_to: str | None = None,
        delay: float = 0.0,
        max_body: int = MAX_BODY,
    ) -> None:
        # First of all: a traceback may print local variables.
        given, client_secret = client_secret is not None, hide_all(client_secret)
        app, forward_to = hide(forward_to), None
        public_urls, public_url = hide_all(public_url), None
        if given:
            check_secret(*client_secret)
        if app is not None:
            check_target(app)
            if not given:
                raise InvalidArgumentError(
                    "forward_to needs client_secret: only verified deliveries are passed on."
                )
        self._more = (["signed_with"] if len(client_secret) > 1 else []) + (
            [*FORWARDED] if app is not None else []
        )
        answers = Answers(status)
        max_body = check_number("max_body", max_body, least=1, whole=True)
        delay = check_number("delay", delay, least=0, most=FINITE)
        self._intake = Intake(
            path,
            client_secret,
            answers=answers,
            delay=delay,
            max_body=max_body,
            forward_to=app,
        )
        # The server knows the intake but not this object, so that a receiver nobody holds any
        # more ends too, and one that is held ends with Python.
        self._server = Server(
            self._intake,
            port=port,
            name="receiver",
            public_hosts=frozenset(read_url(each).host for each in public_urls),
            refused=self._intake.refused,
            ending=self._intake.ending,
        )
        self._finalizer = weakref.finalize(self, self._server.stop)
        self._server.start()

    @property
    def endpoint(self) -> str:
        """The URL to register, ``http://127.0.0.1:PORT/``."""
        return f"{self._server.base_url}/"

    @property
    def status(self) -> StatusPlan:
        """The answer to deliveries, from the next one on.

        - an int from 200 to 599; ikas counts only 200 as delivered;
        - ``"drop"``: the connection is cut without an answer;
        - a list of these: each is used once, and the last one stays;
        - a function: called with each payload, it returns one of them.
        """
        return self._intake.answers.plan

    @status.setter
    def status(self, status: StatusPlan) -> None:
        self._intake.answers = Answers(status)

    @property
    def delay(self) -> float:
        """Seconds between the row and the answer, from the next delivery on."""
        return self._intake.delay

    @delay.setter
    def delay(self, delay: float) -> None:
        self._intake.delay = check_number("delay", delay, least=0, most=FINITE)

    @property
    def earlier(self) -> int:
        """How many requests came in earlier runs: give it as ``after`` to leave them out."""
        return self._log.earlier

    def deliveries(
        self,
        *,
        since: dt.datetime | str | None = None,
        scope: str | None = None,
        limit: int | None = None,
        after: int = 0,
    ) -> pd.DataFrame:
        """Return the requests in the log, in the order they came.

        Parameters
        ----------
        since : datetime.datetime or str, optional
            Only those that came at that moment or later: with a time zone, or ISO text. A date is
            the start of that day in UTC.
        scope : str, optional
            Only those of this scope; ``*`` matches any characters, as in ``"store/order/*"``.
        limit : int, optional
            Only the newest so many of those that match. Default: all.
        after : int, default 0
            Leave out the first so many requests that ever came, for example `earlier`.

        Returns
        -------
        pandas.DataFrame
            One row per request: ``id, scope, merchant_id, authorized_app_id`` (strings),
            ``created_at, received_at`` (UTC), ``signature_ok`` (missing when there was nothing to
            check with), ``duplicate`` (a request with this ``id`` came before), ``data`` (the
            string as it came), ``object_id`` (the ``id`` in ``data``), ``body`` (bytes), ``status``
            (of the answer; missing when there was none), ``error`` (what was wrong), ``method``,
            ``target`` (path and query), ``host``, ``headers`` (a dict with lower-case names;
            credentials are ``***``). The last four are missing in rows of older versions.

        Raises
        ------
        InvalidArgumentError
            ``since``, ``scope``, ``limit`` or ``after`` is not valid.
        StorageError
            The receiver is closed, or the file is damaged.

        Examples
        --------
        >>> from ikas_explore import push
        >>> with Receiver("secret") as receiver:
        ...     for scope in ("store/order/created", "store/stock/updated"):
        ...         attempts = push(receiver.endpoint, scope, "secret")
        ...     receiver.deliveries(scope="store/order/*", limit=1)["scope"].tolist()
        ['store/order/created']
        """
        if scope is not None and not isinstance(scope, str):
            raise InvalidArgumentError(
                f"scope is {shown(scope)}; give one scope or a pattern, for example "
                "'store/order/*'."
            )
        rows = self._log.rows(
            after=_row_count("after", after),
            since=None if since is None else check_time("since", since),
            scope=scope,
            limit=_MOST_ROWS if limit is None else _row_count("limit", limit),
        )
        return _frame(rows, self._more)

    def wait(self, count: int = 1, timeout: float = 10.0, *, after: int = 0) -> pd.DataFrame:
        """Wait until so many requests came since the receiver was made.

        Frozen clocks (freezegun, time-machine) do not stop the time-out.

        Parameters
        ----------
        count : int, default 1
            Requests, refused ones included.
        timeout : float, default 10.0
            Seconds.
        after : int, default 0
            As in `deliveries`.

        Returns
        -------
        pandas.DataFrame
            All requests, as `deliveries` returns them.

        Raises
        ------
        WaitTimeoutError
            Fewer came in time; the message says how many.
        StorageError
            A request came that could not be written, or the receiver is closed.

        Examples
        --------
        >>> from ikas_explore import push
        >>> with Receiver("secret") as receiver:
        ...     attempts = push(receiver.endpoint, "store/order/created", "secret")
        ...     len(receiver.wait(1))
        1
        """
        count = _row_count("count", count)
        timeout = min(check_number("timeout", timeout, least=0), FINITE)
        after = check_number("after", after, least=0, whole=True)
        self._log.wait(count, timeout)
        return self.deliveries(after=after)

    def replay(
        self,
        ids: str | Iterable[str] | None = None,
        endpoint: str | None = None,
        *,
        max_attempts: int = 1,
        retry_delays: Sequence[float] = (1.0, 2.0),
        timeout: float = 5.0,
    ) -> pd.DataFrame:
        """Send recorded bodies again, byte for byte, signature and ``id`` included.

        Parameters
        ----------
        ids : str or iterable of str, optional
            Of the deliveries. Default: all that have an ``id``, each once. When several bodies
            have one ``id``, the first is sent.
        endpoint : str, optional
            An https address of your own, or http on this machine. Default: this receiver.
        max_attempts, retry_delays, timeout
            As for `push`, but by default one attempt.

        Returns
        -------
        pandas.DataFrame
            The attempts, as `push` returns them.

        Raises
        ------
        InvalidArgumentError
            An id is not in the log, or the endpoint is not valid.

        Examples
        --------
        >>> from ikas_explore import push
        >>> with Receiver("secret") as receiver:
        ...     attempts = push(receiver.endpoint, "store/order/created", "secret")
        ...     again = receiver.replay()
        ...     receiver.deliveries()["duplicate"].tolist()
        [False, True]
        """
        # First of all: a traceback may print local variables.
        target, endpoint = hide(self.endpoint if endpoint is None else endpoint), None
        from ikas_explore.frames.frames import ATTEMPTS, rows_frame

        retries = Retries(max_attempts, retry_delays)
        check_target(target)
        deliveries = self._log.bodies(None if ids is None else read_texts(ids, "ids"))
        return rows_frame(ATTEMPTS, deliver(target, deliveries, retries, timeout=timeout))

    def live(self, *, language: str | None = None) -> Live:
        """Return a table for a notebook cell that grows as deliveries arrive.

        Parameters
        ----------
        language : {"en", "tr"}, optional
            Default: that of the locale.

        Returns
        -------
        Live
            With a filter, a pause, the body of one delivery and its replay. It stops when its
            cell is run again, or when this receiver is closed.
        """
        from ikas_explore.deliveries.received_rows import ReceivedRows
        from ikas_explore.live.live import Live

        def replay(key: str) -> str:
            return ", ".join(self.replay(key)["status_code"].astype("string").fillna("-"))

        rows = ReceivedRows(self._log, replay)
        return Live(rows, title=self.endpoint, language=language)

    def plot(self) -> Figure:
        """Draw what was received over time: verified, not verified, refused; needs matplotlib."""
        from ikas_explore.live.plot import draw_times

        rows = self._log.rows(limit=_MOST_ROWS)
        return draw_times(
            [moment_of(row["received_at"]) for row in rows],
            [_OUTCOMES[0 if row["signature_ok"] else 1 if row["id"] else 2] for row in rows],
            title=f"Received at {self.endpoint}",
            order=_OUTCOMES,
        )

    def budget(self) -> pd.DataFrame:
        """Return how much is left before ikas blocks the deliveries, as `Store.budget` does.

        Every delivery in the log that has no bad signature is an attempt, and every answer but 200
        an error. ikas also counts what never reached this receiver and other endpoints, and a
        block that began more than a day ago is not seen.

        Examples
        --------
        >>> from ikas_explore import push
        >>> with Receiver("secret", status=201) as receiver:
        ...     attempts = push(receiver.endpoint, "store/order/created", "secret", retry_delays=[])
        ...     receiver.budget()[["limit", "errors", "left", "state"]].to_dict("records")[0]
        {'limit': 'failed deliveries by 30 minutes', 'errors': 3, 'left': 7, 'state': 'ok'}
        """
        return _budget(self._log)

    def prune(self, before: dt.datetime | str) -> int:
        """Remove the requests that came before a moment from the log.

        Their ids are forgotten too: a later delivery with such an ``id`` does not count as a
        duplicate. The file keeps its size, and new requests fill the free space.

        Parameters
        ----------
        before : datetime.datetime or str
            As ``since`` of `deliveries`.

        Returns
        -------
        int
            How many were removed.

        Examples
        --------
        >>> with Receiver() as receiver:
        ...     receiver.prune("2026-11-01")
        0
        """
        return self._log.prune(check_time("before", before))

    def close(self) -> None:
        """Stop serving and close the log; calling it again does nothing."""
        self._server.stop()
        self._finalizer.detach()

    @property
    def _log(self) -> Log:
        return self._intake.log

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        if not hasattr(self, "_server") or not self._server.port:  # why it could not be made
            return "Receiver(not started)"
        if not self._finalizer.alive:
            return "Receiver(closed)"
        return f"Receiver({self.endpoint!r}, status={self._intake.answers!r})"

    def _repr_html_(self) -> str:
        if not hasattr(self, "_server") or not self._server.port:
            return f"<p>{escape(repr(self))}</p>"
        state = "receives at" if self._finalizer.alive else "is closed; it received at"
        return (
            f"<p><b>Receiver</b> {state} <code>{escape(self.endpoint)}</code> and answers "
            f"<code>{escape(self._intake.answers)}</code>. "
            "<code>deliveries()</code> returns what arrived, <code>live()</code> shows it.</p>"
        )


def follow(receiver: Receiver, *, whole: bool) -> Iterator[Sequence[Any]]:
    """Yield new requests as they come, now and then none: the frame's cells, or those of a line."""
    log = receiver._log
    seen = log.earlier
    while True:
        rows: Sequence[Any] = ()
        with suppress(WaitTimeoutError):
            log.wait(seen - log.earlier + 1, 0.5)
            rows = log.rows(after=seen, limit=_MOST_ROWS) if whole else log.lines(seen)
            seen = rows[-1]["number"] if rows else seen
        yield rows


def read_log(path: str | os.PathLike[str], *, budget: bool = False) -> pd.DataFrame:
    """Return the frame of a receiver's log, or its budget; a receiver may be writing to it."""
    try:
        found = user_path(path).is_file()
    except OSError as error:  # a name that is too long
        raise StorageError(f"The receiver's log cannot be used: {error}.") from None
    if not found:
        raise StorageError(f"There is no receiver's log at {str(path)!r}.")
    log = Log(path, look=True)
    try:
        return _budget(log) if budget else _frame(log.rows(limit=_MOST_ROWS))
    finally:
        log.close()


def _frame(rows: Iterable[Mapping[str, Any]], more: Iterable[str] = ()) -> pd.DataFrame:
    from ikas_explore.frames.frames import RECEIVED, RECEIVED_MORE, rows_frame

    return rows_frame({**RECEIVED, **{name: RECEIVED_MORE[name] for name in more}}, rows)


def _row_count(name: str, value: object) -> int:
    return min(check_number(name, value, least=0, whole=True), _MOST_ROWS)


def _budget(log: Log) -> pd.DataFrame:
    from ikas_explore.frames.frames import budget_frame

    now, tally = now_ms() / 1_000, Tally(DELIVERY_LINES)
    longest = max(line.window for line in DELIVERY_LINES)
    for row in log.answers(int((now - longest) * 1_000)):
        tally.add(row["received_at"] / 1_000, failed=row["status"] != 200)
    return budget_frame(tally.rows(now), _NOT_VISIBLE)
