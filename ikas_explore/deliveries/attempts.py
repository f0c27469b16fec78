"""What counts as delivered, why an attempt failed, and when the next one is due. Pure.

Source: seed, "if endpoint is unreachable or returns an error code other than HTTP 200 ikas
will try to push webhook for 3 times then stops".
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

import httpx

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.numbers import FINITE, check_number


@dataclass(frozen=True)
class Retries:
    """How often a delivery is attempted, and how long lies between.

    Parameters
    ----------
    max_attempts : int, default 3
        Attempts in all, the first included. Source: the seed's "3 times", read as three in
        all; ikas told one integrator "three more", which would be 4.
    retry_delays : sequence of float, default (1.0, 2.0)
        Seconds after the first failed attempt, the second and so on; the last one stands for
        all that follow, none means no wait. Source: inferred, ikas' own are unknown.

    Raises
    ------
    InvalidArgumentError
        For fewer than one attempt, or a delay that is no finite number from 0.

    Examples
    --------
    >>> [Retries().delay_after(number) for number in (1, 2, 3)]
    [1.0, 2.0, None]
    """

    max_attempts: int = 3
    retry_delays: Sequence[float] = (1.0, 2.0)

    def __post_init__(self) -> None:
        attempts = check_number("max_attempts", self.max_attempts, least=1, whole=True)
        object.__setattr__(self, "max_attempts", attempts)
        given = self.retry_delays
        if not isinstance(given, Iterable) or isinstance(given, str | bytes | Set):
            raise InvalidArgumentError(
                f"retry_delays is {given!r}; give a list of seconds, such as (1.0, 2.0)."
            )
        delays = tuple(
            check_number("retry_delays: one of them", delay, least=0, most=FINITE)
            for delay in given
        )
        object.__setattr__(self, "retry_delays", delays)

    def delay_after(self, number: int) -> float | None:
        """Return the seconds until the next attempt, None when there is none.

        Parameters
        ----------
        number : int
            Of the attempt that failed, from 1.
        """
        if number >= self.max_attempts:
            return None
        if not self.retry_delays:
            return 0.0
        return self.retry_delays[min(number, len(self.retry_delays)) - 1]


@dataclass(frozen=True)
class Outcome:
    """What one attempt came to.

    Attributes
    ----------
    status_code : int or None
        None when no answer came.
    error : str or None
        Why it failed, in words; None for HTTP 200.
    """

    status_code: int | None
    error: str | None

    @property
    def ok(self) -> bool:
        """Whether the delivery is done: HTTP 200 and nothing else."""
        return self.status_code == 200


def outcome_of(status_code: int) -> Outcome:
    """Judge an answer by its status.

    Examples
    --------
    >>> outcome_of(204)
    Outcome(status_code=204, error='HTTP 204: only 200 counts')
    """
    if status_code == 200:
        return Outcome(200, None)
    if 300 <= status_code < 400:
        return Outcome(status_code, f"HTTP {status_code}: redirects are not followed")
    return Outcome(status_code, f"HTTP {status_code}: only 200 counts")


#: The first class that fits is taken, so the special stand before the general.
_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (httpx.ConnectTimeout, "time-out: no connection in time"),
    (httpx.WriteTimeout, "time-out: the payload could not be sent in time"),
    (httpx.PoolTimeout, "time-out: no connection was free in time"),
    (httpx.TimeoutException, "time-out: no answer in time"),
    (httpx.ConnectError, "unreachable: no connection"),
    (httpx.NetworkError, "the connection broke before an answer came"),
    (httpx.ProxyError, "the proxy refused"),
    (httpx.UnsupportedProtocol, "the endpoint is neither http nor https"),
    (httpx.LocalProtocolError, "the request cannot be written as HTTP"),
    (httpx.ProtocolError, "the answer is not HTTP, or broke off"),
    (httpx.DecodingError, "the answer cannot be decoded"),
    (httpx.TooManyRedirects, "redirects are not followed"),
    (httpx.HTTPStatusError, "the status is not 200"),
    (httpx.HTTPError, "the request failed"),
    (httpx.InvalidURL, "the endpoint cannot be read as a URL"),
    (httpx.StreamError, "the answer cannot be read"),
    (httpx.CookieConflict, "the answer's cookies contradict each other"),
    (TimeoutError, "time-out: no answer in time"),
    (UnicodeError, "the endpoint cannot be read as a URL"),
)

#: What lies beneath a failed connection says more than the class httpx gives it.
_CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "DNS failure: the host name is not known"),
    (ssl.SSLCertVerificationError, "TLS failure: the certificate is not trusted"),
    (ssl.SSLError, "TLS failure: no secure connection"),
    (ConnectionRefusedError, "refused: nothing answers at that address"),
)


def failure_of(error: BaseException) -> Outcome:
    """Say in words why no answer came.

    Parameters
    ----------
    error : BaseException
        What the HTTP library raised.

    Returns
    -------
    Outcome
        Without a status.

    Examples
    --------
    >>> failure_of(httpx.ReadTimeout("")).error
    'time-out: no answer in time'
    """
    if isinstance(error, httpx.TransportError) and not isinstance(error, httpx.TimeoutException):
        beneath = list(_beneath(error))
        for kind, reason in _CAUSES:
            for cause in beneath:
                if isinstance(cause, kind):
                    detail = getattr(cause, "verify_message", "")
                    return Outcome(None, f"{reason} ({detail})" if detail else reason)
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return Outcome(None, reason)
    return Outcome(None, f"{type(error).__name__}: {error}")


def _beneath(error: BaseException | None) -> Iterator[BaseException]:
    # anyio groups the failures of the addresses it tried; the rest is a chain.
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__context__, each.__cause__]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
