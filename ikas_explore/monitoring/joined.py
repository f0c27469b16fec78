"""What changed beside what arrived: the one join behind missed objects and the health of scopes.

An object (an order, a customer, a product, a stock) counts once, by its last change: the lists
of a store tell no earlier one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame


def expected(
    changed: DataFrame, registered: Collection[str], *, since: dt.datetime, until: dt.datetime
) -> DataFrame:
    """Return the objects of which a delivery is due, each with its scope.

    With ``created`` alone registered, those made in the window; with ``updated`` alone, those
    changed in it after they were made; with both, those whose last change is in it. ``any_covers``
    is whether any delivery of the object will do, however old.
    """
    kind = changed["kind"].astype("object")
    created = ("store/" + kind + "/created").isin(list(registered))
    updated = ("store/" + kind + "/updated").isin(list(registered))
    made = changed["created_at"].between(since, until)
    moved = changed["updated_at"].between(since, until)
    later = changed["updated_at"] > changed["created_at"]
    counts = ((created & ~updated & made) | (updated & ~created & moved & later)) | (
        created & updated & moved
    )
    event = (later & updated).map({True: "updated", False: "created"}).astype("object")
    due = changed.assign(scope="store/" + kind + "/" + event, any_covers=created & ~updated)
    return due[counts]


def not_arrived(due: DataFrame, arrived: DataFrame, *, until: dt.datetime) -> DataFrame:
    """Return the objects that no verified delivery covers, the oldest change first.

    A delivery covers an object when its data is at least as new: by ``updatedAt`` in the data, else
    by the time it arrived. ``lag`` is counted up to `until`.
    """
    as_new_as = arrived["object_updated_at"].fillna(arrived["received_at"])
    newest = (
        arrived.assign(as_new_as=as_new_as)
        .groupby(["kind", "object_id"], as_index=False)[["as_new_as", "received_at"]]
        .max()
        .rename(columns={"object_id": "id", "received_at": "last_received_at"})
    )
    joined = due.merge(newest, how="left", on=["kind", "id"])
    covered = joined["last_received_at"].notna() & (
        joined["any_covers"] | (joined["as_new_as"] >= joined["updated_at"])
    )
    missed = joined[~covered].sort_values(["updated_at", "id"], kind="stable", ignore_index=True)
    return missed.assign(lag=until - missed["updated_at"])[
        ["scope", "id", "updated_at", "last_received_at", "lag"]
    ]
