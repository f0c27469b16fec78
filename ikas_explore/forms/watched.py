"""A registry seen through: what it last listed, and the last error it met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ikas_explore.errors import IkasError
from ikas_explore.manage.registry import Registry

if TYPE_CHECKING:
    from pandas import DataFrame


class Watched:
    """A registry that keeps what it last listed and the last error it met.

    A plan turns an error into text in one language; a form says it in the reader's.
    """

    def __init__(self, behind: Registry) -> None:
        self.behind = behind
        self.listed: DataFrame | None = None
        self.error: IkasError | None = None
        self.current = False

    @property
    def name(self) -> str:
        return self.behind.name

    def list(self) -> DataFrame:
        self.current = False
        try:
            self.listed = self.behind.list()
        except IkasError as error:
            self.error = self.error or error
            raise
        self.current = True
        return self.listed

    def save(self, endpoint: str, scopes: Sequence[str], **more: Any) -> DataFrame:
        try:
            return self.behind.save(endpoint, scopes, **more)
        except IkasError as error:
            self.error = error
            raise

    def delete(self, scopes: Sequence[str]) -> bool:
        try:
            return self.behind.delete(scopes)
        except IkasError as error:
            self.error = error
            raise


class Shown(Watched):
    """A registry that lists what is shown, for a preview without a call."""

    def __init__(self, behind: Registry, shown: DataFrame) -> None:
        super().__init__(behind)
        self.listed = shown

    def list(self) -> DataFrame:
        assert self.listed is not None  # noqa: S101 - given above, for the type checker
        return self.listed
