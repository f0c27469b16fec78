"""What in a text looks like a secret: by its form, or because the environment holds the same.

Source of the forms: ikas' tokens are JSON Web Tokens (inferred), its client secrets begin with
``s_`` (inferred, as in the sandbox). A sandbox's own tokens open nothing but that sandbox and
say so in their first word; they are no secret.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ikas_explore.values.secret import spellings

#: The settings that hold a secret, whatever their value looks like.
SECRET_VARIABLES = ("IKAS_ACCESS_TOKEN", "IKAS_REFRESH_TOKEN", "IKAS_CLIENT_SECRET")

_SECRET_NAME = re.compile(r"(?i)token|secret|passw|pwd|api_?key|credential")
_NAMES = r"(?:access_?token|refresh_?token|client_?secret|api_?key|password|passwd|secret|token)"
# What follows a line end that stands as its escape, as in a repr, begins a word as well.
_ESCAPED = r"(?<=\\[nrt])"
_START = rf"(?:\b|{_ESCAPED})"
# None looks from every letter to the end of the text: a plot is a megabyte without a blank.
_FORMS: Mapping[str, re.Pattern[str]] = {
    "a JSON Web Token": re.compile(
        rf"(?:(?<![\w-])|{_ESCAPED})(?=[\w-]++\.[\w-]{{10}})[\w-]*?{_START}"
        r"(eyJ[\w-]{10,}+\.[\w-]{10,}(?:\.[\w-]*)?)"
    ),
    "a client secret of ikas": re.compile(rf"{_START}s_[0-9A-Za-z]{{32,}}\b"),
    "a URL with credentials": re.compile(r"(?i)\b[a-z][a-z0-9+.-]{0,20}://([^\s/?#@\"'<>\\]+)@"),
    "a URL with a token in it": re.compile(
        rf"(?i)[?&;](?:{_NAMES}|key|pwd|auth|signature|sig)=([^\s&#;\"'<>\\]{{8,}})"
    ),
    "an access token in a header": re.compile(
        r"(?i)\b(?:bearer|basic)\s+(?=\S*\d)([\w.~+/-]{16,}=*)"
    ),
    "a secret given a name": re.compile(
        rf"(?i)\b\w*{_NAMES}\\?[\"']?\]?\s*[:=]\s*[rbfu]?\\?[\"']([^\s\"'\\]{{8,}})\\?[\"']"
    ),
    "a secret in a shell's line": re.compile(
        rf"\b(?:{'|'.join(SECRET_VARIABLES)})=([^\s\"'\\,;)]{{8,}})"
    ),
}
# What people write where a secret would stand, and what a sandbox makes.
_NO_SECRET = re.compile(
    r"(?i)^(?:[$<{%\[]|\*+|sandbox-|(?:your|my|the|an?)[-_])|\*{3}|\.{3}|…|x{6,}|placeholder|"
    r"change.?me"
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Leak(NamedTuple):
    """A secret that was found, masked."""

    what: str
    masked: str
    line: int
    certain: bool


def known_secrets(environment: Mapping[str, str | None]) -> dict[str, str]:
    """Return the variables whose value no notebook may hold.

    Examples
    --------
    >>> known_secrets({"IKAS_CLIENT_SECRET": "abcdef", "SHOP_TOKEN": "on", "LANG": "tr_TR"})
    {'IKAS_CLIENT_SECRET': 'abcdef'}
    """
    return {
        name: value
        for name, value in environment.items()
        if value
        and not value.startswith("sandbox-")
        and (
            len(value) >= 6
            if name in SECRET_VARIABLES
            # Of others, only what could not stand in a notebook by chance.
            else _SECRET_NAME.search(name)
            and len(value) >= 12
            and re.search(r"\d", value)
            and not re.match(r"https?:|[./~]", value)
        )
    }


def find_leaks(text: str, known: Mapping[str, str]) -> list[Leak]:
    """Return the secrets in a text, each once.

    Parameters
    ----------
    text : str
    known : mapping of str to str
        Variable to value, from `known_secrets`.

    Examples
    --------
    >>> find_leaks('save("https://me:hunter22@erp.example/")', {})
    [Leak(what='a URL with credentials', masked='*** (11 characters)', line=1, certain=False)]
    """
    text = _COLOURS.sub("", text)  # IPython puts them within the words of a traceback
    found: dict[str, Leak] = {}
    for name, value in known.items():
        place = min((at for form in _spellings(value) if (at := text.find(form)) >= 0), default=-1)
        if place >= 0:
            found[value] = Leak(f"the value of {name}", mask(value), _line(text, place), True)
    for what, value, place in _by_form(text):
        if not any(value in other or other in value for other in found):
            found[value] = Leak(what, mask(value), _line(text, place), False)
    return list(found.values())


def mask(secret: str) -> str:
    """Return enough to recognise a secret by, and no more.

    Examples
    --------
    >>> mask("s_" + "0123456789abcdef" * 4), mask("hunter2")
    ('s_01… (66 characters)', '*** (7 characters)')
    """
    return f"{f'{secret[:4]}…' if len(secret) >= 24 else '***'} ({len(secret)} characters)"


def masked(text: str, known: Mapping[str, str]) -> str:
    """Return a text with the secrets in it masked, for messages that hold parts of a notebook.

    Examples
    --------
    >>> masked("/home/me/hunter2hunter2", {"A_TOKEN": "hunter2hunter2"})
    '/home/me/*** (14 characters)'
    """
    for value in known.values():
        for form in sorted(_spellings(value, whole=True), key=len, reverse=True):
            text = text.replace(form, mask(value))
    for value in {value for _, value, _ in _by_form(text)}:
        text = text.replace(value, mask(value))
    return text


def _by_form(text: str) -> Iterator[tuple[str, str, int]]:
    plain = html.unescape(text) if "&" in text else text
    for what, form in _FORMS.items():
        for match in form.finditer(plain):
            value = match[match.lastindex or 0]
            user = what == "a URL with credentials" and ":" not in value and len(value) < 16
            if not _NO_SECRET.search(value) and not user:
                yield what, value, match.start()


def _spellings(value: str, *, whole: bool = False) -> set[str]:
    """How the same text stands elsewhere; of a long one its beginning, as tables cut long cells."""
    # Cut after spelling: repr looks at the whole for its quotes.
    forms = spellings(value)
    return forms if whole or len(value) < 32 else {form[:24] for form in forms}


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
