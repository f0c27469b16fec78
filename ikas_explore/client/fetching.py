"""What a query fetches: page after page, from the first on again when the list changes meanwhile.

ikas' lists filter and sort by few fields, so rows are filtered, sorted and cut off here.
"""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ikas_explore.client.conditions import Condition, Row, any_of, seen
from ikas_explore.client.own_schema import is_outdated
from ikas_explore.client.pages import ListChanged, Page, Request
from ikas_explore.client.rows import Columns
from ikas_explore.client.selection import Node, kinds_of
from ikas_explore.errors import FieldRefusedError, ResponseError
from ikas_explore.frames.kinds import Kind
from ikas_explore.schema.limits import CALLS
from ikas_explore.text.progress import Progress, progressing

if TYPE_CHECKING:
    from ikas_explore.client.client import Client

#: How often the pages of a list are fetched from the first on before that is given up.
WALKS = 4

#: The rows as they came, if they are wanted; their columns; the places of the rows kept.
Fetched = tuple[list[dict[str, Any]], Columns, Sequence[int]]


class Wanted(NamedTuple):
    """Which rows of a list are wanted, in which order, and how many."""

    conditions: tuple[tuple[str, Condition], ...] = ()
    predicates: tuple[Callable[[Row], Any], ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None

    @property
    def at_most(self) -> int | None:
        """The rows that are enough: known only where the first ones are those wanted."""
        return None if self.conditions or self.predicates or self.order else self.limit


#: All rows, as they come.
ALL = Wanted()


def fetch(client: Client, request: Request, wanted: Wanted, *, with_rows: bool) -> Fetched:
    """Fetch the rows that are wanted, in their order."""
    request.check()
    # Of many stores, in threads, only the stores are counted.
    alone = threading.current_thread() is threading.main_thread()
    for left in reversed(range(WALKS)):
        try:
            with progressing(alone, "rows") as tell:
                rows, columns, kept = _walk(client, request, wanted, tell, with_rows)
            break
        except FieldRefusedError as refused:
            if not is_outdated(client, request.field):
                raise
            raise FieldRefusedError(
                f"{refused} The store's schema has changed and was fetched again: make this "
                f"query again, from query({request.field.graphql_name!r}) on.",
                errors=refused.errors,
                data=refused.data,
            ) from None
        except ListChanged as changed:
            if not left:
                raise ResponseError(
                    f"{changed}. The list changed {WALKS} times while its pages were fetched; "
                    'ask again, or for one page: .arguments(pagination={"page": 1}).'
                ) from None
    for name, descending in reversed(wanted.order):
        cells = columns[name]
        present = [i for i in kept if cells[i] is not None]
        present.sort(key=cells.__getitem__, reverse=descending)
        kept = present + [i for i in kept if cells[i] is None]
    return rows, columns, kept[: wanted.limit]


def _walk(
    client: Client, request: Request, wanted: Wanted, tell: Progress, with_rows: bool
) -> Fetched:
    kinds = kinds_of(request.nodes)
    rows: list[dict[str, Any]] = []
    columns: Columns = {name: [] for name in kinds}
    some = bool(wanted.conditions or wanted.predicates)
    fitting: list[int] = []
    came = 0
    for page in iter(()) if wanted.limit == 0 else request.pages(client):
        total = _total(page, wanted.at_most)
        if total and not came:
            _warn_of_calls(client, request, math.ceil(total / len(page.rows)), total)
        if some:
            fitting += [came + i for i in _fitting(page.columns, kinds, request.nodes, wanted)]
        rows += page.rows if with_rows else ()
        for name, cells in page.columns.items():
            columns[name] += cells
        came += len(page.rows)
        tell(came, total or came)
        enough = len(fitting) if some else came
        if not wanted.order and wanted.limit is not None and enough >= wanted.limit:
            break
    return rows, columns, fitting if some else range(came)


def _total(page: Page, at_most: int | None) -> int:
    """Return how many rows will come, or 0 where no other page follows or none says."""
    if not page.more or type(page.total) is not int:
        return 0
    return max(0, min(page.total, at_most or page.total))


def _warn_of_calls(client: Client, request: Request, calls: int, rows: int) -> None:
    a_minute = int(CALLS.calls * 60 / CALLS.seconds)
    if calls > a_minute:
        warnings.warn(
            f"{client.settings.name}: {request.field.graphql_name} needs {calls:,} calls "
            f"for {rows:,} rows, and ikas allows {a_minute} in a minute. limit() and "
            "arguments() fetch fewer.",
            stacklevel=5,  # who called to_frame()
        )


def _fitting(
    columns: Columns, kinds: Mapping[str, Kind], nodes: tuple[Node, ...], wanted: Wanted
) -> list[int]:
    """Return the places of the rows that meet all conditions."""
    kept = list(range(len(next(iter(columns.values()), []))))
    for name, fits in wanted.conditions:
        cells = seen(columns[name], kinds[name])
        test = any_of(fits) if kinds[name] == "object" else fits
        kept = [i for i in kept if test(cells[i])]
    if wanted.predicates and kept:
        by_name = {name: seen(cells, kinds[name]) for name, cells in columns.items()}
        names = _api_names(nodes)
        for predicate in wanted.predicates:
            kept = [
                i
                for i in kept
                if predicate(Row({name: cells[i] for name, cells in by_name.items()}, names))
            ]
    return kept


def _api_names(nodes: tuple[Node, ...], prefix: str = "") -> dict[str, str]:
    names = {}
    for node in nodes:
        names[f"{prefix}{node.name}"] = node.column
        names |= _api_names(node.children, f"{prefix}{node.name}.")
    return names
