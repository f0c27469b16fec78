"""One query for many stores: the steps of `Query`, the rows of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from ikas_explore.client.query import Query
from ikas_explore.errors import InvalidArgumentError, PlanError
from ikas_explore.text.html_table import escape, html_lines
from ikas_explore.text.printable import counted
from ikas_explore.text.progress import Progress

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.fleet.listing import Listing
    from ikas_explore.store import Store

Steps = tuple[Callable[[Query], Query], ...]
P = ParamSpec("P")


def _step(
    step: Callable[Concatenate[Query, P], Query],
) -> Callable[Concatenate[FleetQuery, P], FleetQuery]:
    """Return a step of `Query` that is made in all stores, and in the first one at once."""

    @wraps(step)
    def then(self: FleetQuery, /, *given: P.args, **named: P.kwargs) -> FleetQuery:
        steps = (*self._steps, lambda query: step(query, *given, **named))
        return FleetQuery(self._stores, self._listing, self._field, steps)

    return then


class FleetQuery:
    """A query to all stores of a fleet, built step by step; see `Query` for the steps.

    A mistake is an error at its step, as the first store's schema sees it.
    """

    def __init__(
        self, stores: Mapping[str, Store], listing: Listing, field: str, steps: Steps = ()
    ) -> None:
        self._stores = stores
        self._listing = listing
        self._field = field
        self._steps = steps
        if not stores:
            raise PlanError("No store of the fleet can be asked; fleet.errors says why.")
        self._first = self._of(next(iter(stores.values())))

    select = _step(Query.select)
    where = _step(Query.where)
    sort = _step(Query.sort)
    limit = _step(Query.limit)
    arguments = _step(Query.arguments)
    explode = _step(Query.explode)
    mask = _step(Query.mask)

    @property
    def fields(self) -> Any:
        """The names of the fields; they complete after a dot."""
        return self._first.fields

    @property
    def graphql(self) -> str:
        """The GraphQL that is sent to each store; of several pages the first."""
        return self._first.graphql

    def to_frame(self, *, workers: int = 32, progress: Progress | None = None) -> DataFrame:
        """Fetch the rows of all stores: the frame of `Query.to_frame` with ``store`` in front."""
        from ikas_explore.frames.frames import stacked

        def ask(store: Store) -> DataFrame:
            frame = self._of(store).to_frame()
            if "store" in frame:
                raise InvalidArgumentError(
                    f"{self._field} has a field 'store', and the frame of a fleet has the store's "
                    "name there; select() the other fields."
                )
            frame.insert(0, "store", store.name)
            return frame

        found = self._listing.ask_all(ask, workers=workers, progress=progress)
        if not found:
            raise self._listing.nothing("asked")
        return stacked([*found.values()])

    def _of(self, store: Store) -> Query:
        query = store.query(self._field)
        for step in self._steps:
            query = step(query)
        return query

    def __repr__(self) -> str:
        if not hasattr(self, "_first"):  # in the traceback of why it could not be made
            return f"<FleetQuery {self._field} (not made)>"
        return f"<{repr(self._first).strip('<>')} of {counted(len(self._stores), 'store')}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self).strip('<>'))}</p>{html_lines(self.graphql)}"
