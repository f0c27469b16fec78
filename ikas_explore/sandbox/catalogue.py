"""The objects of a sandbox's stores (orders, customers, products, stock) and the lists of them.

Lists page, filter and sort as ikas documents. What is not known: the order of a list that is
not asked to be sorted (here as the objects were made), and whether deleted objects are listed
(here products alone, with ``includeDeleted``).
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, get_args

from ikas_explore.deliveries.fake_objects import DAY, Draw, Fields, Kind, make
from ikas_explore.deliveries.payloads import make_uuid, to_json
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.sandbox.oauth import PERMISSIONS
from ikas_explore.sandbox.stores import StoreCredentials
from ikas_explore.sandbox.tables import Rows
from ikas_explore.schema.limits import PAGE_LIMIT
from ikas_explore.text.printable import shown
from ikas_explore.values.names import check_choice, check_known, did_you_mean
from ikas_explore.values.times import now_ms

#: What extends the webhook part of the schema.
SDL = resources.files(__package__).joinpath("catalogue.graphql").read_text("utf-8")

KINDS: tuple[Kind, ...] = get_args(Kind)
#: The root field that lists a kind.
LISTS: Mapping[str, Kind] = {
    "listOrder": "order",
    "listCustomer": "customer",
    "listProduct": "product",
    "listProductStockLocation": "stock",
}

DEFAULT_LIMIT = 50  # rows in a page that names no limit

# Arguments to what they look at: a column, a path in the body that is not the argument's name, or
# the elements of that name in a list.
_COLUMNS = {"id": "id", "createdAt": "created_at", "updatedAt": "updated_at"}
_PATHS = {
    "customerEmail": "$.customer.email",
    "customerId": "$.customer.id",
    "salesChannelId": "$.salesChannel.id",
}
_ELEMENTS = {
    "orderTagIds": "$.orderTagIds",
    "tagIds": "$.tagIds",
    "categoryIds": "$.categoryIds",
    "salesChannelIds": "$.salesChannelIds",
    "sku": "$.variants",
    "barcodeList": "$.variants",
}
_SEARCHED: Mapping[Kind, Sequence[str]] = {
    "order": ["$.orderNumber"],
    "customer": ["$.fullName", "$.email", "$.phone"],
    "product": ["$.name"],
}
_SORTS: Mapping[Kind, Sequence[str]] = {"order": ["orderedAt"], "product": ["name"]}
# What Python has for a scalar of GraphQL, how messages call it, and the least one.
_SCALARS: Mapping[str, tuple[Any, str, Any]] = {
    "ID": (str, "text", ""),
    "String": (str, "text", ""),
    "Float": ((int, float), "a number", 0),
    "Int": (int, "a whole number", 0),
    "Timestamp": (int, "a time in Unix milliseconds", 0),
    "Boolean": (bool, "True or False", False),
}
# Back to year 1, where Python's times begin, and as far ahead.
_GREATEST = {"Timestamp": 62_135_596_800_000}
_OPERATORS = {"eq": "IS", "ne": "IS NOT", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class Catalogue:
    """The objects of all stores, in rows; their seed also says what new objects are like."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._draw = Draw(rows.random("objects", rows.opened))

    def page(self, kind: Kind, store: StoreCredentials, **arguments: Any) -> dict[str, Any]:
        """Return a page of a list as ikas answers it."""
        asked = arguments.get("pagination") or {}
        page, limit = asked.get("page") or 1, asked.get("limit") or DEFAULT_LIMIT
        if page < 1 or not 1 <= limit <= PAGE_LIMIT:
            raise InvalidArgumentError(
                f"page is at least 1 and limit 1 to {PAGE_LIMIT}, not {page} and {limit}."
            )
        parts = ["store = ?", "kind = ?"]
        values: list[Any] = [store.name, kind]
        for part, given in _conditions(kind, arguments):
            parts.append(part)
            values += map(_bound, given)
        where = " AND ".join(parts)
        order = _order(kind, arguments.get("sort"))
        # All of it is made of the tables above; values are bound.
        numbers = f"SELECT number FROM objects WHERE {where}"  # noqa: S608
        ((count,),) = self._rows.read(f"SELECT count(*) FROM ({numbers})", *values)  # noqa: S608
        rows = self._rows.read(
            # Bodies are read for the rows of the page alone.
            f"SELECT body FROM objects WHERE number IN ({numbers} ORDER BY {order}"  # noqa: S608
            f" LIMIT ? OFFSET ?) ORDER BY {order}",
            *values,
            limit,
            (page - 1) * limit,
        )
        return {
            "count": count,
            "data": [json.loads(row["body"]) for row in rows],
            "hasNext": page * limit < count,
            "limit": limit,
            "page": page,
        }

    def me(self, store: StoreCredentials) -> dict[str, Any]:
        app = self.authorized_app(store)
        return {
            **app,
            "name": "Sandbox app",
            "email": f"app@{store.name}.example.com",
            "scopes": app["scope"].split(","),
        }

    def authorized_app(self, store: StoreCredentials) -> dict[str, Any]:
        random = self._rows.random("app", store.name)
        return {
            "id": store.authorized_app_id,
            "scope": PERMISSIONS,
            "partnerId": make_uuid(random),
            "storeAppId": make_uuid(random),
            "salesChannelId": self.sales_channels(store)[0]["id"],
            "deleted": False,
        }

    def merchant(self, store: StoreCredentials) -> dict[str, Any]:
        return {
            "id": store.merchant_id,
            "email": f"owner@{store.name}.example.com",
            "firstName": "Ayşe",
            "lastName": "Öztürk",
            "merchantName": store.name,
            "storeName": store.name,
        }

    def sales_channels(
        self, store: StoreCredentials, id: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        random = self._rows.random("channels", store.name)
        channels: list[dict[str, Any]] = [
            {"id": make_uuid(random), "name": name, "type": kind, "deleted": False}
            for name, kind in (("Çevrim içi mağaza", "STOREFRONT"), ("Yönetim", "ADMIN"))
        ]
        given = {key: value for key, value in (id or {}).items() if value is not None}
        return [each for each in channels if _fits(each["id"], given)]

    def change(
        self, store: StoreCredentials, kind: Kind, id: str | None, fields: Mapping[str, Any]
    ) -> tuple[Fields, bool]:
        """Make an object or change one; return it, and whether it is new."""
        check_choice("kind", kind, KINDS)
        with self._rows.transaction() as connection:
            now = now_ms()
            if id is None:
                order = _orders(connection, store) + 1
                body = self._made(store, kind, created_at=now, updated_at=now, order=order)
                body |= _checked(kind, body, fields)
                connection.execute(_INSERT, _cells(store.name, kind, body))
                return body, True
            row = connection.execute(
                "SELECT number, body FROM objects WHERE store = ? AND kind = ? AND id = ?",
                (store.name, kind, id),
            ).fetchone()
            if row is None:
                raise InvalidArgumentError(
                    f"The store {store.name!r} has no {kind} with the id {id!r}; without "
                    "id a new one is made."
                )
            body = json.loads(row["body"])
            body |= _checked(kind, body, fields)
            # Two changes within a millisecond are two changes.
            body["updatedAt"] = max(now, body["updatedAt"] + 1)
            connection.execute(
                "UPDATE objects SET updated_at = ?, deleted = ?, body = ? WHERE number = ?",
                (body["updatedAt"], body["deleted"], to_json(body), row["number"]),
            )
            return body, False

    def fill(self, store: StoreCredentials, numbers: Mapping[Kind, int], days: float) -> None:
        """Give a store a past: objects made over the last days, most of them changed since."""
        now = now_ms()
        span = int(days * DAY)
        draw = self._draw
        with self._rows.transaction() as connection:
            before = _orders(connection, store)
            for kind, number in numbers.items():
                for made in range(number):
                    # In the order of time, as a shop's numbers are.
                    created_at = now - span + span * made // number
                    created_at = min(created_at + draw.number(0, span // number // 2), now)
                    changed = made % 8 != 0 and created_at < now
                    updated_at = draw.number(created_at + 1, now) if changed else created_at
                    body = self._made(
                        store, kind, created_at=created_at, updated_at=updated_at,
                        order=before + made + 1,
                    )  # fmt: skip
                    connection.execute(_INSERT, _cells(store.name, kind, body))

    def _made(
        self, store: StoreCredentials, kind: Kind, *, created_at: int, updated_at: int, order: int
    ) -> Fields:
        """Make an object; an order has the store's next number and one of its sales channels."""
        body = make(
            kind, self._draw, created_at=created_at, updated_at=updated_at,
            merchant_id=store.merchant_id,
        )  # fmt: skip
        if kind == "order":
            body |= {"orderNumber": str(1000 + order), "orderSequence": order}
            by_admin = body["id"] < "4"  # a quarter, without another draw
            channel = self.sales_channels(store)[by_admin]
            # Of the types that orders give as numbers, only the storefront's was ever seen.
            number = None if by_admin else body["salesChannel"]["type"]
            body["salesChannel"] = {"id": channel["id"], "name": channel["name"], "type": number}
            body["salesChannelId"] = channel["id"]
        return body


def _orders(connection: sqlite3.Connection, store: StoreCredentials) -> int:
    count = "SELECT count(*) FROM objects WHERE store = ? AND kind = 'order'"
    return int(connection.execute(count, (store.name,)).fetchone()[0])


_INSERT = (
    "INSERT INTO objects (store, kind, id, created_at, updated_at, deleted, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)


def _cells(store: str, kind: Kind, body: Fields) -> tuple[Any, ...]:
    return (
        store, kind, body["id"], body["createdAt"], body["updatedAt"], body["deleted"],
        to_json(body),
    )  # fmt: skip


def _checked(kind: Kind, body: Fields, fields: Mapping[str, Any]) -> Fields:
    """Return fields by ikas' names; raise for those that an object of the kind has not."""
    checked: Fields = {}
    types, a_kind = _types(), f"an {kind}" if kind == "order" else f"a {kind}"
    root = next(each for each, listed in LISTS.items() if listed == kind).removeprefix("list")
    declared = {each.name.value: each.type for each in types[root].fields}
    for name, value in fields.items():
        first, *others = name.split("_")
        field = first + "".join(map(str.capitalize, others))
        if field not in body or field in ("id", "createdAt", "updatedAt"):
            known = [each for each in body if each not in ("id", "createdAt", "updatedAt")]
            raise InvalidArgumentError(
                f"{a_kind.capitalize()} has no field {name!r} to set.{did_you_mean(field, known)}"
            )
        try:
            if isinstance(value, int):
                float(value)  # as an answer has it
            to_json(value).encode()
            if _is_deep(value):
                raise ValueError("it is nested too deeply")
        except (TypeError, ValueError, RecursionError, OverflowError) as error:
            raise InvalidArgumentError(f"{name} cannot be written as JSON: {error}.") from None
        if field in declared:
            value = _fitting(name, f"of {a_kind}", declared[field], value, types)
        elif value is not None and type(value) is not type(body[field]):  # of events alone
            raise InvalidArgumentError(
                f"{name} of {a_kind} is {type(body[field]).__name__}, not {shown(value)}."
            )
        checked[field] = value
    return checked


def _is_deep(value: Any, left: int = 100) -> bool:
    inner = value.values() if isinstance(value, Mapping) else value
    several = isinstance(inner, Iterable) and not isinstance(inner, str)
    return not left or (several and any(_is_deep(each, left - 1) for each in inner))


@cache
def _types() -> dict[str, Any]:
    """Return what the schema declares, by name."""
    from graphql import parse

    return {each.name.value: each for each in parse(SDL).definitions if hasattr(each, "name")}


def _fitting(place: str, of: str, declared: Any, value: Any, types: Mapping[str, Any]) -> Any:
    """Return a value as its type; raise for one that a list could not answer, however deep.

    What an object in it lacks is empty, where ikas always has it.
    """
    where = f"{place} {of}"
    if declared.kind == "non_null_type":
        if value is None:
            raise InvalidArgumentError(f"{where} is never missing; give a value.")
        declared = declared.type
    if value is None:
        return None
    if declared.kind == "list_type":
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise InvalidArgumentError(f"{where} is a list, not {shown(value)}.")
        return [
            _fitting(f"{place}[{number}]", of, declared.type, each, types)
            for number, each in enumerate(value)
        ]
    name = declared.name.value
    found = types.get(name)
    if found is None:
        kinds, called, _ = _SCALARS[name]
        fits = isinstance(value, kinds) and isinstance(value, bool) == (kinds is bool)
        greatest = _GREATEST.get(name, sys.float_info.max)
        if not fits or (not isinstance(value, str) and abs(value) > greatest):
            raise InvalidArgumentError(f"{where} is {called}, not {shown(value)}.")
        return value
    if found.kind == "enum_type_definition":
        check_choice(where, value, [each.name.value for each in found.values])
        return value
    if not isinstance(value, Mapping):
        raise InvalidArgumentError(f"{where} is an object, not {shown(value)}.")
    fields = {each.name.value: each.type for each in found.fields}
    check_known(value, fields, where)
    given = {
        each: _fitting(f"{place}.{each}", of, fields[each], inner, types)
        for each, inner in value.items()
    }
    return _empty(declared, types) | given


def _empty(declared: Any, types: Mapping[str, Any]) -> Any:
    """Return the least of a type."""
    if declared.kind == "list_type":
        return []
    name = declared.name.value
    if name in _SCALARS:
        return _SCALARS[name][2]
    if types[name].kind == "enum_type_definition":
        return types[name].values[0].name.value
    return {
        each.name.value: _empty(each.type.type, types)
        for each in types[name].fields
        if each.type.kind == "non_null_type"
    }


def _order(kind: Kind, sort: str | None) -> str:
    if not sort:
        return "number"
    name, known = sort.removeprefix("-"), ["createdAt", "updatedAt", *_SORTS.get(kind, ())]
    if name not in known:
        raise InvalidArgumentError(f"{sort!r} is not a field to sort by: {', '.join(known)}.")
    direction = "DESC" if sort.startswith("-") else "ASC"
    return f"{_column(name)} {direction}, number {direction}"


def _conditions(kind: Kind, arguments: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    if not arguments.get("includeDeleted"):
        yield "NOT deleted", []
    for name, given in arguments.items():
        if name in ("pagination", "sort", "includeDeleted") or given is None:
            continue
        if name == "search":
            looked = [
                f"instr(lower(json_extract(body, '{path}')), lower(?))" for path in _SEARCHED[kind]
            ]
            yield f"({' OR '.join(looked)})", [given] * len(looked)
            continue
        for operator, value in given.items():
            if value is not None:
                yield _condition(name, operator, value)


def _condition(name: str, operator: str, value: Any) -> tuple[str, list[Any]]:
    if name in _ELEMENTS:
        # Those that hold the value, or none of them: a list is not "not equal" element by element.
        values = value if operator in ("in", "nin") else [value]
        found = (
            # A text of this module, not a value.
            f"EXISTS (SELECT 1 FROM json_tree(body, '{_ELEMENTS[name]}') AS each"  # noqa: S608
            f" WHERE (key = '{name}' OR path LIKE '%.{name}') AND value IN ({_marks(values)}))"
        )
        return (f"NOT {found}" if operator in ("ne", "nin") else found), [*values]
    column = _column(name)
    if operator in ("in", "nin"):
        some = f"coalesce({column} IN ({_marks(value)}), 0)"
        return (f"NOT {some}" if operator == "nin" else some), [*value]
    return f"{column} {_OPERATORS[operator]} ?", [value]


def _column(name: str) -> str:
    path = _PATHS.get(name, f"$.{name}")
    return _COLUMNS.get(name) or f"json_extract(body, '{path}')"


def _bound(value: Any) -> Any:
    """Return a value that SQLite takes: its integers end somewhere."""
    return min(max(value, -(2**63)), 2**63 - 1) if isinstance(value, int) else value


def _fits(text: str, given: Mapping[str, Any]) -> bool:
    for operator, value in given.items():
        found = text in ([value] if operator in ("eq", "ne") else value)
        if found != (operator in ("eq", "in")):
            return False
    return True


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
