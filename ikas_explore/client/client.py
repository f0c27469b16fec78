"""One store over HTTP: a token on every request, time-outs, retries, one error tree."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, TypeVar

import httpx
import stamina

from ikas_explore.client.answers import Answer, encode, read_data, whole
from ikas_explore.client.throttle import Budget, OnBudget, Throttle
from ikas_explore.client.tokens import TOKEN_PATH, Tokens
from ikas_explore.errors import (
    IkasError,
    LoginRequiredError,
    RateLimitedError,
    ResponseError,
    TransportError,
)
from ikas_explore.network.failures import FAILURES, transport_error
from ikas_explore.network.transport import deadline, open_client, renew
from ikas_explore.schema import ApiVersion
from ikas_explore.settings import Settings
from ikas_explore.values.numbers import check_number
from ikas_explore.values.secret import Secret

#: Attempts in all for what is safe to repeat.
MAX_ATTEMPTS = 3
#: Seconds after which no further attempt is begun, and the longest wait that a hint of ikas
#: is followed for: a person in a notebook would rather be told.
RETRY_BUDGET = 10.0
#: A hint to wait less than this is no pause: then the usual one is made.
SHORTEST_HINT = 0.05

_log = logging.getLogger(__name__)
# stamina logs every retry at WARNING, which Python prints where no logging is set up. It is
# logged here, in words.
logging.getLogger("stamina").addHandler(logging.NullHandler())

_HTTPX_ERRORS = tuple(kind for kind in FAILURES if kind.__module__.startswith("httpx"))

Read = TypeVar("Read")

# Reading it takes longer than all else of making a request, and the stores of a host share one.
_url = lru_cache(maxsize=8)(httpx.URL)


def open_http(
    settings: Settings, *, timeout: float = 30.0, transport: httpx.BaseTransport | None = None
) -> httpx.Client:
    """Return the HTTP client for a store, or for all stores of one host.

    `timeout` is the seconds for one request: connecting, sending and the whole answer.
    """
    http = open_client(
        settings.base_url,
        timeout=check_number("timeout", timeout, least=0, above=True),
        through_proxy=not settings.local,
        transport=transport,
        ca_file=settings.ca_file,
    )
    # What else httpx could decompress (Brotli, Zstandard) knows no bound.
    http.headers["Accept-Encoding"] = "gzip"
    return http


class Client:
    """Sends operations to one store; `http` may serve others too.

    `keeps` lives as long as the client: the embedded sandbox. `throttle` is ikas' limit by default,
    and none for a store on this machine; `on_budget` is "warn", and "off" there.
    """

    def __init__(
        self,
        settings: Settings,
        http: httpx.Client,
        on_token: Callable[[dict[str, Any]], object] | None = None,
        keeps: object = None,
        throttle: Throttle | None = None,
        on_budget: OnBudget | None = None,
    ) -> None:
        self.settings = settings
        self._keeps = keeps
        self.url = f"{settings.base_url}/api/{settings.api_version}/admin/graphql"
        self._http = http
        local = settings.local
        self._throttle = throttle or (None if local else Throttle())
        if on_budget is None:
            on_budget = "off" if local else "warn"
        self.budget = Budget(settings.name, on_budget)
        self._tokens = Tokens(settings, self._send_form, on_token)

    def introspect(self, read: Callable[[dict[str, Any]], Any] = dict) -> Any:
        """Return the whole schema, as an introspection answers, or what `read` makes of it."""
        from ikas_explore.schema.introspected import question

        return self.execute(question(), what="fetching the schema", read=read)

    def speaking(self, api_version: ApiVersion) -> Client:
        """Return a client of the same store, with its tokens, for another version of the API."""
        other = copy.copy(self)
        other.settings = self.settings._replace(api_version=api_version)
        other.url = f"{self.settings.base_url}/api/{api_version}/admin/graphql"
        return other

    def execute(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        what: str,
        repeatable: bool = True,
        read: Callable[[dict[str, Any]], Any] = dict,
    ) -> Any:
        """Send an operation and return its ``data``, or what `read` makes of it.

        `what` says in messages what is being done. With `repeatable`, time-outs, 429 and 5xx are
        tried again too, and not only connections that were never made. No frame of `read` is in a
        traceback.
        """
        if self._http.is_closed:
            raise TransportError(
                f"{self.settings.name}: the store is closed; connect() again.", sent=False
            )
        body = encode(document, variables)
        what = f"{self.settings.name}: {what}"
        maybe_done, said = False, ""

        def again(error: Exception) -> bool | float:
            nonlocal maybe_done, said
            said = str(error)
            if isinstance(error, IkasError):
                error.maybe_done = maybe_done = maybe_done or _maybe_done(error)
            return _worth_repeating(error, repeatable)

        try:
            for attempt in stamina.retry_context(
                on=again,
                attempts=MAX_ATTEMPTS,
                timeout=RETRY_BUDGET,
                wait_initial=0.2,
                wait_max=2.0,
                wait_jitter=0.2,
            ):
                if attempt.num > 1:
                    _log.info("%s Trying again.", said)
                with attempt:
                    return self._attempt(body, what, read)
        except IkasError as error:
            _log.info("%s", error)
            raise
        raise AssertionError("stamina either returns or raises")  # for the type checker

    def _attempt(self, body: bytes, what: str, read: Callable[[dict[str, Any]], Read]) -> Read:
        token = self._tokens.current()
        for last in (not self._tokens.renewable, True):
            try:
                request = partial(self._request, body, token)
                return self._exchange(request, partial(self._read, what, token, read), what)
            except LoginRequiredError:
                if last:
                    raise
            token = self._tokens.current(stale=token)
        raise AssertionError("the last one returns or raises")  # for the type checker

    def _request(self, body: bytes, token: Secret) -> httpx.Request:
        headers = {
            "Authorization": f"Bearer {token.reveal()}",
            "Content-Type": "application/json",
        }
        return self._http.build_request("POST", _url(self.url), content=body, headers=headers)

    def _read(
        self,
        what: str,
        token: Secret,
        read: Callable[[dict[str, Any]], Read],
        response: Answer,
    ) -> Read:
        return read(read_data(response, what, lambda text: self._tokens.blank(text, token)))

    def _send_form(self, form: Mapping[str, str | Secret], read: Callable[[Answer], Read]) -> Read:
        url = f"{self.settings.base_url}{TOKEN_PATH}"
        return self._exchange(
            # In clear in the very expression that sends them.
            lambda: self._http.build_request(
                "POST",
                url,
                data={k: v.reveal() if isinstance(v, Secret) else v for k, v in form.items()},
            ),
            read,
            f"{self.settings.name}: fetching an access token",
        )

    def _exchange(
        self,
        make: Callable[[], httpx.Request],
        read: Callable[[Answer], Read],
        what: str,
    ) -> Read:
        """Send a request and read its answer.

        The request holds a token, and so may half an answer. So what is raised in here, Ctrl-C
        too, leaves without the frames and errors beneath: tracebacks may show local variables.
        """
        try:
            self.budget.check()
            if self._throttle is not None:
                self._throttle.wait()
            lasts = self._http.timeout.read
            self.budget.begin(math.inf if lasts is None else lasts)
            with deadline(lasts):
                response = self._http.send(make(), stream=True)
                failed = True
                try:
                    answer = read(whole(response, what))
                    failed = False
                    return answer
                finally:
                    response.close()
                    self.budget.count(failed=failed)
        except _HTTPX_ERRORS as error:
            ended: BaseException = transport_error(error, what)
        except BaseException as error:
            ended = error
            if not isinstance(error, Exception):
                renew(self._http)
        finally:
            self.budget.end()
        ended.__context__ = ended.__cause__ = None
        raise ended.with_traceback(None)


def _worth_repeating(error: Exception, repeatable: bool) -> bool | float:
    """Return whether to send again, or in how many seconds."""
    if isinstance(error, TransportError):
        return repeatable or not error.sent
    if not repeatable or not isinstance(error, ResponseError):
        return False
    if isinstance(error, RateLimitedError):
        if error.retry_after is None or error.retry_after < SHORTEST_HINT:
            return True
        return error.retry_after <= RETRY_BUDGET and error.retry_after
    return (error.status_code or 0) >= 500


def _maybe_done(error: IkasError) -> bool:
    """Return whether ikas may have done what it was asked, for all the answer says."""
    if isinstance(error, TransportError):
        return error.sent
    return isinstance(error, ResponseError) and not isinstance(error, RateLimitedError)
