"""The languages that people are addressed in, and which one this machine is set to."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from typing import Literal, get_args

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.text.printable import shown

Language = Literal["en", "tr"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


def read_language(language: str | None) -> Language:
    """Return a language that was asked for, by default that of the locale."""
    if language is None:
        return default_language()
    for known in LANGUAGES:
        if isinstance(language, str) and language == known:
            return known
    raise InvalidArgumentError(f"There is no language {shown(language)}: give 'en' or 'tr'.")


def default_language(environment: Mapping[str, str] | None = None) -> Language:
    """Return the language of the locale, found as gettext does; English where it is another."""
    environment = os.environ if environment is None else environment
    names = (environment.get(name) for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    named = next((name for name in names if name), None) or locale.getlocale()[0] or ""
    # Windows says Turkish_Türkiye where others say tr_TR.
    turkish = named == "tr" or named.casefold().startswith(("tr_", "tr.", "tr:", "turkish"))
    return "tr" if turkish else "en"
