"""The outcome of an audit: all that its reports show, and the reports that pass it on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ikas_explore.auditing.policy import Policy
from ikas_explore.auditing.prepared import covered
from ikas_explore.auditing.rule import SEVERITIES, Rule, check_severity
from ikas_explore.schema.scopes import Scope
from ikas_explore.system.files import write_text
from ikas_explore.text.printable import counted, printable
from ikas_explore.values.secret import masked

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

#: Rows that a page for people shows; more make one that nobody reads and browsers choke on.
MOST_ROWS = 2_000


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """The outcome of an audit; made by `ikas_explore.audit`.

    Attributes
    ----------
    findings : pandas.DataFrame
        ``severity, rule, store, scope, endpoint, message, remedy``, the worst first. Scope
        and endpoint are missing where a finding is not about one.
    ignored : pandas.DataFrame
        The same columns: what the policy's ignores took out.
    policy : Policy
    unreached : mapping of str to str
        Stores that could not be checked, and why.
    rules : tuple of Rule
        Those that were run.
    probes : pandas.DataFrame or None
        What was seen from here: a row for each endpoint, with ``connect_ms``, ``days_left`` and
        so on.
    made_at : datetime.datetime
    """

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

    def by_store(self) -> DataFrame:
        """Return how much was found in each store, the worst first.

        Returns
        -------
        pandas.DataFrame
            A row for each store, those without findings too: ``store, error, warning, info`` (the
            number of findings) and ``rules``, which found something.
        """
        from ikas_explore.frames.frames import BY_STORE, rows_frame

        rows: dict[str, dict[str, Any]] = {
            store: {"store": store, **dict.fromkeys(SEVERITIES, 0), "rules": {}}
            for store in [*self.stores, *self.unreached]
        }
        found = self.findings[self.findings["store"].isin(list(rows))]
        for store, severity, rule in zip(
            found["store"], found["severity"], found["rule"], strict=True
        ):
            rows[store][severity] += 1
            rows[store]["rules"][rule] = None
        for row in rows.values():
            row["rules"] = ", ".join(row["rules"])
        worst_first = sorted(
            rows.values(), key=lambda row: (*(-row[each] for each in SEVERITIES), row["store"])
        )
        return rows_frame(BY_STORE, worst_first)

    def by_rule(self) -> DataFrame:
        """Return how much each rule found, the worst severity first.

        Returns
        -------
        pandas.DataFrame
            A row for each rule that found something: ``severity, rule, findings, stores`` (their
            numbers) and ``remedy``.
        """
        from ikas_explore.frames.frames import BY_RULE, rows_frame

        groups = self.findings.groupby(["severity", "rule", "remedy"], sort=False)["store"]
        table = groups.agg(findings="size", stores="nunique").reset_index()
        rows: list[dict[Any, Any]] = table.to_dict("records")
        rows.sort(key=lambda row: (SEVERITIES.index(row["severity"]), -row["findings"]))
        return rows_frame(BY_RULE, rows)

    def counts(self) -> dict[str, int]:
        """Return the number of findings of each severity, the worst first."""
        return {each: int((self.findings["severity"] == each).sum()) for each in SEVERITIES}

    def summary(self) -> str:
        """Return in one sentence what was found and what was checked."""
        parts = [f"{counted(len(self.stores), 'store')} checked"]
        if self.unreached:
            parts.append(f"{len(self.unreached)} not reached")
        if len(self.ignored):
            parts.append(f"{counted(len(self.ignored), 'finding')} ignored")
        return f"{self.found()}; {', '.join(parts)}."

    def found(self) -> str:
        """Return the number of findings of each severity, in words."""
        counts = [counted(count, word) for word, count in self.counts().items() if count]
        return ", ".join(counts) or "Nothing was found"

    def left_out(self) -> str:
        """Return how many findings a page for people does not show; empty if it shows all."""
        left = len(self.findings) - MOST_ROWS
        return f"{counted(left, 'more finding')} in the frame." if left > 0 else ""

    def to_html(self, path: str | Path | None = None) -> str:
        """Return the report as one HTML page that needs nothing else; write it, given a path.

        HTML and Markdown show the first 2,000 findings; the frame, CSV and JUnit have all.
        """
        from ikas_explore.auditing.html import page

        return _kept(page(self), path)

    def to_markdown(self, path: str | Path | None = None) -> str:
        """Return the report as Markdown tables; write it, given a path."""
        from ikas_explore.auditing.markdown import document

        return _kept(document(self), path)

    def to_junit(self, path: str | Path | None = None) -> str:
        """Return the report as JUnit XML, for CI systems; write it, given a path.

        Each store is a suite, each rule a case. A case fails when it has a finding at or above
        ``fail_on``; a store that could not be checked is an error.
        """
        from ikas_explore.auditing.junit import document

        return _kept(document(self), path)

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the findings as CSV, safe in spreadsheets; write it, given a path."""
        from ikas_explore.text.safe_csv import to_csv

        return _kept(to_csv(self.findings) or "", path)

    def states(self) -> DataFrame:
        """Return why each store has or lacks each scope: `coverage` in words.

        Returns
        -------
        pandas.DataFrame
            A row for each store, unreached ones too and those with trouble first; a column for
            each scope. A cell is ``registered``, ``missing`` (required by the policy),
            ``wrong host``, ``not asked for`` (not registered, not required) or ``not reached``.
        """
        from ikas_explore.auditing.coverage import states

        return states(self)

    def plot(self) -> Figure:
        """Draw the `states` as a map, and the findings of each rule as bars.

        Of more than 40 stores, those with the same states share a row. Needs matplotlib.
        """
        from ikas_explore.auditing.plots import draw

        return draw(self)

    def __repr__(self) -> str:
        missed = f", {len(self.unreached)} not reached" if self.unreached else ""
        return f"<Audit of {counted(len(self.stores), 'store')}{missed}: {self.found()}>"

    def _repr_html_(self) -> str:
        from ikas_explore.auditing.html import fragment

        return fragment(self)


def visible(value: Any) -> str:
    """Return a cell as text for a report: secrets masked, control characters as escapes."""
    return printable(masked(value)) if isinstance(value, str) else ""


def _kept(text: str, path: str | Path | None) -> str:
    if path is not None:
        write_text(path, text, "The report")
    return text
