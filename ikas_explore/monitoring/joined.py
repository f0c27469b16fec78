"""What changed beside what arrived: the one join behind missed objects and the health of scopes.

An object (an order, a customer, a product, a stock) counts once, by its last change: the lists
of a store tell no earlier one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING

from ikas_explore.monitoring.arrived import KINDS

if TYPE_CHECKING:
    from pandas import DataFrame

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
    due = changed.assign(
        kind=KINDS.index(kind), scope=f"store/{kind}/created", any_covers=only_created
    )
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
    import pandas as pd

    from ikas_explore.frames.frames import utc_times

    arrived = arrived[arrived["kind"] >= 0]
    # The newest times by the place of an object: a groupby and a merge cost three times as much.
    places, ids = pd.factorize(pd.concat([due["id"], arrived["id"]]))
    places = places * len(KINDS) + np.concatenate([due["kind"], arrived["kind"]]).astype(int)
    as_new_as = arrived["object_updated_at"].fillna(arrived["received_at"])
    newest = np.full((2, len(ids) * len(KINDS)), _NEVER)
    for row, times in zip(newest, (as_new_as, arrived["received_at"]), strict=True):
        np.maximum.at(row, places[len(due) :], times.astype("int64").to_numpy())
    as_new, came = newest[:, places[: len(due)]]
    covered = (came > _NEVER) & (
        due["any_covers"].to_numpy(bool) | (as_new >= due["updated_at"].astype("int64").to_numpy())
    )
    missed: DataFrame = due.assign(last_received_at=utc_times(came))[~covered]
    missed = missed.sort_values(["updated_at", "id"], kind="stable", ignore_index=True)
    return missed.assign(lag=until - missed["updated_at"])[
        ["scope", "id", "updated_at", "last_received_at", "lag"]
    ]
