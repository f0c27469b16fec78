"""The audit as JUnit XML: one suite a store, one case a rule.

The attributes and elements are those of the schema that Jenkins' xUnit plugin
publishes (junit-10.xsd), which other CI systems read too.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ikas_explore.auditing.rule import SEVERITIES
from ikas_explore.auditing.text import as_xml, cell

if TYPE_CHECKING:
    from ikas_explore.auditing.result import Audit

#: The suite of findings that are about no single store.
ALL_STORES = "all stores"


def document(audit: Audit) -> str:
    """Return the report as XML."""
    failing = SEVERITIES[: SEVERITIES.index(audit.policy.fail_on) + 1]
    found: dict[str, dict[str, list[tuple[str, str]]]] = {}
    columns = [audit.findings[name] for name in ("store", "rule", "severity", "scope", "endpoint")]
    for store, rule, severity, scope, endpoint, message in zip(
        *columns, audit.findings["message"], strict=True
    ):
        about = " ".join(filter(None, (cell(scope), cell(endpoint))))
        line = f"{severity}: {about + ': ' if about else ''}{message}"
        found.setdefault(cell(store) or ALL_STORES, {}).setdefault(rule, []).append(
            (severity, line)
        )
    root = ET.Element("testsuites", name="audit of ikas webhooks")
    totals = {"tests": 0, "failures": 0, "errors": 0}
    for store in [*audit.stores, *audit.unreached, ALL_STORES]:
        of_store = found.get(store, {})
        if store == ALL_STORES and not of_store:
            continue
        suite = ET.SubElement(root, "testsuite", name=as_xml(store))
        ids = [] if store in audit.unreached else [rule.id for rule in audit.rules]
        counts = dict.fromkeys(totals, 0)
        for id in dict.fromkeys([*ids, *of_store]):
            case = ET.SubElement(suite, "testcase", name=as_xml(id), classname=as_xml(store))
            counts["tests"] += 1
            lines = of_store.get(id, [])
            if not lines:
                continue
            text = "\n".join(as_xml(line) for _, line in lines)
            if store in audit.unreached:
                kind = "error"
            elif any(severity in failing for severity, _ in lines):
                kind = "failure"
            else:
                ET.SubElement(case, "system-out").text = text
                continue
            counts[f"{kind}s"] += 1
            first = as_xml(lines[0][1])
            ET.SubElement(case, kind, type=as_xml(id), message=first).text = text
        for name, count in counts.items():
            suite.set(name, str(count))
            totals[name] += count
        suite.set("skipped", "0")
        suite.set("timestamp", audit.made_at.isoformat(timespec="seconds"))
    for name, count in totals.items():
        root.set(name, str(count))
    ET.indent(root)
    written = io.BytesIO()
    ET.ElementTree(root).write(written, encoding="utf-8", xml_declaration=True)
    return written.getvalue().decode("utf-8") + "\n"
