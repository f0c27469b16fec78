"""How the deliveries of each scope are: healthy, quiet, stopped, never, or not registered.

"Stopped" needs evidence: something changed after the last delivery and did not arrive, and the
scope was silent for longer than it usually is, or more than one thing is missing. "Quiet" is
measured by the scope's own rhythm.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ikas_explore.errors import IkasError
from ikas_explore.monitoring.arrived import arrived_frame
from ikas_explore.monitoring.joined import not_arrived
from ikas_explore.monitoring.missed import Window, due_objects, read_window
from ikas_explore.text.printable import counted
from ikas_explore.values.times import ms_of

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.monitoring.arrived import Received
    from ikas_explore.monitoring.missed import Each
    from ikas_explore.values.protocols import Source

HEALTHY, QUIET, STOPPED, NEVER = "healthy", "quiet", "stopped", "never"
NOT_REGISTERED = "not registered"

#: From so many deliveries on a scope has a rhythm.
RHYTHM = 8
#: A scope is quiet when it is silent for so many times its longest usual pause.
PAUSES = 3.0


class Judged(NamedTuple):
    state: str
    since: int | None
    evidence: str


def judge(arrivals: Sequence[int], missed: Sequence[int], until: int) -> Judged:
    """Judge one registered scope by times in Unix milliseconds, in order."""
    # What came after `until` shows that a scope works, though not for how long it was silent.
    arrivals = [each for each in arrivals if each <= until] or arrivals
    if not arrivals:
        told = _lost(len(missed)) if missed else "nothing was received"
        return Judged(NEVER, missed[0] if missed else None, told)
    last = arrivals[-1]
    silence, usual = until - last, usual_pause(arrivals)
    after = [each for each in missed if each > last]
    before = len(missed) - len(after)
    earlier = f"; {_lost(before)} before that" if before else ""
    if len(after) > 1 or (after and usual is not None and silence > usual):
        return Judged(STOPPED, after[0], f"{_lost(len(after))} since the last delivery{earlier}")
    if usual is not None and silence > PAUSES * usual:
        told = f"silent for {_span(silence)}, usually at most {_span(usual)}"
        return Judged(QUIET, last, told + earlier if missed else f"{told}; nothing is missing")
    if missed:
        return Judged(HEALTHY, None, f"{_lost(len(missed))}; deliveries arrive")
    return Judged(HEALTHY, None, f"{counted(len(arrivals), 'delivery')}, nothing is missing")


def usual_pause(arrivals: Sequence[int]) -> float | None:
    """Return the longest pause but for one in twenty, at least a minute; None without a rhythm."""
    if len(arrivals) < RHYTHM:
        return None
    pauses = sorted(after - before for before, after in pairwise(arrivals))
    return max(pauses[int(0.95 * (len(pauses) - 1))], 60_000.0)


def find_health(
    received: Received | None,
    each: Each,
    *,
    since: object = None,
    until: object = None,
    grace: object = 300.0,
) -> DataFrame:
    """Return the health of all scopes of stores, with one line in ``attrs["summary"]``."""
    from ikas_explore.frames.frames import HEALTH, rows_frame

    week_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=7)
    window = read_window(week_ago if since is None else since, until, grace)
    arrived = None if received is None else arrived_frame(received)

    def look(store: str, source: Source, webhooks: DataFrame) -> list[dict[str, Any]]:
        active = webhooks[~webhooks["deleted"].astype(bool)]
        registered = dict(zip(active["scope"], active["endpoint"], strict=True))
        due = due_objects(source, registered, window)
        changes = due.groupby("scope")["updated_at"].max()
        rows: list[dict[str, Any]] = []
        own = None if arrived is None else _of_merchant(source, arrived)
        gone = None if own is None else not_arrived(due, own, until=window.times["until"])
        arrived_at = {} if own is None else _by_scope(own, "received_at")
        changed_at = {} if gone is None else _by_scope(gone, "updated_at")
        for scope, endpoint in registered.items():
            row = {**_UNKNOWN, "store": store, "scope": scope, "endpoint": endpoint}
            row["last_changed_at"] = _ms(changes.get(scope))
            if own is not None:
                arrivals, missed = arrived_at.get(scope, []), changed_at.get(scope, [])
                last = arrivals[-1] if arrivals else None
                row |= judge(arrivals, missed, window.until)._asdict()
                row |= {"last_received_at": last, "missed": len(missed)}
            rows.append(row)
        return rows + ([] if own is None else _unregistered(store, registered, own, window))

    frame = rows_frame(HEALTH, [row for rows in each(look) for row in rows])
    frame.attrs["summary"] = summary(frame)
    return frame


def _by_scope(frame: DataFrame, column: str) -> dict[Any, list[int]]:
    """Return the times of each scope in order, in Unix milliseconds."""
    times = frame[column].astype("datetime64[ms, UTC]").astype("int64")
    return {scope: sorted(some) for scope, some in times.groupby(frame["scope"])}


def summary(frame: DataFrame) -> str:
    """Return one line for a dashboard: how many scopes in each state, and what was missed."""
    parts = []
    for state in (HEALTHY, QUIET, STOPPED, NEVER, NOT_REGISTERED):
        some = frame[frame["state"] == state]
        if len(some):
            first = some["since"].min()
            told = f" since {first:%Y-%m-%d %H:%M}" if state == STOPPED and first == first else ""
            parts.append(f"{len(some)} {state}{told}")
    lost = int(frame["missed"].sum())
    parts += [f"{lost} missed"] if lost else []
    return ", ".join(parts) or ("no log of deliveries was given" if len(frame) else "no webhooks")


_UNKNOWN = {
    **dict.fromkeys(("endpoint", "state", "since", "last_received_at", "last_changed_at")),
    "missed": 0,
    "evidence": "no log of deliveries was given",
}


def _unregistered(
    store: str, registered: Collection[str], arrived: DataFrame, window: Window
) -> list[dict[str, Any]]:
    start, end = window.times.values()
    inside = arrived[arrived["received_at"].between(start, end)]
    rows = []
    for scope, some in inside[~inside["scope"].isin(list(registered))].groupby("scope"):
        last = _ms(some["received_at"].max())
        evidence = f"{counted(len(some), 'delivery')}, and nothing is registered"
        row = {"store": store, "scope": scope, "state": NOT_REGISTERED, "evidence": evidence}
        rows.append({**_UNKNOWN, **row, "since": last, "last_received_at": last})
    return rows


def _of_merchant(source: Source, arrived: DataFrame) -> DataFrame:
    """Return the deliveries of one store, where they say whose they are."""
    if not arrived["merchant_id"].notna().any():
        return arrived
    try:
        (merchant,) = source.query("getMerchant").select("id").to_records()
    except IkasError:
        return arrived  # an API that does not say: then all count
    own: DataFrame = arrived[
        arrived["merchant_id"].isna() | (arrived["merchant_id"] == merchant["id"])
    ]
    return own


def _ms(value: Any) -> int | None:
    return None if value is None or value != value else ms_of(value)


def _lost(number: int) -> str:
    return f"{counted(number, 'change')} did not arrive"


def _span(milliseconds: float) -> str:
    whole = dt.timedelta(milliseconds=milliseconds)
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if whole.total_seconds() >= length:
            return counted(int(whole.total_seconds() // length), unit)
    return counted(int(whole.total_seconds()), "second")
