"""The little that plans, audits and forms need to know of a store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pandas import DataFrame


class WebhookStore(Protocol):
    """The webhooks of one store. Its writes are not journaled: the caller does that."""

    @property
    def name(self) -> str:
        """The store's name, as in the column ``store`` of its frames."""
        ...

    def list(self) -> DataFrame:
        """Return the webhook frame as ikas has it now."""
        ...

    def rows(self) -> Iterable[tuple[str, str]]:
        """Return scope and endpoint of what is registered now, without the cost of a frame."""
        ...

    def save(
        self,
        endpoint: str,
        scopes: Sequence[str],
        *,
        sales_channel_ids: Sequence[str] | None = None,
        allow_unknown: bool = False,
    ) -> object:
        """Register one endpoint for the scopes.

        `allow_unknown` also sends scopes that the catalogue does not know.
        """
        ...

    def delete(self, scopes: Sequence[str]) -> bool:
        """Remove the scopes, known to the catalogue or not; return what ikas answered."""
        ...


class Source(Protocol):
    """What can be asked for the rows of a list: a store or a fleet."""

    def query(self, field: str) -> Any:
        """Begin a query for a list of ikas' schema."""
        ...
