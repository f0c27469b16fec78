"""Verified deliveries as one frame, whoever kept them: a receiver, its log, or a table."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ikas_explore.deliveries.samples import kind_of
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.text.printable import printable
from ikas_explore.values.strict_json import decode
from ikas_explore.values.times import check_time

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.deliveries.receiver import Receiver

    #: What callers give: a receiver, the path of its log, or a frame.
    Received = Receiver | str | os.PathLike[str] | DataFrame

#: The kinds of objects that lists show; of their scopes it can be told what is missing.
KINDS = ("order", "customer", "product", "stock")

_NEEDED = ("scope", "object_id", "received_at")
_MORE = ("signature_ok", "object_updated_at", "data", "merchant_id")
_YEAR_10000 = 253_402_300_800_000


def arrived_frame(received: Received) -> DataFrame:
    """Return verified deliveries: ``kind, scope, id, received_at, object_updated_at, merchant_id``.

    ``kind`` is a place in `KINDS`, -1 for a scope that is in no list; the last two may be missing.
    """
    import numpy as np
    import pandas as pd

    from ikas_explore.frames.frames import is_frame, read_times, utc_times

    frame: Any = received
    if isinstance(received, (str, os.PathLike)):
        from ikas_explore.deliveries.receiver import read_log

        frame = read_log(received)
    elif callable(getattr(received, "deliveries", None)):
        frame = frame.deliveries()
    if not is_frame(frame):
        raise InvalidArgumentError(
            "received is a Receiver, the path of its log, or a frame with scope, object_id and "
            f"received_at, not {type(received).__name__}."
        )
    names = list(frame.columns)
    if twice := [name for name in (*_NEEDED, *_MORE) if names.count(name) > 1]:
        raise InvalidArgumentError(
            f"The frame of deliveries has the column {twice[0]!r} more than once; leave one."
        )
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise InvalidArgumentError(
            f"The frame of deliveries has no column {', '.join(map(repr, missing))}; it needs "
            "scope, object_id and received_at."
        )
    counts = frame["object_id"].notna() & frame["scope"].notna()
    try:
        if "signature_ok" in names:
            # What was not checked counts as little as what was not verified.
            counts &= frame["signature_ok"].astype("boolean").fillna(False).astype(bool)
        frame = frame[counts]
        arrived: DataFrame = frame[["scope"]].astype(str)
        ids = frame["object_id"].astype(str)
    except (TypeError, ValueError) as error:  # half a surrogate pair is a ValueError
        raise InvalidArgumentError(
            "The frame of deliveries has text in scope and object_id, and True or False in "
            f"signature_ok, if it is there: {printable(str(error))}."
        ) from None
    if frame["received_at"].isna().any():
        raise InvalidArgumentError(
            "The frame of deliveries has a row without received_at; leave it out, or say when it "
            "was received."
        )
    if "object_updated_at" in names:
        own_times = read_times(frame["object_updated_at"])
    else:
        own_times = utc_times([_time_in(each) for each in frame.get("data", [None] * len(frame))])
    codes, scopes = pd.factorize(arrived["scope"])
    kinds = [KINDS.index(kind) if (kind := kind_of(scope)) else -1 for scope in scopes]
    return arrived.assign(
        id=ids,
        kind=np.array(kinds, dtype=int)[codes],
        received_at=read_times(frame["received_at"]),
        object_updated_at=own_times,
        merchant_id=frame.get("merchant_id"),
    )


def _time_in(data: object) -> int | None:
    try:
        read = decode(data) if isinstance(data, str) else None
        updated_at = read.get("updatedAt") if isinstance(read, dict) else None
        if isinstance(updated_at, int) and not isinstance(updated_at, bool):
            # As lists give it: a redelivered object.
            return updated_at if 0 <= updated_at < _YEAR_10000 else None
        return None if updated_at is None else check_time("updatedAt", updated_at)
    except (ValueError, RecursionError):  # not JSON, or not a time: then it does not say
        return None
