"""What in a text looks like a secret, or like a person's e-mail address or phone number.

A secret is known by its form, or because the environment holds the same.
`ikas_explore.values.secret` lists the forms. A sandbox's own tokens open nothing but that sandbox
and say so in their first word; they are no secret.
"""

from __future__ import annotations

import html
import re
from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ikas_explore.values.secret import (
    SECRET_FORMS,
    SECRET_NAME,
    SECRET_VARIABLES,
    Secret,
    spellings,
)

_FORMS = {what: re.compile(form) for what, form in SECRET_FORMS.items()}
# What people write where a secret would stand, and what a sandbox makes.
_NO_SECRET = re.compile(
    r"(?i)^(?:[$<{%\[]|\*+|sandbox-|(?:your|my|the|an?)[-_])|\*{3}|\.{3}|…|x{6,}|placeholder|"
    r"change.?me"
)
# Of bounded length, as plots are long; what is no domain of the internet is an example (RFC 2606),
# and git@ is how repositories are addressed.
_EMAIL = re.compile(
    r"(?<![\w.+/-])(?!git@)[\w.+-]{1,64}@(?!(?:[\w-]{1,63}\.){0,9}(?:example\.(?:com|net|org)|example|"
    r"test|invalid|localhost)(?![\w.-]*\w))((?:[\w-]{1,63}\.){1,9}(?!(?:png|jpe?g|svg|gif|webp)\b)"
    r"[^\W\d_]{2,24})(?![\w(])"
)
# International, Turkish, with an area code in brackets, or under its name. A number alone is none.
_PHONE = re.compile(
    r"(?<![\w+.-])(?:(?!\+90555000\d{4}\b)\+[1-9]\d{0,2}[ (-]{0,2}\d{2,4}\)?(?:[ -]?\d{2,4}){2,4}"
    r"|0[ (]{0,2}[2-5]\d\d\)?[ -]?\d{3}[ -]?\d\d[ -]?\d\d"
    r"|[2-5]\d\d \d{3} \d\d \d\d"
    r"|\(\d{3}\)[ -]?\d{3}[ -]?\d\d[ -]?\d\d)(?![\w:.-]*\w)"
    r"|(?i:phone\w{0,20})\\?[\"']?\s?[:=]\s?\\?[\"'](\d[\d ()-]{6,18}\d)\\?[\"']"
)
_DIGITS = 9  # the fewest that a phone number with its country has
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Leak(NamedTuple):
    """A secret that was found, masked."""

    what: str
    masked: str
    line: int
    certain: bool


@dataclass(frozen=True)
class Known:
    """A secret of the environment that no notebook may hold, with its spellings, longest first."""

    name: str
    value: Secret
    spellings: tuple[Secret, ...]

    def place(self, text: str) -> int:
        """Return where the text holds it, or -1. Tables cut long cells: its beginning will do."""
        long = len(self.value.reveal()) >= 32
        places = (
            text.find(each.reveal()[:24] if long else each.reveal()) for each in self.spellings
        )
        return min((place for place in places if place >= 0), default=-1)

    def overlaps(self, value: str) -> bool:
        """Tell whether a value is a part of it, or it of the value."""
        return value in self.value.reveal() or self.value.reveal() in value


def known_secrets(environment: Mapping[str, str | None]) -> tuple[Known, ...]:
    """Return the variables that hold a secret."""
    return tuple(
        Known(
            name, Secret(value), tuple(map(Secret, sorted(spellings(value), key=len, reverse=True)))
        )
        for name, value in environment.items()
        if value and _is_secret(name, value)
    )


def _is_secret(name: str, value: str) -> bool:
    if value.startswith("sandbox-"):
        return False
    if name in SECRET_VARIABLES:
        return len(value) >= 6
    # Of others, only what could not stand in a notebook by chance.
    return bool(
        SECRET_NAME.search(name)
        and len(value) >= 12
        and re.search(r"\d", value)
        and not re.match(r"https?:|[./~]", value)
    )


def find_leaks(text: str, known: tuple[Known, ...]) -> list[Leak]:
    """Return the secrets in a text, each once."""
    text = _COLOURS.sub("", text)  # IPython puts them within the words of a traceback
    places = [(each, each.place(text)) for each in known]
    there = [(each, place) for each, place in places if place >= 0]
    found = [
        Leak(
            f"the value of {each.name}",
            mask(each.value.reveal()),
            text.count("\n", 0, place) + 1,
            certain=True,
        )
        for each, place in there
    ]
    plain = _unescaped(text)
    lines = [end.start() for end in re.finditer("\n", plain)]
    seen: set[str] = set()
    done = 0  # a part of the text is reported once, by the first form that has it
    for what, start, end in _by_form(plain):
        value = plain[start:end]
        if start < done or value in seen or any(each.overlaps(value) for each, _ in there):
            continue
        seen.add(value)
        done = end
        found.append(Leak(what, mask(value), bisect(lines, start) + 1, certain=False))
    return found


def find_personal(text: str) -> list[str]:
    """Return what looks like a person's data in a text, a line a kind, and masked.

    Addresses of example domains and the phone numbers of a sandbox are nobody's.

    Examples
    --------
    >>> find_personal("ayse@shop.com.tr, ali@example.com, +90 532 123 45 67")
    ['e-mail address: ***@shop.com.tr', 'phone number: +90… (12 digits)']
    """
    plain = _unescaped(_COLOURS.sub("", text))
    emails = {match[0]: f"***@{match[1]}" for match in _EMAIL.finditer(plain)}
    phones = {}
    for match in _PHONE.finditer(plain):
        digits = re.sub(r"\D", "", match[1] or match[0])
        if match[1] or len(digits) >= _DIGITS:
            phones[digits] = f"{(match[1] or match[0])[:3]}… ({len(digits)} digits)"
    return [
        f"{what}: {next(iter(found.values()))}"
        + (f", and {len(found) - 1} more" if len(found) > 1 else "")
        for what, found in (("e-mail address", emails), ("phone number", phones))
        if found
    ]


def mask(secret: str) -> str:
    """Return enough to recognise a secret by, and no more."""
    return f"{f'{secret[:4]}…' if len(secret) >= 24 else '***'} ({len(secret)} characters)"


def masked(text: str, known: tuple[Known, ...]) -> str:
    """Return a text with the secrets in it masked, for messages that hold parts of a notebook."""
    for each in known:
        for spelling in each.spellings:
            text = text.replace(spelling.reveal(), mask(each.value.reveal()))
    plain = _unescaped(text)
    values = {plain[start:end] for _, start, end in _by_form(plain)}
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, mask(value))
    return text


def _unescaped(text: str) -> str:
    return html.unescape(text) if "&" in text else text


def _by_form(text: str) -> list[tuple[str, int, int]]:
    """Return each form, begin and end of what looks like a secret, by where it begins."""
    found = []
    for what, form in _FORMS.items():
        for match in form.finditer(text):
            user = what == "a URL with credentials" and ":" not in match[1] and len(match[1]) < 16
            if not _NO_SECRET.search(match[1]) and not user:
                found.append((what, *match.span(1)))
    return sorted(found, key=lambda each: each[1])  # at one place, in the order of the forms
