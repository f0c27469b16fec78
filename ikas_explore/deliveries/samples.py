"""The ``data`` of events: a made-up object as ikas' payloads have it, and what is known of these.

Payloads differ from lists: times are ISO text, some enums are the numbers that ikas uses inside,
and fewer fields are there. The same seed gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from ikas_explore.deliveries.fake_objects import DAY, Draw, Fields, Kind, make, person
from ikas_explore.deliveries.payloads import iso_time, to_json
from ikas_explore.schema.scopes import Scope, check_scopes
from ikas_explore.values.times import moment_of, ms_of

Source = Literal["live", "sdk", "invented"]

_FIRST_DAY = 1_704_067_200_000  # 2024-01-01, for samples whose time is drawn too

#: The fields of each kind's payloads, by the kind of JSON value; null is possible everywhere.
#: Those of orders, customers and products were seen in real payloads, those of stock are the
#: SDK's type.
FIELDS: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    "order": {
        "text": (
            "id", "orderNumber", "status", "orderPaymentStatus", "currencyCode", "salesChannelId",
            "cartId", "checkoutId", "clientIp", "userAgent", "dueDate", "note", "priceListId",
            "sourceId", "terminalId", "shippingMethod", "orderedAt", "merchantId", "createdAt",
            "updatedAt",
        ),
        "number": (
            "orderSequence", "totalPrice", "totalFinalPrice", "netTotalFinalPrice", "itemCount",
            "cartStatus", "createdBy",
        ),
        "boolean": ("archived", "deleted"),
        "list": (
            "orderLineItems", "orderPackages", "invoices", "paymentMethods", "taxLines",
            "currencyRates", "orderTagIds", "attributes", "giftPackageLines",
        ),
        "object": ("customer", "salesChannel", "billingAddress", "shippingAddress", "storefront"),
    },
    "customer": {
        "text": (
            "id", "firstName", "lastName", "fullName", "email", "phone", "accountStatus",
            "preferredLanguage", "subscriptionStatus", "lastOrderDate", "merchantId", "createdAt",
            "updatedAt",
        ),
        "number": ("customerSequence", "orderCount"),
        "boolean": ("isEmailVerified", "isPhoneVerified", "deleted"),
        "list": ("addresses",),
    },
    "product": {
        "text": (
            "id", "name", "type", "brandId", "vendorId", "merchantId", "createdAt", "updatedAt",
        ),
        "number": ("weight",),
        "boolean": ("deleted",),
        "list": (
            "variants", "salesChannels", "attributes", "productVariantTypes", "categoryIds",
            "tagIds",
        ),
        "object": ("metaData", "brand"),
    },
    "stock": {
        "text": ("id", "productId", "variantId", "stockLocationId", "createdAt", "updatedAt"),
        "number": ("stockCount",),
        "boolean": ("deleted",),
    },
}  # fmt: skip
_KNOWN: Mapping[Kind, Mapping[str, str]] = {
    kind: {name: json_kind for json_kind, names in fields.items() for name in names}
    for kind, fields in FIELDS.items()
}
_KIND_OF: Mapping[str, Kind] = {
    f"store/{kind}/{event}": kind for kind in FIELDS for event in ("created", "updated")
}

# The numbers that were seen where lists have words; one that nobody saw is a guess.
_NUMBERS: Mapping[str, Mapping[str, int]] = {
    "cartStatus": {"ACTIVE": 1, "PASSIVE": 2},
    "createdBy": {"ADMIN": 1, "CUSTOMER": 2},
    "targetType": {"PRODUCT": 1, "CATEGORY": 2, "BRAND": 3},
}
_CHANNEL_STATUS = {"VISIBLE": 1}
_DATES = ("dueDate", "lastOrderDate")


@dataclass(frozen=True)
class Sample:
    """A made-up ``data``, a string of JSON, and where its fields come from."""

    data: str
    source: Source


def sample(
    scope: str,
    random: Random,
    *,
    now: dt.datetime | None = None,
    merchant_id: str | None = None,
    private_app: bool = False,
) -> Sample:
    """Make the ``data`` of an event of a scope that can be registered; all values are drawn."""
    (name,) = check_scopes([scope])
    draw = Draw(random)
    updated_at = _FIRST_DAY + draw.number(0, 365 * DAY) if now is None else ms_of(now)
    created = name.endswith("/created")
    created_at = updated_at if created else updated_at - (1 + draw.number(0, 89)) * DAY
    merchant_id = merchant_id or draw.uuid()
    kind = kind_of(name)
    if kind is not None:
        made = make(
            kind, draw, created_at=created_at, updated_at=updated_at, merchant_id=merchant_id
        )
        fields = payload(kind, made, private_app=private_app)
        return Sample(to_json(fields), "sdk" if kind == "stock" else "live")
    unseen = _status if name == Scope.CUSTOMER_STATUS_UPDATED else _favourites
    record = {"merchantId": merchant_id, "deleted": False}
    times = {"createdAt": created_at, "updatedAt": updated_at}
    return Sample(to_json({**unseen(draw), **record, **_as_sent("", times)}), "invented")


def kind_of(scope: str) -> Kind | None:
    """Return the kind of object whose lists and payloads a scope is about; None for others."""
    return _KIND_OF.get(scope)


def payload(kind: Kind, fields: Mapping[str, Any], *, private_app: bool = False) -> Fields:
    """Return an object of a list as the ``data`` of an event about it."""
    shown = {name: _as_sent(name, fields.get(name, [] if json_kind == "list" else None))
             for name, json_kind in _KNOWN[kind].items()}  # fmt: skip
    if kind == "product" and isinstance(shown["salesChannels"], list):
        for channel in shown["salesChannels"]:
            if "status" in channel:  # a caller's own may lack it
                channel["status"] = _CHANNEL_STATUS.get(channel["status"], channel["status"])
    return {**shown, "isPrivateApp": True} if private_app else shown


def differs_from_known(scope: str, data: Mapping[str, Any]) -> Iterator[str]:
    """Say in what data differs from what is known of a scope's payloads."""
    kind = kind_of(scope)
    if kind is None:
        return
    missing = [name for name in _KNOWN[kind] if name not in data]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 6 else ""
        yield f"real ones also have {', '.join(missing[:5] if more else missing)}{more}"
    for name, json_kind in _KNOWN[kind].items():
        value = data.get(name)
        if value is not None and _json_kind(value) != json_kind:
            yield f"{name} is {_json_kind(value)}, and {json_kind} in real ones"


def _json_kind(value: object) -> str:
    kinds = {bool: "boolean", int: "number", float: "number", str: "text", list: "list"}
    return kinds.get(type(value), "object")


def _as_sent(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _as_sent(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_sent("", each) for each in value]
    if type(value) is int and (name.endswith("At") or name in _DATES):
        with suppress(OverflowError):  # else it is a number of the caller's own, and no time
            return iso_time(moment_of(value))
    return _NUMBERS[name].get(value, value) if name in _NUMBERS and value is not None else value


# Nobody has seen these two.


def _favourites(draw: Draw) -> Fields:
    return {
        "id": draw.uuid(),
        "customerId": draw.uuid(),
        "products": [
            {"productId": draw.uuid(), "variantId": draw.uuid()} for _ in range(draw.number(1, 3))
        ],
    }


def _status(draw: Draw) -> Fields:
    who = person(draw)
    return {
        "id": who["id"],
        "email": who["email"],
        "accountStatus": draw.one(("ACTIVE_ACCOUNT", "DEACTIVATED_ACCOUNT")),
    }
