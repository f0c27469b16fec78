"""The rules about what `ikas_explore.monitoring.health` and the leases of `listen` say.

They are given rows with ``store, scope, endpoint`` and the columns of the health frame, or of a
lease.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ikas_explore.auditing.rule import Rule, found, rule
from ikas_explore.monitoring.health import QUIET, STOPPED

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.auditing.wanted import Wanted


@rule(
    "delivery-stopped",
    "error",
    remedy="Fix the receiver; missed().redeliver() sends what did not arrive.",
)
def delivery_stopped(health: DataFrame, wanted: Wanted) -> DataFrame:
    """Something changed after the last delivery, and did not arrive."""
    return _in_state(health, STOPPED)


@rule("delivery-quiet", "warning", remedy="Check that the store still sells, and the receiver.")
def delivery_quiet(health: DataFrame, wanted: Wanted) -> DataFrame:
    """No delivery came for much longer than is usual for this scope."""
    return _in_state(health, QUIET)


def _in_state(health: DataFrame, state: str) -> DataFrame:
    rows = health[(health["state"] == state).fillna(False).astype(bool)]
    said = zip(rows["state"], rows["since"], rows["evidence"], strict=True)
    return found(
        rows,
        [
            f"{name.capitalize()} since {since:%Y-%m-%d %H:%M} UTC: {why}."
            for name, since, why in said
        ],
    )


@rule("lease-overdue", "error", remedy="Give it back: ikas-explore listen --restore.")
def lease_overdue(overdue: DataFrame, wanted: Wanted) -> DataFrame:
    """A session of listen ended without giving the scope back."""
    return found(
        overdue, [f"Borrowed; before, it went to {each or 'nobody'}." for each in overdue["before"]]
    )


#: In the order in which they are reported.
HEALTH_RULES: tuple[Rule, ...] = (delivery_stopped, delivery_quiet)
LEASE_RULES: tuple[Rule, ...] = (lease_overdue,)
