"""What httpx raises, as an error of ours that says what to do: nothing foreign gets past."""

from __future__ import annotations

import errno
import socket
import ssl

import httpx

from ikas_explore.errors import TransportError

#: What httpx raises and what to tell the user, most special class first.
TRANSPORT_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (
        httpx.ConnectTimeout,
        "the connection was not made in time; check the network or raise timeout",
    ),
    (httpx.ReadTimeout, "no answer in time; try again, or raise timeout"),
    (httpx.WriteTimeout, "the request could not be sent in time; try again, or raise timeout"),
    (httpx.PoolTimeout, "all connections are busy; use fewer workers or raise timeout"),
    (httpx.ConnectError, "the connection was refused; check base_url"),
    (httpx.ReadError, "the connection broke while the answer came; try again"),
    (httpx.WriteError, "the connection broke while the request was sent; try again"),
    (httpx.CloseError, "the connection could not be closed; try again"),
    (httpx.RemoteProtocolError, "the server broke off the answer; try again"),
    (httpx.LocalProtocolError, "the request is not valid HTTP; check the token and base_url"),
    (httpx.ProxyError, "the proxy refused; check HTTPS_PROXY"),
    (httpx.UnsupportedProtocol, "the address is neither http nor https; check base_url"),
    (httpx.DecodingError, "the answer could not be decompressed; try again"),
    (httpx.TooManyRedirects, "the server redirects without end; check base_url"),
    (httpx.InvalidURL, "the address cannot be read; check base_url"),
    (httpx.StreamError, "the answer was read out of turn; this is a bug, please report it"),
    (httpx.CookieConflict, "two cookies of one name; this is a bug, please report it"),
    (httpx.HTTPError, "the exchange failed; try again"),
)

#: Failures in which ikas has not seen the request, so that even a delete can be sent again.
NEVER_SENT = (httpx.ConnectTimeout, httpx.ConnectError, httpx.PoolTimeout)


def transport_error(error: Exception, what: str) -> TransportError:
    """Return our error for one of httpx's.

    Parameters
    ----------
    error : Exception
        An instance of a class in `TRANSPORT_FAILURES`.
    what : str
        What was being done: the beginning of the message.

    Returns
    -------
    TransportError
    """
    advice = _reason(error) or next(
        text for kind, text in TRANSPORT_FAILURES if isinstance(error, kind)
    )
    return TransportError(
        f"{what}: {advice} ({type(error).__name__}).", sent=not isinstance(error, NEVER_SENT)
    )


def _reason(error: BaseException) -> str | None:
    """Tell what a failed connection failed on: httpx has one class for all of it."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, ssl.SSLError):
            reason = getattr(below, "verify_message", None) or getattr(below, "reason", None)
            return (
                f"TLS failed ({reason or type(below).__name__}); check base_url and the "
                "certificates of this machine"
            )
        if isinstance(below, OSError) and below.errno in (errno.EMFILE, errno.ENFILE):
            return (
                "this process has no file handles left; use fewer workers, or raise the limit "
                "(ulimit -n)"
            )
        if isinstance(below, socket.gaierror):
            return "the host was not found; check base_url and the network"
        below = below.__cause__ or below.__context__
    return None
