"""What is wanted of the webhooks, and how bad it is otherwise: as keywords, or as a TOML file.

::

    required = ["store/order/*", "store/stock/updated"]
    allowed_hosts = ["*.example.com"]
    stale_after_days = 180
    fail_on = "error"

    [severities]
    endpoint-shared = "warning"
    many-endpoints = "off"

    [[ignores]]
    rule = "tunnel-host"
    store = "demo-*"
    reason = "The demo shop is shown from a laptop."
    until = 2027-01-31
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ikas_explore.auditing.health_rules import HEALTH_RULES, LEASE_RULES
from ikas_explore.auditing.probe_rules import PROBE_RULES
from ikas_explore.auditing.rule import SEVERITIES, Rule, Severity, check_severity
from ikas_explore.auditing.rules import RULES
from ikas_explore.auditing.wanted import Wanted
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.system.files import read_toml
from ikas_explore.text.printable import shown
from ikas_explore.values.names import check_known, did_you_mean, matches

OFF = "off"


@dataclass(frozen=True)
class Ignore:
    """Findings that are known and accepted for a while.

    Parameters
    ----------
    rule : str
        Id of the rule. Here and below ``*`` is a wildcard.
    reason : str
        Why; not empty.
    until : datetime.date or str
        The last day it holds (UTC); text is read as ISO.
    store, scope, endpoint : str, default "*"
        Which findings.
    """

    rule: str
    reason: str
    until: dt.date
    store: str = "*"
    scope: str = "*"
    endpoint: str = "*"

    def __post_init__(self) -> None:
        if not isinstance(self.reason, str) or not self.reason.strip():
            raise InvalidArgumentError(f"The ignore of {self.rule!r} needs a reason.")
        object.__setattr__(self, "until", self._day(self.until))
        for name in ("rule", "store", "scope", "endpoint"):
            if not isinstance(getattr(self, name), str):
                raise InvalidArgumentError(
                    f"{name!r} of an ignore is text, not {shown(getattr(self, name))}."
                )

    def _day(self, until: object) -> dt.date:
        with suppress(ValueError):
            until = dt.date.fromisoformat(until) if isinstance(until, str) else until
        if isinstance(until, dt.date):
            return until.date() if isinstance(until, dt.datetime) else until
        raise InvalidArgumentError(
            f"The ignore of {self.rule!r} needs a date in 'until', such as 2027-01-31, "
            f"not {shown(until)}."
        )

    def covers(self, rule: str, store: str, scope: str, endpoint: str) -> bool:
        """Return whether a finding is meant."""
        patterns = (self.rule, self.store, self.scope, self.endpoint)
        return all(map(matches, patterns, (rule, store, scope, endpoint)))


@dataclass(frozen=True)
class Policy(Wanted):
    """What an audit measures against, and what it makes of the findings.

    Parameters
    ----------
    required, allowed_hosts, stores, stale_after_days, max_endpoints_per_host, certificate_days
        See `ikas_explore.auditing.wanted.Wanted`.
    severities : mapping of str to str
        Rule id to ``error``, ``warning``, ``info`` or ``off``.
    ignores : iterable of Ignore or of mappings
        Findings that are accepted, each with a reason and a last day.
    rules : iterable of Rule
        Rules of your own; see `ikas_explore.auditing.rule.rule`.
    fail_on : {"warning", "error", "info"}
        The least severity that makes an audit not `ok`.

    Raises
    ------
    InvalidArgumentError, InvalidScopeError
        A value that cannot be right.
    """

    severities: Mapping[str, str] = field(default_factory=dict)
    ignores: tuple[Ignore, ...] = ()
    rules: tuple[Rule, ...] = ()
    fail_on: Severity = "warning"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("ignores", tuple(map(_ignore, _items(self.ignores, "ignores", "tables"))))
        self._set("rules", _items(self.rules, "rules", "rules"))
        for own in self.rules:
            if not isinstance(own, Rule):
                raise InvalidArgumentError(
                    f"{shown(own)} is not a rule; decorate the function with "
                    "ikas_explore.auditing.rule.rule."
                )
        check_severity(self.fail_on)
        ours = (*RULES, *HEALTH_RULES, *LEASE_RULES, *PROBE_RULES)
        ids = [each.id for each in (*ours, *self.rules)]
        twice = {id for id in ids if ids.count(id) > 1}
        if twice:
            raise InvalidArgumentError(f"Two rules have the id {sorted(twice)[0]!r}; rename one.")
        if not isinstance(self.severities, Mapping):
            raise InvalidArgumentError(f"severities is a table, not {shown(self.severities)}.")
        for id, severity in self.severities.items():
            if id not in ids:
                raise InvalidArgumentError(f"There is no rule {shown(id)}.{did_you_mean(id, ids)}")
            check_severity(severity, (*SEVERITIES, OFF))
        for ignore in self.ignores:
            if not any(matches(ignore.rule, id) for id in ids):
                raise InvalidArgumentError(
                    f"No rule fits the ignore of {ignore.rule!r}.{did_you_mean(ignore.rule, ids)}"
                )

    def severity(self, rule: Rule) -> str:
        """Return the severity of a rule under this policy: one of the three, or ``off``."""
        return self.severities.get(rule.id, rule.severity)


def read_policy(policy: Policy | str | Path | Mapping[str, Any] | None) -> Policy:
    """Return a policy from a file, keywords in a mapping, or nothing at all."""
    if policy is None:
        return Policy()
    if isinstance(policy, Policy):
        return policy
    if isinstance(policy, Mapping):
        return _from_mapping(policy)
    if not isinstance(policy, str | Path):
        raise InvalidArgumentError(
            "A policy is a Policy, the path of a TOML file or a mapping of its settings, not "
            f"{type(policy).__name__}."
        )
    settings = read_toml(policy, "The policy")
    try:
        return _from_mapping(settings)
    except InvalidArgumentError as error:
        raise type(error)(f"{policy}: {error}") from error


def _from_mapping(settings: Mapping[str, Any]) -> Policy:
    check_known(settings, [each.name for each in fields(Policy)], "a policy")
    return Policy(**settings)


def _ignore(given: Ignore | Mapping[str, Any]) -> Ignore:
    if isinstance(given, Ignore):
        return given
    if not isinstance(given, Mapping):
        raise InvalidArgumentError(f"An ignore is a table, not {shown(given)}.")
    check_known(given, [each.name for each in fields(Ignore)], "an ignore")
    for name in ("rule", "reason", "until"):
        if name not in given:
            raise InvalidArgumentError(f"An ignore needs {name!r}: {shown(dict(given))}.")
    return Ignore(**given)


def _items(values: Any, name: str, what: str) -> tuple[Any, ...]:
    if not isinstance(values, Iterable) or isinstance(values, str | Mapping):
        raise InvalidArgumentError(f"{name} is a list of {what}, not {shown(values)}.")
    return tuple(values)
