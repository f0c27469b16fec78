"""The audit as Markdown, for a pull request or a CI summary."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ikas_explore.auditing.text import MOST_ROWS, as_markdown, as_markdown_code, cell

if TYPE_CHECKING:
    from ikas_explore.auditing.result import Audit

_CODE = ("rule", "store", "scope", "endpoint")


def document(audit: Audit) -> str:
    """Return the report as Markdown."""
    counts = ", ".join(f"{count} {severity}" for severity, count in audit.counts().items())
    lines = [
        "# Audit of ikas webhooks",
        "",
        f"**{'ok' if audit.ok else 'not ok'}**: {counts}; {len(audit.stores)} stores checked, "
        f"{len(audit.unreached)} not reached, {len(audit.ignored)} findings ignored.",
        "",
    ]
    findings = audit.findings
    if findings.empty:
        return "\n".join([*lines, "Nothing was found.", ""])
    lines += [_row(findings.columns), _row(["---"] * len(findings.columns))]
    for row in findings.head(MOST_ROWS).itertuples(index=False):
        lines.append(
            _row(
                as_markdown_code(text) if text and name in _CODE else as_markdown(text)
                for name, text in zip(findings.columns, map(cell, row), strict=True)
            )
        )
    left = len(findings) - MOST_ROWS
    if left > 0:
        lines += ["", f"{left} more findings are not shown here; the frame has them."]
    return "\n".join([*lines, ""])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
