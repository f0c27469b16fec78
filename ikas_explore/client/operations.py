"""List, save and delete: each version's names and types are read off its schema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sgqlc.operation import Operation
from sgqlc.types import Field, Variable

from ikas_explore.client.client import Client
from ikas_explore.client.rows import Columns, read_columns
from ikas_explore.client.selection import Node, base_type, find_field, is_object, scalar_paths, tree
from ikas_explore.errors import InvalidArgumentError, ResponseError
from ikas_explore.schema import ApiVersion
from ikas_explore.schema.scopes import check_scopes
from ikas_explore.values.names import read_texts
from ikas_explore.values.urls import check_endpoint

if TYPE_CHECKING:
    from pandas import DataFrame


@lru_cache
def schema_of(api_version: ApiVersion) -> Any:
    """Return the generated sgqlc schema of an API version."""
    if api_version == "v1":
        from ikas_explore.schema.v1 import v1 as schema
    else:
        from ikas_explore.schema.v2 import v2 as schema
    return schema


class Registrations:
    """A store's webhooks as ikas has them: checked before, framed after, nothing journaled."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._version = client.settings.api_version

    @property
    def name(self) -> str:
        """The store's name."""
        return self._client.settings.name

    def list(self) -> DataFrame:
        """Return the webhook frame."""
        return self._frame(list_webhooks(self._client))

    def rows(self) -> Iterable[tuple[str, str]]:
        """Return scope and endpoint of the webhooks that are not deleted."""
        return rows_of(list_webhooks(self._client))

    def save(
        self,
        endpoint: str,
        scopes: str | Iterable[str],
        *,
        sales_channel_ids: str | Iterable[str] | None = None,
        allow_unknown: bool = False,
    ) -> None:
        """Register an endpoint."""
        checked = self.check(endpoint, scopes, sales_channel_ids, allow_unknown=allow_unknown)
        self._send(endpoint, *checked)

    def check(
        self,
        endpoint: str,
        scopes: str | Iterable[str],
        sales_channel_ids: str | Iterable[str] | None,
        *,
        allow_unknown: bool = False,
        patterns: bool = False,
    ) -> tuple[Sequence[str], Sequence[str] | None]:
        """Return the scopes, each once, and the sales channels of a save, or raise."""
        asked = check_scopes(scopes, allow_unknown=allow_unknown, patterns=patterns)
        check_endpoint(endpoint, local=self._client.settings.local)
        if sales_channel_ids is None:
            return asked, None
        channels = read_texts(sales_channel_ids, "sales_channel_ids")
        if "" in channels:
            raise InvalidArgumentError("sales_channel_ids holds an empty text; leave it out.")
        return asked, channels

    def send(
        self, endpoint: str, scopes: Sequence[str], channels: Sequence[str] | None
    ) -> DataFrame:
        """Make a save that was checked; return the rows saved in the order asked."""
        return self._frame(self._send(endpoint, scopes, channels), in_order=True)

    def _send(
        self, endpoint: str, scopes: Sequence[str], channels: Sequence[str] | None
    ) -> Columns:
        given: dict[str, Any] = {"endpoint": endpoint, "scopes": [*scopes]}
        if channels is not None:
            given["salesChannelIds"] = [*channels]
        name = "save_webhook" if self._version == "v1" else "save_webhooks"
        saved = _ask(self._client, name, {"input": given})
        places = {scope: place for place, scope in enumerate(saved["scope"])}
        missing = [scope for scope in scopes if scope not in places]
        if missing:
            raise ResponseError(
                f"{self.name}: ikas answered the save without a row for {', '.join(missing)}; "
                "list() shows what is registered now."
            )
        ordered = [places[scope] for scope in scopes]
        return {name: [cells[place] for place in ordered] for name, cells in saved.items()}

    def delete(self, scopes: Sequence[str]) -> bool:
        """Remove scopes, also those the catalogue does not know; return what ikas answered."""
        # Sent again only when the connection was never made: a second delete could remove what
        # somebody saved in between.
        return bool(_ask(self._client, "delete_webhook", {"scopes": [*scopes]}, repeatable=False))

    def _frame(self, cells: Columns, *, in_order: bool = False) -> DataFrame:
        from ikas_explore.frames.frames import webhook_frame

        return webhook_frame(cells, store=self.name, api_version=self._version, in_order=in_order)


def list_webhooks(client: Client) -> Columns:
    """Return the registered webhooks, checked: a list for each field."""
    columns: Columns = _ask(client, "list_webhook", {})
    return columns


def rows_of(webhooks: Columns) -> list[tuple[str, str]]:
    """Return scope and endpoint of the webhooks that are not deleted."""
    rows = zip(webhooks["scope"], webhooks["endpoint"], webhooks["deleted"], strict=True)
    return [(scope, endpoint) for scope, endpoint, deleted in rows if not deleted]


def _ask(client: Client, name: str, variables: dict[str, Any], *, repeatable: bool = True) -> Any:
    """Send an operation; return the columns of its rows, or the boolean that it answers."""
    field, document, nodes = _operation(client.settings.api_version, name)
    what = field.graphql_name
    where = f"{client.settings.name}: {what}"

    def read(data: dict[str, Any]) -> Any:
        if nodes:
            if what not in data:
                raise ResponseError(f"{where} is not in the answer.")
            return read_columns(data[what], nodes, where)
        if not isinstance(data.get(what), bool):
            raise ResponseError(
                f"{client.settings.name}: ikas answered {what} with neither true nor false; "
                "list() shows what is registered now."
            )
        return data[what]

    return client.execute(document, variables, what=what, repeatable=repeatable, read=read)


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
