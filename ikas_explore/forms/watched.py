"""A registry seen through: what it last listed, and the last error it met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ikas_explore.errors import IkasError
from ikas_explore.values.protocols import WebhookStore

if TYPE_CHECKING:
    from pandas import DataFrame


class Watched:
    """A registry that keeps what it last listed and the last error it met.

    A plan turns an error into text in one language; a form says it in the reader's.
    """

    def __init__(self, behind: WebhookStore) -> None:
        self._behind = behind
        self.listed: DataFrame | None = None
        self.error: IkasError | None = None
        self.current = False

    @property
    def name(self) -> str:
        return self._behind.name

    def list(self) -> DataFrame:
        self.current = False
        try:
            self.listed = self._behind.list()
        except IkasError as error:
            self.error = self.error or error
            raise
        self.current = True
        return self.listed

    def save(self, endpoint: str, scopes: Sequence[str], **more: Any) -> DataFrame:
        try:
            return self._behind.save(endpoint, scopes, **more)
        except IkasError as error:
            self.error = error
            raise

    def delete(self, scopes: Sequence[str]) -> bool:
        try:
            return self._behind.delete(scopes)
        except IkasError as error:
            self.error = error
            raise
