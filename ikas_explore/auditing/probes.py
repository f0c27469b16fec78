"""Look at endpoints from here: DNS, connection, TLS, one HEAD request. No event is ever posted.

A name is resolved once, every address is checked, and the connection goes to one that was
checked, so a name that changes its mind in between (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import hashlib
import math
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ikas_explore.addresses import is_private
from ikas_explore.auditing.urls import Url, read_url
from ikas_explore.outgoing import resolve

if TYPE_CHECKING:
    from pandas import DataFrame

Resolve = Callable[[str, int], Sequence[str]]

_HOSTNAME_CODES = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_MOST_BYTES = 65_536


def probe_endpoints(
    endpoints: Iterable[str],
    *,
    local: Iterable[str] = (),
    timeout: float = 5.0,
    workers: int = 16,
    progress: Callable[[int, int], None] | None = None,
    resolve: Resolve = resolve,
    context: ssl.SSLContext | None = None,
    clock: Callable[[], float] = time.time,
) -> DataFrame:
    """Probe each endpoint once.

    Parameters
    ----------
    endpoints : iterable of str
        Each different one gets at most one request: ``HEAD``, without a body.
    local : iterable of str
        Those registered in a sandbox: only they may be on this machine or a private network.
    timeout : float, default 5.0
        Seconds for all of one probe after its name is resolved, and about what is allowed
        for the name.
    workers : int, default 16
        Probes at once.
    progress : callable, optional
        Told ``(done, total)``.
    resolve : callable, optional
        ``(host, port)`` to addresses; raises OSError when there are none.
    context : ssl.SSLContext, optional
        Default: the system's certificates, host names checked.
    clock : callable, optional
        The time now, in seconds since 1970, which certificates are measured by.

    Returns
    -------
    pandas.DataFrame
        One row an endpoint, in the order given: ``endpoint, host, address`` (the one
        connected to), ``dns_ms, connect_ms, tls_ms``, ``certificate`` (SHA-256 in hex),
        ``expires_at, days_left, status_code, location``; where it ended early ``failure``
        (``invalid, dns, private, connect, tls, hostname, http``) and ``error``.
    """
    from ikas_explore.frames import PROBES, rows_frame

    asked = list(dict.fromkeys(endpoints))
    allowed = set(local)
    trusted = context or ssl.create_default_context()
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[str, Mapping[str, Any]]] = queue.SimpleQueue()
    for endpoint in asked:
        waiting.put(endpoint)

    def work() -> None:
        while True:
            try:
                endpoint = waiting.get_nowait()
            except queue.Empty:
                return
            probe = _Probe(read_url(endpoint), endpoint in allowed, timeout, resolve, trusted)
            done.put((endpoint, probe.run(clock)))

    # Threads that do not hold up the end of Python: the system's resolver knows no time-out.
    for _ in range(min(workers, len(asked))):
        threading.Thread(target=work, name="probe", daemon=True).start()
    rows: dict[str, Mapping[str, Any]] = {}
    end = time.monotonic() + 2 * timeout * math.ceil(len(asked) / max(workers, 1))
    while len(rows) < len(asked):
        try:
            endpoint, row = done.get(timeout=max(end - time.monotonic(), 0.001))
        except queue.Empty:
            break
        rows[endpoint] = row
        if progress is not None:
            progress(len(rows), len(asked))
    while not waiting.empty():  # what was not begun by now is not begun at all
        try:
            waiting.get_nowait()
        except queue.Empty:
            break
    late = {"failure": "dns", "error": f"No address within {2 * timeout:g} s."}
    empty = dict.fromkeys(PROBES)
    return rows_frame(
        PROBES,
        [
            {
                **empty,
                "endpoint": endpoint,
                "host": read_url(endpoint).host,
                **rows.get(endpoint, late),
            }
            for endpoint in asked
        ],
    )


class _Failed(Exception):
    """How far a probe came."""

    def __init__(self, failure: str, error: str) -> None:
        super().__init__(error)
        self.failure = failure


class _Probe:
    """One endpoint, from its name to the head of its answer."""

    def __init__(
        self, url: Url, local: bool, timeout: float, resolve: Resolve, context: ssl.SSLContext
    ) -> None:
        self._url = url
        self._local = local
        self._timeout = timeout
        self._resolve = resolve
        self._context = context
        self._seen: dict[str, Any] = {}
        self._late = False
        self._ascii_host = ""
        self._connection: socket.socket | None = None

    def run(self, clock: Callable[[], float]) -> dict[str, Any]:
        try:
            if self._url.problem:
                raise _Failed("invalid", self._url.problem)
            addresses = self._addresses()
            self._connection = self._connect(addresses)
            # Time-outs of a socket begin anew with every byte; this one does not.
            alarm = threading.Timer(self._timeout, self._cut)
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

    def _connect(self, addresses: Sequence[str]) -> socket.socket:
        end = time.monotonic() + self._timeout
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
            secure.do_handshake()
        except ssl.SSLCertVerificationError as error:
            kind = "hostname" if error.verify_code in _HOSTNAME_CODES else "tls"
            raise _Failed(
                kind, f"The certificate of {self._url.host}: {error.verify_message}."
            ) from error
        except (OSError, ValueError) as error:  # ValueError: a host no certificate can name
            raise _Failed("tls", f"No TLS with {self._url.host}: {self._why(error)}.") from error
        self._seen["tls_ms"] = _since(begun)
        certificate = secure.getpeercert() or {}
        expires = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        self._seen |= {
            "certificate": hashlib.sha256(secure.getpeercert(binary_form=True) or b"").hexdigest(),
            "expires_at": int(expires * 1000),
            "days_left": math.floor((expires - clock()) / 86_400),
        }

    def _head(self, connection: socket.socket) -> None:
        default = 443 if self._url.scheme == "https" else 80
        host = f"[{self._ascii_host}]" if ":" in self._ascii_host else self._ascii_host
        named = host if self._url.port == default else f"{host}:{self._url.port}"
        path = self._url.rest.split("#")[0]
        target = quote(path if path.startswith("/") else f"/{path}", safe="%/:=&?~+!$,;'@()*[]")
        request = (
            f"HEAD {target} HTTP/1.1\r\nHost: {named}\r\n"
            "User-Agent: ikas-explore probe\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        )
        answer = b""
        try:
            connection.sendall(request.encode("ascii"))
            while b"\r\n\r\n" not in answer and len(answer) < _MOST_BYTES:
                received = connection.recv(4096)
                if not received:
                    break
                answer += received
        except OSError as error:
            raise _Failed("http", f"No answer: {self._why(error)}.") from error
        if self._late:
            raise _Failed("http", f"No whole answer within {self._timeout:g} s.")
        lines = answer.decode("latin-1").split("\r\n")
        version, _, rest = lines[0].partition(" ")
        if not version.startswith("HTTP/") or not rest[:3].isdigit():
            raise _Failed("http", f"The answer is not HTTP: {lines[0][:40]!r}.")
        self._seen["status_code"] = int(rest[:3])
        for line in lines[1:]:
            name, _, value = line.partition(":")
            if name.casefold() == "location":
                self._seen["location"] = value.strip()

    def _cut(self) -> None:
        self._late = True
        if self._connection is None:
            return
        try:
            # The plain one: an SSLSocket's takes its TLS state away under the reading thread.
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)
        except OSError:
            return  # it is closed already

    def _why(self, error: Exception) -> str:
        return _said(TimeoutError() if self._late else error, self._timeout)


def _said(error: Exception, timeout: float) -> str:
    return f"no answer within {timeout:g} s" if isinstance(error, TimeoutError) else str(error)


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
