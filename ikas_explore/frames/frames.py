"""Records to DataFrames: every column and dtype is declared here.

This room alone imports pandas at the top of its modules, so that what needs no frame does not
pay for it. A frame has the same columns and dtypes whatever its rows, none included.

=========  ====================================  ==============================
kind       dtype                                 missing
=========  ====================================  ==============================
string     ``str`` (pandas 3), ``object`` (2)    NaN (pandas 3), None (2)
time       ``datetime64[ms, UTC]``               NaT
bool       ``bool``                              not possible
boolean    ``boolean``                           NA
int        ``int64``                             not possible
integer    ``Int64``                             NA
float      ``float64``                           NaN
object     ``object``                            None
=========  ====================================  ==============================
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.frames.display import Frame
from ikas_explore.frames.kinds import Columns, Kind, kind_of
from ikas_explore.schema import ApiVersion
from ikas_explore.values.times import check_time

#: The dtype of text: pandas 3 has one of its own.
STRING = "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"
_IN_ARROW = STRING == "str" and pd.StringDtype(na_value=np.nan).storage == "pyarrow"
#: pyarrow, where pandas keeps text in it.
_ARROW: Any = sys.modules["pyarrow"] if _IN_ARROW else None

#: One row a delivery of the sandbox; the columns are its own, not of ikas.
DELIVERIES: Columns = {
    "id": "string",
    "scope": "string",
    "endpoint": "string",
    "state": "string",
    "attempts": "int",
    "created_at": "time",
    "finished_at": "time",
    "reason": "string",
    "sample": "string",
}

#: One row an attempt, whoever made it: the sandbox or `push`.
ATTEMPTS: Columns = {
    "delivery_id": "string",
    "number": "int",
    "started_at": "time",
    "duration_ms": "float",
    "status_code": "integer",
    "error": "string",
}

#: One row a request a `Receiver` got; the seven keys of ikas' payload are ``sdk``, ``live``.
RECEIVED: Columns = {
    "id": "string",
    "scope": "string",
    "merchant_id": "string",
    "authorized_app_id": "string",
    "created_at": "time",
    "received_at": "time",
    "signature_ok": "boolean",
    "duplicate": "bool",
    "data": "string",
    "object_id": "string",
    "body": "object",
    "status": "integer",
    "error": "string",
    "method": "string",
    "target": "string",
    "host": "string",
    "headers": "object",
}

#: The same with columns that only a receiver with several secrets, or one that forwards, has.
RECEIVED_MORE: Columns = {
    "signed_with": "integer",
    "forwarded_at": "time",
    "forwarded_status": "integer",
}

#: One row a scope of a store: what differs, or what a plan does about it.
CHANGES: Columns = dict.fromkeys(
    ("store", "scope", "action", "endpoint_before", "endpoint_after"), "string"
)

#: The same after a plan was applied.
OUTCOMES: Columns = {**CHANGES, "outcome": "string", "error": "string"}

#: One row a scope that `listen` borrowed, and the same after it was given back.
BORROWED: Columns = {"scope": "string", "endpoint_before": "string"}
GIVEN_BACK: Columns = {**BORROWED, "endpoint": "string", "outcome": "string"}

#: One row a finding of an audit.
FINDINGS: Columns = dict.fromkeys(
    ("severity", "rule", "store", "scope", "endpoint", "message", "remedy"), "string"
)

#: What was found in each store, and by each rule.
BY_STORE: Columns = {
    "store": "string",
    "error": "int",
    "warning": "int",
    "info": "int",
    "rules": "string",
}
BY_RULE: Columns = {
    "severity": "string",
    "rule": "string",
    "findings": "int",
    "stores": "int",
    "remedy": "string",
}

#: One row a store of a fleet that could not be listed.
FAILURES: Columns = {"store": "string", "error": "string", "message": "string"}

#: One row an attempt to deliver what was missed.
REDELIVERED: Columns = {"store": "string", "scope": "string", "object_id": "string", **ATTEMPTS}

#: One row a scope of a store, and how its deliveries are.
HEALTH: Columns = {
    "store": "string",
    "scope": "string",
    "endpoint": "string",
    "state": "string",
    "since": "time",
    "last_received_at": "time",
    "last_changed_at": "time",
    "missed": "int",
    "evidence": "string",
}

#: One row a limit that ikas publishes, and how much of it is left.
BUDGET: Columns = {
    "limit": "string",
    "window": "float",
    "requests": "int",
    "errors": "int",
    "share": "float",
    "left": "int",
    "state": "string",
}

#: One row an operation of the API.
CAPABILITIES: Columns = {
    "operation": "string",
    "kind": "string",
    "v1": "boolean",
    "v2": "boolean",
    "arguments": "string",
    "paged": "bool",
}

#: One row an endpoint that was probed.
PROBES: Columns = {
    "endpoint": "string",
    "host": "string",
    "address": "string",
    "dns_ms": "float",
    "connect_ms": "float",
    "tls_ms": "float",
    "certificate": "string",
    "expires_at": "time",
    "days_left": "integer",
    "status_code": "integer",
    "location": "string",
    "failure": "string",
    "error": "string",
}


def _strings(values: Sequence[Any]) -> Any:
    if STRING != "str":
        return np.array(values, dtype=object)
    if _ARROW is not None:  # takes text alone, in half the time that pandas needs to look for more
        values = _ARROW.array(values, type=_ARROW.large_string(), from_pandas=True)
    return pd.array(values, dtype="str")


def _objects(values: Sequence[Any]) -> Any:
    # One by one: given lists of one length, np.array makes more dimensions of them.
    cells = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        cells[index] = value
    return cells


def utc_times(values: Sequence[int | None] | Any) -> Any:
    """Return Unix milliseconds as a column of times."""
    return pd.DatetimeIndex(np.array(values, dtype="datetime64[ms]")).tz_localize("UTC")


_MAKERS: Mapping[Kind, Callable[[Sequence[Any]], Any]] = {
    "string": _strings,
    "time": utc_times,
    "bool": lambda values: np.array(values, dtype=bool),
    "boolean": lambda values: pd.array(values, dtype="boolean"),
    "int": lambda values: np.array(values, dtype="int64"),
    "integer": lambda values: pd.array(values, dtype="Int64"),
    "float": lambda values: np.array(values, dtype="float64"),
    "object": _objects,
}


#: Rows from which arrays are put in order and no longer lists: a list's cells lie all over
#: memory, and an array's `take` has a price of its own.
_MANY = 2_000


def make_frame(
    columns: Columns, data: Mapping[str, Sequence[Any]], *, order: Sequence[int] | None = None
) -> pd.DataFrame:
    """Make a frame of declared columns.

    Missing cells are None, times Unix milliseconds; `order` gives the places of the cells.
    """
    if order is not None and len(order) < _MANY:
        data = {name: [data[name][place] for place in order] for name in columns}
        order = None
    arrays = {name: _MAKERS[kind](data[name]) for name, kind in columns.items()}
    if order is not None:
        places = np.array(order)  # once: `take` would make one of a list for each column
        arrays = {name: array.take(places) for name, array in arrays.items()}
    return Frame(arrays)


def rows_frame(columns: Columns, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a frame of declared columns from rows whose keys are the column names."""
    rows = list(rows)
    return make_frame(columns, {name: [row[name] for row in rows] for name in columns})


def budget_frame(
    rows: Iterable[Mapping[str, Any]], not_visible: str, *, of_stores: bool = False
) -> pd.DataFrame:
    """Make the frame of a budget; ``attrs["not_visible"]`` says what was not counted."""
    frame = rows_frame({"store": "string", **BUDGET} if of_stores else BUDGET, rows)
    frame.attrs["not_visible"] = not_visible
    return frame


def is_frame(value: object) -> bool:
    """Return whether a value is a DataFrame."""
    return isinstance(value, pd.DataFrame)


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put frames of the same columns below each other."""
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    return Frame(pd.concat(filled, ignore_index=True))


def read_times(times: pd.Series[Any]) -> Any:
    """Return a column of times in UTC; text and datetimes are read one by one."""
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        return times.astype("datetime64[ms, UTC]")
    return utc_times(
        [None if pd.isna(each) else check_time(str(times.name), each) for each in times]
    )


@lru_cache(maxsize=1)
def webhook_columns() -> Columns:
    """Return the columns of the webhook frame, their kinds read off the generated types."""
    from ikas_explore.schema import v1  # the two versions' Webhook is the same; tests say so

    webhook: Any = v1.Webhook  # sgqlc's types are iterable through their metaclass
    fields = {field.name: kind_of(field.type.__name__) for field in webhook}
    first = ("scope", "endpoint", "id", "created_at", "updated_at", "deleted")
    return {"store": "string", **{name: fields[name] for name in first}}


def check_webhook_frame(frame: object) -> None:
    """Raise InvalidArgumentError for what is no frame, or not clearly one of webhooks."""
    if not isinstance(frame, pd.DataFrame):
        raise InvalidArgumentError(
            f"A webhook frame is needed, as list() returns it, not {type(frame).__name__}."
        )
    if wrong := wrong_columns(frame):
        raise InvalidArgumentError(f"The frame {wrong}")
    if "deleted" in frame.columns and not pd.api.types.is_numeric_dtype(frame["deleted"]):
        # A text such as "no" counts as true, and what is deleted is not desired.
        for value in frame["deleted"].dropna():
            if not isinstance(value, (bool, np.bool_)):
                raise InvalidArgumentError(
                    f"The frame's column 'deleted' holds {value!r} and not True or False; convert "
                    "it, or give the CSV file itself."
                )


def wrong_columns(frame: pd.DataFrame) -> str:
    """Return what a frame's columns lack to be a webhook frame's, as the end of a sentence."""
    names = frame.columns.tolist()
    missing = [name for name in ("store", "scope", "endpoint") if name not in names]
    if missing:
        return (
            f"has no column {', '.join(map(repr, missing))}; a webhook frame, as list() returns "
            "it, has store, scope and endpoint."
        )
    twice = [name for name in webhook_columns() if names.count(name) > 1]
    return f"has its column {twice[0]!r} more than once; drop one of them." if twice else ""


def webhook_frame(
    cells: Mapping[str, Sequence[Any]],
    *,
    store: str | Sequence[str],
    api_version: ApiVersion | None = None,
    in_order: bool = False,
) -> pd.DataFrame:
    """Make a webhook frame of the checked columns of an answer, or of several.

    `store` is that of all rows, or of each; rows are sorted by store and scope unless they are
    `in_order`. ``attrs`` holds ``api_version`` and ``fetched_at`` (ISO text).
    """
    scopes = cells["scope"]
    stores = [store] * len(scopes) if isinstance(store, str) else store
    order = None
    if not in_order:
        # Before the frame is made: on a few rows a pandas sort costs as much as the frame.
        keys = scopes if isinstance(store, str) else list(zip(stores, scopes, strict=True))
        order = sorted(range(len(keys)), key=keys.__getitem__)
    frame = make_frame(webhook_columns(), {"store": stores, **cells}, order=order)
    frame.attrs.update(provenance(api_version))
    return frame


def provenance(api_version: str | None) -> dict[str, str | None]:
    """Return where a frame comes from, for ``frame.attrs``: JSON scalars, as Parquet wants them."""
    fetched_at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    return {"api_version": api_version, "fetched_at": fetched_at}
