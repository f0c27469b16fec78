"""The one reader of URLs, and what a host is: this machine, private, or on the internet.

Nothing here resolves a name. The IPv4 forms that ``inet_aton`` reads (``2130706433``, ``0x7f.1``)
and IPv4 mapped into IPv6 count as the address they mean.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.text.printable import is_visible
from ikas_explore.values.secret import NOT_SHOWN, Secret, looks_secret, masked

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_EXAMPLE = "for example 'https://example.com/ikas'"
_PORTS = {"http": 80, "https": 443}
# What the slow way would say of nearly every endpoint, and of every sandbox, five times faster. A
# host that is a name has a letter that no number has.
_USUAL = re.compile(
    r"(https?)://(127\.0\.0\.1|(?=[a-z0-9.-]*[g-wyz])(?:[a-z0-9][a-z0-9-]*\.)+[a-z][a-z0-9]*)"
    r"(?::([1-5]\d{4}|[1-9]\d{0,3}))?(/[!-~]*)?",
    re.ASCII,
)
_LONGEST = 253  # RFC 1035
_BRACKETED = re.compile(r"\[[^\[\]]*\](:\d*)?")
# inet_aton ignores what follows a blank, so it only sees what looks like a number.
_NUMBERS = re.compile(r"[0-9a-fx]+(\.[0-9a-fx]+){0,3}", re.ASCII | re.IGNORECASE)

# Written out, as Python's own `is_global` differs from version to version. IANA's registries of
# special-purpose addresses, and multicast.
_PRIVATE_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        ),
    )
)  # fmt: skip
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_PRIVATE_V6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
# The last 32 bits are an IPv4 address: NAT64 (RFC 6052), "compatible" (RFC 4291), "translated"
# (RFC 2765). Such an address leads to a network, also where they say 127.0.0.1.
_EMBEDDING = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96")))
# Names that never leave a local network (RFC 6761, RFC 6762, RFC 8375 and common use).
_LOCAL_SUFFIXES = (".local", ".localdomain", ".internal", ".lan", ".home.arpa", ".intranet")

_NO_USERINFO = Secret("")


class Url(NamedTuple):
    """The parts of a URL; `host` is in the one form in which hosts are compared.

    ``mağaza.example``, ``MAĞAZA.example.`` and ``xn--maaza-l1a.example`` are one host, and so are
    ``0x7f.1`` and ``127.0.0.1``. `rest` is path, query and fragment as they were given.
    """

    scheme: str
    host: str
    port: int
    rest: str = ""
    userinfo: Secret = _NO_USERINFO

    def __repr__(self) -> str:
        return f"<Url of {self.origin}>"  # the rest may hold a token

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a password."""
        return f"{self.scheme}://{self._server}"

    @property
    def normal(self) -> str:
        """The URL in the one form in which endpoints are compared."""
        rest = self.rest if self.rest.startswith("/") else f"/{self.rest}"
        return f"{self.scheme}://{self.userinfo.reveal()}{self._server}{rest}"

    @property
    def _server(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(url: str | Secret) -> Url:
    """Read an http or https URL, or raise InvalidArgumentError that says what is wrong with it.

    Nothing of it is in the traceback: there may be a password in it.
    """
    url = url if isinstance(url, Secret) else Secret(url)
    found = _read(url)
    if isinstance(found, str):
        raise InvalidArgumentError(found)
    return found


def _read(address: Secret) -> Url | str:
    """Return the parts of a URL, or what is wrong with it."""
    url = address.reveal()
    if not isinstance(url, str):
        return f"An address is text, not {type(url).__name__}."
    usual = _USUAL.fullmatch(url)
    if usual and len(usual[2]) <= _LONGEST:
        scheme, name, port, rest = usual.groups(default="")
        return Url(scheme, name, int(port) if port else _PORTS[scheme], rest)
    if not url.strip():
        return f"The address is empty; give one, {_EXAMPLE}."
    if looks_secret(url):
        return f"The address {NOT_SHOWN} Give a URL, {_EXAMPLE}."
    # urlsplit drops tabs and line ends without a word, so they are looked for first.
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        return f"The address {_shown(url)} holds white space; remove it."
    if not is_visible(url):
        # They steer a terminal, or make an address look like another.
        return f"The address {_shown(url)} holds a character that does not show; remove it."
    return _split(url)


def _split(url: str) -> Url | str:
    try:
        parts = urlsplit(url)
        given_port = parts.port
    except ValueError as error:
        why = "" if "@" in url else f": {error}"  # which may quote a part of a password
        return f"The address {_shown(url)} cannot be read{why}."
    if parts.scheme not in _PORTS:
        return f"The address {_shown(url)} has to start with 'https://'."
    userinfo, at, place = parts.netloc.rpartition("@")
    if "\\" in parts.netloc or ("[" in place and not _BRACKETED.fullmatch(place)):
        # Some programs read another host in it than others.
        return f"The host in the address {_shown(url)} cannot be read."
    if not parts.hostname:
        return f"The address {_shown(url)} names no host; give one, {_EXAMPLE}."
    if given_port == 0:
        return f"The address {_shown(url)} has the port 0, which is no port."
    host = normal_host(parts.hostname)
    if host is None:
        return f"The host {parts.hostname!r} in {_shown(url)} is not a host name."
    rest = url.partition("://")[2][len(parts.netloc) :]
    return Url(parts.scheme, host, given_port or _PORTS[parts.scheme], rest, Secret(userinfo + at))


def _shown(url: str) -> str:
    """Return a URL for a message, without the password or token that may be in it."""
    # Up to the last `@`: a password that was not escaped may hold anything.
    return repr(masked(re.sub(r"(?s)^([a-z]+:/*)?.*@", r"\1***@", url)))


def normal_host(host: str, *, pattern: bool = False) -> str | None:
    """Return a host in the one form in which hosts are compared; None if it cannot be one.

    Names become ASCII in lower case; ``*`` is let through in a `pattern`.
    """
    if ":" in host:
        address = literal_address(host)
        return None if address is None else str(address)
    # Lower case and then NFKC, as browsers map names (UTS 46).
    name = unicodedata.normalize("NFKC", host.lower())
    labels = name.removesuffix(".").split(".")
    if name.startswith("-") or not all(_is_label(label, pattern) for label in labels):
        return None
    address = literal_address(name)
    if not host.isascii() and (address is not None or is_loopback(name)):
        return host.lower()  # in wide letters: not every program reads an address in it
    if address is not None:
        return str(address)
    name = ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels
    )
    return name if len(name) <= _LONGEST else None


def _is_label(label: str, pattern: bool) -> bool:
    if not label or len(label) > _LONGEST:  # encoding takes quadratic time
        return False
    letters = re.sub(r"[-_*]" if pattern else r"[-_]", "", label)
    if letters.isascii():
        return not letters or letters.isalnum()
    return all(unicodedata.category(each)[0] in "LMN" for each in letters)


def same_endpoint(one: str | None, other: str | None) -> bool:
    """Return whether two endpoints are one, however their hosts are spelled."""
    if one is None or other is None or one == other:
        return one == other
    try:
        return read_url(one).normal == read_url(other).normal
    except InvalidArgumentError:
        return False


@lru_cache  # a few hosts are asked about again and again: with each request, for each store
def literal_address(host: str) -> IPAddress | None:
    """Read a host as an IP address in any of the usual forms; None for a name."""
    text = host.strip("[]").split("%")[0].rstrip(".")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        if not _NUMBERS.fullmatch(text):
            return None
        try:
            return ipaddress.IPv4Address(socket.inet_aton(text))
        except OSError:
            return None
    return getattr(address, "ipv4_mapped", None) or address


def loopback_addresses(host: str) -> list[str]:
    """Return what to connect to for a host that is this machine; empty for any other.

    Connect to these and do not have the name resolved: what answers for ``localhost.``,
    ``shop.localhost`` or ``127.0.0.1.`` may be a name server of the network.
    """
    address = literal_address(host)
    if address is not None:
        return [str(address)] if address.is_loopback else []
    name = host.casefold().rstrip(".")
    return ["127.0.0.1", "::1"] if name == "localhost" or name.endswith(".localhost") else []


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine: 127.0.0.0/8, ::1, localhost or a name under it."""
    return bool(loopback_addresses(host))


def is_private(host: str) -> bool:
    """Return whether a host cannot be reached from the internet."""
    host = unicodedata.normalize("NFKC", host)  # as resolvers and browsers read wide letters
    address = literal_address(host)
    if address is not None:
        return not _public(address)
    name = host.casefold().rstrip(".")
    return is_loopback(name) or "." not in name or name.endswith(_LOCAL_SUFFIXES)


def _public(address: IPAddress) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _EMBEDDING):
            address = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        elif address.sixtofour is not None:
            address = address.sixtofour
        else:
            return address in _GLOBAL_V6 and not any(address in each for each in _PRIVATE_V6)
    return not any(address in each for each in _PRIVATE_V4)


def check_endpoint(endpoint: str, *, local: bool = False) -> str:
    """Return an endpoint that ikas would take, or raise InvalidArgumentError.

    A `local` store, on this machine, takes ``http://`` and private hosts too.
    """
    url = read_url(endpoint)
    if url.scheme == "http" and not local:
        raise InvalidArgumentError(
            f"The endpoint {_shown(endpoint)} is not https; ikas pushes to https:// addresses only."
        )
    if not local and is_private(url.host):
        raise InvalidArgumentError(
            f"The endpoint {_shown(endpoint)} cannot be reached from the internet, so ikas refuses "
            f"it. Give one with a public host, {_EXAMPLE}."
        )
    return endpoint
