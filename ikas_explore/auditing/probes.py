"""Look at endpoints from here: DNS, connection, TLS, one HEAD request. No event is ever posted.

A name is resolved once, every address is checked, and the connection goes to one that was
checked, so a name that changes its mind in between (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import hashlib
import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ikas_explore.auditing.prepared import read_endpoint
from ikas_explore.network.environment import trust
from ikas_explore.network.transport import resolve
from ikas_explore.system.threads import gather
from ikas_explore.text.progress import Progress
from ikas_explore.values.urls import is_private

if TYPE_CHECKING:
    from pandas import DataFrame

Resolve = Callable[[str, int], Sequence[str]]

_HOSTNAME_CODES = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_HEADERS = {"User-Agent": "ikas-explore probe", "Accept": "*/*", "Connection": "close"}


def probe_endpoints(
    endpoints: Iterable[str],
    *,
    local: Iterable[str] = (),
    timeout: float = 5.0,
    workers: int = 16,
    progress: Progress | None = None,
    resolve: Resolve = resolve,
    context: ssl.SSLContext | None = None,
    clock: Callable[[], float] = time.time,
) -> DataFrame:
    """Probe each endpoint once; return a row for each, in the order given (``PROBES``).

    Each gets at most one request: ``HEAD``, without a body. Only the `local` ones, registered in a
    sandbox, may be on this machine or a private network. `timeout` is in seconds, for all of one
    probe after its name is resolved, and about what is allowed for the name. Where a probe ended
    early, ``failure`` is ``invalid, dns, private, connect, tls, hostname`` or ``http``;
    ``unprobed`` if its turn did not come, and ``crashed`` for a mistake of ours.
    """
    from ikas_explore.frames.frames import PROBES, rows_frame

    asked = list(dict.fromkeys(endpoints))
    allowed = set(local)
    trusted = context or trust()
    probes = [
        _Probe(endpoint, endpoint in allowed, timeout, resolve, trusted) for endpoint in asked
    ]
    # The system's resolver knows no time-out, so that one is set from outside.
    patience = 2 * timeout * math.ceil(len(asked) / workers)
    rows: dict[_Probe, dict[str, Any]] = {}
    for probe, answer in gather(
        lambda probe: probe.run(clock), probes, workers=workers, timeout=patience
    ):
        rows[probe] = probe.crashed(answer) if isinstance(answer, BaseException) else answer
        if progress is not None:
            progress(len(rows), len(asked))
    empty = dict.fromkeys(PROBES)
    return rows_frame(PROBES, [empty | (rows.get(probe) or probe.unended()) for probe in probes])


class _Failed(Exception):
    """Why a probe ended early."""

    def __init__(self, failure: str, error: str) -> None:
        super().__init__(error)
        self.failure = failure


class _Probe:
    """One endpoint, from its name to the head of its answer."""

    def __init__(
        self, endpoint: str, local: bool, timeout: float, resolve: Resolve, context: ssl.SSLContext
    ) -> None:
        self._url, self._problem = read_endpoint(endpoint)
        self._local = local
        self._timeout = timeout
        self._resolve = resolve
        self._context = context
        self._begun = False
        self._seen: dict[str, Any] = {"endpoint": endpoint, "host": self._url.host}
        self._late = False
        self._ascii_host = ""
        self._connection: socket.socket | None = None

    def run(self, clock: Callable[[], float]) -> dict[str, Any]:
        self._begun = True
        try:
            if self._problem:
                raise _Failed("invalid", self._problem)
            addresses = self._addresses()
            end = time.monotonic() + self._timeout
            self._connection = self._connect(addresses, end)
            # Time-outs of a socket begin anew with every byte; this one does not.
            alarm = threading.Timer(max(end - time.monotonic(), 0), self._cut)
            alarm.daemon = True
            alarm.start()
            try:
                if self._url.scheme == "https":
                    self._handshake(self._connection, clock)
                self._head(self._connection)
            finally:
                alarm.cancel()
                self._connection.close()
        except _Failed as failed:
            self._seen |= {"failure": failed.failure, "error": str(failed)}
        return self._seen

    def crashed(self, error: BaseException) -> dict[str, Any]:
        """The row of one that `run` raised for."""
        said = f"The probe itself failed: {type(error).__name__}: {error}."
        return self._seen | {"failure": "crashed", "error": said}

    def unended(self) -> dict[str, Any]:
        """The row of one whose time was over before `run` ended, or began."""
        seen = dict(self._seen)  # `run` may still be writing to it
        if not self._begun:
            return seen | {"failure": "unprobed", "error": "Not probed: others took all the time."}
        if "dns_ms" not in seen:
            said = f"{self._url.host} has no address: nobody answered for it in time."
            return seen | {"failure": "dns", "error": said}
        return seen | {"failure": "unprobed", "error": "Not probed to the end: time was over."}

    def _addresses(self) -> Sequence[str]:
        host = self._url.host
        begun = time.perf_counter()
        try:
            self._ascii_host = host if ":" in host else host.encode("idna").decode()
            addresses = self._resolve(host, self._url.port)
        except (OSError, UnicodeError) as error:  # a label too long is a UnicodeError
            raise _Failed("dns", f"{host} has no address: {error}.") from error
        self._seen["dns_ms"] = _since(begun)
        private = [address for address in addresses if is_private(address)]
        if private and not self._local:
            raise _Failed(
                "private", f"{host} is {private[0]}, which cannot be reached from the internet."
            )
        if not addresses:
            raise _Failed("dns", f"{host} has no address.")
        return addresses

    def _connect(self, addresses: Sequence[str], end: float) -> socket.socket:
        for number, address in enumerate(addresses):
            begun = time.perf_counter()
            left = max(end - time.monotonic(), 0.001)
            try:
                # Some time is kept for the addresses that follow.
                connection = socket.create_connection(
                    (address, self._url.port), timeout=left / (len(addresses) - number)
                )
            except OSError as error:
                reason = error
                continue
            self._seen |= {"address": address, "connect_ms": _since(begun)}
            connection.settimeout(self._timeout)
            return connection
        raise _Failed(
            "connect",
            f"{self._url.host} port {self._url.port} accepts no connection: "
            f"{_said(reason, self._timeout)}.",
        )

    def _handshake(self, connection: socket.socket, clock: Callable[[], float]) -> None:
        begun = time.perf_counter()
        try:
            secure = self._context.wrap_socket(
                connection, server_hostname=self._ascii_host, do_handshake_on_connect=False
            )
            self._connection = secure  # the plain socket has given its descriptor away
            if self._late:  # then it was the plain one that was cut
                raise TimeoutError
            secure.do_handshake()
        except ssl.SSLCertVerificationError as error:
            kind = "hostname" if error.verify_code in _HOSTNAME_CODES else "tls"
            raise _Failed(
                kind, f"The certificate of {self._url.host}: {error.verify_message}."
            ) from error
        except (OSError, ValueError) as error:  # ValueError: a host no certificate can name
            why = _said(TimeoutError() if self._late else error, self._timeout)
            raise _Failed("tls", f"No TLS with {self._url.host}: {why}.") from error
        self._seen["tls_ms"] = _since(begun)
        certificate = secure.getpeercert() or {}
        expires = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        self._seen |= {
            "certificate": hashlib.sha256(secure.getpeercert(binary_form=True) or b"").hexdigest(),
            "expires_at": int(expires * 1000),
            "days_left": math.floor((expires - clock()) / 86_400),
        }

    def _head(self, connection: socket.socket) -> None:
        host, port = self._ascii_host, self._url.port
        path = self._url.rest.split("#")[0]
        target = quote(path if path.startswith("/") else f"/{path}", safe="%/:=&?~+!$,;'@()*[]")
        try:
            http = (
                HTTPSConnection(host, port, context=self._context)
                if self._url.scheme == "https"
                else HTTPConnection(host, port)
            )
            # The connection is there, to an address that was checked: it makes none of its own.
            http.sock, http.auto_open = connection, 0
            http.request("HEAD", target, headers=_HEADERS)
            with http.getresponse() as answer:
                status_code, location = answer.status, answer.getheader("Location")
        except (OSError, HTTPException) as error:
            raise _Failed("http", self._unread(error)) from error
        if self._late:  # what was cut off looks like a shorter head
            raise _Failed("http", self._unread(TimeoutError()))
        self._seen["status_code"] = status_code
        if location is not None:
            self._seen["location"] = location.strip()

    def _unread(self, error: Exception) -> str:
        if self._late or isinstance(error, TimeoutError):
            return f"No whole answer within {self._timeout:g} s."
        if isinstance(error, OSError):
            return f"No answer: {error}."
        # http.client says the line that it cannot read, or what is wrong with one.
        return f"The answer is not HTTP/1: {str(error).strip()[:60]!r}."

    def _cut(self) -> None:
        self._late = True
        if self._connection is None:
            return
        try:
            # The plain one: an SSLSocket's takes its TLS state away under the reading thread.
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)
        except OSError:
            return  # it is closed already


def _said(error: Exception, timeout: float) -> str:
    return f"no answer within {timeout:g} s" if isinstance(error, TimeoutError) else str(error)


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
