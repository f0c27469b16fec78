"""The audit as Markdown, for a pull request or a CI summary."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ikas_explore.auditing.report import MOST_ROWS, Audit, visible

_CODE = ("rule", "store", "scope", "endpoint")
_PLAIN = re.compile(r"[\w:/.%?=&+,;@ ~{}-]+", re.ASCII)
_ACTIVE = re.compile(r"[&<>`*_\[\]|~\\#!@]|:(?=//)|\bwww\.|[\r\n]", re.IGNORECASE)


def document(audit: Audit) -> str:
    """Return the report as Markdown."""
    verdict = f"**{'ok' if audit.ok else 'not ok'}**: {audit.summary()}"
    lines = ["# Audit of ikas webhooks", "", verdict, ""]
    findings = audit.findings
    if findings.empty:
        return "\n".join([*lines, "Nothing was found.", ""])
    lines += [_row(findings.columns), _row(["---"] * len(findings.columns))]
    for row in findings.head(MOST_ROWS).itertuples(index=False):
        texts = zip(findings.columns, map(visible, row), strict=True)
        lines.append(_row(_cell(text, code=name in _CODE) for name, text in texts))
    rest = audit.left_out()
    return "\n".join([*lines, *(["", rest] if rest else []), ""])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str, *, code: bool) -> str:
    """Return a text for a cell of a table: no markup, no link, no HTML."""
    if code and _PLAIN.fullmatch(text):
        return f"`{text}`"
    return _ACTIVE.sub(lambda match: "".join(f"&#{ord(c)};" for c in match[0]), text)
