"""What a secret looks like, and how secrets are kept from showing.

They must not show in messages, and not in tracebacks that print local variables.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload
from urllib.parse import quote, unquote

#: The variables that hold a secret, whatever their value looks like.
SECRET_VARIABLES = ("IKAS_ACCESS_TOKEN", "IKAS_REFRESH_TOKEN", "IKAS_CLIENT_SECRET")

# Source of the forms: ikas' tokens are JSON Web Tokens, its client secrets begin with ``s_``
# (both inferred).
_STARTING_S = r"s_[0-9A-Za-z]{32,}"
_WORDS = r"token|secret|passw|pwd|api[_.-]?key|credential"
_NAMES = r"(?:access_?token|refresh_?token|client_?secret|api_?key|password|passwd|secret|token)"
#: A name that says that its value is secret.
SECRET_NAME = re.compile(f"(?i){_WORDS}")
# The same for a query in a URL, where shorter names are secrets too. A pattern that only masking
# needs is compiled when it is first used: most programs mask nothing, and all import this.
_QUERY_NAME = (
    rf"(?i:{_WORDS}|signature|jwt|session_?id"
    r"|(?:^|[^a-z])(?:key|pass|passphrase|auth|authorization|session|sig|sid)$)|[a-z]Key$"
)
# What follows a line end that stands as its escape, as in a repr, begins a word as well.
_ESCAPED = r"(?<=\\[nrt])"
_START = rf"(?:\b|{_ESCAPED})"
#: What is secret by its form in any text, as regular expressions; the last group is the secret.
# None looks from every letter to the end of the text: a plot is a megabyte without a blank.
SECRET_FORMS: Mapping[str, str] = {
    "a JSON Web Token": (
        rf"(?:(?<![\w-])|{_ESCAPED})(?=[\w-]++\.[\w-]{{10}})[\w-]*?{_START}"
        r"(eyJ[\w-]{10,}+\.[\w-]{10,}(?:\.[\w-]*)?)"
    ),
    "a client secret of ikas": rf"{_START}({_STARTING_S})\b",
    "a URL with credentials": r"(?i)\b[a-z][a-z0-9+.-]{0,20}://([^\s/?#@\"'<>\\]+)@",
    "a URL with a token in it": (
        rf"(?i)[?&;](?:{_NAMES}|key|pwd|auth|signature|sig)=([^\s&#;\"'<>\\]{{8,}})"
    ),
    "an access token in a header": (r"(?i)\b(?:bearer|basic)\s+(?=\S*\d)([\w.~+/-]{16,}=*)"),
    "a secret given a name": (
        rf"(?i)\b\w*{_NAMES}\\?[\"']?\]?\s*[:=]\s*[rbfu]?\\?[\"']([^\s\"'\\]{{8,}})\\?[\"']"
    ),
    "a secret in a shell's line": (rf"\b(?:{'|'.join(SECRET_VARIABLES)})=([^\s\"'\\,;)]{{8,}})"),
}
# One word far longer than the name of any store, or what begins as a token or client secret.
_ONE_WORD = re.compile(r"\W*(?i:bearer\W+)?(?:eyJ|s_|[\w~+=-]{41})")
# In an endpoint: a name, and the value behind it, which may hold names of its own.
_NAMED = r"[?&#;]([^=&#;?/\s]{1,100})="
_VALUE = re.compile(r"[^&#;]*(?:;[^=&#]*(?=[&#]|$))?")
# By its form, in a path too: a JSON Web Token, a client secret of ikas.
_SECRET_FORM = r"(?<![\w-])eyJ[\w-]{6,}+\.[\w-]{6,}+\.[\w-]*+|\b" + _STARTING_S
# A part of a path that nobody can guess: some services have no other secret.
_RANDOM = r"(?<=/)(?=[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])(?=[A-Za-z_-]*\d)[\w-]{20,}+"
_USERINFO = r"(?<=://)[^/?#]*(?=@)"


class Secret:
    """A text that does not show: not in ``repr``, ``str``, ``format`` or a pickle.

    Examples
    --------
    >>> token = Secret("abc")
    >>> f"{token} {token!r}"
    '*** Secret(***)'
    >>> token.reveal()
    'abc'
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> Any:
        raise TypeError("A Secret cannot be pickled: it would stand in the pickle in clear.")


#: What takes one client secret or several takes.
OneOrMore = str | Secret | Sequence[str | Secret] | None


class HiddenMapping(Mapping[str, Any]):
    """A copy of a mapping that does not show; no dict, as rich shows what is in any dict."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Any]) -> None:
        self._items = dict(items)

    def __getitem__(self, name: str) -> Any:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return "***"


@overload
def hide(value: str | Secret) -> Secret: ...
@overload
def hide(value: None) -> None: ...
def hide(value: str | Secret | None) -> Secret | None:
    """Return a secret that was passed as text as one that does not show; None stays None.

    A function that is given a secret rebinds its own name for it first of all, so that the
    traceback of whatever goes wrong later does not have it.
    """
    return value if value is None or isinstance(value, Secret) else Secret(value)


def hide_all(value: OneOrMore) -> tuple[Secret, ...]:
    """Return one secret or several as ones that do not show; None is none."""
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    given: Any = value if several else () if value is None else (value,)
    return tuple(each if isinstance(each, Secret) else Secret(each) for each in given)


def looks_secret(text: str) -> bool:
    """Tell whether what stands in the place of a name or an address looks like a secret."""
    return _ONE_WORD.match(text) is not None


def spellings(secret: str) -> set[str]:
    """Return how the same text stands in Python, JSON, HTML and a URL."""
    return {
        secret,
        quote(secret, safe=""),
        html.escape(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    }


def blank(text: str, secrets: Iterable[Secret | None]) -> str:
    """Return a text that somebody else wrote without the secrets that may be in it."""
    for secret in secrets:
        if secret:
            for spelling in sorted(spellings(secret.reveal()), key=len, reverse=True):
                text = text.replace(spelling, "***")
            # Other ways to write the same, or two at once: nothing of it is shown.
            plain = text
            for read in (unquote, html.unescape, _unescape, unquote, html.unescape, _unescape):
                plain = read(plain)
                if secret.reveal() in plain:
                    return "***"
    return text


# As JSON, JavaScript and Python write a character.
_ESCAPE = r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))"


def _unescape(text: str) -> str:
    return re.sub(_ESCAPE, lambda found: found[3] or chr(int(found[1] or found[2], 16)), text)


#: What a message says in place of such a text.
NOT_SHOWN = (
    "is not shown, as it looks like a token or client secret; those are given as access_token or "
    "client_secret, or set as IKAS_ACCESS_TOKEN or IKAS_CLIENT_SECRET."
)


def holds_secret(endpoint: str) -> bool:
    """Tell whether an endpoint carries a password, a token or a key."""
    # Most endpoints hold none of these signs, which are looked for in a tenth of the time.
    return bool(
        ("@" in endpoint and re.search(_USERINFO, endpoint))
        or ("=" in endpoint and any(_secret_values(endpoint)))
        or (("eyJ" in endpoint or "s_" in endpoint) and re.search(_SECRET_FORM, endpoint))
    )


def masked(text: str) -> str:
    """Return a text with the secrets of the URLs in it replaced, for reports that are passed on."""
    text = re.sub(_USERINFO, "***", text)
    parts, done = [], 0
    for begin, end in _secret_values(text):
        parts += [text[done:begin], "***"]
        done = end
    return re.sub(_RANDOM, "***", re.sub(_SECRET_FORM, "***", "".join([*parts, text[done:]])))


def _secret_values(text: str) -> Iterator[tuple[int, int]]:
    """Give the places of values whose names say that they are secret."""
    done = 0
    for named in re.finditer(_NAMED, text):
        name = unquote(named[1]).rstrip("[]")
        # `code` is what some clouds name a function's key, and what others name a country.
        code = name.casefold() == "code"
        if named.end() < done or not (code or re.search(_QUERY_NAME, name)):
            continue
        value = _VALUE.match(text, named.end())
        if value is not None and len(value[0]) > (15 if code else 0):
            done = value.end()
            yield value.span()
