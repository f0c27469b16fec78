# ruff: noqa: RUF001, RUF002 - Turkish has letters that look like Latin ones.
"""What the forms say, in one language."""

from __future__ import annotations

from collections.abc import Mapping

from ikas_explore.forms.texts import TEXTS
from ikas_explore.live import words


class _Number(int):
    """A number that Turkish can write as a part of something: "4'ü", "6'sı"."""

    def __format__(self, spec: str) -> str:
        return f"{self:d}'{_ending(self)}" if spec == "of" else super().__format__(spec)


def _ending(number: int) -> str:
    """Return the ending that follows from how a number is read aloud: its last word decides."""
    if number % 10:
        return _ONES[number % 10]
    if number % 100:
        return _TENS[number // 10 % 10]
    if number % 1_000:
        return "ü"
    return "ı" if number == 0 else "i" if number % 1_000_000 else "u"


_ONES = ("", "i", "si", "ü", "ü", "i", "sı", "si", "i", "u")
_TENS = ("", "u", "si", "u", "ı", "si", "ı", "i", "i", "ı")


class Words(words.Words):
    """The words of the forms in one language, by default that of the locale.

    Examples
    --------
    >>> Words("en")("matrix.title", store="acme", registered=4, count=11)
    'Webhooks of acme: 4 of 11 scopes registered'
    >>> Words("tr")("matrix.title", store="acme", registered=4, count=11)
    "acme webhook'ları: 11 kapsamın 4'ü kayıtlı"
    """

    texts = TEXTS

    def __call__(self, key: str, **values: object) -> str:
        told = {k: _Number(each) if isinstance(each, int) else each for k, each in values.items()}
        return super().__call__(key, **told)

    def count(self, key: str, number: int, **values: object) -> str:
        """Say a text that has a form of its own for one: ``key.one`` and ``key.many``."""
        return self(f"{key}.{'one' if number == 1 else 'many'}", count=number, **values)

    def known(self, key: str, otherwise: str) -> str:
        """Say a text, or something else where a new field or scope has no words yet."""
        return self(key) if key in TEXTS else otherwise

    def scope(self, scope: str) -> str:
        """Name a scope: ``store/order/created`` is ``Order created``."""
        return self.known(f"scope.{scope}", scope)

    def field(self, name: str) -> str:
        """Return the label of a field, one that ikas has added too."""
        return self.known(f"field.{name}", name.replace("_", " ").capitalize())

    def error(self, error: BaseException) -> str:
        """Say what an error means and what to do; the error's own message is not in it."""
        for kind in type(error).__mro__:
            if f"error.{kind.__name__}" in TEXTS:
                return self(f"error.{kind.__name__}")
        return self("error.unexpected", kind=type(error).__name__)

    def age(self, seconds: float) -> str:
        """Say how long ago something was, in its largest unit.

        Examples
        --------
        >>> Words("en").age(3 * 86_400), Words("tr").age(90)
        ('3 days ago', '1 dakika önce')
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
