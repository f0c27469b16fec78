"""The catalogue of scopes: what can be registered, what cannot, and who says so.

The API gives no list of its scopes, so this is one, each with its source (``sdk``: the
official npm packages; ``docs``: ikas' pages; ``live``: the API as measured by third parties).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from enum import EnumType, StrEnum
from typing import Literal

from ikas_explore.errors import InvalidArgumentError, InvalidScopeError
from ikas_explore.text.printable import shown
from ikas_explore.values.names import did_you_mean, matches, read_texts

#: What a scope that the catalogue does not know may look like.
_UNKNOWN = re.compile(r"[\w.-]+(/[\w.-]+)+", re.ASCII)

Registration = Literal["registrable", "refused", "panel-only"]


class _Completed(EnumType):
    def __dir__(cls) -> list[str]:
        """Complete scopes and what finds them: not the 45 methods of str, as an enum does."""
        return [name for name in vars(cls) if not name.startswith("_")]


class Scope(StrEnum, metaclass=_Completed):
    """The scope of a webhook: which events are pushed.

    A member is a string, so it can be given wherever a scope is asked for.

    Examples
    --------
    >>> Scope.ORDER_CREATED
    <Scope.ORDER_CREATED: 'store/order/created'>
    >>> Scope.ORDER_CREATED.group, Scope.PRODUCT_DELETED.registration
    ('order', 'refused')
    """

    registration: Registration
    source: str

    # The defaults are never used: they let Scope("store/order/created") pass as a call.
    def __new__(
        cls, value: str, registration: Registration = "registrable", source: str = ""
    ) -> Scope:
        member = str.__new__(cls, value)
        member._value_ = value
        member.registration = registration
        member.source = source
        return member

    ORDER_CREATED = "store/order/created", "registrable", "sdk, docs"
    ORDER_UPDATED = "store/order/updated", "registrable", "sdk, docs"
    PRODUCT_CREATED = "store/product/created", "registrable", "sdk, docs"
    PRODUCT_UPDATED = "store/product/updated", "registrable", "sdk, docs"
    PRODUCT_DELETED = "store/product/deleted", "refused", "in the sdk's enum, refused live"
    CUSTOMER_CREATED = "store/customer/created", "registrable", "seed, sdk, docs"
    CUSTOMER_UPDATED = "store/customer/updated", "registrable", "seed, sdk, docs"
    CUSTOMER_STATUS_UPDATED = "store/customer/statusUpdated", "registrable", "live"
    CUSTOMER_FAVORITE_PRODUCTS_CREATED = (
        "store/customerFavoriteProducts/created",
        "registrable",
        "sdk, docs",
    )
    CUSTOMER_FAVORITE_PRODUCTS_UPDATED = (
        "store/customerFavoriteProducts/updated",
        "registrable",
        "sdk, docs",
    )
    STOCK_CREATED = "store/stock/created", "registrable", "sdk, docs"
    STOCK_UPDATED = "store/stock/updated", "registrable", "sdk, docs"
    APP_DELETED = "store/app/deleted", "panel-only", "docs, refused live"
    APP_PAYMENT = "store/app/payment", "panel-only", "docs, refused live"

    @classmethod
    def _missing_(cls, value: object) -> None:
        near = did_you_mean(value, map(str, cls.registrable())) if isinstance(value, str) else ""
        raise InvalidScopeError(f"There is no scope {shown(value)}.{near}")

    @property
    def group(self) -> str:
        """The resource in the middle of the name: order, product, customer, ..."""
        return self.value.split("/")[1]

    @classmethod
    def registrable(cls) -> tuple[Scope, ...]:
        """Return the scopes the API accepts.

        Returns
        -------
        tuple of Scope
            11 members, in the order of the catalogue.

        Examples
        --------
        >>> len(Scope.registrable())
        11
        """
        return tuple(scope for scope in cls if scope.registration == "registrable")

    @classmethod
    def match(cls, pattern: str) -> tuple[Scope, ...]:
        """Return the registrable scopes that fit a pattern.

        Parameters
        ----------
        pattern : str
            ``*`` is the only wildcard and crosses ``/``.

        Returns
        -------
        tuple of Scope
            Empty when nothing fits.

        Examples
        --------
        >>> [str(scope) for scope in Scope.match("store/order/*")]
        ['store/order/created', 'store/order/updated']
        """
        if not isinstance(pattern, str):
            raise InvalidArgumentError(f"A pattern is text, not {shown(pattern)}.")
        return tuple(scope for scope in cls.registrable() if matches(pattern, scope))


def check_scopes(
    scopes: str | Iterable[str], *, allow_unknown: bool = False, patterns: bool = False
) -> list[str]:
    """Return one scope or several as a list, each once; refuse what cannot be registered.

    With `allow_unknown`, scopes that the catalogue does not know, or knows as not registrable,
    are accepted. With `patterns`, ``store/order/*`` is the registrable scopes that match.
    """
    return _chosen(scopes, Scope.registrable() if patterns else None, "", allow_unknown)


def find_registered(scopes: str | Iterable[str], registered: Collection[str]) -> list[str]:
    """Return the scopes to delete: by name, or those of the registered ones that match a pattern.

    What is registered is accepted by its name, whether the catalogue knows it or not.
    """
    return _chosen(scopes, registered, "registered ", allow_unknown=False)


def _chosen(
    scopes: str | Iterable[str], among: Collection[str] | None, what: str, allow_unknown: bool
) -> list[str]:
    """Return scopes, patterns as those `among` which they match; None allows no pattern."""
    found: list[str] = []
    for scope in read_scopes(scopes):
        fitting = [str(each) for each in among or () if matches(scope, each)]
        if not fitting and among is not None and "*" in scope:
            known = ", ".join(among) or "none"
            raise InvalidScopeError(
                f"No {what}scope matches {scope!r}; {what or 'registrable '}are: {known}."
            )
        if not fitting:
            _check_scope(scope, allow_unknown)
        found += fitting or [scope]
    return [*dict.fromkeys(found)]


def read_scopes(scopes: str | Iterable[str]) -> list[str]:
    """Return one scope or several as a list that is not empty, whatever they are."""
    asked = read_texts(scopes, "scopes")
    if not asked:
        raise InvalidArgumentError(
            "The list of scopes is empty; name at least one, for example 'store/order/created'."
        )
    return asked


def _check_scope(scope: str, allow_unknown: bool) -> None:
    if scope in Scope.registrable():
        return
    if allow_unknown and _UNKNOWN.fullmatch(scope):
        return
    if "*" in scope:
        raise InvalidScopeError(
            f"{scope!r} is a pattern, not a scope; give Scope.match({scope!r}) instead."
        )
    if Scope(scope).registration == "panel-only":
        raise InvalidScopeError(
            f"{scope!r} cannot be registered through the API: ikas delivers it only to the "
            "address set in the partner panel."
        )
    raise InvalidScopeError(
        f"{scope!r} is in ikas' SDK, but the API refuses to register it. "
        f"You can register: {', '.join(Scope.match(f'store/{Scope(scope).group}/*'))}."
    )
