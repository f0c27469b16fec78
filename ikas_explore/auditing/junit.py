"""The audit as JUnit XML: each store is a suite, each rule a case.

The attributes and elements are those of the schema that Jenkins' xUnit plugin
publishes (junit-10.xsd), which other CI systems read too.
"""

from __future__ import annotations

import io
import re
from typing import Any
from xml.etree import ElementTree as ET

from ikas_explore.auditing.report import Audit, visible

#: The suite of findings that are about no single store.
ALL_STORES = "all stores"

# What XML 1.0 does not allow at all, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(audit: Audit) -> str:
    """Return the report as XML."""
    found = _by_store_and_rule(audit)
    root = ET.Element("testsuites", name="audit of ikas webhooks")
    for store in [*audit.stores, *audit.unreached, ALL_STORES]:
        of_store = found.get(store, {})
        if store == ALL_STORES and not of_store:
            continue
        suite = ET.SubElement(root, "testsuite", name=_xml(store))
        ids = [] if store in audit.unreached else [rule.id for rule in audit.rules]
        for id in dict.fromkeys([*ids, *of_store]):
            _add_case(suite, store, id, of_store.get(id, []), audit)
    for part in (root, *root):
        for name, kind in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            part.set(name, str(len(part.findall(f".//{kind}"))))
    for suite in root:
        suite.set("skipped", "0")
        suite.set("timestamp", audit.made_at.isoformat(timespec="seconds"))
    ET.indent(root)
    written = io.BytesIO()
    ET.ElementTree(root).write(written, encoding="utf-8", xml_declaration=True)
    return written.getvalue().decode("utf-8") + "\n"


def _by_store_and_rule(audit: Audit) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """Return the severity and the line of each finding."""
    found: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for row in audit.findings.to_dict("records"):
        about = " ".join(filter(None, (_text(row["scope"]), _text(row["endpoint"]))))
        line = f"{row['severity']}: {f'{about}: ' if about else ''}{row['message']}"
        of_store = found.setdefault(_text(row["store"]) or ALL_STORES, {})
        of_store.setdefault(row["rule"], []).append((row["severity"], line))
    return found


def _add_case(
    suite: ET.Element, store: str, id: str, lines: list[tuple[str, str]], audit: Audit
) -> None:
    case = ET.SubElement(suite, "testcase", name=_xml(id), classname=_xml(store))
    if not lines:
        return
    text = "\n".join(_xml(line) for _, line in lines)
    failing = audit.failing()
    kind = "error" if store in audit.unreached else "failure"
    if kind == "error" or any(severity in failing for severity, _ in lines):
        ET.SubElement(case, kind, type=_xml(id), message=_xml(lines[0][1])).text = text
    else:
        ET.SubElement(case, "system-out").text = text


def _xml(text: str) -> str:
    """Return a text that XML can hold; it is escaped when it is written."""
    return _NOT_XML.sub(lambda match: match[0].encode("unicode_escape").decode(), visible(text))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
