"""A store's own schema: the lists that the shipped types do not know, and what the API offers."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from sgqlc.types import Field

from ikas_explore.client.operations import schema_of
from ikas_explore.client.selection import find_query
from ikas_explore.errors import IkasError, UnknownFieldError
from ikas_explore.schema import API_VERSIONS

if TYPE_CHECKING:
    import pandas as pd

    from ikas_explore.client.client import Client
    from ikas_explore.schema.introspected import Origin


def own_types(client: Client, *, refresh: bool = False) -> ModuleType:
    """Return the module of types of a store's own schema."""
    from ikas_explore.schema.introspected import schema_types  # most queries need the shipped ones

    return schema_types(_origin(client), client.introspect, refresh=refresh)


def find_list(client: Client, asked: str | Field) -> Field:
    """Return the query field for a name: of the shipped types, else of the store's schema.

    A name that the known schema does not have makes one new look in this process: ikas may
    have got it since.
    """
    try:
        return find_query(schema_of(client.settings.api_version), asked)
    except UnknownFieldError:
        if not isinstance(asked, str):
            raise
    from ikas_explore.schema.introspected import worth_a_look

    try:
        return find_query(schema_in(own_types(client)), asked)
    except UnknownFieldError:
        if not worth_a_look(_origin(client)):
            raise
    return find_query(schema_in(own_types(client, refresh=True)), asked)


def schema_in(types: ModuleType) -> Any:
    """Return the sgqlc schema that a module of own types holds."""
    return getattr(types, types.__name__)


def is_outdated(client: Client, field: Field) -> bool:
    """Return whether a refused field is of another schema than the store has now.

    Looks once in this process, and not at all for a field of the shipped or the caller's types.
    """
    if not str(field.container.__module__).startswith("ikas_schema_"):
        return False
    from ikas_explore.schema.introspected import worth_a_look

    new = worth_a_look(_origin(client), refused=True)
    try:
        types = own_types(client, refresh=new)
    except IkasError:  # what was refused counts more
        return False
    return types.__name__ != str(field.container.__module__)


def capabilities(client: Client) -> pd.DataFrame:
    """Return a row an operation; see `Store.capabilities`."""
    from ikas_explore.frames.frames import CAPABILITIES, rows_frame

    rows: dict[tuple[bool, str], dict[str, Any]] = {}
    reached = []
    for version in API_VERSIONS:
        asked = client if version == client.settings.api_version else client.speaking(version)
        try:
            types = own_types(asked)
        except IkasError:
            if asked is client:
                raise
            continue  # the other version is of less interest, and its cells are blank
        reached.append(version)
        schema = schema_in(types)
        for kind, root in (("query", schema.query_type), ("mutation", schema.mutation_type)):
            for field in root or ():
                row: dict[str, Any] = {
                    "operation": field.graphql_name,
                    "kind": kind,
                    **dict.fromkeys(API_VERSIONS),
                    "arguments": _arguments(field),
                    "paged": "pagination" in field.args,
                }
                rows.setdefault((kind == "mutation", field.graphql_name), row)[version] = True
    for row in rows.values():
        row |= {version: bool(row[version]) for version in reached}
    return rows_frame(CAPABILITIES, [rows[place] for place in sorted(rows)])


def _arguments(field: Field) -> str:
    return ", ".join(f"{arg.graphql_name}: {arg.type.__name__}" for arg in field.args.values())


def _origin(client: Client) -> Origin:
    from ikas_explore.schema.introspected import Origin

    return Origin(client.settings.base_url, client.settings.api_version)
