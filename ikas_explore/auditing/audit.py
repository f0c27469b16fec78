"""Run the rules over a frame."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ikas_explore.auditing.health_rules import HEALTH_RULES, LEASE_RULES
from ikas_explore.auditing.policy import OFF, Policy, read_policy
from ikas_explore.auditing.prepared import prepare
from ikas_explore.auditing.probe_rules import PROBE_RULES
from ikas_explore.auditing.report import Audit
from ikas_explore.auditing.rule import SEVERITIES, Rule, found, rule
from ikas_explore.auditing.rules import RULES
from ikas_explore.auditing.wanted import Wanted
from ikas_explore.deliveries.leases import Lease, dead
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.text.printable import shown
from ikas_explore.text.progress import Progress, progressing
from ikas_explore.values.names import check_flag, read_texts
from ikas_explore.values.times import check_time, moment_of

if TYPE_CHECKING:
    from pathlib import Path

    from pandas import DataFrame


@rule("store-not-reached", "error", remedy="Fix the error above, then audit again.")
def not_reached(unreached: DataFrame, wanted: Wanted) -> DataFrame:
    """The store could not be listed, so it was not checked."""
    return found(unreached, [f"The store could not be checked: {why}" for why in unreached["why"]])


@rule("ignore-expired", "info", remedy="Fix what it hid, or give it a new date and a reason.")
def ignore_expired(expired: DataFrame, wanted: Wanted) -> DataFrame:
    """An ignore of the policy has ended."""
    return found(expired[[]], list(expired["said"]))


def rule_table() -> list[dict[str, str]]:
    """Return all rules as ``name, severity, what, remedy``, in order of reporting."""
    return [
        {"name": each.id, "severity": each.severity, "what": each.what, "remedy": each.remedy}
        for each in (
            not_reached,
            *RULES,
            *HEALTH_RULES,
            *LEASE_RULES,
            *PROBE_RULES,
            ignore_expired,
        )
    ]


def audit(
    frame: DataFrame,
    policy: Policy | str | Path | Mapping[str, Any] | None = None,
    *,
    probe: bool = False,
    stores: Collection[str] = (),
    sandboxes: Collection[str] = (),
    errors: Mapping[str, str] | None = None,
    progress: Progress | bool | None = None,
    now: dt.datetime | None = None,
) -> Audit:
    """Return what is wrong with the webhooks of a frame, and what to do about it.

    Parameters
    ----------
    frame : pandas.DataFrame
        A webhook frame of one store or many.
    policy : Policy, path of a TOML file, or mapping, optional
        See `ikas_explore.auditing.policy`. Without one nothing is required or forbidden.
    probe : bool, default False
        Check each endpoint from this machine too: DNS, connection, TLS, one HEAD request. No
        event is posted.
    stores : collection of str
        Names of stores that were listed: one without any webhook is in no row.
    sandboxes : collection of str
        Names of the stores that are sandboxes: only their endpoints may be probed on this
        machine and on private networks.
    errors : mapping of str to str, optional
        Stores that could not be listed, and why.
    progress : callable or bool, optional
        Called with ``(done, total)`` as probes end.
    now : datetime.datetime, optional
        With a time zone; for ages and for ignores that expire.

    Returns
    -------
    Audit

    Raises
    ------
    InvalidArgumentError, InvalidScopeError
        The policy cannot be right, or the frame lacks a column.

    Examples
    --------
    >>> from ikas_explore.frames.frames import webhook_frame
    >>> cells = {"scope": ["store/order/created"], "endpoint": ["http://10.0.0.1/"], "id": ["1"],
    ...          "created_at": [None], "updated_at": [None], "deleted": [False]}
    >>> outcome = audit(webhook_frame(cells, store="acme"))
    >>> outcome.findings["rule"].tolist()
    ['not-https', 'private-host', 'scope-unpaired']
    >>> outcome.ok, outcome.worst
    (False, 'error')
    """
    return examine(
        frame,
        policy,
        probe=probe,
        stores=stores,
        sandboxes=sandboxes,
        errors=errors,
        progress=progress,
        now=now,
    )


def examine(
    frame: DataFrame,
    policy: Policy | str | Path | Mapping[str, Any] | None = None,
    *,
    probe: bool = False,
    health: DataFrame | None = None,
    leases: Collection[Lease] | None = None,
    stores: Collection[str] = (),
    sandboxes: Collection[str] = (),
    errors: Mapping[str, str] | None = None,
    progress: Progress | bool | None = None,
    now: dt.datetime | None = None,
) -> Audit:
    """As `audit`, with a frame of `Webhooks.health` and what sessions of `listen` borrowed."""
    policy = read_policy(policy)
    check_flag("probe", probe)
    now = dt.datetime.now(dt.UTC) if now is None else moment_of(check_time("now", now))
    today = now.date()
    unreached = _failures(errors)
    asked = dict.fromkeys([*policy.stores, *read_texts(stores, "stores")])
    policy = replace(policy, stores=tuple(name for name in asked if name not in unreached))
    webhooks = prepare(frame, now)
    active, deleted = webhooks[~webhooks["deleted"]], webhooks[webhooks["deleted"]]
    runs = [(each, deleted if each.deleted else active) for each in (*RULES, *policy.rules)]
    probes = None
    if probe:
        local = read_texts(sandboxes, "sandboxes")
        wished = False if progress is None else progress
        with progressing(wished, "endpoints") as tell:
            probes = _probe(active, local, tell)
        pairs = active[["store", "endpoint"]].drop_duplicates().astype(object)
        probed = pairs.merge(probes, on="endpoint", how="inner")
        runs += [(each, probed) for each in PROBE_RULES]
    if health is not None:
        runs += [(each, health) for each in HEALTH_RULES]
    if leases is not None:
        runs += [(each, _rows(Lease._fields, dead(leases))) for each in LEASE_RULES]
    runs = [(each, rows) for each, rows in runs if policy.severity(each) != OFF]
    unlisted = (not_reached, _rows(["store", "why"], unreached.items()))
    parts = [unlisted, *runs, (ignore_expired, _expired(policy, today))]
    findings = _findings((policy.severity(each), each, each(rows, policy)) for each, rows in parts)
    ignored = _ignored(findings, policy, today)
    return Audit(
        findings=findings[~ignored].reset_index(drop=True),
        ignored=findings[ignored].reset_index(drop=True),
        webhooks=active,
        policy=policy,
        unreached=unreached,
        rules=tuple(each for each, _ in runs),
        probes=probes,
        made_at=now,
    )


def _failures(errors: object) -> dict[str, str]:
    if errors is None:
        return {}
    if not isinstance(errors, Mapping):
        raise InvalidArgumentError(f"errors is a mapping of store to reason, not {shown(errors)}.")
    return dict(zip(read_texts(list(errors), "errors"), map(str, errors.values()), strict=True))


def _probe(active: DataFrame, sandboxes: Collection[str], progress: Progress) -> DataFrame:
    from ikas_explore.auditing.probes import probe_endpoints  # and ssl, which no rule needs

    endpoints = active["endpoint"].astype(object)
    local = endpoints[active["store"].astype(object).isin(sandboxes)]
    return probe_endpoints(endpoints.unique(), local=local.unique(), progress=progress)


def _findings(parts: Iterable[tuple[str, Rule, DataFrame]]) -> DataFrame:
    """Put the rules' rows together, the worst severity first, then in the order of the rules."""
    from ikas_explore.frames.frames import FINDINGS, make_frame

    columns: dict[str, list[Any]] = {name: [] for name in FINDINGS}
    for severity, of_rule, rows in sorted(parts, key=lambda part: SEVERITIES.index(part[0])):
        count = len(rows)
        columns["severity"] += [severity] * count
        columns["rule"] += [of_rule.id] * count
        columns["remedy"] += [of_rule.remedy] * count
        columns["message"] += rows["message"].tolist()
        for name in ("store", "scope", "endpoint"):
            cells = rows[name].tolist() if name in rows.columns else [None] * count
            columns[name] += [cell or None for cell in cells]
    return make_frame(FINDINGS, columns)


def _ignored(findings: DataFrame, policy: Policy, today: dt.date) -> Any:
    import numpy as np

    ignored = np.zeros(len(findings), dtype=bool)
    holding = [ignore for ignore in policy.ignores if ignore.until >= today]
    if holding:
        texts = findings[["rule", "store", "scope", "endpoint"]].fillna("").to_numpy()
        for row, cells in enumerate(texts):
            # What is about stores and ignores, no ignore hides.
            known = cells[0] not in (not_reached.id, ignore_expired.id)
            ignored[row] = known and any(ignore.covers(*cells) for ignore in holding)
    return ignored


def _rows(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=pd.Index(columns), dtype=object)


def _expired(policy: Policy, today: dt.date) -> DataFrame:
    said = (
        f"The ignore of {ignore.rule} ended on {ignore.until}: {ignore.reason}"
        for ignore in policy.ignores
        if ignore.until < today
    )
    return _rows(["said"], ([each] for each in said))
