"""What an audit found, and its reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ikas_explore.auditing.policy import Policy
from ikas_explore.auditing.prepared import covered
from ikas_explore.auditing.rule import SEVERITIES, Rule, check_severity
from ikas_explore.errors import StorageError
from ikas_explore.schema.scopes import Scope

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


class Audit:
    """The outcome of an audit; made by `ikas_explore.auditing.audit.audit`.

    Attributes
    ----------
    findings : pandas.DataFrame
        ``severity, rule, store, scope, endpoint, message, remedy``, the worst first. Scope
        and endpoint are missing where a finding is not about one.
    ignored : pandas.DataFrame
        The same columns: what the policy's ignores took out.
    policy : Policy
    unreached : dict of str to str
        Stores that could not be checked, and why.
    rules : tuple of Rule
        Those that were run.
    probes : pandas.DataFrame or None
        What was seen from here: one row an endpoint, with ``connect_ms``, ``days_left`` and so on.
    made_at : datetime.datetime
    """

    def __init__(
        self,
        *,
        findings: DataFrame,
        ignored: DataFrame,
        webhooks: DataFrame,
        policy: Policy,
        unreached: Mapping[str, str],
        rules: Sequence[Rule],
        probes: DataFrame | None,
        made_at: dt.datetime,
    ) -> None:
        self.findings = findings
        self.ignored = ignored
        self.policy = policy
        self.unreached = dict(unreached)
        self.rules = tuple(rules)
        self.probes = probes
        self.made_at = made_at
        self._webhooks = webhooks

    @property
    def ok(self) -> bool:
        """Whether every store was checked and nothing is as bad as the policy's ``fail_on``."""
        return self.exit_code() == 0

    @property
    def worst(self) -> str | None:
        """The worst severity found; None when nothing was found."""
        return next(
            (each for each in SEVERITIES if (self.findings["severity"] == each).any()), None
        )

    @property
    def stores(self) -> list[str]:
        """The stores that were checked, those without any webhook too."""
        there = self._webhooks["store"].cat.categories
        return sorted({*self.policy.stores, *there} - self.unreached.keys())

    def exit_code(self, fail_on: str | None = None) -> int:
        """Return what a program should end with.

        Parameters
        ----------
        fail_on : {"error", "warning", "info"}, optional
            Default: the policy's.

        Returns
        -------
        int
            2 when a store could not be checked, 1 when a finding is at or above `fail_on`, else 0.
        """
        if self.unreached:
            return 2
        least = SEVERITIES.index(check_severity(fail_on or self.policy.fail_on))
        return int(self.findings["severity"].isin(SEVERITIES[: least + 1]).any())

    def coverage(self) -> DataFrame:
        """Return which store has which scope.

        Returns
        -------
        pandas.DataFrame
            One row a checked store, one boolean column a scope: those that can be
            registered, then any other that is.
        """
        import pandas as pd

        registrable = list(map(str, Scope.registrable()))
        others = set(self._webhooks["scope"].unique()) - {"", *registrable}
        scopes = [*registrable, *sorted(others)]
        return pd.DataFrame(
            covered(self._webhooks, self.stores, scopes),
            index=pd.Index(self.stores, dtype=object, name="store"),
            columns=pd.Index(scopes, dtype=object, name="scope"),
        )

    def counts(self) -> dict[str, int]:
        """Return the number of findings of each severity, the worst first."""
        return {each: int((self.findings["severity"] == each).sum()) for each in SEVERITIES}

    def to_html(self, path: str | Path | None = None) -> str:
        """Return the report as one HTML page that needs nothing else; write it, given a path.

        Of more than 2,000 findings or stores the rest is told as a number, here and in
        Markdown; the frame, CSV and JUnit have them all.
        """
        from ikas_explore.auditing.html import page

        return _kept(page(self), path)

    def to_markdown(self, path: str | Path | None = None) -> str:
        """Return the report as Markdown tables; write it, given a path."""
        from ikas_explore.auditing.markdown import document

        return _kept(document(self), path)

    def to_junit(self, path: str | Path | None = None) -> str:
        """Return the report as JUnit XML, for CI systems; write it, given a path.

        One suite a store, one case a rule. A case fails when it has a finding at or above
        ``fail_on``; a store that could not be checked is an error.
        """
        from ikas_explore.auditing.junit import document

        return _kept(document(self), path)

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the findings as CSV, safe in spreadsheets; write it, given a path."""
        from ikas_explore.text.safe_csv import to_csv

        return _kept(to_csv(self.findings) or "", path)

    def plot(self) -> Figure:
        """Draw the coverage as a heat map, and the findings of each rule as bars.

        Raises
        ------
        IkasError
            matplotlib is not installed.
        """
        from ikas_explore.auditing.plots import draw

        return draw(self)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {severity}" for severity, count in self.counts().items())
        missed = f", {len(self.unreached)} not reached" if self.unreached else ""
        return f"<Audit of {len(self.stores)} stores{missed}: {counts}>"

    def _repr_html_(self) -> str:
        from ikas_explore.auditing.html import fragment

        return fragment(self)


def _kept(text: str, path: str | Path | None) -> str:
    if path is not None:
        try:
            Path(path).write_text(text, "utf-8")
        except OSError as error:
            raise StorageError(f"The report {str(path)!r} cannot be written: {error}.") from error
    return text
