"""The query builder: any list of an ikas schema as a DataFrame.

A `Query` is immutable; each step returns a new one and fails at that line if it cannot be
right. sgqlc builds the document from the generated types; frames are made from the checked
JSON, which is far quicker than going through sgqlc's objects.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from sgqlc.operation import Operation
from sgqlc.types import ContainerTypeMeta, Field, Schema

from ikas_explore.client.arguments import missing_arguments, read_arguments
from ikas_explore.client.columns import Columns, read_columns
from ikas_explore.client.conditions import Condition, Row, any_of, condition, shown
from ikas_explore.client.fields import (
    Node,
    base_type,
    find_field,
    is_object,
    leaf_paths,
    scalar_paths,
    tree,
)
from ikas_explore.errors import InvalidArgumentError, ResponseError, UnknownFieldError
from ikas_explore.frames import make_frame, provenance

if TYPE_CHECKING:
    import pandas as pd

#: The most rows ikas gives in one page (docs).
PAGE_LIMIT = 200


class Source(Protocol):
    """What a query is sent through; `ikas_explore.client.client.Client` is one."""

    url: str
    settings: Any

    def execute(
        self, document: str, variables: Mapping[str, Any] | None = None, *, what: str
    ) -> dict[str, Any]:
        """Send an operation and return its ``data``."""


@dataclass(frozen=True, repr=False)
class Query:
    """A question to a store, built step by step; made by `Store.query` and `Webhooks.query`.

    Examples
    --------
    >>> import ikas_explore as ikas
    >>> with ikas.connect("sandbox") as store:
    ...     query = store.query("listWebhook").select("scope", "id").where(scope="*/updated")
    ...     print(query.graphql)
    ...     len(query.to_frame())
    query {
      listWebhook {
        scope
        id
      }
    }
    1
    """

    _source: Source
    _field: Field
    _selected: tuple[str, ...] = ()
    _conditions: tuple[tuple[str, Condition], ...] = ()
    _predicates: tuple[Callable[[Row], Any], ...] = ()
    _order: tuple[tuple[str, bool], ...] = ()
    _limit: int | None = None
    _arguments: Mapping[str, Any] = field(default_factory=dict)

    def select(self, *fields: str) -> Query:
        """Choose the fields of the rows; all scalar ones when never called.

        Parameters
        ----------
        *fields : str
            In snake_case or camelCase, nested ones with dots. An object stands for all its
            scalars. Called again, it adds.

        Returns
        -------
        Query

        Raises
        ------
        UnknownFieldError
            Naming the near ones.
        """
        if not fields:
            raise InvalidArgumentError("select() was given no field; leave it out to get all.")
        paths = [path for name in fields for path in leaf_paths(self._row_type, name)]
        return replace(self, _selected=tuple(dict.fromkeys([*self._selected, *paths])))

    def where(self, *predicates: Callable[[Row], Any], **conditions: Any) -> Query:
        """Keep the rows that meet all conditions; looked at on this machine.

        Parameters
        ----------
        *predicates : callable
            From a row, a mapping of the fields that are fetched, to true or false.
        **conditions : Any
            By field name, dotted ones in a ``**{...}``: a value it equals, text in which
            ``*`` is the only wildcard, a collection one of which fits, or a callable. Times are
            `datetime.datetime` in UTC, and equal their Unix milliseconds too. Of a list one
            item has to fit.

        Returns
        -------
        Query
        """
        for predicate in predicates:
            if not callable(predicate):
                raise InvalidArgumentError(
                    f"where() was given {predicate!r}; name the field: where(scope={predicate!r})."
                )
        added = [(self._single(name), condition(wanted)) for name, wanted in conditions.items()]
        return replace(
            self,
            _conditions=(*self._conditions, *added),
            _predicates=(*self._predicates, *predicates),
        )

    def sort(self, *fields: str, descending: bool = False) -> Query:
        """Order the rows by fields, missing values last; called again, it orders within.

        Parameters
        ----------
        *fields : str
        descending : bool, default False

        Returns
        -------
        Query
        """
        added = []
        for name in fields:
            path = self._single(name)
            if self._nodes([path])[0].leaves()[0].kind == "object":
                raise InvalidArgumentError(f"Rows cannot be sorted by {name!r}: it has no order.")
            added.append((path, descending))
        return replace(self, _order=(*self._order, *added))

    def limit(self, n: int) -> Query:
        """Keep the first `n` rows, after conditions and order; fetch no page beyond them."""
        if not isinstance(n, int) or isinstance(n, bool) or n < 0:
            raise InvalidArgumentError(f"limit() takes a whole number from 0, not {n!r}.")
        return replace(self, _limit=n)

    def arguments(self, **values: Any) -> Query:
        """Give arguments of the field itself, checked against the schema.

        Parameters
        ----------
        **values : Any
            By snake_case or camelCase name. A single value is a list of one where the schema
            wants a list. With pages, ``pagination`` may set the page to begin with and the size.

        Returns
        -------
        Query

        Raises
        ------
        UnknownFieldError, InvalidArgumentError
        """
        read = read_arguments(self._field, values)
        asked = read.get("pagination") if self._paged else None
        size = getattr(asked, "limit", None)
        if size is not None and not 1 <= size <= PAGE_LIMIT:
            raise InvalidArgumentError(
                f"pagination.limit is {size}; ikas gives 1 to {PAGE_LIMIT} rows in a page."
            )
        return replace(self, _arguments={**self._arguments, **read})

    @property
    def graphql(self) -> str:
        """The document that will be sent; of several pages the first."""
        return self._document(self._fetched, next(iter(self._pages()), None))

    def curl(self) -> str:
        """Return the same request as a line of curl, the token left to ``$IKAS_ACCESS_TOKEN``."""
        body = json.dumps({"query": self.graphql}, ensure_ascii=False)
        return (
            f"curl --request POST {shlex.quote(self._source.url)} "
            "--header 'Content-Type: application/json' "
            '--header "Authorization: Bearer $IKAS_ACCESS_TOKEN" '
            f"--data-raw {shlex.quote(body)}"
        )

    def to_frame(self) -> pd.DataFrame:
        """Fetch the rows as a DataFrame.

        Returns
        -------
        pandas.DataFrame
            One column per scalar field, in the order selected, named in snake_case and dotted
            where nested; dtypes from the schema, the same when empty. Fields below a list give
            a list per cell. ``attrs`` holds ``api_version`` and ``fetched_at``.

        Raises
        ------
        IkasError
        """
        _, columns, kept = self._fetch()
        nodes = [leaf for node in self._nodes(self._output) for leaf in node.leaves()]
        kinds = {leaf.column: leaf.kind for leaf in nodes}
        frame = make_frame(
            {name: kinds[name] for name in self._output},
            {name: [columns[name][i] for i in kept] for name in self._output},
        )
        frame.attrs.update(provenance(self._source.settings.api_version))
        return frame

    def to_records(self) -> list[dict[str, Any]]:
        """Fetch the rows as the API names and types them, only the fields selected in each."""
        rows, _, kept = self._fetch()
        if set(self._output) == set(self._fetched):
            return [rows[i] for i in kept]
        nodes = self._nodes(self._output)
        return [_pruned(rows[i], nodes) for i in kept]

    def to_objects(self) -> list[Any]:
        """Fetch the rows as objects of the generated sgqlc type: attributes in snake_case.

        Slow for many rows: sgqlc looks at every value on its own.
        """
        return [self._row_type(record) for record in self.to_records()]

    def __repr__(self) -> str:
        parts = [self._field.graphql_name, *(f"select {name}" for name in self._selected)]
        parts += [f"where {path}" for path, _ in self._conditions]
        parts += ["where a function"] * len(self._predicates)
        parts += [f"sort {path}{' descending' * down}" for path, down in self._order]
        parts += [] if self._limit is None else [f"limit {self._limit}"]
        return f"<Query {', '.join(parts)}>"

    # -- what is asked for ------------------------------------------------------------------

    @property
    def _paged(self) -> bool:
        """Whether the field answers in ikas' page form."""
        kind = base_type(self._field)
        names = {each.graphql_name for each in kind}
        return "pagination" in self._field.args and {"data", "hasNext"} <= names

    @property
    def _row_type(self) -> Any:
        kind = base_type(self._field)
        return base_type(find_field(kind, "data")) if self._paged else kind

    @property
    def _output(self) -> tuple[str, ...]:
        return self._selected or tuple(scalar_paths(self._row_type))

    @property
    def _fetched(self) -> tuple[str, ...]:
        needed = [*(path for path, _ in self._conditions), *(path for path, _ in self._order)]
        return tuple(dict.fromkeys([*self._output, *needed]))

    def _nodes(self, paths: Any) -> tuple[Node, ...]:
        return tree(self._row_type, paths)

    def _single(self, name: str) -> str:
        paths = leaf_paths(self._row_type, name)
        if len(paths) > 1:
            raise UnknownFieldError(
                f"{name!r} is an object; name one of its fields: {', '.join(paths)}."
            )
        return paths[0]

    def _document(self, paths: tuple[str, ...], page: Mapping[str, int] | None) -> str:
        missing = missing_arguments(self._field, self._arguments)
        if page is not None:
            missing = [name for name in missing if name != "pagination"]
        if missing:
            raise InvalidArgumentError(
                f"{self._field.graphql_name} wants {', '.join(missing)}; give it with .arguments()."
            )
        arguments = dict(self._arguments)
        if page is not None:
            arguments["pagination"] = dict(page)
        operation = Operation(self._field.container)
        selection = getattr(operation, self._field.name)(**arguments)
        rows = selection
        if page is not None:
            for name in ("count", "has_next", "limit", "page"):
                if any(each.name == name for each in base_type(self._field)):
                    getattr(selection, name)()
            rows = selection.data
        for path in paths:
            at = rows
            for part in path.split("."):
                at = getattr(at, part)
            at()
        return str(operation)

    # -- what comes back --------------------------------------------------------------------

    def _fetch(self) -> tuple[list[dict[str, Any]], Columns, list[int]]:
        """Return all rows fetched, their columns, and the indices of those kept, in order."""
        nodes = self._nodes(self._fetched)
        kinds = {leaf.column: leaf.kind for node in nodes for leaf in node.leaves()}
        rows: list[dict[str, Any]] = []
        columns: Columns = {name: [] for name in kinds}
        kept: list[int] = []
        for page in self._answers():
            found = read_columns(page, nodes, self._field.graphql_name)
            kept += [len(rows) + i for i in self._fitting(found, kinds)]
            rows += page
            for name, cells in found.items():
                columns[name] += cells
            if not self._order and self._limit is not None and len(kept) >= self._limit:
                break
        for name, descending in reversed(self._order):
            cells = columns[name]
            present = [i for i in kept if cells[i] is not None]
            present.sort(key=cells.__getitem__, reverse=descending)
            kept = present + [i for i in kept if cells[i] is None]
        return rows, columns, kept[: self._limit]

    def _fitting(self, columns: Columns, kinds: Mapping[str, Any]) -> list[int]:
        kept = list(range(len(next(iter(columns.values()), []))))
        for name, fits in self._conditions:
            cells = shown(columns[name], kinds[name])
            test = any_of(fits) if kinds[name] == "object" else fits
            kept = [i for i in kept if test(cells[i])]
        if self._predicates and kept:
            seen = {name: shown(cells, kinds[name]) for name, cells in columns.items()}
            names = _api_names(self._nodes(columns))
            for predicate in self._predicates:
                kept = [
                    i
                    for i in kept
                    if predicate(Row({name: cells[i] for name, cells in seen.items()}, names))
                ]
        return kept

    def _answers(self) -> Any:
        """Give the rows page by page; one page where the field has none."""
        if self._limit == 0:
            self._document(self._fetched, next(iter(self._pages()), None))
            return
        name = self._field.graphql_name
        paged = False
        for page in self._pages():
            paged = True
            answer = self._ask(self._document(self._fetched, page))
            if not isinstance(answer, dict):
                raise ResponseError(f"{name} answered no page, although the schema has pages.")
            rows, more = answer.get("data"), answer.get("hasNext")
            if not isinstance(more, bool):
                raise ResponseError(
                    f"{name}: page {page['page']} does not say whether it is the last."
                )
            if more and not rows:
                raise ResponseError(
                    f"{name}: page {page['page']} is empty and says that more follow; nothing "
                    "was returned, so that nothing is silently cut."
                )
            yield rows
            if not more:
                return
        if not paged:
            answer = self._ask(self._document(self._fetched, None))
            if "[" in self._field.type.__name__:
                yield [] if answer is None and self._nullable else answer
            else:
                yield [] if answer is None and self._nullable else [answer]

    @property
    def _nullable(self) -> bool:
        return not self._field.type.__name__.endswith("!")

    def _pages(self) -> Any:
        """Give the pagination of page after page, without end; nothing where there are no pages."""
        if not self._paged:
            return
        asked = self._arguments.get("pagination")
        size = getattr(asked, "limit", None) or PAGE_LIMIT
        if self._limit and not self._order and not self._conditions and not self._predicates:
            size = min(size, self._limit)
        page = getattr(asked, "page", None) or 1
        while True:
            yield {"page": page, "limit": size}
            page += 1

    def _ask(self, document: str) -> Any:
        name = self._field.graphql_name
        data = self._source.execute(document, what=name)
        if name not in data:
            raise ResponseError(f"{self._source.settings.name}: {name} is not in the answer.")
        return data[name]


def find_query(schema: Schema, asked: str | Field) -> Field:
    """Return the query field that a name or a field of generated types stands for.

    Parameters
    ----------
    schema : sgqlc.types.Schema
        Where names are looked up.
    asked : str or sgqlc.types.Field
        ``"listWebhook"``, ``"list_webhook"``, or a field such as ``mine.Query.list_order``.

    Returns
    -------
    sgqlc.types.Field

    Raises
    ------
    UnknownFieldError
        No such query, or a field of something else than Query.
    InvalidArgumentError
        Neither a name nor a field.
    """
    found = find_field(schema.query_type, asked) if isinstance(asked, str) else asked
    if not isinstance(found, Field):
        raise InvalidArgumentError(
            f"query() takes a name or a field of a generated Query type, not {asked!r}."
        )
    if not isinstance(found.container, ContainerTypeMeta) or (
        found.container is not found.schema.query_type
    ):
        raise UnknownFieldError(f"{found.graphql_name} is no query; take a field of Query.")
    if not is_object(found):
        raise UnknownFieldError(f"{found.graphql_name} has no fields to make a frame of.")
    return found


def _api_names(nodes: tuple[Node, ...], prefix: str = "") -> dict[str, str]:
    names = {}
    for node in nodes:
        names[f"{prefix}{node.name}"] = node.column
        names |= _api_names(node.children, f"{prefix}{node.name}.")
    return names


def _pruned(value: Any, nodes: tuple[Node, ...]) -> Any:
    if isinstance(value, list):
        return [_pruned(item, nodes) for item in value]
    if value is None or not nodes:
        return value
    return {node.name: _pruned(value[node.name], node.children) for node in nodes}
