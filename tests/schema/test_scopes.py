"""The catalogue of scopes."""

from __future__ import annotations

import pytest

from ikas_explore import Scope
from ikas_explore.errors import InvalidScopeError


def test_what_can_be_registered() -> None:
    resources = ["order", "product", "customer", "customerFavoriteProducts", "stock"]
    expected = {f"store/{each}/{what}" for each in resources for what in ("created", "updated")}
    assert set(Scope.registrable()) == expected | {"store/customer/statusUpdated"}
    assert len(Scope.registrable()) == 11


def test_what_cannot() -> None:
    others = {str(scope): scope.registration for scope in Scope if scope not in Scope.registrable()}
    assert others == {
        "store/product/deleted": "refused",
        "store/app/deleted": "panel-only",
        "store/app/payment": "panel-only",
    }
    assert all(scope.source for scope in Scope)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("store/order/*", ["store/order/created", "store/order/updated"]),
        ("*/statusUpdated", ["store/customer/statusUpdated"]),
        ("store/stock/created", ["store/stock/created"]),
        ("store/product/*", ["store/product/created", "store/product/updated"]),
        ("store/app/*", []),
        ("store/?rder/created", []),
        ("", []),
    ],
)
def test_match_gives_the_registrable_ones(pattern: str, found: list[str]) -> None:
    assert [str(scope) for scope in Scope.match(pattern)] == found


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            "store/ordr/created",
            "There is no scope 'store/ordr/created'. Did you mean 'store/order/",
        ),
        (5, "There is no scope 5."),
    ],
)
def test_what_is_no_scope_is_said_with_suggestions(value: object, said: str) -> None:
    with pytest.raises(InvalidScopeError) as refused:
        Scope(value)  # type: ignore[arg-type]  # a wrong one is the test
    assert str(refused.value).startswith(said)
    with pytest.raises(ValueError, match="no scope"):  # as of any enum
        Scope(value)  # type: ignore[arg-type]  # the same


def test_scopes_and_what_finds_them_are_completed() -> None:
    names = {name for name in dir(Scope) if not name.startswith("_")}
    assert names == {*Scope.__members__, "group", "match", "registrable"}


def test_a_scope_is_a_text_with_a_group() -> None:
    assert Scope("store/order/created") is Scope.ORDER_CREATED
    assert f"{Scope.CUSTOMER_FAVORITE_PRODUCTS_CREATED}" == "store/customerFavoriteProducts/created"
    assert Scope.CUSTOMER_FAVORITE_PRODUCTS_CREATED.group == "customerFavoriteProducts"
