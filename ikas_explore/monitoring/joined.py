"""What changed beside what arrived: the one join behind missed objects and the health of scopes.

An object (an order, a customer, a product, a stock) counts once, by its last change: the lists
of a store tell no earlier one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame, Index

_NEVER = -(2**63)  # as pandas writes a missing time


def expected(
    changed: DataFrame,
    kind: str,
    events: Collection[str],
    *,
    since: dt.datetime,
    until: dt.datetime,
) -> DataFrame:
    """Return the objects of one kind of which a delivery is due, each with its scope.

    With ``created`` alone registered, those made in the window; with ``updated`` alone, those
    changed in it after they were made; with both, those whose last change is in it. ``any_covers``
    is whether any delivery of the object will do, however old.
    """
    only_created = "updated" not in events
    counts = changed["created_at" if only_created else "updated_at"].between(since, until)
    later = changed["updated_at"] > changed["created_at"]
    due = changed.assign(kind=kind, scope=f"store/{kind}/created", any_covers=only_created)
    if not only_created:
        due["scope"] = due["scope"].mask(later, f"store/{kind}/updated")
    if not events:
        return due[:0]
    return due[counts if "created" in events else counts & later]


def not_arrived(due: DataFrame, arrived: DataFrame, *, until: dt.datetime) -> DataFrame:
    """Return the objects that no verified delivery covers, the oldest change first.

    A delivery covers an object when its data is at least as new: by ``updatedAt`` in the data, else
    by the time it arrived. ``lag`` is counted up to `until`.
    """
    import numpy as np

    from ikas_explore.frames.frames import utc_times

    arrived = arrived[arrived["kind"].notna()]
    # Each object's newest times by its place: a groupby and a merge cost three times as much.
    at = _keys(due).get_indexer(_keys(arrived))
    as_new_as = arrived["object_updated_at"].fillna(arrived["received_at"])
    newest = np.full((2, len(due)), _NEVER)
    for row, times in zip(newest, (as_new_as, arrived["received_at"]), strict=True):
        np.maximum.at(row, at[at >= 0], times.astype("int64").to_numpy()[at >= 0])
    covered = (newest[1] > _NEVER) & (
        due["any_covers"].to_numpy(bool)
        | (newest[0] >= due["updated_at"].astype("int64").to_numpy())
    )
    missed: DataFrame = due.assign(last_received_at=utc_times(newest[1]))[~covered]
    missed = missed.sort_values(["updated_at", "id"], kind="stable", ignore_index=True)
    return missed.assign(lag=until - missed["updated_at"])[
        ["scope", "id", "updated_at", "last_received_at", "lag"]
    ]


def _keys(frame: Any) -> Index[str]:
    import pandas as pd

    # str.cat takes three times as long.
    keys: Index[str] = pd.Index(frame["kind"].astype(str) + "/" + frame["id"])
    return keys
