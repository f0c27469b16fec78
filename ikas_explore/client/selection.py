"""Fields of a generated schema: found by name, and the tree of those a query asks for.

Works on the types sgqlc generates, whichever schema they come from. A field is named in
snake_case as sgqlc does or in camelCase as the API does; a nested one with dots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import sgqlc.types
from sgqlc.types import ContainerTypeMeta, Field, Schema

from ikas_explore.client.arguments import missing_arguments
from ikas_explore.errors import InvalidArgumentError, UnknownFieldError
from ikas_explore.frames.kinds import SCALARS, Kind, kind_of
from ikas_explore.text.printable import shown
from ikas_explore.values.names import did_you_mean

#: A generated type: sgqlc's classes carry their fields on the metaclass.
ObjectType = Any


class Node(NamedTuple):
    """One field asked for, with those below it."""

    name: str  # as the API spells it: createdAt
    column: str  # in snake_case from the row on: created_at, customer.first_name
    type: str  # in GraphQL's notation: [String!]!; an enum counts as String
    kind: Kind  # of its column in a frame
    children: tuple[Node, ...] = ()  # empty for a scalar

    def leaves(self) -> list[Node]:
        """Return the scalar fields at or below this one."""
        return [self] if not self.children else [x for each in self.children for x in each.leaves()]


# Types and fields are looked up for every name in each step of a query. They do not change once
# they are generated, and each equals itself alone, so what was found is kept.


@lru_cache(maxsize=4096)
def base_type(field: Field) -> Any:
    """Return the type of a field without its lists and exclamation marks."""
    return field.schema[field.type.__name__.strip("[]!")]


def is_object(field: Field) -> bool:
    """Return whether a field leads to an object with fields of its own."""
    return isinstance(base_type(field), ContainerTypeMeta)


def fields_of(container: ObjectType) -> list[Field]:
    """Return the fields of a type; UnknownFieldError for a union, which has none of its own."""
    _refuse_union(container)
    return list(container)


def _refuse_union(kind: Any) -> None:
    if issubclass(kind, sgqlc.types.Union):
        raise UnknownFieldError(
            f"{kind.__name__} is a union of {', '.join(each.__name__ for each in kind)}, and rows "
            "of several types make no frame. Take a field that leads to one type."
        )


@lru_cache(maxsize=4096)
def find_field(container: ObjectType, name: str) -> Field:
    """Return the field of a type by its snake_case or camelCase name."""
    fields = fields_of(container)
    for field in fields:
        if name in (field.name, field.graphql_name):
            return field
    raise UnknownFieldError(
        f"{container.__name__} has no field {name!r}.{did_you_mean(name, (f.name for f in fields))}"
    )


def find_query(schema: Schema, asked: str | Field) -> Field:
    """Return the query field for a name, or for a field such as ``mine.Query.list_order``."""
    found = find_field(schema.query_type, asked) if isinstance(asked, str) else asked
    if not isinstance(found, Field):
        raise InvalidArgumentError(
            f"query() takes a name or a field of a generated Query type, not {shown(asked)}."
        )
    if not isinstance(found.container, ContainerTypeMeta) or (
        found.container is not found.schema.query_type
    ):
        raise UnknownFieldError(f"{found.graphql_name} is no query; take a field of Query.")
    _refuse_union(base_type(found))
    if not is_object(found):
        raise UnknownFieldError(f"{found.graphql_name} has no fields to make a frame of.")
    return found


def leaf_paths(container: ObjectType, name: str) -> list[str]:
    """Return the snake_case dotted paths of the scalars that a name stands for.

    The name is a field or dotted fields; an object stands for all its scalars.
    """
    if not isinstance(name, str):
        raise InvalidArgumentError(
            f"A field is named by a text, not by {type(name).__name__}: {shown(name)}. Give "
            "several one by one: select('scope', 'id')."
        )
    if name == "*":
        return list(_all_paths(container, ()))
    head, _, rest = name.partition(".")
    field = find_field(container, head)
    if missing_arguments(field, ()):
        raise UnknownFieldError(
            f"{container.__name__}.{field.name} needs arguments and cannot be selected."
        )
    _refuse_union(base_type(field))
    if not is_object(field):
        if rest:
            raise UnknownFieldError(
                f"{container.__name__}.{field.name} is a {field.type.__name__} and has no fields "
                f"such as {rest!r}."
            )
        return [field.name]
    inner = base_type(field)
    below = leaf_paths(inner, rest) if rest else scalar_paths(inner)
    return [f"{field.name}.{path}" for path in below]


def _all_paths(container: ObjectType, above: tuple[ObjectType, ...]) -> Iterator[str]:
    """Yield the paths of all scalars of a type and of what it leads to, each type once on a way."""
    for field in fields_of(container):
        base = base_type(field)
        if missing_arguments(field, ()):
            continue
        if not is_object(field):
            yield field.name
        elif base not in (*above, container) and not issubclass(base, sgqlc.types.Union):
            for path in _all_paths(base, (*above, container)):
                yield f"{field.name}.{path}"


def scalar_paths(container: ObjectType) -> list[str]:
    """Return the names of a type's scalar fields: what is selected when nothing is named."""
    names = _scalars(container)
    if not names:
        raise UnknownFieldError(
            f"{container.__name__} has no scalar fields; select one of: "
            f"{', '.join(field.name for field in container)}."
        )
    return names


#: What is taken of an object in a row when nothing is selected: what names it.
_NAMING = ("id", "name", "full_name", "first_name", "last_name", "email", "code", "type")


def usual_paths(container: ObjectType) -> list[str]:
    """Return what is selected of a row when nothing is named.

    All scalar fields, and of each object that is not a list those that name it (`_NAMING`).
    """
    paths = _scalars(container)
    for field in fields_of(container):
        if is_object(field) and not field.args and not field.type.__name__.startswith("["):
            inner = base_type(field)
            if not issubclass(inner, sgqlc.types.Union):
                names = {each.name for each in inner if not is_object(each) and not each.args}
                paths += [f"{field.name}.{name}" for name in _NAMING if name in names]
    return paths or scalar_paths(container)


def _scalars(container: ObjectType) -> list[str]:
    return [
        field.name
        for field in fields_of(container)
        if issubclass(base_type(field), (sgqlc.types.Scalar, sgqlc.types.Enum))
        and not missing_arguments(field, ())
    ]


def tree(
    container: ObjectType,
    paths: Iterable[str],
    *,
    prefix: str = "",
    exploded: str | None = None,
    in_list: bool = False,
    nullable: bool = False,
) -> tuple[Node, ...]:
    """Return the tree of the fields of a row that paths of `leaf_paths` name.

    Each element of the list `exploded` is a row of its own. Below a field, `prefix` is that
    field's column, and the cells may be `in_list` or missing.
    """
    below: dict[str, list[str]] = {}
    for path in paths:
        head, _, rest = path.partition(".")
        below.setdefault(head, []).append(rest)
    nodes = []
    for head, rests in below.items():
        field = find_field(container, head)
        base = base_type(field)
        notation = field.type.__name__
        if field.name == exploded:
            # A row without an element has blanks, whatever the element's own type promises.
            notation = base.__name__
        if issubclass(base, sgqlc.types.Enum):
            notation = notation.replace(base.__name__, "String")
        column = f"{prefix}{field.name}"
        children: tuple[Node, ...] = ()
        # What stands below a list makes lists of cells; what stands below a nullable object
        # may be missing, whatever its own type promises.
        if is_object(field):
            children = tree(
                base,
                rests,
                prefix=f"{column}.",
                in_list=in_list or notation.startswith("["),
                nullable=nullable or not notation.endswith("!"),
            )
        kind = kind_of(notation.removesuffix("!") if nullable else notation)
        nodes.append(
            Node(field.graphql_name, column, notation, "object" if in_list else kind, children)
        )
    return tuple(nodes)


def kinds_of(nodes: Iterable[Node]) -> dict[str, Kind]:
    """Return the kind of each column that a tree of fields makes."""
    return {leaf.column: leaf.kind for node in nodes for leaf in node.leaves()}


@lru_cache
def known_scalar(notation: str) -> str | None:
    """Return the name of a scalar whose values can be checked, from a type's notation."""
    name = notation.strip("[]!")
    return name if name in SCALARS else None
