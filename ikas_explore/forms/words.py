"""Every word the forms say, in English and Turkish."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from typing import get_args

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.forms.texts import TEXTS, Language
from ikas_explore.values.names import did_you_mean

LANGUAGES: tuple[Language, ...] = get_args(Language)


class Words:
    """The words of one language.

    Parameters
    ----------
    language : {"en", "tr"}, optional
        Default: that of the locale, English when there are no words in it.

    Raises
    ------
    InvalidArgumentError
        Another language.

    Examples
    --------
    >>> Words("tr")("save")
    'Kaydet'
    >>> Words("en")("matrix.title", store="acme", registered=2, count=11)
    'Webhooks of acme: 2 of 11 scopes registered'
    """

    def __init__(self, language: str | None = None) -> None:
        if language is None:
            language = default_language()
        if language not in LANGUAGES:
            near = did_you_mean(language, LANGUAGES)
            raise InvalidArgumentError(f"There are no words in the language {language!r}.{near}")
        self.language: Language = language

    def __call__(self, key: str, **values: object) -> str:
        text: str = getattr(TEXTS[key], self.language)
        return text.format(**values) if values else text

    def count(self, key: str, number: int, **values: object) -> str:
        """Say a text that has a form of its own for one: ``key.one`` and ``key.many``."""
        return self(f"{key}.{'one' if number == 1 else 'many'}", count=number, **values)

    def known(self, key: str, otherwise: str) -> str:
        """Say a text, or something else where a new field or scope has no words yet."""
        return self(key) if key in TEXTS else otherwise

    def scope(self, scope: str) -> str:
        """Name a scope: ``store/order/created`` is ``Order created``."""
        return self.known(f"scope.{scope}", scope)

    def error(self, error: BaseException) -> str:
        """Say what an error means and what to do about it; what it says itself is not in it."""
        for kind in type(error).__mro__:
            if f"error.{kind.__name__}" in TEXTS:
                return self(f"error.{kind.__name__}")
        return self("error.unexpected", kind=type(error).__name__)

    def age(self, seconds: float) -> str:
        """Say how long ago something was, in its largest unit.

        Examples
        --------
        >>> Words("en").age(3 * 86_400), Words("tr").age(90)
        ('3 days', '1 dakika')
        """
        for unit, length in _UNITS.items():
            if seconds >= length:
                return self.count(f"age.{unit}", int(seconds // length))
        return self("age.now")


_UNITS: Mapping[str, float] = {
    "year": 365.25 * 86_400,
    "month": 30.44 * 86_400,
    "day": 86_400,
    "hour": 3_600,
    "minute": 60,
}


def default_language(environment: Mapping[str, str] | None = None) -> Language:
    """Return the language of the locale, as gettext looks for it.

    Parameters
    ----------
    environment : mapping of str to str, optional
        Default: that of this process.

    Returns
    -------
    {"en", "tr"}

    Examples
    --------
    >>> default_language({"LANG": "tr_TR.UTF-8"}), default_language({"LANG": "C"})
    ('tr', 'en')
    """
    environment = os.environ if environment is None else environment
    names = (environment.get(name) for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    named = next((name for name in names if name), None) or locale.getlocale()[0] or ""
    # Windows says Turkish_Türkiye where others say tr_TR.
    return (
        "tr"
        if named.casefold().startswith(("tr_", "tr.", "tr:", "turkish")) or named == "tr"
        else "en"
    )
