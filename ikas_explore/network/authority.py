"""Throw-away authorities, so that a server on this machine can speak https.

The key of each signs one certificate and is gone: it is never written. Its certificate is limited
to the names below, and to 30 days, so that trusting it trusts this server and nothing else.
"""

from __future__ import annotations

import datetime as dt
import secrets
import shutil
import ssl
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from ikas_explore.errors import IkasError

#: Clients that know no other address than ikas' own ask for a host beneath it.
IKAS_DOMAIN = "myikas.com"

_NAMES = ("localhost", "*.localhost", f"*.{IKAS_DOMAIN}")
_ADDRESSES = ("127.0.0.1", "::1")
# Of the names in one certificate: clients take no longer ones than 100 kB.
_MOST = 500
_VALID = dt.timedelta(days=30)
_PREFIX = "ikas-sandbox-"
_USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


class Https:
    """What a server needs for https: its `context`, and the file that its clients have to trust."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._contexts: dict[str, ssl.SSLContext] = {}  # of hosts that have their own certificate
        self.ca_file = str(folder / "authority.pem")
        self.context = self._certified(_NAMES, _ADDRESSES)
        self.context.sni_callback = self._choose

    def know(self, hosts: Sequence[str]) -> None:
        """Have a certificate for hosts beneath ``localhost``, by an authority of its own.

        OpenSSL takes ``*.localhost`` for no name that a certificate may have.
        """
        for start in range(0, len(hosts), _MOST):
            some = hosts[start : start + _MOST]
            self._contexts |= dict.fromkeys(some, self._certified(some))

    def _choose(self, connection: Any, host: str | None, _: ssl.SSLContext) -> None:
        connection.context = self._contexts.get(host or "", self.context)

    def _certified(self, names: Sequence[str], addresses: Sequence[str] = ()) -> ssl.SSLContext:
        password = secrets.token_bytes(32)
        authority, chain = _make(password, names, addresses)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # Python reads a key from a file alone: nobody can read this one without the password.
        path = self._folder / f"{secrets.token_hex(8)}.pem"
        path.write_bytes(chain)
        context.load_cert_chain(path, password=password)
        path.unlink()
        with open(self.ca_file, "ab") as file:
            file.write(authority)
        return context


@contextmanager
def serving_https() -> Iterator[Https]:
    """Give what a server needs for https. The file to trust is gone at the end of the block."""
    # Removed by hand: what removes itself would do so at the end of a forked process, too.
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        _tidy(folder)
        yield Https(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tidy(folder: Path) -> None:
    """Remove what killed processes left beside a new folder, once it is out of date."""
    now = folder.stat().st_mtime  # a test may have frozen Python's clock
    for left in folder.parent.glob(f"{_PREFIX}*"):
        with suppress(FileNotFoundError):  # another process tidies up, too
            if now - left.lstat().st_mtime > _VALID.total_seconds():
                shutil.rmtree(left, ignore_errors=True)  # another user's stays


def _make(password: bytes, names: Sequence[str], addresses: Sequence[str]) -> tuple[bytes, bytes]:
    """Return an authority's certificate, and a server's encrypted key with its certificate."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        raise IkasError(
            "https on this machine needs cryptography; run `pip install 'ikas_explore[tls]'`."
        ) from None

    issuer, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issued_by, issued_to = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"ikas_explore sandbox{each}")])
        for each in (", throw-away authority", "")
    )
    # The system's own clock: a test may have frozen Python's.
    real = getattr(time, "CLOCK_REALTIME", None)
    seconds = time.time() if real is None else time.clock_gettime(real)
    begin = dt.datetime.fromtimestamp(seconds, dt.UTC) - dt.timedelta(days=1)

    def sign(
        name: x509.Name, whose: ec.EllipticCurvePrivateKey, *limits: x509.ExtensionType
    ) -> bytes:
        public = whose.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issued_by)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + _VALID)
            # Python 3.13 wants both.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), False
            )
        )
        for limit in limits:
            builder = builder.add_extension(limit, critical=True)
        return builder.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    authority = sign(
        issued_by,
        issuer,
        x509.BasicConstraints(ca=True, path_length=0),
        x509.KeyUsage(**{use: use == "key_cert_sign" for use in _USES}),
        x509.NameConstraints(
            [
                *(x509.DNSName(name.removeprefix("*.")) for name in _NAMES),
                *(x509.IPAddress(ip_network(address)) for address in _ADDRESSES),
            ],
            None,
        ),
    )
    called = [
        *map(x509.DNSName, names),
        *(x509.IPAddress(ip_address(address)) for address in addresses),
    ]
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )
    return authority, encrypted + sign(issued_to, key, x509.SubjectAlternativeName(called))
