"""A schema as large as ikas' whole one, made up, and a server that answers whatever it offers."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import httpx
from graphql import (
    GraphQLEnumType,
    GraphQLNonNull,
    GraphQLSchema,
    build_schema,
    graphql_sync,
    is_abstract_type,
    is_list_type,
    is_object_type,
    is_required_argument,
)

TYPES, LISTS = 660, 63
#: The last part of a list's name says what is special about it.
KINDS = ("Paged", "Plain", "Wanting", "Union", "Interface", "Bare", "Cyclic", "Single", "Filtered")

_FIRST = """
scalar Timestamp
scalar JSON
input PaginationInput { page: Int limit: Int }
input DateFilter { eq: Timestamp gte: Timestamp in: [Timestamp!] }
interface Named { id: ID! name: String! }
enum Sort { ASC DESC }
"""


def sdl() -> str:
    """Return the SDL of a schema with so many types and lists."""
    parts, fields = [_FIRST], []
    for i in range(LISTS):
        kind = KINDS[i % len(KINDS)]
        parts.append(f"enum State{i} {{ OPEN{i} CLOSED{i} }}")
        parts.append(
            f'"""Part {i} of a row."""\ntype Part{i} {{ id: ID! name: String code: Int! }}'
        )
        own = f"state: State{i}! states: [State{i}!] at: Timestamp price: Float! tags: [String!]"
        if kind == "Bare":
            own = f"inner: Part{i}"
        elif kind == "Cyclic":
            own += f" parent: Row{i} children: [Row{i}!]!"
        more = f"part: Part{i} parts: [Part{i}!]! raw(width: Int!): String extra: JSON"
        if kind == "Union":
            parts.append(f"union Row{i} = Part{i} | Part0")
        elif kind == "Interface":
            parts.append(f"interface Row{i} {{ id: ID! name: String }}")
            parts.append(f"type Own{i} implements Row{i} {{ id: ID! name: String size: Int }}")
        elif kind == "Bare":
            parts.append(f"type Row{i} {{ {own} }}")
        else:
            parts.append(f"type Row{i} implements Named {{ id: ID! name: String! {own} {more} }}")
        parts.append(f"input Filter{i} {{ id: ID at: DateFilter state: State{i} }}")
        parts.append(
            f"type Page{i} {{ count: Int! data: [Row{i}!]! hasNext: Boolean! limit: Int! "
            "page: Int! }"
        )
        arguments, answer = {
            "Plain": ("", f"[Row{i}!]!"),
            "Wanting": ("(ids: [ID!]!)", f"[Row{i}!]!"),
            "Union": ("", f"[Row{i}!]!"),
            "Single": ("(id: ID)", f"Row{i}"),
        }.get(kind, (f"(filter: Filter{i}, sort: Sort, pagination: PaginationInput)", f"Page{i}!"))
        fields.append(f"list{i}{kind}{arguments}: {answer}")
    parts.append(f"type Query {{ {' '.join(fields)} }}")
    have = len(build_schema("\n".join(parts)).type_map)
    parts += [f"type Rest{i} {{ id: ID! next: Rest{max(i - 1, 0)} }}" for i in range(TYPES - have)]
    return "\n".join(parts)


class Server:
    """Answers every query of a schema with two elements a list, and counts what it is asked."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.asked = 0
        self._ids = count(1)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        result = graphql_sync(
            self.schema,
            json.loads(request.content)["query"],
            field_resolver=self._resolve,
            type_resolver=lambda _, info, kind: info.schema.get_possible_types(kind)[0].name,
        )
        assert result.errors is None, result.errors
        return httpx.Response(200, json={"data": result.data})

    def _resolve(self, source: Any, info: Any, **arguments: Any) -> Any:
        known = {"hasNext": False, "page": 1, "count": 2, "limit": 200}
        if info.field_name in known and str(info.parent_type).startswith("Page"):
            return known[info.field_name]
        if isinstance(source, dict) and info.field_name in source:
            return source[info.field_name]
        return self._value(info.return_type)

    def _value(self, kind: Any) -> Any:
        while isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
        if is_list_type(kind):
            return [self._value(kind.of_type) for _ in range(2)]
        if is_object_type(kind) or is_abstract_type(kind):
            return {}
        if isinstance(kind, GraphQLEnumType):
            return next(iter(kind.values))
        values = {"Int": 3, "Float": 1.5, "Boolean": True, "Timestamp": 1_700_000_000_000}
        return values.get(kind.name, f"{kind.name}{next(self._ids)}")


def wanted(schema: GraphQLSchema, name: str) -> list[str]:
    """Return the arguments that a list cannot do without."""
    assert schema.query_type is not None
    arguments = schema.query_type.fields[name].args
    return [each for each, argument in arguments.items() if is_required_argument(argument)]
