"""The audit as HTML: no script, no picture, nothing fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ikas_explore.auditing.report import MOST_ROWS
from ikas_explore.auditing.text import as_html, cell

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.auditing.report import Audit

_STYLE = """
.ikas-audit{font:14px/1.5 system-ui,sans-serif}
.ikas-audit table{border-collapse:collapse;margin:.5em 0 1.5em}
.ikas-audit th,.ikas-audit td{border:1px solid #8885;padding:.25em .6em;text-align:left;
vertical-align:top;overflow-wrap:anywhere}
.ikas-audit th{font-weight:600}
.ikas-audit .error{border-left:.4em solid #c62828}
.ikas-audit .warning{border-left:.4em solid #b26a00}
.ikas-audit .info{border-left:.4em solid #1565c0}
.ikas-audit .yes{background:#2e7d3233}
.ikas-audit .no{background:#8881}
"""
_PAGE_STYLE = ":root{color-scheme:light dark}body{margin:2em auto;max-width:80em;padding:0 1em}"


def page(audit: Audit) -> str:
    """Return a whole page."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Audit of ikas webhooks</title><style>{_PAGE_STYLE}</style></head>\n"
        f"<body><h1>Audit of ikas webhooks</h1>\n{fragment(audit)}\n</body></html>\n"
    )


def fragment(audit: Audit) -> str:
    """Return the report without a page around it, for a notebook's cell."""
    counts = ", ".join(f"{count} {severity}" for severity, count in audit.counts().items())
    verdict = "ok" if audit.ok else "not ok"
    made = audit.made_at.isoformat(timespec="seconds")
    return (
        f'<div class="ikas-audit"><style>{_STYLE}</style>\n'
        f"<p><strong>{verdict}</strong>: {counts}; {len(audit.stores)} stores checked, "
        f"{len(audit.unreached)} not reached, {len(audit.ignored)} findings ignored. "
        f"<time>{made}</time></p>\n"
        f"{_findings(audit.findings)}\n{_coverage(audit)}\n</div>"
    )


def _findings(findings: DataFrame) -> str:
    if findings.empty:
        return "<p>Nothing was found.</p>"
    head = "".join(f'<th scope="col">{name}</th>' for name in findings.columns)
    rows = []
    for row in findings.head(MOST_ROWS).itertuples(index=False):
        cells = [as_html(cell(value)) for value in row]
        severity = f'<td class="{cells[0]}">{cells[0]}</td>'
        rows.append(f"<tr>{severity}{''.join(f'<td>{text}</td>' for text in cells[1:])}</tr>")
    return (
        f"<h2>Findings</h2><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>{_rest(len(findings), 'findings')}"
    )


def _coverage(audit: Audit) -> str:
    coverage = audit.coverage()
    if coverage.empty:
        return ""
    head = "".join(f'<th scope="col">{as_html(scope)}</th>' for scope in coverage.columns)
    marks = {True: '<td class="yes">yes</td>', False: '<td class="no">no</td>'}
    rows = [
        f'<tr><th scope="row">{as_html(str(store))}</th>'
        f"{''.join(marks[bool(there)] for there in cells)}</tr>"
        for store, cells in zip(coverage.index[:MOST_ROWS], coverage.to_numpy(), strict=False)
    ]
    return (
        '<h2>Coverage</h2><table><thead><tr><th scope="col">store</th>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{_rest(len(coverage), 'stores')}"
    )


def _rest(count: int, what: str) -> str:
    left = count - MOST_ROWS
    return f"<p>{left} more {what} are not shown here; the frame has them.</p>" if left > 0 else ""
