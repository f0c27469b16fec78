"""How secrets are kept from showing: in messages, and in tracebacks that print local variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, overload

# By the form (inferred) of ikas' tokens, JSON Web Tokens, and of its client secrets; or one word
# far longer than the name of any store.
_FORM = re.compile(r"\W*(?i:bearer\W+)?(?:eyJ|s_|[\w~+=-]{41})")


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


def looks_secret(text: str) -> bool:
    """Tell whether what stands in the place of a name or an address looks like a secret.

    Examples
    --------
    >>> looks_secret("eyJhbGciOiJIUzI1NiJ9.e30.c2ln"), looks_secret("My Shop")
    (True, False)
    """
    return _FORM.match(text) is not None


#: What a message says in place of such a text.
NOT_SHOWN = (
    "is not shown, as it looks like a token or client secret; those are given as access_token or "
    "client_secret, or set as IKAS_ACCESS_TOKEN or IKAS_CLIENT_SECRET."
)
