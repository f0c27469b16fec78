"""The audit as HTML: no script, no picture, nothing fetched."""

from __future__ import annotations

from ikas_explore.auditing.result import MOST_ROWS, Result, visible
from ikas_explore.text.html_table import Html, escape, html_table
from ikas_explore.text.printable import counted

_STYLE = """
.ikas-audit{font:14px/1.5 system-ui,sans-serif}
.ikas-audit .ikas-wide{overflow-x:auto}
.ikas-audit table{border-collapse:collapse;margin:.5em 0 1.5em}
.ikas-audit th,.ikas-audit td{border:1px solid #8885;padding:.25em .6em;text-align:left;
vertical-align:top}
.ikas-audit th{font-weight:600}
.ikas-audit b{display:block;font-weight:inherit;margin:-.25em -.6em;padding:.25em .6em}
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


def page(result: Result) -> str:
    """Return a whole page."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Audit of ikas webhooks</title><style>{_PAGE_STYLE}</style></head>\n"
        f"<body><h1>Audit of ikas webhooks</h1>\n{fragment(result)}\n</body></html>\n"
    )


def fragment(result: Result) -> str:
    """Return the report without a page around it, for a notebook's cell."""
    made = result.made_at.isoformat(timespec="seconds")
    return (
        f'<div class="ikas-audit"><style>{_STYLE}</style>\n'
        f"<p><strong>{'ok' if result.ok else 'not ok'}</strong>: {result.summary()} "
        f"<time>{made}</time></p>\n{_findings(result)}\n{_coverage(result)}\n</div>"
    )


def _findings(result: Result) -> str:
    if result.findings.empty:
        return "<p>Nothing was found.</p>"
    names = list(map(str, result.findings.columns))
    rows = (
        [
            _cell(visible(value), {"severity": value, "endpoint": name}.get(name))
            for name, value in zip(names, row, strict=True)
        ]
        for row in result.findings.head(MOST_ROWS).itertuples(index=False)
    )
    rest = result.left_out()
    return f"<h2>Findings</h2>{html_table(names, rows, name='Findings')}" + (
        f"<p>{rest}</p>" if rest else ""
    )


def _coverage(result: Result) -> str:
    coverage = result.coverage()
    if coverage.empty:
        return ""
    marks = {True: _cell("yes", "yes"), False: _cell("no", "no")}
    rows = (
        [visible(str(store)), *(marks[bool(each)] for each in there)]
        for store, there in zip(coverage.index[:MOST_ROWS], coverage.to_numpy(), strict=False)
    )
    # A line may break after each slash, so that eleven scopes fit a page.
    scopes = [Html(escape(visible(each)).replace("/", "/<wbr>")) for each in coverage.columns]
    table = html_table(["store", *scopes], rows, name="Coverage", row_heads=True)
    left = len(coverage) - MOST_ROWS
    rest = f"<p>{counted(left, 'more store')} in coverage().</p>" if left > 0 else ""
    return f"<h2>Coverage</h2>{table}{rest}"


def _cell(text: str, kind: str | None) -> Html:
    return Html(f'<b class="{kind}">{escape(text)}</b>') if kind else escape(text)
