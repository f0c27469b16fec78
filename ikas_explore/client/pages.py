"""What a query sends: the document sgqlc builds, and one page of rows after another.

ikas' long lists answer in pages: ``pagination: {page, limit}`` in, ``data, count, hasNext,
limit, page`` out. They are walked to the end, and what would cut the list short is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

from sgqlc.operation import Operation
from sgqlc.types import Field

from ikas_explore.client.arguments import missing_arguments
from ikas_explore.client.selection import Node, base_type, find_field, tree
from ikas_explore.errors import InvalidArgumentError, ResponseError
from ikas_explore.settings import Settings

#: The most rows ikas gives in one page (docs).
PAGE_LIMIT = 200


class Source(Protocol):
    """What a query is sent through; `ikas_explore.client.client.Client` is one."""

    url: str
    settings: Settings

    def execute(
        self, document: str, variables: Mapping[str, Any] | None = None, *, what: str
    ) -> dict[str, Any]:
        """Send an operation and return its ``data``."""


@lru_cache
def is_paged(field: Field) -> bool:
    """Tell whether a field answers in ikas' page form."""
    names = {each.graphql_name for each in base_type(field)}
    return "pagination" in field.args and {"data", "hasNext"} <= names


@lru_cache
def row_type(field: Field) -> Any:
    """Return the type of the rows of a query field."""
    kind = base_type(field)
    return base_type(find_field(kind, "data")) if is_paged(field) else kind


def check_page_size(field: Field, arguments: Mapping[str, Any]) -> None:
    """Raise InvalidArgumentError for a page size that ikas does not give."""
    size = getattr(arguments.get("pagination"), "limit", None) if is_paged(field) else None
    if size is not None and not 1 <= size <= PAGE_LIMIT:
        raise InvalidArgumentError(
            f"pagination.limit is {size}; ikas gives 1 to {PAGE_LIMIT} rows in a page."
        )


@dataclass(frozen=True)
class Request:
    """A query field with the fields and arguments asked for.

    Attributes
    ----------
    field : sgqlc.types.Field
    paths : tuple of str
        The scalar fields of a row, in snake_case, dotted where nested.
    arguments : mapping of str to Any
        Checked, by snake_case name.
    at_most : int or None
        More rows are not wanted.
    """

    field: Field
    paths: tuple[str, ...]
    arguments: Mapping[str, Any]
    at_most: int | None = None

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The tree of fields asked for in each row."""
        return tree(row_type(self.field), self.paths)

    @property
    def document(self) -> str:
        """The GraphQL that is sent; of several pages the first."""
        return self._document(next(self._paginations()) if is_paged(self.field) else None)

    def check(self) -> None:
        """Raise InvalidArgumentError when an argument that the schema wants is missing."""
        missing = missing_arguments(self.field, self.arguments)
        if is_paged(self.field):
            missing = [name for name in missing if name != "pagination"]
        if missing:
            raise InvalidArgumentError(
                f"{self.field.graphql_name} wants {', '.join(missing)}; give it with .arguments()."
            )

    def pages(self, source: Source) -> Iterator[Any]:
        """Fetch the rows page by page; one page where the field has none.

        Raises
        ------
        ResponseError
            A page that does not say whether it is the last, or that is empty and not the last.
        """
        if not is_paged(self.field):
            answer = self._ask(source, None)
            notation = self.field.type.__name__
            if answer is None and not notation.endswith("!"):
                yield []
            else:
                yield answer if notation.startswith("[") else [answer]
            return
        name = f"{source.settings.name}: {self.field.graphql_name}"
        first, came = None, 0
        for pagination in self._paginations():
            answer = self._ask(source, pagination)
            if not isinstance(answer, dict):
                raise ResponseError(f"{name} answered no page, although the schema has pages.")
            rows: Any = answer.get("data")
            more = answer.get("hasNext")
            where = f"{name}: page {pagination['page']}"
            if not isinstance(more, bool):
                raise ResponseError(f"{where} does not say whether it is the last.")
            if more and not rows:
                raise ResponseError(
                    f"{where} is empty and says that more follow; nothing is returned, so that "
                    "nothing is silently cut."
                )
            if answer.get("page", pagination["page"]) != pagination["page"]:
                raise ResponseError(f"{where} was asked for, and page {answer['page']!r} came.")
            yield rows
            came += len(rows)  # by now known to be a list
            first = pagination["page"] if first is None else first
            if not more:
                count = answer.get("count", came)
                if first == 1 and count != came:
                    raise ResponseError(
                        f"{where} is the last, and {came} rows came of {count!r}; ask again."
                    )
                return

    def _paginations(self) -> Iterator[dict[str, int]]:
        asked = self.arguments.get("pagination")
        size = getattr(asked, "limit", None) or PAGE_LIMIT
        page = getattr(asked, "page", None) or 1
        size = min(size, self.at_most or size)
        while True:
            yield {"page": page, "limit": size}
            page += 1

    def _document(self, pagination: dict[str, int] | None) -> str:
        self.check()
        arguments = dict(self.arguments)
        if pagination is not None:
            arguments["pagination"] = pagination
        operation = Operation(self.field.container)
        rows = getattr(operation, self.field.name)(**arguments)
        if pagination is not None:
            for each in base_type(self.field):
                if each.graphql_name in ("count", "hasNext", "page"):
                    getattr(rows, each.name)()
            rows = rows.data
        for path in self.paths:
            at = rows
            for part in path.split("."):
                at = getattr(at, part)
            at()
        return str(operation)

    def _ask(self, source: Source, pagination: dict[str, int] | None) -> Any:
        name = self.field.graphql_name
        data = source.execute(self._document(pagination), what=name)
        if name not in data:
            raise ResponseError(f"{source.settings.name}: {name} is not in the answer.")
        return data[name]
