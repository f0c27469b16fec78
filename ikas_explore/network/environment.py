"""What the environment says about connections: which certificates they trust, and which proxy.

The one place that reads these variables, so that the client, deliveries, the sandbox and probes
trust the same. An error names the variable and never its value, which may hold a password.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies

import certifi
import httpx

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.secret import HiddenMapping, Secret
from ikas_explore.values.urls import is_loopback


def trust(url: str = "https:", ca_file: str | None = None) -> ssl.SSLContext:
    """Return what a connection to a URL trusts: the one place that decides it.

    For https the authorities that ``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` names, in place of those
    that come with httpx; on this machine too. With `ca_file`, a sandbox's, that authority alone.
    """
    if url[:6].lower() != "https:":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading certificates takes its time
    file, folder, keys = map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"))
    if ca_file is not None:
        return _loaded("ca_file", ca_file, None, keys, _written_at(ca_file))
    variable = "SSL_CERT_FILE" if file else "SSL_CERT_DIR"
    return _loaded(variable, file, folder, keys, _written_at(file))


def _written_at(file: str | None) -> int | None:
    try:
        return os.stat(file).st_mtime_ns if file else None
    except (OSError, ValueError):
        return None  # loading it says why


# Loading certificates takes longer than all else of a client: once for a thousand stores.
@lru_cache(maxsize=4)
def _loaded(
    variable: str,
    file: str | None,
    folder: str | None,
    keys: str | None,  # noqa: ARG001 - read by ssl, so that another value is another context
    written_at: int | None,  # noqa: ARG001 - a file that was written anew is loaded anew
) -> ssl.SSLContext:
    try:
        if file:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
        elif folder and not any(map(os.path.isdir, folder.split(os.pathsep))):
            raise NotADirectoryError
        variable = "SSLKEYLOGFILE"
        authorities = file or (None if folder else certifi.where())
        return ssl.create_default_context(cafile=authorities, capath=None if file else folder)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it cannot be read"
        why = "there is none in it" if isinstance(error, ssl.SSLError) else why
    if variable == "ca_file":
        raise InvalidArgumentError(f"The sandbox is closed: its ca_file cannot be read ({why}).")
    # Out here: the error names the path.
    raise InvalidArgumentError(f"{variable} {_USELESS[variable]} ({why}). Fix it, or unset it.")


_USELESS = {
    "SSL_CERT_FILE": "names no file with certificates",
    "SSL_CERT_DIR": "names no folder with certificates",
    "SSLKEYLOGFILE": "names no file that can be written",
}


class Proxy(NamedTuple):
    """A proxy, and the variable that names it."""

    variable: str
    http: httpx.Proxy

    @property
    def name(self) -> str:
        """Its address without a password, and the variable."""
        return f"{self.http.url.scheme}://{self.http.url.netloc.decode()} ({self.variable})"


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy that the environment, or the system, names for a URL."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxies = HiddenMapping(getproxies())  # there may be passwords in it
    kind = parts.scheme if proxies.get(parts.scheme) else "all"
    if is_loopback(host) or not proxies.get(kind) or _is_direct(host, parts.port, proxies):
        return None
    # Small letters are sorted last, and come before capitals.
    names = [name for name in sorted(os.environ) if name.lower() == f"{kind}_proxy"]
    variable = names[-1] if names else "The proxy setting of the system"
    proxy = _read_proxy(Secret(proxies[kind]), trust(url))
    if proxy is None:
        raise InvalidArgumentError(
            f"{variable} names no proxy that can be used. Give an address such as "
            "http://proxy.example.com:3128 (SOCKS needs the package httpx[socks]), or unset it."
        )
    return Proxy(variable, proxy)


def _is_direct(host: str, port: int | None, proxies: Mapping[str, str]) -> bool:
    """Tell whether ``NO_PROXY`` names a host; what cannot be read in it names none."""
    for entry in proxies.get("no", "").lower().split(","):
        name = entry.strip().rpartition("://")[2].strip("[]").lstrip(".")
        for each in (host, f"{host}:{port or 443}"):
            if name == "*" or name == each or (name and each.endswith(f".{name}")):
                return True
    return False


def _read_proxy(address: Secret, trusted: ssl.SSLContext) -> httpx.Proxy | None:
    """Return a proxy by its address; None for one that httpx cannot use."""
    try:
        url = httpx.URL(
            address.reveal() if "://" in address.reveal() else f"http://{address.reveal()}"
        )
        if not url.host or (url.port or 0) > 65_535:
            return None
        if url.scheme.startswith("socks") and not find_spec("socksio"):
            return None
        return httpx.Proxy(url, ssl_context=trusted if url.scheme == "https" else None)
    except (ValueError, httpx.InvalidURL):
        return None
