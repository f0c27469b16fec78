"""Sample ``data`` for every scope, made from a random: the same seed gives the same bytes.

Each sample says where its fields come from: from real payloads (``live``), from ikas' own SDK
(``sdk``), or from nobody (``invented``). The people, shops and products are made up.
"""
# ruff: noqa: RUF001 - the Turkish dotless i is meant: it is what breaks handlers

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, TypeVar

from ikas_explore.deliveries.payloads import iso_time, make_uuid, to_json
from ikas_explore.schema.scopes import Scope, check_scopes

T = TypeVar("T")
Source = Literal["live", "sdk", "invented"]
Fields = dict[str, Any]

FIRST_NAMES = ("Çağla", "Şükrü", "İpek", "Ömer", "Ülkü", "Gökçe", "Işıl", "Yiğit", "Ayşe", "Buğra")
LAST_NAMES = ("Öztürk", "Yılmaz", "Şahin", "Çelik", "Güneş", "Doğan", "Aydın", "Kılıç", "Işık")
PRODUCTS = (
    "Örme Kazak",
    "Keten Gömlek",
    "Bakır Cezve",
    "Çini Kâse",
    "Türk Kahvesi 250 g",
    "Şal, el dokuması",
    "Işıklı Küre",
    "Zeytinyağı 1 L",
)
CITIES = ("İstanbul", "İzmir", "Muğla", "Eskişehir", "Şanlıurfa", "Çanakkale")

# For slugs and addresses: no other letters come up in the names above.
_ASCII = str.maketrans("çğıöşüâÇĞİÖŞÜI", "cgiosuacgiosui")
_EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


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
) -> Sample:
    """Make the ``data`` of an event of a scope that can be registered.

    Every value comes from the random, also the time and the merchant where they are not given: the
    same state gives the same bytes on any machine and version of Python.

    Examples
    --------
    >>> sample("store/stock/created", Random(1)).source
    'sdk'
    """
    (name,) = check_scopes([scope])
    make, source = _MAKERS[name]
    draw = _Draw(random, now, merchant_id, created=name.endswith("/created"))
    return Sample(to_json(make(draw)), source)


class _Draw:
    """One event's values, drawn in the order they are asked for.

    Only ``random()`` and ``getrandbits()`` are used: what ``choice`` and the like make of
    them may change with the version of Python.
    """

    def __init__(
        self, random: Random, now: dt.datetime | None, merchant_id: str | None, *, created: bool
    ) -> None:
        self._random = random
        if now is None:
            now = _EPOCH + dt.timedelta(milliseconds=self.number(0, 365 * 86_400_000))
        self.now = iso_time(now)
        # An update comes up to 90 days after the creation.
        age = dt.timedelta(0 if created else 1 + self.number(0, 89), self.number(0, 3600))
        self.created_at = self.now if created else iso_time(now - age)
        self.merchant_id = merchant_id or self.uuid()

    def uuid(self) -> str:
        return make_uuid(self._random)

    def number(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))

    def one(self, choices: Sequence[T]) -> T:
        return choices[self.number(0, len(choices) - 1)]

    def price(self) -> float:
        return round(self.number(20, 900) - 0.1, 1)  # 19.9 ... 899.9

    def record(self) -> Fields:
        """Return the fields at the end of every payload seen."""
        return {
            "merchantId": self.merchant_id,
            "deleted": False,
            "createdAt": self.created_at,
            "updatedAt": self.now,
        }

    def person(self) -> Fields:
        first, last = self.one(FIRST_NAMES), self.one(LAST_NAMES)
        return {
            "id": self.uuid(),
            "firstName": first,
            "lastName": last,
            "fullName": f"{first} {last}",
            "email": f"{_slug(first)}.{_slug(last)}@example.com",
        }


def _slug(name: str) -> str:
    ascii_name = name.translate(_ASCII).lower()
    return "-".join("".join(c if c.isalnum() else " " for c in ascii_name).split())


def _order(draw: _Draw) -> Fields:
    lines = [_order_line(draw) for _ in range(draw.number(1, 3))]
    total = round(
        sum(line["variant"]["prices"][0]["sellPrice"] * line["quantity"] for line in lines), 2
    )
    sequence = draw.number(1001, 9999)
    return {
        "id": draw.uuid(),
        "orderNumber": str(sequence),
        "orderSequence": sequence,
        "status": "CREATED",
        "orderPaymentStatus": draw.one(("PAID", "WAITING")),
        "currencyCode": "TRY",
        "totalPrice": total,
        "totalFinalPrice": total,
        "itemCount": sum(line["quantity"] for line in lines),
        "orderLineItems": lines,
        "customer": draw.person(),
        "salesChannel": {"id": draw.uuid(), "name": "Çevrim içi mağaza", "type": "STOREFRONT"},
        "orderPackages": [],
        "invoices": [],
        "paymentMethods": [{"type": "CREDIT_CARD", "price": total}],
        "taxLines": [{"rate": 20, "price": round(total / 6, 2)}],
        "shippingMethod": "SHIPMENT",
        "orderedAt": draw.created_at,
        **draw.record(),
    }


def _order_line(draw: _Draw) -> Fields:
    return {
        "variant": {
            "productId": draw.uuid(),
            "name": draw.one(PRODUCTS),
            "prices": [{"sellPrice": draw.price()}],
        },
        "status": "UNFULFILLED",
        "quantity": draw.number(1, 3),
    }


def _customer(draw: _Draw) -> Fields:
    person = draw.person()
    del person["fullName"]
    return {
        **person,
        "isEmailVerified": draw.one((True, False)),
        "phone": f"+90555000{draw.number(0, 9999):04}",
        "addresses": [
            {
                "id": draw.uuid(),
                "title": "Ev",
                "firstName": person["firstName"],
                "lastName": person["lastName"],
                "addressLine1": f"Gül Sokağı No: {draw.number(1, 99)}",
                "city": {"name": draw.one(CITIES)},
                "country": {"name": "Türkiye", "iso2": "TR"},
            }
        ],
        "subscriptionStatus": draw.one(("SUBSCRIBED", "NOT_SUBSCRIBED")),
        "customerSequence": draw.number(1, 9999),
        **draw.record(),
    }


def _product(draw: _Draw) -> Fields:
    name, identity, price = draw.one(PRODUCTS), draw.uuid(), draw.price()
    return {
        "id": identity,
        "name": name,
        "type": "PHYSICAL",
        "variants": [
            {
                "isActive": True,
                "prices": [
                    {
                        "sellPrice": price,
                        "discountPrice": None,
                        "buyPrice": round(price / 2, 2),
                        "currency": "TRY",
                        "priceListId": None,
                    }
                ],
            }
        ],
        "metaData": {
            "slug": _slug(name),
            "pageTitle": name,
            "targetType": "PRODUCT",
            "targetId": identity,
        },
        "salesChannels": [{"id": draw.uuid(), "status": "VISIBLE"}],
        "brand": {"id": draw.uuid(), "name": "Çarşı"},
        "attributes": [],
        **draw.record(),
    }


def _stock(draw: _Draw) -> Fields:
    record = draw.record()
    del record["merchantId"]  # the SDK's type has none
    return {
        "id": draw.uuid(),
        "productId": draw.uuid(),
        "variantId": draw.uuid(),
        "stockLocationId": draw.uuid(),
        "stockCount": draw.number(0, 250),
        **record,
    }


def _favorite_products(draw: _Draw) -> Fields:
    return {
        "id": draw.uuid(),
        "customerId": draw.uuid(),
        "products": [
            {"productId": draw.uuid(), "variantId": draw.uuid()} for _ in range(draw.number(1, 3))
        ],
        **draw.record(),
    }


def _customer_status(draw: _Draw) -> Fields:
    person = draw.person()
    return {
        "id": person["id"],
        "email": person["email"],
        "accountStatus": draw.one(("ACTIVE_ACCOUNT", "PASSIVE_ACCOUNT")),
        **draw.record(),
    }


_MAKERS: Mapping[str, tuple[Callable[[_Draw], Fields], Source]] = {
    Scope.ORDER_CREATED: (_order, "live"),
    Scope.ORDER_UPDATED: (_order, "live"),
    Scope.PRODUCT_CREATED: (_product, "live"),
    Scope.PRODUCT_UPDATED: (_product, "live"),
    Scope.CUSTOMER_CREATED: (_customer, "live"),
    Scope.CUSTOMER_UPDATED: (_customer, "live"),
    Scope.CUSTOMER_STATUS_UPDATED: (_customer_status, "invented"),
    Scope.CUSTOMER_FAVORITE_PRODUCTS_CREATED: (_favorite_products, "invented"),
    Scope.CUSTOMER_FAVORITE_PRODUCTS_UPDATED: (_favorite_products, "invented"),
    Scope.STOCK_CREATED: (_stock, "sdk"),
    Scope.STOCK_UPDATED: (_stock, "sdk"),
}
