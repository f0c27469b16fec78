"""What can go wrong with a connection: one table, for calls, deliveries and probes alike."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

import httpx

from ikas_explore.errors import TransportError


class Failure(NamedTuple):
    """What went wrong, in words without an address, and what a caller can do about it.

    `sent` is whether the other side may have got the request: if not, even a delete can be sent
    again.
    """

    reason: str
    advice: str
    sent: bool = True


class ProxyFailure(httpx.ProxyError):
    """A proxy refused or cannot be reached; the message names it, and the variable it is from."""


#: Classes of httpx and Python, the special before the general.
FAILURES: dict[type[BaseException], Failure] = {
    httpx.ConnectTimeout: Failure(
        "time-out: no connection in time", "check the network, or raise timeout", sent=False
    ),
    httpx.WriteTimeout: Failure(
        "time-out: the request could not be sent in time", "try again, or raise timeout"
    ),
    httpx.PoolTimeout: Failure(
        "time-out: no connection was free in time",
        "use fewer workers, or raise timeout",
        sent=False,
    ),
    httpx.TimeoutException: Failure("time-out: no answer in time", "try again, or raise timeout"),
    httpx.ConnectError: Failure(
        "unreachable: no connection", "check base_url and the network", sent=False
    ),
    httpx.NetworkError: Failure("the connection broke before the whole answer came", "try again"),
    httpx.ProxyError: Failure("the proxy refused", "check the settings of the proxy", sent=False),
    httpx.UnsupportedProtocol: Failure("the address is neither http nor https", "check base_url"),
    httpx.LocalProtocolError: Failure(
        "the request cannot be written as HTTP", "check the token and base_url"
    ),
    httpx.ProtocolError: Failure("the answer is not HTTP, or broke off", "try again"),
    httpx.DecodingError: Failure("the answer could not be decompressed", "try again"),
    httpx.TooManyRedirects: Failure("redirects are not followed", "check base_url"),
    httpx.HTTPError: Failure("the exchange failed", "try again"),
    httpx.InvalidURL: Failure("the address cannot be read as a URL", "check base_url"),
    # These two would be mistakes of ours.
    httpx.StreamError: Failure("the answer was read out of turn", "please report this as a bug"),
    httpx.CookieConflict: Failure("two cookies have one name", "please report this as a bug"),
    TimeoutError: Failure("time-out: no answer in time", "try again, or raise timeout"),
    UnicodeError: Failure("the address cannot be read as a URL", "check base_url"),
}

# What lies beneath says more than the one class that httpx has for all failed connections.
_BENEATH: dict[type[BaseException], Failure] = {
    socket.gaierror: Failure(
        "DNS failure: the host name is not known", "check base_url and the network"
    ),
    ssl.SSLCertVerificationError: Failure(
        "TLS failure: the certificate is not trusted",
        "check base_url; if your network has certificates of its own, set SSL_CERT_FILE",
    ),
    ssl.SSLError: Failure("TLS failure: no secure connection", "check base_url"),
    ConnectionRefusedError: Failure("refused: nothing answers at that address", "check base_url"),
}
_NO_HANDLES = Failure(
    "this process has no file handles left", "use fewer workers, or raise the limit (ulimit -n)"
)


def failure_of(error: BaseException) -> Failure:
    """Say what went wrong, whatever the error is."""
    if isinstance(error, ProxyFailure):
        return FAILURES[httpx.ProxyError]._replace(reason=str(error))
    said = f"{type(error).__name__}: {error}"
    failure = next(
        (found for kind, found in FAILURES.items() if isinstance(error, kind)),
        Failure(said, "try again"),
    )
    if not isinstance(error, TimeoutError | httpx.TimeoutException):
        for cause in _beneath(error):
            if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
                return _NO_HANDLES._replace(sent=failure.sent)
            for kind, found in _BENEATH.items():
                if isinstance(cause, kind):
                    detail = getattr(cause, "verify_message", "") or getattr(cause, "reason", "")
                    reason = f"{found.reason} ({detail})" if detail else found.reason
                    return Failure(reason, found.advice, failure.sent)
    return failure


def transport_error(error: BaseException, what: str) -> TransportError:
    """Return our error for one that httpx raised while `what` was done."""
    reason, advice, sent = failure_of(error)
    return TransportError(f"{what}: {reason}; {advice} ({type(error).__name__}).", sent=sent)


def _beneath(error: BaseException) -> Iterator[BaseException]:
    """Give an error and what caused it: anyio groups the failures of the addresses it tried."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__context__, each.__cause__]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
