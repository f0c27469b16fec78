"""The three operations on webhooks, each version's names and types read off its schema."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sgqlc.operation import Operation
from sgqlc.types import Field, Variable

from ikas_explore.client.client import Client
from ikas_explore.client.rows import Columns, read_columns
from ikas_explore.client.selection import Node, base_type, find_field, is_object, scalar_paths, tree
from ikas_explore.errors import ResponseError
from ikas_explore.schema import ApiVersion


@lru_cache
def schema_of(api_version: ApiVersion) -> Any:
    """Return the generated sgqlc schema of an API version."""
    if api_version == "v1":
        from ikas_explore.schema.v1 import v1 as schema
    else:
        from ikas_explore.schema.v2 import v2 as schema
    return schema


def list_webhooks(client: Client) -> Columns:
    """Return the registered webhooks, checked: a list for each field."""
    return _columns(client, "list_webhook", {})


def save_webhooks(
    client: Client, endpoint: str, scopes: Sequence[str], sales_channel_ids: Sequence[str] | None
) -> Columns:
    """Save one endpoint for checked scopes; return their webhooks in the order of the scopes.

    Raises
    ------
    ResponseError
        An answer that does not hold a row for each scope.
    """
    given: dict[str, Any] = {"endpoint": endpoint, "scopes": list(scopes)}
    if sales_channel_ids is not None:
        given["salesChannelIds"] = list(sales_channel_ids)
    name = "save_webhook" if client.settings.api_version == "v1" else "save_webhooks"
    saved = _columns(client, name, {"input": given})
    places = {scope: place for place, scope in enumerate(saved["scope"])}
    missing = [scope for scope in scopes if scope not in places]
    if missing:
        raise ResponseError(
            f"{client.settings.name}: ikas answered the save without a row for "
            f"{', '.join(missing)}; list() tells what is registered now."
        )
    return {name: [cells[places[scope]] for scope in scopes] for name, cells in saved.items()}


def delete_webhooks(client: Client, scopes: Sequence[str]) -> bool:
    """Delete the webhooks of checked scopes; return what ikas answers.

    Sent again only when the connection was never made: a second delete could remove what
    somebody saved in between.
    """
    field, document, _ = _operation(client.settings.api_version, "delete_webhook")
    data = client.execute(
        document, {"scopes": list(scopes)}, what=field.graphql_name, repeatable=False
    )
    answer = data.get(field.graphql_name)
    if not isinstance(answer, bool):
        raise ResponseError(
            f"{client.settings.name}: ikas answered {field.graphql_name} with neither true "
            "nor false; list() tells what is registered now."
        )
    return answer


def _columns(client: Client, name: str, variables: dict[str, Any]) -> Columns:
    field, document, nodes = _operation(client.settings.api_version, name)
    data = client.execute(document, variables, what=field.graphql_name)
    if field.graphql_name not in data:
        raise ResponseError(f"{client.settings.name}: {field.graphql_name} is not in the answer.")
    rows = data[field.graphql_name]
    return read_columns(rows, nodes, f"{client.settings.name}: {field.graphql_name}")


@lru_cache
def _operation(api_version: ApiVersion, name: str) -> tuple[Field, str, tuple[Node, ...]]:
    """Return an operation's field, its document with variables, and the fields it selects."""
    schema = schema_of(api_version)
    container = schema.query_type if name == "list_webhook" else schema.mutation_type
    field = find_field(container, name)
    variables = {arg.name: arg.type for arg in field.args.values()}
    operation = Operation(container, variables=variables) if variables else Operation(container)
    selection = getattr(operation, field.name)(**{each: Variable(each) for each in variables})
    if not is_object(field):
        return field, str(operation), ()
    names = scalar_paths(base_type(field))
    for each in names:
        getattr(selection, each)()
    return field, str(operation), tree(base_type(field), names)
