"""What a query sends: the document that sgqlc builds, and one page of rows after another.

ikas' long lists answer in pages: ``pagination: {page, limit}`` in, ``data, count, hasNext,
limit, page`` out. All pages are fetched, and what would cut the list short is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sgqlc.operation import Operation
from sgqlc.types import Field

from ikas_explore.client.arguments import missing_arguments
from ikas_explore.client.rows import Columns, read_columns
from ikas_explore.client.selection import Node, base_type, fields_of, find_field, is_object, tree
from ikas_explore.errors import InvalidArgumentError, ResponseError
from ikas_explore.schema.limits import PAGE_LIMIT

if TYPE_CHECKING:
    from ikas_explore.client.client import Client


class Page(NamedTuple):
    """Rows as they came and as checked columns; of a page also what it says of the others."""

    rows: list[dict[str, Any]]
    columns: Columns
    more: bool = False
    total: int | None = None


class ListChanged(ResponseError):
    """The list changed while its pages were fetched: rows may be missing, or be there twice."""


@lru_cache
def is_paged(field: Field) -> bool:
    """Return whether a field answers in ikas' page form."""
    names = {each.graphql_name for each in fields_of(base_type(field))}
    return "pagination" in field.args and {"data", "hasNext"} <= names


@lru_cache
def row_type(field: Field) -> Any:
    """Return the type of the rows of a query field."""
    kind = base_type(field)
    return base_type(find_field(kind, "data")) if is_paged(field) else kind


@dataclass(frozen=True, eq=False)
class Request:
    """A query field with the fields and arguments asked for."""

    field: Field
    paths: tuple[str, ...]  # of a row's scalars, in snake_case, dotted where nested
    arguments: Mapping[str, Any]  # checked, by snake_case name
    at_most: int | None = None  # more rows are not wanted

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The tree of fields asked for in each row."""
        return tree(row_type(self.field), self.paths)

    @cached_property
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
                f"{self.field.graphql_name} needs {', '.join(missing)}; give it with .arguments()."
            )

    def pages(self, source: Client) -> Iterator[Page]:
        """Fetch the rows page by page; one page where the field has none, or one was asked for.

        Raises ListChanged when the counts of two pages differ or an id came twice, and
        ResponseError for a page that may not be the last and does not lead on.
        """
        where = f"{source.settings.name}: {self.field.graphql_name}"
        if not is_paged(self.field):
            yield self._ask(source, None, partial(self._read_rows, where))
            return
        ids: set[str] = set()
        came, total = 0, None
        for pagination in self._paginations():
            number = pagination["page"]
            page = self._ask(source, pagination, partial(self._read_page, where, number))
            if self._single:
                yield page
                return
            total = page.total if number == 1 else total
            if page.total != total:
                raise ListChanged(f"{where}: page 1 counts {total!r}, page {number} {page.total!r}")
            came += len(page.rows)
            if not page.more and total not in (None, came):
                raise ListChanged(f"{where}: {came} of {total!r} rows came")
            identities = [each for row in page.rows if type(each := row.get("id")) is str]
            known = len(ids)
            ids.update(identities)
            if len(ids) < known + len(identities):
                raise ListChanged(f"{where}: a row of page {number} had come before")
            yield page
            if not page.more:
                return

    def _read_rows(self, where: str, answer: Any) -> Page:
        notation = self.field.type.__name__
        if not notation.startswith("["):
            answer = [] if answer is None and not notation.endswith("!") else [answer]
        return Page(answer, read_columns(answer, self.nodes, where))

    def _read_page(self, where: str, number: int, answer: Any) -> Page:
        if not isinstance(answer, dict):
            raise ResponseError(f"{where} answered no page, although the schema has pages.")
        rows, more = answer.get("data"), answer.get("hasNext")
        if not isinstance(more, bool):
            raise ResponseError(f"{where}: page {number} does not say whether it is the last.")
        if more and not rows:
            raise ResponseError(
                f"{where}: page {number} is empty and says that more follow; nothing is "
                "returned, so that nothing is silently cut."
            )
        if answer.get("page", number) != number:
            raise ResponseError(
                f"{where}: page {number} was asked for, and page {answer['page']!r} came."
            )
        return Page(rows or [], read_columns(rows, self.nodes, where), more, answer.get("count"))

    @property
    def _asked(self) -> Any:
        return self.arguments.get("pagination")

    @property
    def _single(self) -> bool:
        """Whether one page was asked for alone."""
        return getattr(self._asked, "page", None) is not None

    def _paginations(self) -> Iterator[dict[str, int]]:
        size = getattr(self._asked, "limit", None) or PAGE_LIMIT
        if self._single:
            # Not made smaller by `at_most`: other rows would stand on it then.
            yield {"page": self._asked.page, "limit": size}
            return
        size = min(size, self.at_most or size)
        page = 1
        while True:
            yield {"page": page, "limit": size}
            page += 1

    def _page_document(self, pagination: dict[str, int]) -> str:
        """Return what is sent for a page: the first one's text with its number, built once."""
        number = "{{page: {page}, limit: {limit}}}"
        before = number.format(**next(self._paginations()))
        if self.document.count(before) != 1:  # an argument holds the same text
            return self._document(pagination)
        return self.document.replace(before, number.format(**pagination))

    def _document(self, pagination: dict[str, int] | None) -> str:
        self.check()
        arguments = dict(self.arguments)
        if pagination is not None:
            arguments["pagination"] = pagination
        operation = Operation(self.field.container)
        rows = getattr(operation, self.field.name)(**arguments)
        paths = dict.fromkeys(self.paths)
        if pagination is not None:
            for each in fields_of(base_type(self.field)):
                if each.graphql_name in ("count", "hasNext", "page"):
                    getattr(rows, each.name)()
            rows = rows.data
            if not self._single and _has_id(row_type(self.field)):
                paths["id"] = None  # for rows that come twice
        for path in paths:
            at = rows
            for part in path.split("."):
                at = getattr(at, part)
            at()
        return str(operation)

    def _ask(
        self, source: Client, pagination: dict[str, int] | None, read: Callable[[Any], Page]
    ) -> Page:
        name = self.field.graphql_name

        def read_field(data: dict[str, Any]) -> Page:
            if name not in data:
                raise ResponseError(f"{source.settings.name}: {name} is not in the answer.")
            return read(data[name])

        document = self.document if pagination is None else self._page_document(pagination)
        page: Page = source.execute(document, what=name, read=read_field)
        return page


def check_pagination(field: Field, arguments: Mapping[str, Any]) -> None:
    """Raise InvalidArgumentError for a page number or size that ikas does not accept."""
    asked = arguments.get("pagination") if is_paged(field) else None
    size, page = getattr(asked, "limit", None), getattr(asked, "page", None)
    if size is not None and not 1 <= size <= PAGE_LIMIT:
        raise InvalidArgumentError(
            f"pagination.limit is {size}; ikas gives 1 to {PAGE_LIMIT} rows in a page."
        )
    if page is not None and page < 1:
        raise InvalidArgumentError(f"pagination.page is {page}; the first page is 1.")


def _has_id(kind: Any) -> bool:
    return any(each.graphql_name == "id" and not each.args and not is_object(each) for each in kind)
