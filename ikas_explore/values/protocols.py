"""The little that plans need to know of a store's webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pandas import DataFrame


class Registry(Protocol):
    """The webhooks of one store, to be listed and written.

    Its writes must not journal by themselves: what applies a plan records each write.
    """

    @property
    def name(self) -> str:
        """The store's name, as in the column ``store`` of its frames."""
        ...

    def list(self) -> DataFrame:
        """Return the webhook frame as ikas has it now."""
        ...

    def save(
        self,
        endpoint: str,
        scopes: Sequence[str],
        *,
        sales_channel_ids: Sequence[str] | None = None,
    ) -> DataFrame:
        """Register one endpoint for the scopes; return the rows saved."""
        ...

    def delete(self, scopes: Sequence[str]) -> bool:
        """Remove the scopes, whatever endpoint holds them; return what ikas answered."""
        ...
