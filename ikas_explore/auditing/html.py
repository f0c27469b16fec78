"""The audit as HTML: no script, no picture, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ikas_explore.auditing.text import MOST_ROWS, as_html, cell

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.auditing.result import Audit

_STYLE = """
.ikas-audit{font:14px/1.5 system-ui,sans-serif}
.ikas-audit .wide{overflow-x:auto}
.ikas-audit table{border-collapse:collapse;margin:.5em 0 1.5em}
.ikas-audit th,.ikas-audit td{border:1px solid #8885;padding:.25em .6em;text-align:left;
vertical-align:top}
.ikas-audit th{font-weight:600}
.ikas-audit .endpoint{overflow-wrap:anywhere;min-width:12em}
.ikas-audit .error{border-left:.4em solid #c62828}
.ikas-audit .warning{border-left:.4em solid #b26a00}
.ikas-audit .info{border-left:.4em solid #1565c0}
.ikas-audit .yes{background:#2e7d3233}
.ikas-audit .no{background:#8881}
"""
_PAGE_STYLE = """
:root{color-scheme:light dark}
body{margin:2em auto;max-width:90em;padding:0 1em;font-family:system-ui,sans-serif}
"""


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
    rows = [
        "".join(
            _cell(as_html(cell(value)), kind={"severity": value, "endpoint": name}.get(name))
            for name, value in zip(findings.columns, row, strict=True)
        )
        for row in findings.head(MOST_ROWS).itertuples(index=False)
    ]
    table = _table("Findings", map(str, findings.columns), rows)
    return f"<h2>Findings</h2>{table}{_rest(len(findings), 'findings')}"


def _coverage(audit: Audit) -> str:
    coverage = audit.coverage()
    if coverage.empty:
        return ""
    marks = {True: _cell("yes", kind="yes"), False: _cell("no", kind="no")}
    rows = [
        f'<th scope="row">{as_html(str(store))}</th>{"".join(marks[bool(each)] for each in there)}'
        for store, there in zip(coverage.index[:MOST_ROWS], coverage.to_numpy(), strict=False)
    ]
    # A line may break after each slash, so that eleven scopes fit a page.
    scopes = [as_html(str(scope)).replace("/", "/<wbr>") for scope in coverage.columns]
    table = _table("Coverage", ["store", *scopes], rows)
    return f"<h2>Coverage</h2>{table}{_rest(len(coverage), 'stores')}"


def _table(title: str, names: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        # Reachable by keyboard, so that what is wider than the page can be scrolled to.
        f'<div class="wide" tabindex="0" role="region" aria-label="{title}">'
        f"<table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(text: str, *, kind: str | None) -> str:
    return f'<td class="{kind}">{text}</td>' if kind else f"<td>{text}</td>"


def _rest(count: int, what: str) -> str:
    left = count - MOST_ROWS
    return f"<p>{left} more {what} are not shown here; the frame has them.</p>" if left > 0 else ""
