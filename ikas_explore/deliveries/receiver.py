"""An endpoint on this machine that keeps what it gets: the receiving end of deliveries."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ikas_explore.deliveries.answers import Answers, StatusPlan
from ikas_explore.deliveries.attempts import Retries
from ikas_explore.deliveries.intake import Intake
from ikas_explore.deliveries.log import Log
from ikas_explore.deliveries.push import check_target, deliver
from ikas_explore.deliveries.signatures import check_secret
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.network.server import Server
from ikas_explore.values.names import read_texts
from ikas_explore.values.numbers import FINITE, check_number
from ikas_explore.values.secret import Secret, hide

if TYPE_CHECKING:
    import pandas as pd

#: Bytes a body may have: far more than an order with hundreds of lines.
MAX_BODY = 10_000_000


class Receiver:
    """A real HTTP endpoint on 127.0.0.1 that writes every request down, then answers.

    It serves as soon as it is made, on any path, until `close`, the end of a ``with`` block,
    or the end of Python. One that nobody holds ends too: give it a name, as nothing answers
    at ``Receiver().endpoint`` any more. A request is in the log, durable against ``kill -9``,
    before its sender has an answer.

    It keeps and does not judge: a delivery with a wrong signature gets the answer that was
    set, and a row that says so. What is no delivery is refused, with a row too: 405 for
    another method than POST, 413 for a body that is too large, 408 for one that does not
    end, 400 for one that is no JSON object, 422 for one without the seven strings of ikas'.

    The signature covers ``data`` alone. ``id``, ``scope``, ``created_at`` and the two other
    ids of a row whose ``signature_ok`` is True may still be forged, and a replay is not
    visible but by its ``id`` (sdk, live).

    Parameters
    ----------
    client_secret : str or Secret, optional
        What signatures are checked with; without it ``signature_ok`` is missing.
    status : int, "drop", sequence of these, or callable, default 200
        What deliveries are answered with; see `status`.
    path : str or path-like, optional
        A file that keeps the log across runs, readable by its owner alone, for one process
        at a time. In memory without it.
    port : int, default 0
        0 takes a free one.
    delay : float, default 0.0
        Seconds between the row and the answer; can be set while it runs.
    max_body : int, default 10,000,000
        Bytes.

    Raises
    ------
    SignatureError
        The secret is empty.
    InvalidArgumentError
        A status, delay or size that cannot be.
    StorageError
        The file cannot be used, or another process has it.
    ServingError
        The port is taken.

    Examples
    --------
    >>> from ikas_explore.deliveries.push import push
    >>> with Receiver("secret", status=[500, 200]) as receiver:
    ...     attempts = push(receiver.endpoint, "store/order/created", "secret", retry_delays=[0])
    ...     received = receiver.deliveries()
    >>> received[["scope", "signature_ok", "duplicate", "status"]].to_dict("records")[1]
    {'scope': 'store/order/created', 'signature_ok': True, 'duplicate': True, 'status': 200}
    """

    def __init__(
        self,
        client_secret: str | Secret | None = None,
        *,
        status: StatusPlan = 200,
        path: str | os.PathLike[str] | None = None,
        port: int = 0,
        delay: float = 0.0,
        max_body: int = MAX_BODY,
    ) -> None:
        client_secret = hide(client_secret)  # first of all: a traceback may print local variables
        if client_secret is not None:
            check_secret(client_secret)
        answers = Answers(status)
        max_body = check_number("max_body", max_body, least=1, whole=True)
        delay = check_number("delay", delay, least=0, most=FINITE)
        self._intake = Intake(path, client_secret, answers=answers, delay=delay, max_body=max_body)
        # The server knows the intake but not this object, so that a receiver nobody holds any
        # more ends too, and one that is held ends with Python.
        self._server = Server(self._intake, port=port, name="receiver", ending=self._intake.ending)
        self._finalizer = weakref.finalize(self, self._server.stop)
        self._server.start()

    @property
    def _log(self) -> Log:
        return self._intake.log

    @property
    def endpoint(self) -> str:
        """The URL to register, ``http://127.0.0.1:PORT/``."""
        return f"{self._server.base_url}/"

    @property
    def status(self) -> StatusPlan:
        """What deliveries are answered with, from the next one on.

        An int from 200 to 599; ``"drop"`` to cut the connection without an answer; a list of
        these, gone through once, its last one staying; or a function that is given each
        payload and returns one of them. ikas counts 200 alone as delivered (seed).
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
        """How many requests the log held when the receiver was made: the first rows."""
        return self._log.earlier

    def deliveries(self, *, after: int = 0) -> pd.DataFrame:
        """Return every request in the log as a frame.

        Parameters
        ----------
        after : int, default 0
            Leave out so many of the first rows, such as `earlier`; they are not read again.

        Returns
        -------
        pandas.DataFrame
            In the order they came: ``id, scope, merchant_id, authorized_app_id`` (strings),
            ``created_at, received_at`` (UTC), ``signature_ok`` (missing when there was
            nothing to check with), ``duplicate`` (the ``id`` came before), ``data`` (the
            string as it came), ``body`` (bytes), ``status`` (answered; missing when none
            was), ``error`` (what was wrong).
        """
        return self._log.frame(check_number("after", after, least=0, whole=True))

    def wait(self, count: int = 1, timeout: float = 10.0, *, after: int = 0) -> pd.DataFrame:
        """Wait until so many requests came since the receiver was made.

        Parameters
        ----------
        count : int, default 1
        timeout : float, default 10.0
            Seconds.
        after : int, default 0
            Leave out so many of the first rows.

        Returns
        -------
        pandas.DataFrame
            As `deliveries`.

        Raises
        ------
        WaitTimeoutError
            Fewer came in time; it tells how many did.
        StorageError
            One came that could not be written.
        """
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
        """Send kept bodies again, byte for byte, signature and ``id`` included.

        Parameters
        ----------
        ids : str or iterable of str, optional
            Of the deliveries; all that have an ``id``, each once, when not given. Of several
            bodies with one ``id`` the first is sent.
        endpoint : str, optional
            An https address of your own, or http on this machine; this receiver when not
            given.
        max_attempts : int, default 1
        retry_delays : sequence of float
            Seconds between attempts.
        timeout : float, default 5.0
            Seconds for an attempt: the connection, the request and the head of the answer.

        Returns
        -------
        pandas.DataFrame
            The attempts, as `push` gives them.

        Raises
        ------
        InvalidArgumentError
            An id that is not in the log, or an endpoint that cannot be.
        """
        from ikas_explore.frames.frames import ATTEMPTS, rows_frame

        retries = Retries(max_attempts, retry_delays)
        target = check_target(self.endpoint if endpoint is None else endpoint)
        kept = self._log.bodies()
        asked = list(kept) if ids is None else read_texts(ids, "ids")
        missing = [each for each in asked if each not in kept]
        if missing:
            raise InvalidArgumentError(
                f"No delivery with the id {missing[0]!r} is in the log, which knows {len(kept)}; "
                "take ids from deliveries()['id']."
            )
        deliveries = [(each, kept[each]) for each in asked]
        return rows_frame(ATTEMPTS, deliver(target, deliveries, retries, timeout=timeout))

    def close(self) -> None:
        """Stop serving and close the log; calling it again does nothing."""
        self._server.stop()
        self._finalizer.detach()

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        if not hasattr(self, "_server") or not self._server.port:  # why it could not be made
            return "Receiver(not started)"
        return f"Receiver({self.endpoint!r}, status={self._intake.answers!r})"
