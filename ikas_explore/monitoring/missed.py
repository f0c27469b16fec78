"""What changed in a store and never arrived.

ikas stops after the last attempt without telling anyone, so the store's own lists are the only
witness: what they show as changed is compared with what was received and verified.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ikas_explore.deliveries.attempts import Retries
from ikas_explore.deliveries.payloads import (
    SYNTHETIC,
    delivery_id,
    encode,
    envelope,
    make_uuid,
    to_json,
)
from ikas_explore.deliveries.push import check_target, deliver
from ikas_explore.deliveries.signatures import check_secret
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.monitoring.arrived import KINDS, arrived_frame
from ikas_explore.monitoring.joined import expected, not_arrived
from ikas_explore.values.names import check_flag
from ikas_explore.values.numbers import check_number
from ikas_explore.values.secret import Secret, hide
from ikas_explore.values.times import check_time, moment_of, now_ms

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.monitoring.arrived import Received
    from ikas_explore.values.protocols import Source

    #: Called with the name, the lists and the webhooks of a store.
    Look = Callable[[str, Source, DataFrame], Any]
    #: Lists stores, and returns what a function makes of each.
    Each = Callable[[Look], Sequence[Any]]

#: The list that shows each kind. The list of products has no filter for ``updatedAt``, so all of
#: it is read.
LISTS: Mapping[str, str] = {
    "order": "listOrder",
    "customer": "listCustomer",
    "product": "listProduct",
    "stock": "listProductStockLocation",
}
_UNFILTERED = ("product",)

_NOT_VISIBLE = (
    "Not visible: deletions, favourites and changes of an account's status, which no list shows; "
    "and of several changes of one object all but the last."
)
_BY_ARRIVAL = (
    " Where the time in the data is not known, the time of arrival counts: that is exact only if "
    "the clocks agree."
)


_CENTURY = 3_155_760_000  # seconds


class Window(NamedTuple):
    """Two moments in Unix milliseconds, both included."""

    since: int
    until: int

    @property
    def times(self) -> dict[str, dt.datetime]:
        """The same as datetimes in UTC, by the names of the arguments."""
        return {"since": moment_of(self.since), "until": moment_of(self.until)}


def read_window(since: object, until: object, grace: object) -> Window:
    """Return the window that arguments name; `until` is fixed before anything is fetched."""
    seconds = check_number("grace", grace, least=0, most=_CENTURY)
    end = now_ms() - int(seconds * 1000) if until is None else check_time("until", until)
    window = Window(check_time("since", since), end)
    if window.since > window.until:
        start, end_text = (each.isoformat(timespec="seconds") for each in window.times.values())
        raise InvalidArgumentError(
            f"The window ends at {end_text}, before it begins at {start}; give an earlier since"
            + ("." if until is not None else ", or a smaller grace.")
        )
    return window


def due_objects(source: Source, registered: Collection[str], window: Window) -> DataFrame:
    """Return what changed in a store and should have arrived, as `expected` gives it."""
    from ikas_explore.frames.frames import stacked

    frames = []
    wanted = {
        kind: {event for event in ("created", "updated") if f"store/{kind}/{event}" in registered}
        for kind in KINDS
    }
    some = {kind: events for kind, events in wanted.items() if events}
    for kind, events in (some or {KINDS[0]: set()}).items():  # columns are needed even so
        query = source.query(LISTS[kind]).select("id", "created_at", "updated_at")
        if not events:
            query = query.limit(0)
        elif kind not in _UNFILTERED:
            times = {"gte": window.since}
            if events != {"created"}:
                times["lte"] = window.until
            query = query.arguments(updated_at=times)
        frames.append(expected(query.to_frame(), kind, events, **window.times))
    return stacked(frames)


def find_missed(
    received: Received, each: Each, *, since: object, until: object, grace: object
) -> Missed:
    """Join what changed in stores with what arrived; see `Missed`."""
    from ikas_explore.frames.frames import stacked

    window, arrived = read_window(since, until, grace), arrived_frame(received)
    sources: dict[str, Source] = {}

    def look(store: str, source: Source, webhooks: DataFrame) -> DataFrame:
        sources[store] = source
        registered = set(webhooks[~webhooks["deleted"]]["scope"])
        due = due_objects(source, registered, window)
        gone = not_arrived(due, arrived, until=window.times["until"])
        gone.insert(0, "store", store)
        return gone

    found = stacked(each(look))
    by_arrival = bool(arrived["object_updated_at"].isna().any())
    return Missed(found, _NOT_VISIBLE + _BY_ARRIVAL * by_arrival, sources, window)


@dataclass
class Missed:
    """What changed and did not arrive; made by ``store.webhooks.missed()``.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``store, scope, id, updated_at, last_received_at, lag``: a row an object, the oldest
        change first. ``last_received_at`` is the last verified delivery of that object, if
        there was one; ``lag`` how long ago the change was when the window ended.
    not_visible : str
        What this cannot see, in sentences.
    """

    frame: DataFrame
    not_visible: str
    _sources: Mapping[str, Source] = field(repr=False)
    _window: Window = field(repr=False)

    @property
    def since(self) -> dt.datetime:
        """Where the window begins."""
        return self._window.times["since"]

    @property
    def until(self) -> dt.datetime:
        """Where the window ends: the ``since`` of the next one, when no store failed.

        So nothing is left out between two, if the clocks differ by less than the grace.
        """
        return self._window.times["until"]

    def redeliver(
        self,
        endpoint: str,
        client_secret: str | Secret,
        *,
        limit: int | None = None,
        dry_run: bool = False,
        timeout: float = 5.0,
    ) -> DataFrame:
        """Send what was missed to an endpoint, signed, as the store's lists give it now.

        The ``id`` of each delivery begins with ``synthetic-``.

        Parameters
        ----------
        endpoint, client_secret, timeout
            As for `push`.
        limit : int, optional
            At most so many, the oldest changes first.
        dry_run : bool, default False
            Send nothing, and return what would be sent.

        Returns
        -------
        pandas.DataFrame
            The attempts, as `ikas.push` returns them, with ``store, scope, object_id`` in front.
            With `dry_run` a row an object, and nothing in the columns of the answer.

        Raises
        ------
        InvalidArgumentError, SignatureError
            The endpoint, the secret or the limit cannot be right; nothing was sent.
        IkasError
            An object cannot be fetched; nothing was sent.
        """
        # First of all: a traceback may print local variables.
        client_secret, target, endpoint = hide(client_secret), Secret(endpoint), ""
        from ikas_explore.frames.frames import REDELIVERED, rows_frame

        check_target(target)
        check_secret(client_secret)
        check_flag("dry_run", dry_run)
        most = None if limit is None else check_number("limit", limit, least=0, whole=True)
        about = self.frame[["store", "scope", "id"]].rename(columns={"id": "object_id"})
        rows: list[Any] = about.iloc[:most].to_dict("records")
        if dry_run:
            unsent = dict.fromkeys(REDELIVERED) | {"delivery_id": SYNTHETIC, "number": 0}
            return rows_frame(REDELIVERED, [{**unsent, **row} for row in rows])
        objects = self._fetched(rows)
        made: dict[str, dict[str, Any]] = {}
        bodies = []
        for row in rows:
            fields = objects.get((row["store"], row["object_id"]))
            if fields is None:
                continue  # deleted since: there is nothing to send
            payload = envelope(
                id=SYNTHETIC + delivery_id(),
                scope=row["scope"],
                data=to_json(fields),
                client_secret=client_secret,
                authorized_app_id=make_uuid(),
                merchant_id=str(fields.get("merchantId") or make_uuid()),
                created_at=dt.datetime.now(dt.UTC),
            )
            made[payload["id"]] = row
            bodies.append((payload["id"], encode(payload)))
        sent = deliver(target, bodies, Retries(3, (1.0, 2.0)), timeout=timeout)
        return rows_frame(REDELIVERED, [{**made[row["delivery_id"]], **row} for row in sent])

    def _fetched(self, rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
        """Fetch objects whole, two hundred ids a call."""
        wanted: dict[tuple[str, str], list[str]] = {}
        for row in rows:
            key = (row["store"], row["scope"].split("/")[1])
            wanted.setdefault(key, []).append(row["object_id"])
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for (store, kind), ids in wanted.items():
            whole = self._sources[store].query(LISTS[kind]).select("*")
            for start in range(0, len(ids), 200):
                some = whole.arguments(id={"in": ids[start : start + 200]})
                found |= {(store, each["id"]): each for each in some.to_records()}
        return found

    def plot(self) -> Any:
        """Draw when what was missed changed, by scope; needs matplotlib."""
        from ikas_explore.live.plot import draw_times

        times, scopes = self.frame["updated_at"].tolist(), self.frame["scope"].tolist()
        return draw_times(times, scopes, title="Changed, and did not arrive")

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"<Missed: {self.summary}>"

    @property
    def summary(self) -> str:
        """One line: how many objects of which scopes, and since when."""
        minute = "%Y-%m-%d %H:%M"
        if not len(self.frame):
            return f"nothing is missing from {self.since:{minute}} to {self.until:{minute}} UTC"
        counts = self.frame["scope"].value_counts()
        parts = [f"{number} {scope}" for scope, number in counts.items()]
        first = self.frame["updated_at"].min()
        return f"{', '.join(parts)}; the first at {first:{minute}} UTC"

    def _repr_html_(self) -> str:
        from ikas_explore.text.html_table import escape

        table: Any = self.frame
        return (
            f"<p>{escape(self.summary)}</p>{table._repr_html_()}<p>{escape(self.not_visible)}</p>"
        )
