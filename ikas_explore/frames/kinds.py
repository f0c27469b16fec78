"""The kinds of columns, and which kind a GraphQL type gives.

Apart from `frames`, which makes cells of them, so that asking a store needs no pandas: it is
half of what a command takes to start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Kind = Literal["string", "time", "bool", "boolean", "int", "integer", "float", "object"]
Columns = Mapping[str, Kind]

#: GraphQL's and ikas' scalars: the kind when null is possible, the kind when it is not.
SCALARS: Mapping[str, tuple[Kind, Kind]] = {
    "ID": ("string", "string"),
    "String": ("string", "string"),
    "Boolean": ("boolean", "bool"),
    "Int": ("integer", "int"),
    "Float": ("float", "float"),
    "Timestamp": ("time", "time"),
}


def kind_of(graphql_type: str) -> Kind:
    """Tell the kind of a column from a type in GraphQL's notation."""
    required = graphql_type.endswith("!")
    return SCALARS.get(graphql_type.removesuffix("!"), ("object", "object"))[required]
