"""The outcome of an audit, with the reports that pass it on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ikas_explore.auditing.result import Result
from ikas_explore.system.files import write_text
from ikas_explore.text.printable import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


class Audit(Result):
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

        Of more than 40 stores, those with the same states share a row.

        Raises
        ------
        IkasError
            matplotlib is not installed.
        """
        from ikas_explore.auditing.plots import draw

        return draw(self)

    def __repr__(self) -> str:
        missed = f", {len(self.unreached)} not reached" if self.unreached else ""
        return f"<Audit of {counted(len(self.stores), 'store')}{missed}: {self.found()}>"

    def _repr_html_(self) -> str:
        from ikas_explore.auditing.html import fragment

        return fragment(self)


def _kept(text: str, path: str | Path | None) -> str:
    if path is not None:
        write_text(path, text, "The report")
    return text
