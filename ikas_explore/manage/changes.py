"""What differs between two webhook frames.

ikas holds one row per store and scope, so a frame is read as a mapping from those to an
endpoint; the order of rows never matters, and rows marked ``deleted`` count as not there.
Two endpoints are equal when they lead to one place, however their hosts are spelled;
``https://a.example/x`` and ``https://a.example/x/`` may be answered differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.urls import same_endpoint

if TYPE_CHECKING:
    from pandas import DataFrame

#: What stands at ikas: store -> scope -> endpoint.
Registered = dict[str, dict[str, str]]

CREATE, REPLACE, DELETE, KEEP = "create", "replace", "delete", "keep"


class Change(NamedTuple):
    """One scope of one store, and what becomes of it."""

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
    """Compare two webhook frames.

    Parameters
    ----------
    before, after : pandas.DataFrame or path
        Webhook frames, or snapshots of them (Parquet or CSV). Needed are the columns
        ``store``, ``scope`` and ``endpoint``; the order of rows and all other columns but
        ``deleted`` make no difference.

    Returns
    -------
    pandas.DataFrame
        ``store, scope, action, endpoint_before, endpoint_after``: one row a scope that
        differs, sorted by store and scope. ``action`` is ``create``, ``replace`` or
        ``delete``: what leads from `before` to `after`. Spelling a host otherwise is no difference.

    Raises
    ------
    InvalidArgumentError
        A frame lacks a column, or names two endpoints for one scope of a store.
    StorageError
        A snapshot cannot be read.

    Examples
    --------
    >>> import pandas as pd
    >>> after = pd.DataFrame({"store": ["acme"], "scope": ["store/order/created"],
    ...                       "endpoint": ["https://example.com/"]})
    >>> before = after.head(0)
    >>> diff(before, after)[["scope", "action"]].to_dict("records")
    [{'scope': 'store/order/created', 'action': 'create'}]
    >>> len(diff(after, after))
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
    """Read a webhook frame as store -> scope -> endpoint, without its deleted rows.

    Raises
    ------
    InvalidArgumentError
        A column or a value is missing, or one scope has two endpoints.
    """
    from ikas_explore.frames.frames import check_webhook_frame

    check_webhook_frame(frame)
    if "deleted" in frame.columns:
        frame = frame[~frame["deleted"].fillna(False).astype(bool)]
    stores: Registered = {}
    for store, scope, endpoint in zip(
        frame["store"], frame["scope"], frame["endpoint"], strict=True
    ):
        if not (isinstance(store, str) and isinstance(scope, str) and isinstance(endpoint, str)):
            raise InvalidArgumentError(
                f"A row of the frame is incomplete: store {store!r}, scope {scope!r}, endpoint "
                f"{endpoint!r}; each has to be text."
            )
        scopes = stores.setdefault(store, {})
        if scopes.setdefault(scope, endpoint) != endpoint:
            raise InvalidArgumentError(
                f"The frame names two endpoints for {scope!r} of the store {store!r}: "
                f"{scopes[scope]!r} and {endpoint!r}; ikas holds one. Drop one of the rows."
            )
    return stores


def changes_frame(changes: list[Change]) -> DataFrame:
    """Make the frame of changes: ``store, scope, action, endpoint_before, endpoint_after``."""
    from ikas_explore.frames.frames import CHANGES, make_frame

    return make_frame(
        CHANGES, {name: [getattr(change, name) for change in changes] for name in CHANGES}
    )


def select(state: Mapping[str, str], scopes: list[str]) -> dict[str, str | None]:
    """Return what stands at some scopes; None where nothing does."""
    return {scope: state.get(scope) for scope in scopes}
