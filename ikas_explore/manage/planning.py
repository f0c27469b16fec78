"""Plans are made here: from what is desired, or from the last write to revert."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.manage.changes import CREATE, REPLACE, Change, Registered, compare, registered
from ikas_explore.manage.desired import read_desired
from ikas_explore.manage.journal import Journal
from ikas_explore.manage.plan import Plan
from ikas_explore.manage.stores import list_store
from ikas_explore.schema.scopes import check_scopes
from ikas_explore.values.protocols import WebhookStore
from ikas_explore.values.urls import check_endpoint

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.manage.desired import Desired


def make_plan(
    desired: Desired,
    registries: Mapping[str, WebhookStore],
    *,
    stores: Collection[str] | None = None,
    before: DataFrame | None = None,
    prune: bool = False,
    allow_http: bool = False,
    journal: Journal | None = None,
    notes: Sequence[str] = (),
    workers: int = 1,
) -> Plan:
    """Compare what is desired with what is registered.

    Parameters
    ----------
    desired : pandas.DataFrame, path of a TOML file or snapshot, or mapping
        See `ikas_explore.manage.desired`. ``{}`` desires nothing.
    registries : mapping of str to WebhookStore
        The stores by name.
    stores : collection of str, optional
        All stores that `desired` is read for, where some of them are not planned because they
        could not be listed. Default: those of `registries`.
    before : pandas.DataFrame, optional
        What is registered, when it was just listed; else every store is listed, one by one.
    prune : bool, default False
        Delete what is registered and not desired. Without it, scopes that `desired` does
        not name are left alone and do not stand in the plan.
    allow_http : bool, default False
        Accept ``http://`` endpoints: for stores on this machine only.
    journal : Journal, optional
        Where `Plan.apply` records its writes.
    notes : sequence of str, optional
        For `Plan.notes`.
    workers : int, default 1
        How many stores `Plan.apply` lists or writes at once.

    Returns
    -------
    Plan

    Raises
    ------
    PlanError
        The desired state cannot be read or contradicts itself.
    InvalidScopeError, InvalidArgumentError
        A scope or endpoint that would have to be saved and that ikas refuses; or `prune` is no
        bool.
    """
    if not isinstance(prune, bool):  # "no" would delete
        raise InvalidArgumentError(f"prune is True or False, not {prune!r}.")
    # What a frame without rows means depends on how many stores there are, reached or not.
    read = read_desired(desired, list(registries) if stores is None else stores)
    wanted = {store: state for store, state in read.items() if store in registries}
    if before is not None:
        listed = registered(before)
    else:
        listed = {store: list_store(registries[store]) for store in wanted}
    changes = [
        change
        for change in compare({store: listed.get(store, {}) for store in wanted}, wanted)
        if prune or change.endpoint_after is not None
    ]
    for change in changes:
        if change.action in (CREATE, REPLACE):
            check_scopes(change.scope)
            check_endpoint(change.endpoint_after or "", local=allow_http)
    return Plan(registries, listed, changes, journal=journal, notes=notes, workers=workers)


def undo(
    journal: Journal,
    registries: Mapping[str, WebhookStore],
    *,
    take: bool = True,
    now: Registered | None = None,
) -> Plan | None:
    """Take the last write to some stores off the journal and plan what reverts it.

    Parameters
    ----------
    journal : Journal
    registries : mapping of str to WebhookStore
    take : bool, default True
        False leaves the write on the stack, to show the plan before somebody agrees to it;
        ``journal.take(plan.reverts)`` takes it off then.
    now : mapping of str to mapping of str to str, optional
        Store to scope to endpoint, when it was just listed; else the store is listed.

    Returns
    -------
    Plan or None
        Applying it records nothing. None when no write is left. It is empty when what
        stood before the write stands again; its `notes` say what it cannot restore.

    Raises
    ------
    StorageError
        The journal cannot be read or written.
    IkasError
        The store could not be listed; the write stays on the stack.
    """
    entries = journal.entries(registries)
    if not entries:
        return None
    entry = entries[-1]
    store = entry.store
    held = list_store(registries[store]) if now is None else now.get(store, {})
    changes = [
        Change(store, scope, held.get(scope), entry.before[scope])
        for scope in sorted(entry.before)
        if not (held.get(scope) is None and entry.before[scope] is None)
    ]
    saved = [change.scope for change in changes if change.action in (CREATE, REPLACE)]
    if entry.sales_channels:
        saved = sorted(scope for scope, before in entry.before.items() if before is not None)
    notes = [
        f"Sales channels cannot be read from ikas, so those that {scope} had are not restored."
        for scope in saved
    ]
    if take:
        journal.take(entry)
    return Plan(registries, {store: held}, changes, notes=notes, reverts=entry)
