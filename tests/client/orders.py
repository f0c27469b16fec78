"""A second GraphQL service, with a list of orders in ikas' page form.

Stands for the rest of ikas' schema: nothing of it is known to the package.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from graphql import build_schema, graphql_sync, introspection_from_schema
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ikas_explore.network.server import Server
from ikas_explore.schema import regenerate

SDL = """
scalar Timestamp
enum Status { CREATED CANCELLED }
type Customer { id: ID! fullName: String email: String! isEmailVerified: Boolean! }
type Variant { name: String! barcodes: [String!]! }
type Line { quantity: Int! price: Float! variant: Variant }
type Order {
  id: ID!
  orderNumber: String!
  orderedAt: Timestamp
  status: Status!
  totalPrice: Float!
  itemCount: Int
  gift: Boolean
  tags: [String!]
  customer: Customer
  lines: [Line!]!
  history(since: Timestamp!): [String!]!
}
input PaginationInput { page: Int limit: Int }
input StringFilter { eq: String in: [String!] }
type OrderPage { data: [Order!]! count: Int! hasNext: Boolean! limit: Int! page: Int! }
type Shop { id: ID! name: String! }
type Query {
  listOrder(status: Status, number: StringFilter, search: String, pagination: PaginationInput):
    OrderPage!
  listTag(ids: [ID!]!): [Shop!]!
  getShop: Shop
  version: String!
}
"""


def order(number: int) -> dict[str, Any]:
    """Return order `number`; every third has no customer, every fourth no time."""
    return {
        "id": f"o{number}",
        "orderNumber": str(1000 + number),
        "orderedAt": None if number % 4 == 3 else 1_636_366_311_914 + number * 86_400_000,
        "status": "CANCELLED" if number % 5 == 4 else "CREATED",
        "totalPrice": 10.5 * number,
        "itemCount": None if number % 6 == 5 else number,
        "gift": None if number % 2 else True,
        "tags": None if number % 7 == 6 else ["a", "b"][: number % 3],
        "customer": None
        if number % 3 == 2
        else {
            "id": f"c{number}",
            "fullName": f"Müşteri {number}",
            "email": f"c{number}@example.com",
            "isEmailVerified": number % 2 == 0,
        },
        "lines": [
            {"quantity": q + 1, "price": 1.5, "variant": {"name": f"v{q}", "barcodes": ["x"] * q}}
            for q in range(number % 3)
        ],
    }


def application(count: int, asked: list[dict[str, Any]]) -> Starlette:
    """Return the service under ikas' path; every listOrder's arguments are kept in `asked`."""
    schema = build_schema(SDL)

    def list_order(_: Any, info: Any, pagination: Any = None, **filters: Any) -> dict[str, Any]:
        asked.append({"pagination": pagination, **filters})
        number, limit = (pagination or {}).get("page", 1), (pagination or {}).get("limit", 50)
        rows = [order(n) for n in range(count)]
        if filters.get("status"):
            rows = [row for row in rows if row["status"] == filters["status"]]
        if filters.get("number"):
            rows = [row for row in rows if row["orderNumber"] in filters["number"]["in"]]
        start = (number - 1) * limit
        return {
            "data": rows[start : start + limit],
            "count": len(rows),
            "hasNext": start + limit < len(rows),
            "limit": limit,
            "page": number,
        }

    resolvers = {
        "listOrder": list_order,
        "listTag": lambda *_, ids: [{"id": each, "name": "x"} for each in ids],
        "getShop": lambda *_: {"id": "s1", "name": "Dükkân"},
        "version": lambda *_: "1",
    }
    assert schema.query_type is not None
    for name, field in schema.query_type.fields.items():
        field.resolve = resolvers[name]

    async def answer(request: Request) -> JSONResponse:
        body = await request.json()
        result = graphql_sync(schema, body["query"], variable_values=body.get("variables"))
        return JSONResponse(result.formatted, 200 if result.data is not None else 400)

    return Starlette(routes=[Route("/api/v1/admin/graphql", answer, methods=["POST"])])


@contextmanager
def served(count: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve the service; give its base URL and the arguments it was asked."""
    asked: list[dict[str, Any]] = []
    with Server(application(count, asked), name="order service") as server:
        yield server.base_url, asked


def generated(folder: Path) -> Any:
    """Return the module of types that the command makes of the service's introspection."""
    source, out = folder / "introspection.json", folder / "mine.py"
    source.write_text(json.dumps({"data": introspection_from_schema(build_schema(SDL))}), "utf-8")
    assert regenerate.main(["--from", str(source), "--out", str(out)]) == 0
    spec = spec_from_file_location("mine", out)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules.pop("mine", None)
    spec.loader.exec_module(module)
    return module
