"""A throw-away authority, so that a server on this machine can speak https.

Its key signs one certificate and is gone: it is never written. Its certificate is limited to the
names below, and to 30 days, so that trusting it trusts this server and nothing else.
"""

from __future__ import annotations

import datetime as dt
import secrets
import shutil
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address, ip_network
from pathlib import Path

from ikas_explore.errors import IkasError

#: Clients that know no other address than ikas' own ask for a host beneath it.
IKAS_DOMAIN = "myikas.com"

_NAMES = ("localhost", "*.localhost", f"*.{IKAS_DOMAIN}")
_ADDRESSES = ("127.0.0.1", "::1")
_VALID = dt.timedelta(days=30)
_USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@contextmanager
def serving_https() -> Iterator[tuple[ssl.SSLContext, str]]:
    """Give what a server needs for https, and the file that its clients have to trust.

    The file is gone at the end of the block.
    """
    password = secrets.token_bytes(32)
    authority, chain = _make(password)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Removed by hand: what removes itself would do so at the end of a forked process, too.
    folder = Path(tempfile.mkdtemp(prefix="ikas-sandbox-"))
    try:
        # Python reads a key from a file alone: nobody can read this one without the password.
        path, ca_file = folder / "server.pem", folder / "authority.pem"
        path.write_bytes(chain)
        context.load_cert_chain(path, password=password)
        path.unlink()
        ca_file.write_bytes(authority)
        yield context, str(ca_file)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(password: bytes) -> tuple[bytes, bytes]:
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
    names = [
        *map(x509.DNSName, _NAMES),
        *(x509.IPAddress(ip_address(address)) for address in _ADDRESSES),
    ]
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )
    return authority, encrypted + sign(issued_to, key, x509.SubjectAlternativeName(names))
