"""The form of a rule, the same for ours and for those of a policy.

A rule is a function of the webhooks and of what is wanted (`ikas_explore.auditing.wanted`). The
webhooks are a webhook frame with more columns, so that no rule has to read an endpoint itself:

===============  ======================================================================
``scheme``       ``https``, ``http``; empty where the endpoint cannot be read
``host``         in ASCII and lower case; empty where the endpoint cannot be read
``port``         a number, 443 or 80 where the endpoint names none
``problem``      what is wrong with an endpoint that cannot be read, else empty
``likeness``     the same for endpoints that differ only by slash, case or port
``group``        of the scope: order, product, customer, ...
``verb``         of the scope: created, updated, ...
``age_days``     days since ``updated_at`` (NaN where that is missing)
===============  ======================================================================

All text columns are categorical: `where` asks a question about each host once, and grouping works
on numbers. This makes an audit linear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from ikas_explore.auditing.wanted import Wanted
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.text.printable import shown
from ikas_explore.values.names import did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    Find = Callable[[DataFrame, Wanted], DataFrame]

Severity = Literal["error", "warning", "info"]
#: The worst first.
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True)
class Rule:
    """A rule; calling it returns the rows it finds, as `found` makes them.

    Attributes
    ----------
    id : str
        Stable: policies and ignores name it.
    severity : {"error", "warning", "info"}
        Unless the policy says otherwise.
    remedy : str
        What to do about a finding.
    find : callable
    deleted : bool
        Whether it is given the rows marked deleted; all others see the active ones.
    """

    id: str
    severity: Severity
    remedy: str
    find: Find
    deleted: bool = False

    @property
    def what(self) -> str:
        """What is wrong when it finds something: the docstring of `find`."""
        return " ".join((self.find.__doc__ or "").split())

    def __call__(self, webhooks: DataFrame, wanted: Wanted) -> DataFrame:
        """Return the rows found."""
        return self.find(webhooks, wanted)


def rule(
    id: str, severity: Severity, *, remedy: str, deleted: bool = False
) -> Callable[[Find], Rule]:
    """Make a rule of a function; see `Rule` for the parameters.

    Examples
    --------
    >>> from ikas_explore.auditing.rule import found, rule, where
    >>> @rule("old-host", "warning", remedy="Save the scope with the new host.")
    ... def old_host(webhooks, wanted):
    ...     '''An endpoint on the host that will be switched off.'''
    ...     return found(webhooks[webhooks["host"] == "old.example.com"], "The host goes in May.")
    >>> old_host.id, old_host.severity
    ('old-host', 'warning')
    """
    check_severity(severity)
    return lambda find: Rule(id, severity, remedy, find, deleted)


def check_severity(severity: Any, known: Sequence[str] = SEVERITIES) -> str:
    """Return a severity, or raise InvalidArgumentError."""
    if not isinstance(severity, str) or severity not in known:
        raise InvalidArgumentError(
            f"{shown(severity)} is not a severity.{did_you_mean(severity, known)}"
        )
    return severity


def found(rows: DataFrame, message: str | Sequence[str]) -> DataFrame:
    """Return rows as findings: their ``store, scope, endpoint``, and a message for all or each.

    Columns that are missing are left empty: a finding about a store needs no endpoint.
    """
    columns = [name for name in ("store", "scope", "endpoint") if name in rows.columns]
    return rows[columns].assign(message=message)


def where(column: Series[Any], holds: Callable[[str], bool]) -> Any:
    """Ask each different text of a categorical column once; return a boolean array, one per row.

    Examples
    --------
    >>> import pandas as pd
    >>> hosts = pd.Series(["a.example", "b.example", "a.example"], dtype="category")
    >>> where(hosts, lambda host: host.startswith("a")).tolist()
    [True, False, True]
    """
    import numpy as np

    categories = column.cat.categories
    answers = np.fromiter((holds(text) for text in categories), dtype=bool, count=len(categories))
    return answers[column.cat.codes.to_numpy()] if len(column) else np.zeros(0, dtype=bool)
