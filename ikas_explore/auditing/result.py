"""What an audit found: all that its reports show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ikas_explore.auditing.policy import Policy
from ikas_explore.auditing.prepared import covered
from ikas_explore.auditing.rule import SEVERITIES, Rule, check_severity
from ikas_explore.schema.scopes import Scope
from ikas_explore.text.printable import counted, printable
from ikas_explore.values.secret import masked

if TYPE_CHECKING:
    from pandas import DataFrame

#: Rows that a page for people shows; more make one that nobody reads and browsers choke on.
MOST_ROWS = 2_000


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """The findings and what they are about; see `ikas_explore.auditing.report.Audit`."""

    findings: DataFrame
    ignored: DataFrame
    webhooks: DataFrame
    policy: Policy
    unreached: Mapping[str, str]
    rules: tuple[Rule, ...]
    probes: DataFrame | None
    made_at: dt.datetime

    @property
    def ok(self) -> bool:
        """Whether every store was checked and nothing is as bad as the policy's ``fail_on``."""
        return self.exit_code() == 0

    @property
    def worst(self) -> str | None:
        """The worst severity found; None when nothing was found."""
        return next((each for each, count in self.counts().items() if count), None)

    @property
    def stores(self) -> list[str]:
        """The stores that were checked, those without any webhook too."""
        there = self.webhooks["store"].cat.categories
        return sorted({*self.policy.stores, *there} - self.unreached.keys())

    def exit_code(self, fail_on: str | None = None) -> int:
        """Return what a program should exit with.

        Parameters
        ----------
        fail_on : {"error", "warning", "info"}, optional
            Default: the policy's.

        Returns
        -------
        int
            2 when a store could not be checked, 1 when a finding is at or above `fail_on`, else 0.
        """
        failing = self.failing(fail_on)
        return 2 if self.unreached else int(self.findings["severity"].isin(failing).any())

    def failing(self, fail_on: str | None = None) -> tuple[str, ...]:
        """Return the severities at or above `fail_on`, which is the policy's if not given."""
        least = check_severity(self.policy.fail_on if fail_on is None else fail_on)
        return SEVERITIES[: SEVERITIES.index(least) + 1]

    def coverage(self) -> DataFrame:
        """Return which store has which scope.

        Returns
        -------
        pandas.DataFrame
            A row for each checked store, a boolean column for each scope: those that can be
            registered, then any other that is.
        """
        import pandas as pd

        registrable = list(map(str, Scope.registrable()))
        others = set(self.webhooks["scope"].unique()) - {"", *registrable}
        scopes = [*registrable, *sorted(others)]
        return pd.DataFrame(
            covered(self.webhooks, self.stores, scopes),
            index=pd.Index(self.stores, dtype=object, name="store"),
            columns=pd.Index(scopes, dtype=object, name="scope"),
        )

    def counts(self) -> dict[str, int]:
        """Return the number of findings of each severity, the worst first."""
        return {each: int((self.findings["severity"] == each).sum()) for each in SEVERITIES}

    def summary(self) -> str:
        """Return in one sentence what was found and what was checked."""
        found = ", ".join(counted(count, severity) for severity, count in self.counts().items())
        return (
            f"{found}; {counted(len(self.stores), 'store')} checked, {len(self.unreached)} not "
            f"reached, {counted(len(self.ignored), 'finding')} ignored."
        )

    def left_out(self) -> str:
        """Return how many findings a page for people does not show; empty if it shows all."""
        left = len(self.findings) - MOST_ROWS
        return f"{counted(left, 'more finding')} in the frame." if left > 0 else ""


def visible(value: Any) -> str:
    """Return a cell as text for a report: secrets masked, control characters as escapes."""
    return printable(masked(value)) if isinstance(value, str) else ""
