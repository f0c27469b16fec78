"""Made-up orders, customers, products and stock, as ikas' lists give them.

Names and kinds of fields are those of the lists: times in Unix milliseconds, enums as words.
`ikas_explore.deliveries.samples` makes the ``data`` of an event out of them. The same random
gives the same objects, on any machine and version of Python.
"""
# ruff: noqa: RUF001 - the Turkish dotless i is meant: it is what breaks handlers

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Literal, TypeVar

from ikas_explore.deliveries.payloads import make_uuid

T = TypeVar("T")
Kind = Literal["order", "customer", "product", "stock"]
Fields = dict[str, Any]

DAY = 86_400_000  # milliseconds

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
LONG_LINE = "Lütfen zili çalmayın, bebek uyuyor; paketi alt kattaki komşuya bırakın. " * 4
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"

# For slugs and addresses: no other letters come up in the names above.
_ASCII = str.maketrans("çğıöşüâÇĞİÖŞÜI", "cgiosuacgiosui")


class Draw:
    """Values drawn from a random, in the order they are asked for.

    Only ``random()`` and ``getrandbits()`` are used: what ``choice`` and the like make of
    them may change with the version of Python.
    """

    def __init__(self, random: Random) -> None:
        self._random = random

    def uuid(self) -> str:
        return make_uuid(self._random)

    def number(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))

    def one(self, choices: Sequence[T]) -> T:
        return choices[self.number(0, len(choices) - 1)]

    def rarely(self) -> bool:
        return self.number(1, 8) == 1

    def price(self) -> float:
        return round(self.number(20, 900) - 0.1, 1)  # 19.9 ... 899.9

    def phone(self) -> str:
        # Numbers that nobody has: `check-notebooks` does not take them for a person's.
        return f"+90555000{self.number(0, 9_999):04}"


def make(kind: Kind, draw: Draw, *, created_at: int, updated_at: int, merchant_id: str) -> Fields:
    """Make one object of a kind; times in Unix milliseconds."""
    record = {"createdAt": created_at, "updatedAt": updated_at, "deleted": False}
    return {**_MAKERS[kind](draw, created_at, merchant_id), **record}


def slug(name: str) -> str:
    """Write a name for a URL."""
    ascii_name = name.translate(_ASCII).lower()
    return "-".join("".join(c if c.isalnum() else " " for c in ascii_name).split())


def person(draw: Draw) -> Fields:
    """Make the names and address of a person."""
    first, last = draw.one(FIRST_NAMES), draw.one(LAST_NAMES)
    return {
        "id": draw.uuid(),
        "firstName": first,
        "lastName": last,
        "fullName": f"{first} {last}",
        "email": f"{slug(first)}.{slug(last)}@example.com",
        "phone": draw.phone(),
        "preferredLanguage": "tr",
    }


def _order(draw: Draw, created_at: int, merchant_id: str) -> Fields:
    currency = "EUR" if draw.rarely() else "TRY"
    refunded, paid = draw.rarely(), draw.one((True, True, False))
    lines = [_line(draw, currency, created_at, refunded=refunded) for _ in range(draw.number(1, 3))]
    total = round(sum(line["price"] * line["quantity"] for line in lines), 2)
    final = round(sum(line["finalPrice"] * line["quantity"] for line in lines), 2)
    sequence, channel, customer = draw.number(1, 8999), draw.uuid(), person(draw)
    guest = draw.rarely()
    address = None if draw.rarely() else _address(draw, customer)
    return {
        "id": draw.uuid(),
        "orderNumber": str(1000 + sequence),
        "orderSequence": sequence,
        "status": "REFUNDED" if refunded else "CREATED",
        "orderPaymentStatus": "PAID" if paid or refunded else "WAITING",
        "orderPackageStatus": "REFUNDED" if refunded else "UNFULFILLED",
        "currencyCode": currency,
        "currencyRates": [{"code": currency, "originalRate": 1, "rate": 1}],
        "totalPrice": total,
        "totalFinalPrice": final,
        "netTotalFinalPrice": 0 if refunded else final,
        "itemCount": sum(line["quantity"] for line in lines),
        "orderLineItems": lines,
        "customer": {**customer, "isGuestCheckout": guest, "notificationsAccepted": not guest},
        "customerId": customer["id"],
        "salesChannel": {"id": channel, "name": "Çevrim içi mağaza", "type": 6},
        "salesChannelId": channel,
        "billingAddress": address,
        "shippingAddress": address,
        "cartId": draw.uuid(),
        "cartStatus": "PASSIVE",
        "createdBy": "CUSTOMER",
        "checkoutId": draw.uuid(),
        "clientIp": f"203.0.113.{draw.number(1, 254)}",
        "userAgent": AGENT,
        "note": LONG_LINE if draw.rarely() else None,
        "archived": False,
        "stockLocationId": draw.uuid(),
        "shippingMethod": "SHIPMENT",
        "orderedAt": created_at,
        "merchantId": merchant_id,
        **_empty("orderTagIds", "orderPackages", "invoices", "paymentMethods", "taxLines"),
        **dict.fromkeys(("dueDate", "priceListId", "sourceId", "terminalId", "cancelledAt")),
    }


def _empty(*names: str) -> Fields:
    return {name: [] for name in names}


def _line(draw: Draw, currency: str, created_at: int, *, refunded: bool) -> Fields:
    name, price, bundle = draw.one(PRODUCTS), draw.price(), draw.rarely()
    discount = round(price * 0.9, 2) if draw.rarely() else None
    return {
        "id": draw.uuid(),
        "price": price,
        "discountPrice": discount,
        "finalPrice": price if discount is None else discount,
        "discount": None,
        "taxValue": draw.one((1, 10, 20)),
        "currencyCode": currency,
        "quantity": draw.number(1, 3),
        "status": "REFUNDED" if refunded else "UNFULFILLED",
        "sourceId": None,
        "createdAt": created_at,
        "updatedAt": created_at,
        "deleted": False,
        "variant": {
            "id": draw.uuid(),
            "productId": draw.uuid(),
            "name": f"{name} (2'li paket)" if bundle else name,
            "sku": f"SKU-{draw.number(1000, 9999)}",
            "slug": slug(name),
            "type": 3 if bundle else 1,
            "barcodeList": [f"869{draw.number(0, 9_999_999_999):010}"],
            "categories": [],
            "prices": [
                {
                    "buyPrice": None,
                    "currency": currency,
                    "currencySymbol": {"TRY": "₺", "EUR": "€"}[currency],
                    "discountPrice": discount,
                    "priceListId": None,
                    "sellPrice": price,
                    "unitPrice": None,
                }
            ],
            "tagIds": [],
            "tags": [],
            "taxValue": None,
            "variantValues": [],
        },
    }


_COUNTRY = {"code": "TR", "iso2": "TR", "iso3": "TUR", "name": "Türkiye"}


def _address(draw: Draw, who: Mapping[str, Any]) -> Fields:
    return {
        "id": draw.uuid(),
        "firstName": who["firstName"],
        "lastName": who["lastName"],
        "addressLine1": f"Gül Sokağı No: {draw.number(1, 99)}",
        "addressLine2": None,
        "city": {"id": draw.uuid(), "code": None, "name": draw.one(CITIES)},
        "company": None,
        "country": {"id": draw.uuid(), **_COUNTRY},
        "district": None,
        "isDefault": True,
        "phone": who["phone"],
        "postalCode": f"{draw.number(1000, 81999):05}",
    }


def _customer(draw: Draw, created_at: int, merchant_id: str) -> Fields:
    who, orders = person(draw), draw.number(0, 9)
    return {
        **who,
        "accountStatus": draw.one(
            ("ACTIVE_ACCOUNT", "ACTIVE_ACCOUNT", "INVITED_TO_CREATE_ACCOUNT")
        ),
        "isEmailVerified": draw.one((True, False)),
        "isPhoneVerified": draw.one((True, False)),
        "addresses": [] if draw.rarely() else [{**_address(draw, who), "title": "Ev"}],
        "subscriptionStatus": draw.one(("SUBSCRIBED", "NOT_SUBSCRIBED")),
        "customerSequence": draw.number(1, 9999),
        "customerGroupIds": [],
        "note": None,
        "orderCount": orders,
        "lastOrderDate": created_at if orders else None,
        "tagIds": [],
        "totalOrderPrice": round(orders * draw.price(), 2),
        "merchantId": merchant_id,
    }


def _product(draw: Draw, created_at: int, merchant_id: str) -> Fields:
    name, identity, price, brand = draw.one(PRODUCTS), draw.uuid(), draw.price(), draw.uuid()
    stock = draw.number(0, 250)
    return {
        "id": identity,
        "name": name,
        "type": "BUNDLE" if draw.rarely() else "PHYSICAL",
        "variants": [
            {
                "id": draw.uuid(),
                "sku": f"SKU-{draw.number(1000, 9999)}",
                "barcodeList": [f"869{draw.number(0, 9_999_999_999):010}"],
                "isActive": True,
                "sellIfOutOfStock": False,
                "weight": round(draw.number(1, 50) / 10, 1),
                "images": [],
                "prices": [
                    {
                        "sellPrice": price,
                        "discountPrice": None,
                        "buyPrice": round(price / 2, 2),
                        "currency": "TRY",
                        "currencySymbol": "₺",
                        "priceListId": None,
                    }
                ],
                "stocks": [{"stockCount": stock, "stockLocationId": draw.uuid()}],
                "variantValueIds": [],
                "createdAt": created_at,
                "updatedAt": created_at,
                "deleted": False,
            }
        ],
        "metaData": {
            "id": draw.uuid(),
            "slug": slug(name),
            "pageTitle": name,
            "description": None,
            "targetType": "PRODUCT",
            "targetId": identity,
        },
        "salesChannels": [{"id": draw.uuid(), "status": "VISIBLE"}],
        "brand": {"id": brand, "name": "Çarşı"},
        "brandId": brand,
        "totalStock": stock,
        "merchantId": merchant_id,
        **_empty("salesChannelIds", "categories", "categoryIds", "productVariantTypes"),
        **_empty("tags", "tagIds", "attributes"),
        **dict.fromkeys(("description", "shortDescription", "maxQuantityPerCart", "vendorId")),
        "weight": None,
    }


def _stock(draw: Draw, _created_at: int, _merchant_id: str) -> Fields:
    return {
        "id": draw.uuid(),
        "productId": draw.uuid(),
        "variantId": draw.uuid(),
        "stockLocationId": draw.uuid(),
        "stockCount": draw.number(0, 250),
    }


_MAKERS: Mapping[Kind, Callable[[Draw, int, str], Fields]] = {
    "order": _order,
    "customer": _customer,
    "product": _product,
    "stock": _stock,
}
