"""The query builder: any list of an ikas schema as a DataFrame.

sgqlc builds the document from the generated types; frames are made from the checked JSON, which
is far quicker than going through sgqlc's objects.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, SupportsIndex

from sgqlc.types import Field

from ikas_explore.client.arguments import read_arguments
from ikas_explore.client.conditions import Row, condition
from ikas_explore.client.fetching import ALL, Wanted, fetch
from ikas_explore.client.own_schema import find_list
from ikas_explore.client.pages import Request, check_pagination, row_type
from ikas_explore.client.selection import (
    find_field,
    kinds_of,
    leaf_paths,
    tree,
    usual_paths,
)
from ikas_explore.client.shaping import (
    PROCESS_SALT,
    FieldNames,
    check_salt,
    exploded,
    masked_columns,
    pruned,
    pseudonym,
)
from ikas_explore.errors import InvalidArgumentError, UnknownFieldError
from ikas_explore.frames.kinds import Kind
from ikas_explore.text.html_table import escape, html_lines
from ikas_explore.text.printable import printable, shown
from ikas_explore.values.names import check_flag
from ikas_explore.values.secret import Secret, hide

if TYPE_CHECKING:
    import pandas as pd

    from ikas_explore.client.client import Client


@dataclass(frozen=True, repr=False)
class Query:
    """A query to a store, built step by step. Start one with `Store.query`.

    Each step returns a new query and leaves the old one as it is. A mistake is an error at that
    step: `UnknownFieldError` suggests similar names, `InvalidArgumentError` says what a value has
    to be. Nothing is sent before `to_frame`, `to_records` or `to_objects`.

    A list with pages is fetched whole. If rows are created or deleted meanwhile, the pages are
    fetched again from the first on, three times at most; then it is an error. One case cannot be
    seen: a row is deleted and another one created between two pages, so that the count stays the
    same. Then a row may be missing. A list that needs more calls than ikas allows in a minute
    warns of it after its first page, and what takes long shows a bar.

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

    _source: Client
    _field: Field
    _selected: tuple[str, ...] = ()
    _wanted: Wanted = ALL
    _arguments: Mapping[str, Any] = field(default_factory=dict)
    _exploded: str | None = None
    _masked: tuple[str, ...] = ()
    _salt: Secret = PROCESS_SALT

    def select(self, *fields: str) -> Query:
        """Choose the fields of the rows.

        Without it all scalar fields are fetched, and of each object that is not a list what
        names it: id, name, email, code, type.

        Parameters
        ----------
        *fields : str
            In snake_case or camelCase, nested ones with dots: ``"customer.email"``. The name of
            an object selects all its scalars, ``"*"`` everything. Another call adds fields.
        """
        if not fields:
            raise InvalidArgumentError("select() was given no field; leave it out to get all.")
        paths = [path for name in fields for path in leaf_paths(self._row_type, name)]
        return replace(self, _selected=tuple(dict.fromkeys([*self._selected, *paths])))

    def where(self, /, *predicates: Callable[[Row], Any], **conditions: Any) -> Query:
        """Filter the rows, on this machine: a row has to meet all conditions.

        Parameters
        ----------
        *predicates : callable
            Called with each row, a mapping of the fetched fields; true keeps the row.
        **conditions : Any
            By field name; give nested names as ``**{"customer.email": ...}``. A condition is

            - a value: the field is equal to it; in text ``*`` matches any characters
            - a collection: one of its items matches
            - a function: called with the field; true keeps the row

            Times are `datetime.datetime` in UTC; Unix milliseconds match too. A field that is a
            list matches if one of its items does.

        Raises
        ------
        UnknownFieldError, InvalidArgumentError
            There is no such field, or it can never have that value.
        """
        for predicate in predicates:
            if not callable(predicate):
                raise InvalidArgumentError(
                    f"where() was given {shown(predicate)}; name the field: where(scope=...)."
                )
        added = []
        for name, wanted in conditions.items():
            path = self._single(name)
            added.append((path, condition(wanted, self._kind(path), name)))
        return self._want(
            conditions=(*self._wanted.conditions, *added),
            predicates=(*self._wanted.predicates, *predicates),
        )

    def sort(self, *fields: str, descending: bool = False) -> Query:
        """Sort the rows by fields, missing values last. Another call sorts rows that are equal.

        Parameters
        ----------
        *fields : str
        descending : bool, default False
        """
        check_flag("descending", descending)
        if not fields:
            raise InvalidArgumentError("No field to sort by was given; name one, or do not sort.")
        added = []
        for name in fields:
            path = self._single(name)
            if self._kind(path) == "object":
                raise InvalidArgumentError(f"Rows cannot be sorted by {name!r}: it has no order.")
            added.append((path, descending))
        return self._want(order=(*self._wanted.order, *added))

    def limit(self, n: SupportsIndex) -> Query:
        """Return at most `n` rows, after filtering and sorting; fetch no more pages than needed."""
        try:
            number = -1 if isinstance(n, bool) else operator.index(n)
        except TypeError:  # a class has __index__ too
            number = -1
        if number < 0:
            raise InvalidArgumentError(f"limit() takes a whole number from 0, not {shown(n)}.")
        return self._want(limit=number)

    def arguments(self, /, **values: Any) -> Query:
        """Set arguments of the list itself; they are checked against the schema.

        Parameters
        ----------
        **values : Any
            By snake_case or camelCase name. A single value is accepted where a list is expected.
            ``pagination={"limit": n}`` sets the size of the pages, 1 to 200. With
            ``pagination={"page": 2}`` that page alone is fetched: 200 rows, or ``limit``.

        Raises
        ------
        UnknownFieldError
            There is no such argument; suggests similar names.
        InvalidArgumentError
            A value of another type.
        """
        read = read_arguments(self._field, values)
        check_pagination(self._field, read)
        return replace(self, _arguments={**self._arguments, **read})

    def explode(self, field: str) -> Query:
        """Give each element of a list field a row of its own in the frame.

        Parameters
        ----------
        field : str
            For example ``"orderLineItems"``. Its chosen fields become columns such as
            ``order_line_items.quantity``; without any, all its scalars. The row's own ``id`` is
            kept. An empty list is one row with missing cells.

        Raises
        ------
        UnknownFieldError, InvalidArgumentError
            There is no such field, or it is not a list.
        """
        path = leaf_paths(self._row_type, field)[0]
        found = find_field(self._row_type, path.split(".")[0])
        if not found.type.__name__.startswith("["):
            raise InvalidArgumentError(
                f"{found.name} is {found.type.__name__} and not a list; select() takes its fields."
            )
        return replace(self, _exploded=found.name)

    def mask(self, *fields: str, salt: str | Secret | None = None) -> Query:
        """Replace personal data by pseudonyms, in frames and records.

        Parameters
        ----------
        *fields : str
            Columns, or the last part of their names: ``"email"`` masks ``customer.email`` too.
        salt : str or Secret, optional
            The same salt gives the same pseudonyms in every process. Default: they are the same
            within this process.

        Raises
        ------
        UnknownFieldError
            No selected column has that name; suggests similar names.
        InvalidArgumentError
            No column is named, or the salt is not text, or empty: anybody could then make the same
            pseudonyms.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.connect("sandbox") as store:
        ...     frame = store.webhooks.query().select("scope", "id").mask("id").to_frame()
        ...     print(frame["id"].str.startswith("masked-").all())
        True
        """
        salt = hide(salt)
        check_salt(salt)
        if not fields:
            raise InvalidArgumentError("No column to mask was given; name one, or do not mask.")
        masked_columns(fields, self._output)
        return replace(
            self,
            _masked=(*self._masked, *fields),
            _salt=self._salt if salt is None else salt,
        )

    @property
    def fields(self) -> FieldNames:
        """The names of the fields; they complete after a dot: ``query.fields.created_at``."""
        return FieldNames(self._row_type)

    @property
    def graphql(self) -> str:
        """The GraphQL that is sent; of several pages the first."""
        return self._request.document

    def curl(self) -> str:
        """Return a curl command that sends the same, with the token from ``$IKAS_ACCESS_TOKEN``."""
        from shlex import quote  # most queries are not shown in this way

        body = json.dumps({"query": self.graphql}, ensure_ascii=False)
        return (
            f"curl --request POST {quote(self._source.url)} "
            "--header 'Content-Type: application/json' "
            '--header "Authorization: Bearer $IKAS_ACCESS_TOKEN" '
            f"--data-raw {quote(body)}"
        )

    def to_frame(self) -> pd.DataFrame:
        """Fetch the rows as a DataFrame.

        Returns
        -------
        pandas.DataFrame
            One column per scalar field, in the order selected, named in snake_case and dotted
            where nested. Dtypes come from the schema and are the same when there are no rows.
            Fields below a list have a list in each cell. ``attrs`` holds ``api_version`` and
            ``fetched_at``.

        Raises
        ------
        IkasError
            ikas could not be reached or refused; see `ikas_explore.errors`.
        """
        from ikas_explore.frames.frames import make_frame, provenance

        _, columns, kept = fetch(self._source, self._request, self._wanted, with_rows=False)
        kinds = kinds_of(tree(self._row_type, self._output, exploded=self._exploded))
        if self._exploded is not None:
            columns, kept = exploded(columns, kept, self._exploded)
        for name in masked_columns(self._masked, self._output):
            columns[name] = [pseudonym(cell, self._salt) for cell in columns[name]]
            kinds[name] = "object" if kinds[name] == "object" else "string"
        frame = make_frame(
            {name: kinds[name] for name in self._output},
            {name: columns[name] for name in self._output}
            if kept == range(len(next(iter(columns.values()), [])))  # all: nothing to copy
            else {name: [columns[name][i] for i in kept] for name in self._output},
        )
        frame.attrs.update(provenance(self._source.settings.api_version))
        return frame

    def to_records(self) -> list[dict[str, Any]]:
        """Fetch the rows as dicts with the API's names and types, and the selected fields."""
        rows, _, kept = fetch(self._source, self._request, self._wanted, with_rows=True)
        nodes = tree(self._row_type, self._output)
        masked = frozenset(masked_columns(self._masked, self._output))
        return [pruned(rows[i], nodes, masked, self._salt) for i in kept]

    def to_objects(self) -> list[Any]:
        """Fetch the rows as objects of the generated sgqlc type, with snake_case attributes.

        Slow for many rows.

        Raises
        ------
        InvalidArgumentError
            A value does not fit its type, as a pseudonym in place of a number.
        """
        records = self.to_records()
        try:
            return [self._row_type(record) for record in records]
        except ValueError as error:  # sgqlc's
            raise InvalidArgumentError(
                f"{printable(str(error))}: to_records() returns what does not fit its type."
            ) from None

    def __repr__(self) -> str:
        parts = [self._field.graphql_name, *(f"select {name}" for name in self._selected)]
        parts += [f"where {path}" for path, _ in self._wanted.conditions]
        parts += ["where a function"] * len(self._wanted.predicates)
        parts += [f"sort {path}{' descending' * down}" for path, down in self._wanted.order]
        parts += [] if self._wanted.limit is None else [f"limit {self._wanted.limit}"]
        return f"<Query {', '.join(parts)}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self).strip('<>'))}</p>{html_lines(self.graphql)}"

    @property
    def _request(self) -> Request:
        tested = [path for path, _ in (*self._wanted.conditions, *self._wanted.order)]
        paths = tuple(dict.fromkeys([*self._output, *tested]))
        return Request(self._field, paths, self._arguments, at_most=self._wanted.at_most)

    def _want(self, **changed: Any) -> Query:
        return replace(self, _wanted=self._wanted._replace(**changed))

    @property
    def _row_type(self) -> Any:
        return row_type(self._field)

    @property
    def _output(self) -> tuple[str, ...]:
        paths = self._selected or tuple(usual_paths(self._row_type))
        if self._exploded is None:
            return paths
        inside = [path for path in paths if path.partition(".")[0] == self._exploded]
        own = ["id"] if "id" in FieldNames(self._row_type).__dir__() else []
        return tuple(
            dict.fromkeys([*own, *paths, *(inside or leaf_paths(self._row_type, self._exploded))])
        )

    def _single(self, name: str) -> str:
        paths = leaf_paths(self._row_type, name)
        if len(paths) > 1:
            raise UnknownFieldError(
                f"{name!r} is an object; name one of its fields: {', '.join(paths)}."
            )
        return paths[0]

    def _kind(self, path: str) -> Kind:
        return tree(self._row_type, [path])[0].leaves()[0].kind


class Lists:
    """The lists of one store, for what knows no more of it than that it can be queried."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def query(self, field: str | Field) -> Query:
        """Start a query for a list."""
        return begin(self._client, field)


def begin(source: Client, field: str | Field) -> Query:
    """Start a query for a field of the store's own schema, by name, or of generated types."""
    return Query(source, find_list(source, field))
