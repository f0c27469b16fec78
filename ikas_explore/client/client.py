"""One store over HTTP: a token on every request, time-outs, retries, one error tree."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import httpx
import stamina

from ikas_explore.client.answers import encode, read_data
from ikas_explore.client.throttle import Throttle
from ikas_explore.client.tokens import TOKEN_PATH, Tokens
from ikas_explore.errors import (
    IkasError,
    LoginRequiredError,
    RateLimitedError,
    ResponseError,
    TransportError,
)
from ikas_explore.network.failures import FAILURES, transport_error
from ikas_explore.network.transport import deadline, open_client
from ikas_explore.settings import Settings, revealed
from ikas_explore.values.numbers import check_number
from ikas_explore.values.secret import Secret

#: Attempts in all for what is safe to repeat.
MAX_ATTEMPTS = 3
#: Seconds after which no further attempt is begun, and the longest wait that a hint of ikas
#: is followed for: a person in a notebook would rather be told.
RETRY_BUDGET = 10.0

#: Bytes an answer may have, decompressed: far more than ikas' longest page of orders.
MAX_ANSWER = 100_000_000

_log = logging.getLogger(__name__)
_PIECE = 1_048_576
# stamina tells of every retry at WARNING, which Python prints where no logging is set up; it
# is told here, in words, to those who listen.
logging.getLogger("stamina").addHandler(logging.NullHandler())

#: What of an answer's headers is looked at.
_READ_HEADERS = (b"content-type", b"retry-after")

_FAILURES = tuple(kind for kind in FAILURES if kind.__module__.startswith("httpx"))


def open_http(
    settings: Settings, *, timeout: float = 30.0, transport: httpx.BaseTransport | None = None
) -> httpx.Client:
    """Return the HTTP client for a store, or for all stores of one host.

    Parameters
    ----------
    settings : Settings
    timeout : float
        Seconds for one request: connecting, sending and the whole answer.
    transport : httpx.BaseTransport, optional
        In place of the network.

    Returns
    -------
    httpx.Client

    Raises
    ------
    InvalidArgumentError
        The time-out is no number of seconds above 0.
    """
    timeout = check_number("timeout", timeout, least=0, above=True)
    http = open_client(
        settings.base_url, timeout=timeout, through_proxy=not settings.local, transport=transport
    )
    # What else httpx could decompress (Brotli, Zstandard) knows no bound.
    http.headers["Accept-Encoding"] = "gzip"
    return http


class Client:
    """Sends operations to one store.

    Parameters
    ----------
    settings : Settings
    http : httpx.Client
        May serve other stores too.
    on_token : callable, optional
        Told of every new token.
    keeps : object, optional
        What has to live as long as anything can send through this client: the embedded sandbox.
    throttle : Throttle, optional
        Keeps the rate of calls. Default: ikas' limit; none for a store on this machine.
    """

    def __init__(
        self,
        settings: Settings,
        http: httpx.Client,
        on_token: Callable[[dict[str, Any]], object] | None = None,
        keeps: object = None,
        throttle: Throttle | None = None,
    ) -> None:
        self.settings = settings
        self._keeps = keeps
        self.url = f"{settings.base_url}/api/{settings.api_version}/admin/graphql"
        self._http = http
        self._throttle = throttle or (None if settings.local else Throttle())
        self._tokens = Tokens(settings, self._send_form, on_token)

    def execute(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        what: str,
        repeatable: bool = True,
    ) -> dict[str, Any]:
        """Send an operation and return its ``data``.

        Parameters
        ----------
        document : str
            GraphQL.
        variables : mapping, optional
        what : str
            What is being done, for messages.
        repeatable : bool, default True
            Whether sending it twice does no harm: then time-outs, 429 and 5xx are tried again
            too, and not only connections that were never made.

        Returns
        -------
        dict

        Raises
        ------
        IkasError
            See `ikas_explore.client.answers`.
        """
        if self._http.is_closed:
            raise TransportError(
                f"{self.settings.name}: the store is closed; connect() again.", sent=False
            )
        body = encode(document, variables)
        what = f"{self.settings.name}: {what}"
        maybe_done = False

        def again(error: Exception) -> bool | float:
            nonlocal maybe_done
            wait = _worth_repeating(error, repeatable)
            if isinstance(error, IkasError):
                error.maybe_done = maybe_done
                maybe_done = maybe_done or _maybe_done(error)
            _log.info("%s%s", error, " Trying again." if wait else "")
            return wait

        for attempt in stamina.retry_context(
            on=again,
            attempts=MAX_ATTEMPTS,
            timeout=RETRY_BUDGET,
            wait_initial=0.2,
            wait_max=2.0,
            wait_jitter=0.2,
        ):
            with attempt:
                return self._execute_once(body, what)
        raise AssertionError("stamina either returns or raises")  # for the type checker

    def _execute_once(self, body: bytes, what: str) -> dict[str, Any]:
        token = self._tokens.current()
        try:
            return read_data(self._post(body, token, what), what, self._tokens.blank)
        except LoginRequiredError:
            if not self._tokens.renewable:
                raise
        token = self._tokens.renew(token)
        return read_data(self._post(body, token, what), what, self._tokens.blank)

    # Requests are made before they are sent: no frame that runs while one is under way has a token
    # or secret among its variables, which a traceback of Ctrl-C may print.

    def _post(self, body: bytes, token: Secret, what: str) -> httpx.Response:
        def make() -> httpx.Request:
            headers = {
                "Authorization": f"Bearer {token.reveal()}",
                "Content-Type": "application/json",
            }
            return self._http.build_request("POST", self.url, content=body, headers=headers)

        return self._send(make, what)

    def _send_form(self, form: Mapping[str, str | Secret]) -> httpx.Response:
        url = f"{self.settings.base_url}{TOKEN_PATH}"
        return self._send(
            lambda: self._http.build_request("POST", url, data=revealed(form)),
            f"{self.settings.name}: fetching an access token",
        )

    def _send(self, make: Callable[[], httpx.Request], what: str) -> httpx.Response:
        if self._throttle is not None:
            self._throttle.wait()
        try:
            with (
                deadline(self._http.timeout.read),
                closing(self._http.send(make(), stream=True)) as response,
            ):
                return whole(response, what)
        except _FAILURES as error:
            failure = transport_error(error, what)
        # Raised out here and not in the `except`: httpx's error holds the request, the request
        # the token, and an error raised there would keep it as its context.
        raise failure


def _worth_repeating(error: Exception, repeatable: bool) -> bool | float:
    """Tell whether to send again, or in how many seconds."""
    if isinstance(error, TransportError):
        return repeatable or not error.sent
    if not repeatable or not isinstance(error, ResponseError):
        return False
    if isinstance(error, RateLimitedError):
        if error.retry_after is None:
            return True
        return error.retry_after <= RETRY_BUDGET and error.retry_after
    return (error.status_code or 0) >= 500


def _maybe_done(error: IkasError) -> bool:
    """Tell whether ikas may have done what it was asked, for all the answer says."""
    if isinstance(error, TransportError):
        return error.sent
    return isinstance(error, ResponseError) and not isinstance(error, RateLimitedError)


def whole(response: httpx.Response, what: str) -> httpx.Response:
    """Read an answer to its end, unless that is too far away."""
    pieces, size = [], 0
    for piece in _unpacked(response):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_ANSWER:
            raise ResponseError(
                f"{what}: the answer is larger than {MAX_ANSWER:,} bytes and was not read to its "
                "end; ask for fewer rows or fields, and check base_url.",
                status_code=response.status_code,
            )
    # As bytes: httpx reads headers beyond ASCII and does not write them.
    headers = [pair for pair in response.headers.raw if pair[0].lower() in _READ_HEADERS]
    return httpx.Response(response.status_code, headers=headers, content=b"".join(pieces))


def _unpacked(response: httpx.Response) -> Iterator[bytes]:
    """Give an answer's bytes, decompressed a little at a time: httpx does a whole piece at once."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", "") or response.is_stream_consumed:  # in memory already
        yield from response.iter_bytes()
        return
    if encoding not in ("gzip", "x-gzip"):
        raise httpx.DecodingError(f"it is {encoding!r}, and gzip was asked for")
    gzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        for piece in response.iter_raw():
            while piece and not gzip.eof:
                yield gzip.decompress(piece, _PIECE)
                piece = gzip.unconsumed_tail
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from None
