"""What an address is: loopback, private, or a place on the internet.

Pure: nothing here resolves a name. The forms of an IPv4 address that ``inet_aton`` reads
(``2130706433``, ``0x7f.1``, ``0177.0.0.1``) and IPv4 mapped into IPv6 count as what they mean.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from urllib.parse import SplitResult, urlsplit

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.secret import NOT_SHOWN, looks_secret

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_HOST = re.compile(r"(?!-)[\w-]+(\.[\w-]+)*\.?")
_LONGEST = 253  # RFC 1035; some encoders of names take quadratic time
_BRACKETED = re.compile(r"\[[^\[\]]*\](:\d*)?")
# The last 32 bits are an IPv4 address: NAT64 (RFC 6052), "compatible" (RFC 4291), "translated"
# (RFC 2765). Such an address leads to a network, also where they say 127.0.0.1.
_EMBEDDING = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96")))
# Local, although older Pythons take them for global: RFC 8215 and RFC 3879.
_LOCAL = tuple(map(ipaddress.IPv6Network, ("64:ff9b:1::/48", "fec0::/10")))
# Names that never leave a local network (RFC 6761, RFC 6762, RFC 8375 and common use).
_LOCAL_SUFFIXES = (".local", ".internal", ".lan", ".home.arpa", ".intranet")


def literal_address(host: str) -> IPAddress | None:
    """Read a host as an IP address, if it is one in any of the usual forms.

    Parameters
    ----------
    host : str
        A host as it stands in a URL, with or without the brackets of IPv6.

    Returns
    -------
    IPv4Address or IPv6Address or None
        None for a name. IPv4 mapped into IPv6 is given as IPv4.

    Examples
    --------
    >>> literal_address("2130706433"), literal_address("::ffff:10.0.0.1")
    (IPv4Address('127.0.0.1'), IPv4Address('10.0.0.1'))
    """
    text = host.strip("[]").split("%")[0].rstrip(".")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        # inet_aton ignores what follows a blank, so it only sees what looks like a number.
        if not re.fullmatch(r"[0-9a-fA-FxX]+(\.[0-9a-fA-FxX]+){0,3}", text):
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

    Examples
    --------
    >>> loopback_addresses("0x7f.1"), loopback_addresses("localhost."), loopback_addresses("a.test")
    (['127.0.0.1'], ['127.0.0.1', '::1'], [])
    """
    address = literal_address(host)
    if address is not None:
        return [str(address)] if address.is_loopback else []
    name = host.casefold().rstrip(".")
    return ["127.0.0.1", "::1"] if name == "localhost" or name.endswith(".localhost") else []


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine: 127.0.0.0/8, ::1 or localhost.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("example.com")
    (True, True, False)
    """
    return bool(loopback_addresses(host))


def is_private(host: str) -> bool:
    """Tell whether a host cannot be reached from the internet.

    Loopback, private and reserved addresses in any form, ``localhost``, names without a
    dot and names under local suffixes such as ``.local`` and ``.internal``.

    Examples
    --------
    >>> is_private("10.0.0.1"), is_private("printer.local"), is_private("example.com")
    (True, True, False)
    """
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
        elif any(address in network for network in _LOCAL):
            return False
    return address.is_global and not address.is_multicast


def split_url(url: str) -> SplitResult:
    """Split a URL and say what is wrong with it.

    Parameters
    ----------
    url : str

    Returns
    -------
    urllib.parse.SplitResult
        With scheme ``http`` or ``https``, a host, and a port that is a number or None.

    Raises
    ------
    InvalidArgumentError
        With what is wrong, the value, and what to do.

    Examples
    --------
    >>> split_url("https://example.com/ikas").hostname
    'example.com'
    """
    if not isinstance(url, str):
        raise InvalidArgumentError(f"An address is text, not {type(url).__name__}: {url!r}.")
    if not url.strip():
        raise InvalidArgumentError(
            "The address is empty; give one such as 'https://example.com/ikas'."
        )
    if looks_secret(url):
        raise InvalidArgumentError(
            f"The address {NOT_SHOWN} An address is such as 'https://example.com/ikas'."
        )
    # urlsplit drops tabs and line ends without a word, so they are looked for first.
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        raise InvalidArgumentError(f"The address {_told(url)} holds white space; remove it.")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError as error:
        why = "" if "@" in url else f": {error}"  # which may quote a part of a password
        raise InvalidArgumentError(f"The address {_told(url)} cannot be read{why}.") from None
    if parts.scheme not in ("http", "https"):
        raise InvalidArgumentError(f"The address {_told(url)} has to start with 'https://'.")
    host = parts.hostname or ""
    place = parts.netloc.rpartition("@")[2]
    if "\\" in parts.netloc or ("[" in place and not _BRACKETED.fullmatch(place)):
        # Some programs read another host in it than others.
        raise InvalidArgumentError(f"The host in the address {_told(url)} cannot be read.")
    if not host:
        raise InvalidArgumentError(
            f"The address {_told(url)} names no host; give one such as 'https://example.com/ikas'."
        )
    if len(host) > _LONGEST or (":" not in host and not _HOST.fullmatch(host)):
        raise InvalidArgumentError(f"The host {host!r} in {_told(url)} is not a host name.")
    return parts


def _told(url: str) -> str:
    """Return a URL for a message, without the user and password that may be in it."""
    # Up to the last `@`: a password that was not escaped may hold anything.
    return repr(re.sub(r"(?s)^([a-z]+:/*)?.*@", r"\1***@", url))


def split_visible(url: str) -> SplitResult:
    """Split a URL as `split_url`, and refuse one with characters that do not show.

    They steer a terminal, or make an address look like another.
    """
    parts = split_url(url)
    if not url.isprintable():
        raise InvalidArgumentError(f"The address {_told(url)} holds what does not show; remove it.")
    return parts


def check_endpoint(endpoint: str, *, allow_http: bool = False) -> str:
    """Check an endpoint before it is sent.

    Parameters
    ----------
    endpoint : str
        The URL webhooks would be pushed to.
    allow_http : bool, default False
        Accept ``http://`` too: right for a store on this machine only, as ikas refuses it.

    Returns
    -------
    str
        The endpoint, unchanged.

    Raises
    ------
    InvalidArgumentError
        With what is wrong, the value, and what to do.

    Examples
    --------
    >>> check_endpoint("https://example.com/ikas")
    'https://example.com/ikas'
    """
    parts = split_visible(endpoint)
    if parts.scheme == "http" and not allow_http:
        raise InvalidArgumentError(
            f"The endpoint {endpoint!r} is not https; ikas pushes to https:// addresses only."
        )
    return endpoint
