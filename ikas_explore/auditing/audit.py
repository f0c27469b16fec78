"""Run the rules over a frame."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ikas_explore.auditing.policy import OFF, Policy, read_policy
from ikas_explore.auditing.prepared import prepare
from ikas_explore.auditing.probe_rules import PROBE_RULES
from ikas_explore.auditing.result import Audit
from ikas_explore.auditing.rule import SEVERITIES, Rule
from ikas_explore.auditing.rules import RULES
from ikas_explore.text.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from pandas import DataFrame

#: Ids of what no rule finds.
NOT_REACHED, IGNORE_EXPIRED = "store-not-reached", "ignore-expired"


def audit(
    frame: DataFrame,
    policy: Policy | str | Path | Mapping[str, Any] | None = None,
    *,
    probe: bool = False,
    stores: Collection[str] = (),
    sandboxes: Collection[str] = (),
    errors: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    now: dt.datetime | None = None,
) -> Audit:
    """Say what is wrong with the webhooks of a frame, and what to do about it.

    Parameters
    ----------
    frame : pandas.DataFrame
        A webhook frame of one store or many.
    policy : Policy, path of a TOML file, or mapping, optional
        See `ikas_explore.auditing.policy`. Without one nothing is required or forbidden.
    probe : bool, default False
        Look at each endpoint from here too: DNS, connection, TLS, one HEAD request. No
        event is posted.
    stores : collection of str
        Names of stores that were listed: one without any webhook is in no row.
    sandboxes : collection of str
        Names of the stores that are sandboxes: only their endpoints may be probed on this
        machine and on private networks.
    errors : mapping of str to str, optional
        Stores that could not be listed, and why.
    progress : callable, optional
        Told ``(done, total)`` of the probes.
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
    policy = read_policy(policy)
    now = now or dt.datetime.now(dt.UTC)
    unreached = dict(errors or {})
    asked = dict.fromkeys([*policy.stores, *stores])
    policy = replace(policy, stores=tuple(name for name in asked if name not in unreached))
    webhooks = prepare(frame, now)
    active, deleted = webhooks[~webhooks["deleted"]], webhooks[webhooks["deleted"]]
    parts = [
        (rule, policy.severity(rule), rule(deleted if rule.deleted else active, policy))
        for rule in (*RULES, *policy.rules)
        if policy.severity(rule) != OFF
    ]
    probes = None
    if probe:
        probes = _probe(active, sandboxes, progress)
        pairs = active[["store", "endpoint"]].drop_duplicates().astype(object)
        probed = pairs.merge(probes, on="endpoint", how="inner")
        parts += [
            (rule, policy.severity(rule), rule(probed, policy))
            for rule in PROBE_RULES
            if policy.severity(rule) != OFF
        ]
    findings = _findings(parts)
    ignored = _ignored(findings, policy, now.astimezone(dt.UTC).date())
    told = [*_unreached(unreached), *_expired(policy, now.astimezone(dt.UTC).date())]
    return Audit(
        findings=_with(findings[~ignored], told),
        ignored=findings[ignored].reset_index(drop=True),
        webhooks=active,
        policy=policy,
        unreached=unreached,
        rules=[rule for rule, _, _ in parts],
        probes=probes,
        made_at=now,
    )


def _probe(active: DataFrame, sandboxes: Collection[str], progress: Progress | None) -> DataFrame:
    from ikas_explore.auditing.probes import probe_endpoints  # and httpx, which no rule needs

    endpoints = active["endpoint"].astype(object)
    local = endpoints[active["store"].astype(object).isin(list(sandboxes))]
    return probe_endpoints(endpoints.unique(), local=local.unique(), progress=progress)


def _findings(parts: Iterable[tuple[Rule, str, DataFrame]]) -> DataFrame:
    """Put the rules' rows together, the worst severity first, then in the order of the rules."""
    from ikas_explore.frames.frames import FINDINGS, make_frame

    columns: dict[str, list[Any]] = {name: [] for name in FINDINGS}
    for rule, severity, rows in sorted(parts, key=lambda part: SEVERITIES.index(part[1])):
        count = len(rows)
        columns["severity"] += [severity] * count
        columns["rule"] += [rule.id] * count
        columns["remedy"] += [rule.remedy] * count
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
            ignored[row] = any(ignore.covers(*cells) for ignore in holding)
    return ignored


def _unreached(unreached: Mapping[str, str]) -> list[dict[str, str | None]]:
    return [
        {
            "severity": "error",
            "rule": NOT_REACHED,
            "store": store,
            "scope": None,
            "endpoint": None,
            "message": f"The store could not be checked: {error}",
            "remedy": "Mend what the message says and audit again; nothing is known of it.",
        }
        for store, error in unreached.items()
    ]


def _expired(policy: Policy, today: dt.date) -> list[dict[str, str | None]]:
    return [
        {
            "severity": "info",
            "rule": IGNORE_EXPIRED,
            "store": None,
            "scope": None,
            "endpoint": None,
            "message": f"The ignore of {ignore.rule} ended on {ignore.until}: {ignore.reason}",
            "remedy": "Mend what it hid, or give it a new date and a reason.",
        }
        for ignore in policy.ignores
        if ignore.until < today
    ]


def _with(findings: DataFrame, told: list[dict[str, str | None]]) -> DataFrame:
    import pandas as pd

    from ikas_explore.frames.frames import FINDINGS, rows_frame

    errors = rows_frame(FINDINGS, [row for row in told if row["severity"] == "error"])
    others = rows_frame(FINDINGS, [row for row in told if row["severity"] != "error"])
    parts = [part for part in (errors, findings, others) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else findings.reset_index(drop=True)
