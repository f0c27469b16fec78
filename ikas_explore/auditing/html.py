"""The audit as HTML: no script, no picture, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ikas_explore.auditing.coverage import LETTERS, rows, scope_groups, states
from ikas_explore.auditing.report import MOST_ROWS, Audit, visible
from ikas_explore.text.html_table import Html, escape, html_table
from ikas_explore.text.palette import COLOURS, style_sheet
from ikas_explore.text.printable import counted

#: Rows of the coverage in a notebook; of more stores, those with the same states share one.
_MOST_STORES = 40
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
        f"<body><h1>Audit of ikas webhooks</h1>\n{fragment(audit, MOST_ROWS)}\n</body></html>\n"
    )


def fragment(audit: Audit, most_stores: int = _MOST_STORES) -> str:
    """Return the report without a page around it, for a notebook's cell."""
    made = audit.made_at.isoformat(timespec="seconds")
    return (
        f'<div class="ikas-audit">{style_sheet(__package__, "audit.css")}\n'
        f"<p><strong>{'ok' if audit.ok else 'not ok'}</strong>: {audit.summary()} "
        f"<time>{made}</time></p>\n{_findings(audit)}\n{_coverage(audit, most_stores)}\n</div>"
    )


def _findings(audit: Audit) -> str:
    if audit.findings.empty:
        return ""
    names = ["store", "severity", "rule", "scope", "endpoint", "message and remedy"]
    rest = audit.left_out()
    return f"<h2>Findings</h2>{html_table(names, _grouped(audit), name='Findings')}" + (
        f"<p>{rest}</p>" if rest else ""
    )


def _grouped(audit: Audit) -> Iterator[list[str]]:
    """Make a row for what a rule found in a store, the worst store first."""
    place = {str(store): at for at, store in enumerate(audit.by_store()["store"])}
    groups: dict[tuple[str, str, str, str], list[tuple[str, str, str]]] = {}
    for severity, rule, store, scope, endpoint, message, remedy in audit.findings.head(
        MOST_ROWS
    ).itertuples(index=False):
        key = (store if isinstance(store, str) else "", severity, rule, remedy)
        groups.setdefault(key, []).append((visible(scope), visible(endpoint), visible(message)))
    before = None
    for key in sorted(groups, key=lambda key: place.get(key[0], len(place))):
        store, severity, rule, remedy = key
        scopes, endpoints, messages = (
            dict.fromkeys(each) for each in zip(*groups[key], strict=True)
        )
        yield [
            visible(store) if store != before else "",
            Html(f'<b class="{severity}">{severity}</b>'),
            visible(rule),
            _lines(scopes),
            Html(f'<b class="folded">{_lines(endpoints)}</b>'),
            Html(
                f'<div class="folded">{_lines(messages)}<div class="remedy">'
                f"{escape(visible(remedy))}</div></div>"
            ),
        ]
        before = store


def _coverage(audit: Audit, most: int) -> str:
    table = states(audit)
    if table.empty:
        return ""
    marks = {state: _state(state, "state") for state in LETTERS}
    shown, left = rows(table, most)
    cells = ([row.label, *(marks[state] for state in row.states)] for row in shown)
    # A line may break before each capital, so that eleven scopes fit a page.
    scopes = [
        Html(f"<div>{_breakable(resource)}</div>{_breakable(verb)}")
        for resource, verbs in scope_groups(list(map(str, table.columns)))
        for verb in verbs
    ]
    legend = "".join(f"<span>{_state(state, '')}{state}</span>" for state in LETTERS)
    rest = f"<p>{counted(left, 'more store')} in states().</p>" if left else ""
    coverage = html_table(["store", *scopes], cells, name="Coverage", row_heads=True)
    return f"<h2>Coverage</h2><p>{legend}</p>{coverage}{rest}"


def _state(state: str, kind: str) -> Html:
    return Html(f'<b class="{kind}" style="background:{COLOURS[state]}66">{LETTERS[state]}</b>')


def _breakable(name: str) -> str:
    return "".join(f"<wbr>{each}" if each.isupper() else escape(each) for each in name)


def _lines(texts: Iterable[str]) -> Html:
    return Html("".join(f"<div>{escape(text)}</div>" for text in texts if text))
