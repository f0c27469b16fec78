"""The plan that takes back the last write, or all that one apply wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ikas_explore.deliveries.leases import leased, refusal
from ikas_explore.errors import InvalidArgumentError, PlanError
from ikas_explore.manage.applying import list_stores, said
from ikas_explore.manage.changes import CREATE, REPLACE, Change, listed
from ikas_explore.manage.journal import Journals
from ikas_explore.manage.plan import Plan, unknown_scopes

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.values.protocols import WebhookStore


def make_undo(
    journals: Journals,
    stores: Mapping[str, WebhookStore],
    *,
    now: DataFrame | None = None,
    left_out: Mapping[str, Exception] | None = None,
    workers: int = 1,
) -> Plan | None:
    """Plan what takes back the last write to some stores, or all that its apply wrote.

    The stores are listed, unless `now` is what was just listed. Those that cannot be are left
    out and noted, as those `left_out` from the start are; when none can be, the error of the first
    is raised. None when no write is left.
    """
    entries = journals.newest()
    if not entries:
        return None
    before: dict[str, dict[str, str | None]] = {}
    for entry in entries:  # the newest first: an older one has the last word
        before.setdefault(entry.store, {}).update(entry.before)
    borrowed = leased({name: journals[name].base_url for name in before})
    borrowed = [each for each in borrowed if each.scope in before[each.store]]
    if borrowed:
        raise PlanError(f"{borrowed[0].store}: {refusal(borrowed)} Then undo.")
    failed = dict(left_out or {})
    if now is not None:
        held = listed(now, before)
    else:
        asked = {name: stores[name] for name in sorted(before)}
        held, unreached = list_stores(asked, before, workers=workers)
        if not held:
            raise next(iter(unreached.values()))
        failed |= unreached
    changes = [
        Change(name, scope, held.get(name, {}).get(scope), before[name][scope])
        for name in sorted(before.keys() - failed.keys())
        for scope in sorted(before[name])
    ]
    changes = [each for each in changes if each.endpoint_before or each.endpoint_after]
    entries = [entry for entry in entries if entry.store not in failed]
    saved = {each.scope for each in changes if each.action in (CREATE, REPLACE)}
    saved |= {
        scope
        for entry in entries
        if entry.sales_channels
        for scope, end in entry.before.items()
        if end is not None
    }
    notes = [f"{name} is not in this plan: {said(why)}" for name, why in failed.items()]
    if saved:
        had = ", ".join(sorted(saved))
        notes.append(
            f"Sales channels cannot be read from ikas, so those that {had} had are not restored."
        )
    notes += unknown_scopes(changes)
    return Plan(
        stores,
        {name: state for name, state in held.items() if name in before},
        changes,
        journals=journals,
        notes=notes,
        workers=workers,
        reverts=entries,
    )


def refuse_arguments(given: Mapping[str, object]) -> None:
    """Raise InvalidArgumentError for an argument of `undo`, which had `take` once."""
    if given:
        raise InvalidArgumentError(
            f"undo() takes no {next(iter(given))}=: it only looks now, and the write leaves the "
            "journal when the plan is applied. Write undo() to look and undo().apply() to take the "
            "write back."
        )
