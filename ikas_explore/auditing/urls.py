"""What a rule wants to know of an endpoint's text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.urls import split_url

# The usual form, read five times faster than by split_url; that one judges all others.
_USUAL = re.compile(
    r"(?i)(https?)://(?:[^/?#@\s\\]*@)?([a-z0-9](?:[\w.-]*\w)?)(?::(\d{1,4}))?([/?#][!-~]*)?"
)
# A name, and the value behind it, which may hold names of its own.
_NAMED = re.compile(r"[?&#;]([^=&#;?/\s]{1,100})=")
_VALUE = re.compile(r"[^&#;]*(?:;[^=&#]*(?=[&#]|$))?")
# Names that say so, somewhere or as their last word.
_SECRET_NAME = re.compile(
    r"(?i:token|secret|passw|passphrase|api[_.-]?key|credential|signature|jwt|session_?id"
    r"|(?:^|[^a-z])(?:key|pass|pwd|auth|authorization|session|sig|sid)$)|[a-z]Key$"
)
# By its form, in a path too: a JSON Web Token, a client secret of ikas.
_SECRET_FORM = re.compile(r"(?<![\w-])eyJ[\w-]{6,}+\.[\w-]{6,}+\.[\w-]*+|\bs_[0-9A-Za-z]{32,}")
# A part of a path that nobody can guess: some services have no other secret.
_RANDOM = re.compile(r"(?<=/)(?=[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])(?=[A-Za-z_-]*\d)[\w-]{20,}+")
_USERINFO = re.compile(r"(?<=://)[^/?#]*(?=@)")


class Url(NamedTuple):
    """The parts of an endpoint; `problem` says what is wrong where it cannot be read."""

    scheme: str = ""
    host: str = ""
    port: int = 0
    rest: str = ""
    problem: str = ""

    @property
    def likeness(self) -> str:
        """The same for endpoints that differ only by a slash at the end, case or port."""
        path, mark, query = self.rest.partition("?")
        return f"{self.scheme}://{self.host}{path.rstrip('/').casefold()}{mark}{query}"


def read_url(endpoint: str) -> Url:
    """Read an endpoint; never raises.

    Examples
    --------
    >>> read_url("https://Example.com:8443/ikas/")
    Url(scheme='https', host='example.com', port=8443, rest='/ikas/', problem='')
    >>> read_url("nowhere").problem
    "The address 'nowhere' has to start with 'https://'."
    """
    usual = _USUAL.fullmatch(endpoint)
    if usual:
        scheme, host, port, rest = usual.groups(default="")
        scheme = scheme.lower()
        number = int(port) if port else 443 if scheme == "https" else 80
        return Url(scheme, host.casefold(), number, rest)
    try:
        parts = split_url(endpoint)
        endpoint.encode()
    except InvalidArgumentError as error:
        return Url(problem=str(error))
    except UnicodeEncodeError:  # JSON may bring one half of a pair of surrogates
        return Url(problem=f"The address at {parts.hostname} holds half of a character.")
    rest = parts.path + (f"?{parts.query}" if parts.query else "")
    port_number = parts.port or (443 if parts.scheme == "https" else 80)
    host = (parts.hostname or "").rstrip(".")
    return Url(parts.scheme, host, port_number, rest)


def holds_secret(endpoint: str) -> bool:
    """Tell whether an endpoint carries a password, a token or a key.

    Examples
    --------
    >>> holds_secret("https://a.example/?token=1"), holds_secret("https://a.example/?page=1")
    (True, False)
    """
    # Most endpoints hold none of these signs, which are looked for in a tenth of the time.
    return bool(
        ("@" in endpoint and _USERINFO.search(endpoint))
        or ("=" in endpoint and any(_secret_values(endpoint)))
        or (("eyJ" in endpoint or "s_" in endpoint) and _SECRET_FORM.search(endpoint))
    )


def masked(text: str) -> str:
    """Return a text with the secrets of the URLs in it replaced, for reports that are passed on.

    Examples
    --------
    >>> masked("https://me:secret@a.example/?token=abc&page=1")
    'https://***@a.example/?token=***&page=1'
    """
    text = _USERINFO.sub("***", text)
    parts, done = [], 0
    for begin, end in _secret_values(text):
        parts += [text[done:begin], "***"]
        done = end
    return _RANDOM.sub("***", _SECRET_FORM.sub("***", "".join([*parts, text[done:]])))


def _secret_values(text: str) -> Iterator[tuple[int, int]]:
    """Give the places of values whose names say that they are secret."""
    done = 0
    for named in _NAMED.finditer(text):
        name = unquote(named[1]).rstrip("[]")
        # `code` is what some clouds name a function's key, and what others name a country.
        code = name.casefold() == "code"
        if named.end() < done or not (code or _SECRET_NAME.search(name)):
            continue
        value = _VALUE.match(text, named.end())
        if value is not None and len(value[0]) > (15 if code else 0):
            done = value.end()
            yield value.span()
