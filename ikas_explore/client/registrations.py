"""A store's webhooks as ikas has them: checked before, framed after, nothing journaled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ikas_explore.client.client import Client
from ikas_explore.client.operations import delete_webhooks, list_webhooks, save_webhooks
from ikas_explore.client.rows import Columns
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.schema.scopes import check_scopes
from ikas_explore.values.names import read_texts
from ikas_explore.values.urls import check_endpoint

if TYPE_CHECKING:
    from pandas import DataFrame


class Asked(NamedTuple):
    """A save that was looked at and can be sent."""

    endpoint: str
    scopes: Sequence[str]
    sales_channel_ids: Sequence[str] | None


class Registrations:
    """List, save and delete; see `ikas_explore.webhooks.Webhooks` for what they promise."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The store's name."""
        return self._client.settings.name

    def list(self) -> DataFrame:
        """Return the webhook frame."""
        return self._frame(list_webhooks(self._client))

    def save(
        self,
        endpoint: str,
        scopes: str | Iterable[str],
        *,
        sales_channel_ids: str | Iterable[str] | None = None,
        allow_unknown: bool = False,
    ) -> DataFrame:
        """Register an endpoint; return the rows saved in the order asked."""
        asked = self.check(endpoint, scopes, sales_channel_ids, allow_unknown=allow_unknown)
        return self.send(asked)

    def check(
        self,
        endpoint: str,
        scopes: str | Iterable[str],
        sales_channel_ids: str | Iterable[str] | None,
        *,
        allow_unknown: bool = False,
    ) -> Asked:
        """Return a save as it can be sent, each scope once, or raise; nothing is sent."""
        asked = check_scopes(scopes, allow_unknown=allow_unknown)
        check_endpoint(endpoint, local=self._client.settings.local)
        channels = sales_channel_ids
        if channels is not None:
            channels = read_texts(channels, "sales_channel_ids")
            if "" in channels:
                raise InvalidArgumentError("sales_channel_ids holds an empty text; leave it out.")
        return Asked(endpoint, asked, channels)

    def send(self, asked: Asked) -> DataFrame:
        """Make a save that was checked; return the rows saved in the order asked."""
        return self._frame(save_webhooks(self._client, *asked), in_order=True)

    def delete(self, scopes: Sequence[str]) -> bool:
        """Remove scopes, also those the catalogue does not know; return what ikas answered."""
        return delete_webhooks(self._client, scopes)

    def _frame(self, cells: Columns, *, in_order: bool = False) -> DataFrame:
        from ikas_explore.frames.frames import webhook_frame

        version = self._client.settings.api_version
        return webhook_frame(cells, store=self.name, api_version=version, in_order=in_order)
