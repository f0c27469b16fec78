"""Schemas in files: read as introspection or SDL, written by the ending of the path, compared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ikas_explore.errors import IkasError, InvalidArgumentError
from ikas_explore.schema.regenerate import types_of, write_if_new
from ikas_explore.text.printable import printable


@contextmanager
def _refusing() -> Iterator[None]:
    """Say in words whatever graphql-core meets in a stranger's schema."""
    try:
        yield
    except IkasError:
        raise
    except Exception as error:  # TypeError, KeyError, RecursionError ...: it expects a whole one
        raise InvalidArgumentError(
            f"This is not a whole schema: {printable(str(error)) or type(error).__name__}"
        ) from None


@_refusing()
def write_schema(schema: dict[str, Any], out: Path, *, source: str) -> None:
    """Write a schema: ``.py`` types, ``.graphql`` SDL, anything else introspection."""
    if out.suffix == ".py":
        text = types_of(schema, name=out.stem, source=source)
    elif out.suffix == ".graphql":
        from graphql import print_schema

        text = f"{print_schema(_built(schema))}\n"
    else:
        text = json.dumps({"data": schema.get("data", schema)}, indent=1, ensure_ascii=False) + "\n"
    write_if_new(out, text)


@_refusing()
def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return what differs between two schemas, a line each: what breaks callers first."""
    from graphql.utilities import find_breaking_changes, find_dangerous_changes

    old, new = _built(before), _built(after)
    breaking = [f"breaking: {each.description}" for each in find_breaking_changes(old, new)]
    dangerous = [each.description for each in find_dangerous_changes(old, new)]
    # What breaks callers the other way round is a change too, and does no harm this way.
    back = [_reversed(each.description) for each in find_breaking_changes(new, old)]
    known = {each.removeprefix("breaking: ") for each in breaking}
    mild = [each for each in dict.fromkeys([*dangerous, *back]) if each and each not in known]
    return [*breaking, *mild] or _differing_lines(old, new)


def _differing_lines(old: Any, new: Any) -> list[str]:
    """Return lines of SDL that differ: deprecations, descriptions, defaults, root types."""
    from difflib import unified_diff

    from graphql import GraphQLScalarType, lexicographic_sort_schema, print_schema

    printed = []
    for schema in map(lexicographic_sort_schema, (old, new)):
        schema.description = None  # a store is asked for neither of these
        for each in schema.type_map.values():
            if isinstance(each, GraphQLScalarType):
                each.specified_by_url = None
        printed.append(print_schema(schema).splitlines())
    lines = list(unified_diff(printed[0], printed[1], n=0, lineterm=""))[2:]
    return [line for line in lines if not line.startswith("@@")]


def _reversed(description: str) -> str:
    """Say a change from the other side; nothing for one that has no such side."""
    kinds = re.fullmatch(r"(.*) changed (type|kind) from (.*) to (.*)\.", description)
    if kinds:
        name, what, old, new = kinds.groups()
        return f"{name} changed {what} from {new} to {old}."
    if " was removed" not in description:
        return ""
    added = description.replace(" was removed from ", " was added to ")
    return added.replace(" was removed.", " was added.")


def _built(schema: dict[str, Any]) -> Any:
    from graphql import build_client_schema

    return build_client_schema(schema.get("data", schema))
