"""What differs between two webhook frames.

ikas holds one row per store and scope, so a frame is read as a mapping from those to an
endpoint; the order of rows never matters, and rows marked ``deleted`` count as not there.
Two endpoints are equal when they lead to one place, however their hosts are spelled;
``https://a.example/x`` and ``https://a.example/x/`` may be answered differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.urls import same_endpoint

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.values.protocols import WebhookStore

#: What is registered at ikas: store -> scope -> endpoint.
Registered = dict[str, dict[str, str]]
#: What it should become; None where nothing should be registered.
Wanted = Mapping[str, Mapping[str, str | None]]


CREATE, REPLACE, DELETE, KEEP = "create", "replace", "delete", "keep"


class Change(NamedTuple):
    """One scope of one store: its endpoint before and after, None where there is none."""

    store: str
    scope: str
    endpoint_before: str | None
    endpoint_after: str | None

    @property
    def action(self) -> str:
        """``create``, ``replace``, ``delete`` or ``keep``."""
        if same_endpoint(self.endpoint_before, self.endpoint_after):
            return KEEP
        if self.endpoint_before is None:
            return CREATE
        return DELETE if self.endpoint_after is None else REPLACE


def diff(before: DataFrame | str | Path, after: DataFrame | str | Path) -> DataFrame:
    """Compare two webhook frames or snapshots.

    Parameters
    ----------
    before, after : pandas.DataFrame or path
        Webhook frames, or snapshots of them (``.parquet``, ``.csv`` or ``.xlsx``). The columns
        ``store``, ``scope`` and ``endpoint`` are compared, and rows whose ``deleted`` is true
        are left out. The order of rows and all other columns make no difference.

    Returns
    -------
    pandas.DataFrame
        One row per scope that differs, sorted by store and scope: ``store, scope, action,
        endpoint_before, endpoint_after`` (strings, missing where nothing is registered).
        ``action`` is ``create``, ``replace`` or ``delete``: what leads from `before` to `after`.
        Endpoints that differ only in how their host is spelled are equal.

    Raises
    ------
    InvalidArgumentError
        A frame lacks a column, or has two endpoints for one scope of a store.
    StorageError
        A snapshot cannot be read.

    Examples
    --------
    >>> import ikas_explore as ikas
    >>> with ikas.connect("sandbox") as store:
    ...     before = store.webhooks.list()
    ...     _ = store.webhooks.save("https://example.com/ikas", "store/order/created")
    ...     changes = ikas.diff(before, store.webhooks.list())
    >>> changes[["scope", "action", "endpoint_after"]].to_dict("records")
    ... # doctest: +NORMALIZE_WHITESPACE
    [{'scope': 'store/order/created', 'action': 'create',
      'endpoint_after': 'https://example.com/ikas'}]
    >>> len(ikas.diff(before, before))
    0
    """
    from ikas_explore.frames.snapshots import read_snapshot

    frames = (
        each if not isinstance(each, str | Path) else read_snapshot(each)
        for each in (before, after)
    )
    return changes_frame(
        [change for change in compare(*map(registered, frames)) if change.action != KEEP]
    )


def compare(before: Registered, after: Registered) -> list[Change]:
    """Pair two states; returns a change for every scope of either, kept ones too, in order."""
    changes = []
    for store in sorted(before.keys() | after.keys()):
        old, new = before.get(store, {}), after.get(store, {})
        changes += [
            Change(store, scope, old.get(scope), new.get(scope))
            for scope in sorted(old.keys() | new.keys())
        ]
    return changes


def registered(frame: DataFrame) -> Registered:
    """Read a webhook frame that somebody made; refuse two endpoints for one scope."""
    stores: Registered = {}
    for store, scope, endpoint in frame_rows(frame):
        held = stores.setdefault(store, {}).setdefault(scope, endpoint)
        if not same_endpoint(held, endpoint):
            raise InvalidArgumentError(
                f"The frame names two endpoints for {scope!r} of the store {store!r}: {held!r} "
                f"and {endpoint!r}; ikas holds one. Drop one of the rows."
            )
    return stores


def listed(frame: DataFrame, wanted: Wanted | None = None) -> Registered:
    """Read a webhook frame that ikas returned, in which a scope may have two rows.

    Of several, one that is not as `wanted` counts, so that a plan replaces it.
    """
    return one_each(frame_rows(frame), wanted or {})


def list_store(
    store: WebhookStore, wanted: Mapping[str, str | None] | None = None
) -> dict[str, str]:
    """List a store; returns scope to endpoint, as `listed` reads it."""
    rows = ((store.name, *row) for row in store.rows())
    return one_each(rows, {store.name: wanted or {}}).get(store.name, {})


def one_each(rows: Iterable[tuple[str, str, str]], wanted: Wanted) -> Registered:
    """Read the rows of stores, of which a scope may have two; see `listed`."""
    stores: Registered = {}
    for store, scope, endpoint in sorted(rows):
        scopes = stores.setdefault(store, {})
        if scope not in scopes or same_endpoint(scopes[scope], wanted.get(store, {}).get(scope)):
            scopes[scope] = endpoint
    return stores


def wanted_by(changes: Iterable[Change]) -> Wanted:
    """Return what changes lead to: store -> scope -> endpoint, None for a delete."""
    wanted: dict[str, dict[str, str | None]] = {}
    for change in changes:
        wanted.setdefault(change.store, {})[change.scope] = change.endpoint_after
    return wanted


def listed_twice(
    rows: Iterable[tuple[str, str, str]],
) -> dict[tuple[str, str], list[str]]:
    """Return store and scope to endpoints, where ikas returned several rows for a scope."""
    found: dict[tuple[str, str], list[str]] = {}
    for store, scope, endpoint in rows:
        found.setdefault((store, scope), []).append(endpoint)
    return {place: endpoints for place, endpoints in found.items() if len(endpoints) > 1}


def frame_rows(frame: DataFrame) -> Iterator[tuple[str, str, str]]:
    """Check a webhook frame; yield store, scope and endpoint of the rows that are not deleted."""
    from ikas_explore.frames.frames import check_webhook_frame

    check_webhook_frame(frame)
    gone = [False] * len(frame)
    if "deleted" in frame.columns:
        gone = frame["deleted"].fillna(False).astype(bool).tolist()
    columns = (frame[name].tolist() for name in ("store", "scope", "endpoint"))
    for row, deleted in zip(zip(*columns, strict=True), gone, strict=True):
        if deleted:
            continue
        if not all(isinstance(cell, str) for cell in row):
            store, scope, endpoint = (
                repr(cell) if isinstance(cell, str) else "missing" for cell in row
            )
            raise InvalidArgumentError(
                f"A row of the frame is incomplete: store {store}, scope {scope}, endpoint "
                f"{endpoint}; each has to be text."
            )
        yield row


def changes_frame(changes: Sequence[Change]) -> DataFrame:
    """Make the frame of changes: ``store, scope, action, endpoint_before, endpoint_after``."""
    from ikas_explore.frames.frames import CHANGES, make_frame

    return make_frame(
        CHANGES, {name: [getattr(change, name) for change in changes] for name in CHANGES}
    )
