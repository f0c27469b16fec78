"""Endpoints to probe: real sockets on loopback, with and without TLS, well and badly behaved."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: What a server does with a connection.
_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)

Behaviour = Callable[[socket.socket], None]


class Authority:
    """A certificate authority that nobody but a test trusts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        may_sign = {"key_cert_sign": True, "crl_sign": True}
        certificate = (
            self._builder(self._name, self._key, days=30)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**(dict.fromkeys(_USES, False) | may_sign)), critical=True)
        )
        self.pem = certificate.sign(self._key, hashes.SHA256()).public_bytes(
            serialization.Encoding.PEM
        )

    def trusting(self) -> ssl.SSLContext:
        """A client's context that trusts this authority, and checks host names."""
        return ssl.create_default_context(cadata=self.pem.decode())

    def serving(self, host: str, *, days: float) -> ssl.SSLContext:
        """A server's context with a certificate for a host that ends in some days."""
        key = ec.generate_private_key(ec.SECP256R1())
        named: x509.GeneralName
        try:
            named = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            named = x509.DNSName(host)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = self._builder(name, key, days=days).add_extension(
            x509.SubjectAlternativeName([named]), critical=False
        )
        path = self._folder / f"{host}-{days}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _builder(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *, days: float
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=40))
            .not_valid_after(now + dt.timedelta(days=days))
            # Python 3.13 wants both.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False
            )
        )


def answering(head: str) -> Behaviour:
    """Read a request and answer with these lines."""

    def behave(connection: socket.socket) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(4096)
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")

    return behave


class Endpoint:
    """A listening socket, and what was sent to it."""

    def __init__(self, behave: Behaviour, context: ssl.SSLContext | None) -> None:
        self._behave = behave
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.sent = b""
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            # A client that gives up on TLS, or is cut off, is what some tests are about.
            with contextlib.suppress(OSError):
                if self._context is not None:
                    connection = self._context.wrap_socket(connection, server_side=True)
                    self._open.append(connection)
                self._behave(_Noting(connection, self))  # type: ignore[arg-type]
                connection.close()

    def close(self) -> None:
        # A shutdown ends an accept() that waits; a close alone does not.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            connection.close()
        self._thread.join(10)
        assert not self._thread.is_alive()


class _Noting:
    """A connection that notes what it receives."""

    def __init__(self, connection: socket.socket, endpoint: Endpoint) -> None:
        self._connection = connection
        self._endpoint = endpoint
        self.sendall = connection.sendall

    def recv(self, size: int) -> bytes:
        received = self._connection.recv(size)
        if not received:
            raise ConnectionError("the client left")
        self._endpoint.sent += received
        return received


@contextlib.contextmanager
def endpoint(behave: Behaviour, context: ssl.SSLContext | None = None) -> Iterator[Endpoint]:
    """Serve until the block ends."""
    served = Endpoint(behave, context)
    try:
        yield served
    finally:
        served.close()
