from __future__ import annotations

import csv
import io
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import markdown_it
import pytest

from ikas_explore.auditing.audit import audit
from ikas_explore.auditing.report import Audit
from ikas_explore.errors import StorageError
from ikas_explore.frames.display import Frame
from tests.auditing.frames import NOW, SCOPES, frame, healthy, row

ORDER, STOCK = "store/order/created", "store/stock/created"
# Each would be markup, a formula or a broken file if it were taken for more than text.
EVIL = [
    "https://x/<img src=x onerror=alert(1)>",
    'https://x/"><script>alert(1)</script>',
    "https://x/a|b`c`[d](javascript:alert(1))",
    "https://x/\\|<b>",
    "https://x/\n\n# heading\n| a |",
    "https://x/\x00\x1b[2J\ufffe",
    "https://x/]]>&amp;<!--",
    "=HYPERLINK(1)",
    "@SUM(1)",
    "www.evil.example *b* _i_ ~s~ me@evil.example",
    "https://user:hunter2@x/?token=hunter2&a=1",
]


@pytest.fixture
def evil() -> Audit:
    rows = [row(scope, endpoint) for scope, endpoint in zip(SCOPES, EVIL, strict=True)]
    rows += [row("<script>alert(1)</script>|=1", "https://hooks.example.com/")]
    return audit(frame(rows), errors={"lost": "<b>HTTP</b> 502"}, now=NOW)


@pytest.fixture
def mixed() -> Audit:
    rows = [*healthy(), row(ORDER, "http://hooks.example.com/ikas/acme"), row(STOCK, "x", days=400)]
    return audit(frame(rows), {"required": ["store/order/*"]}, now=NOW)


SHOWN = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "div", "p", "strong"}
SHOWN |= {"time", "b", "table", "thead", "tbody", "tr", "th", "td", "wbr", "span"}


class Elements(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_html_report_shows_text_as_text_and_needs_nothing_else(evil: Audit) -> None:
    page = Elements(evil.to_html())
    assert page.names <= SHOWN
    harmless = {"lang", "charset", "name", "content", "class", "scope", "style"}
    assert page.attributes <= harmless | {"tabindex", "role", "aria-label"}
    assert "<img src=x onerror=alert(1)>" in page.text
    assert "url(" not in evil.to_html()
    assert "\x1b" not in evil.to_html()
    fragment = Elements(evil._repr_html_())
    assert not fragment.names & {"img", "script", "html"}


def test_the_markdown_report_shows_text_as_text(evil: Audit) -> None:
    source = evil.to_markdown()
    parser = markdown_it.MarkdownIt("gfm-like", {"html": True, "linkify": False})
    tokens = parser.parse(source)
    rows = sum(token.type == "tr_open" for token in tokens)
    cells = sum(token.type in ("td_open", "th_open") for token in tokens)
    assert rows == len(evil.findings) + 1
    assert cells == rows * 7
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds <= {"text", "text_special", "code_inline", "strong_open", "strong_close"}
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1"]
    assert "<img src=x onerror=alert(1)>" in Elements(parser.render(source)).text
    # GitHub links bare addresses in the source of a cell, entities apart.
    outside_code = "".join(source.split("`")[::2])
    assert "://" not in outside_code
    assert "www." not in outside_code


def test_no_report_passes_a_secret_of_an_endpoint_on(evil: Audit) -> None:
    for report in (evil.to_html(), evil.to_markdown(), evil.to_junit(), evil._repr_html_()):
        assert "hunter2" not in report
        assert "***" in report.replace("&#42;", "*")


def test_the_csv_report_has_no_formula(evil: Audit) -> None:
    rows = list(csv.reader(io.StringIO(evil.to_csv())))
    assert len(rows) == len(evil.findings) + 1
    assert not [cell for each in rows for cell in each if cell.startswith(("=", "+", "-", "@"))]
    assert "'=HYPERLINK(1)" in {each[4] for each in rows}


# What Jenkins' junit-10.xsd allows: attributes, the required ones among them, and children.
JUNIT = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, set(), {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "timestamp", "time", "hostname", "id"},
        {"name", "tests", "failures", "errors"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name", "time", "classname", "group"},
        {"name"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": ({"type", "message"}, set(), set()),
    "error": ({"type", "message"}, set(), set()),
    "system-out": (set(), set(), set()),
}


def check_junit(text: str) -> ET.Element:
    root = ET.fromstring(text)
    assert root.tag == "testsuites"
    for element in root.iter():
        allowed, required, children = JUNIT[element.tag]
        assert required <= element.attrib.keys() <= allowed
        assert {child.tag for child in element} <= children
    for suite in root:
        for kind, tag in (("tests", None), ("failures", "failure"), ("errors", "error")):
            cases = [case for case in suite if tag is None or case.find(tag) is not None]
            assert suite.get(kind) == str(len(cases))
    return root


def test_the_junit_report_is_valid_whatever_the_text(evil: Audit, mixed: Audit) -> None:
    for each in (evil, mixed, audit(frame([]), now=NOW)):
        check_junit(each.to_junit())
    assert "lost" in {suite.get("name") for suite in check_junit(evil.to_junit())}


def test_a_junit_case_is_a_rule_of_a_store_and_fails_when_the_audit_does(mixed: Audit) -> None:
    root = check_junit(mixed.to_junit())
    outcomes = {
        (suite.get("name"), case.get("name")): [child.tag for child in case]
        for suite in root
        for case in suite
    }
    assert outcomes["acme", "not-https"] == ["failure"]
    assert outcomes["best", "not-https"] == []
    assert outcomes["acme", "stale"] == ["system-out"]
    assert len({rule for store, rule in outcomes if store == "best"}) == len(mixed.rules)


def test_an_unreached_store_is_an_error_in_junit(evil: Audit) -> None:
    root = check_junit(evil.to_junit())
    (lost,) = [suite for suite in root if suite.get("name") == "lost"]
    assert [[child.tag for child in case] for case in lost] == [["error"]]


def test_reports_are_written_where_asked(mixed: Audit, tmp_path: Path) -> None:
    for name in ("html", "markdown", "junit", "csv"):
        path = tmp_path / name
        text = getattr(mixed, f"to_{name}")(path)
        assert path.read_text("utf-8") == text
    with pytest.raises(StorageError, match="cannot be written"):
        mixed.to_html(tmp_path)


def test_coverage_tells_which_store_has_which_scope() -> None:
    rows = [*healthy(["acme"]), row("store/strange", "https://hooks.example.com/acme")]
    rows += [row(ORDER, "https://hooks.example.com/acme", deleted=True)]
    coverage = audit(frame(rows), stores=["acme", "bare"], now=NOW).coverage()
    assert list(coverage.columns) == [*SCOPES, "store/strange"]
    assert list(coverage.index) == ["acme", "bare"]
    assert not coverage.loc["acme", ORDER]
    assert coverage.loc["acme"].sum() == 11
    assert not coverage.loc["bare"].any()
    assert set(coverage.dtypes) == {bool} or {str(each) for each in coverage.dtypes} == {"bool"}
    assert audit(frame([]), now=NOW).coverage().shape == (0, 11)


def test_the_states_tell_why_a_store_lacks_a_scope_and_trouble_comes_first() -> None:
    here = "https://hooks.example.com/{}"
    rows = [row(ORDER, here.format("best"), "best"), row(STOCK, here.format("best"), "best")]
    rows += [row(ORDER, "https://old.example.net/", "acme")]
    policy = {"required": [ORDER, STOCK], "allowed_hosts": ["hooks.example.com"]}
    audited = audit(frame(rows), policy, errors={"lost": "HTTP 502"}, now=NOW)
    states = audited.states()
    assert list(states.index) == ["lost", "acme", "best"]
    assert set(states.loc["lost"]) == {"not reached"}
    assert list(states.loc["acme", [ORDER, STOCK]]) == ["wrong host", "missing"]
    assert list(states.loc["best", [ORDER, STOCK]]) == ["registered", "registered"]
    assert states.loc["best", SCOPES[1]] == "not asked for"
    assert audit(frame([]), now=NOW).states().shape == (0, 11)


def test_a_finding_that_is_accepted_is_no_trouble() -> None:
    ignore = {"rule": "*", "reason": "known", "until": "2027-01-01"}
    rows = [row(ORDER, "https://old.example.net/")]
    policy = {"required": [STOCK], "allowed_hosts": ["a.example"], "ignores": [ignore]}
    states = audit(frame(rows), policy, now=NOW).states()
    assert list(states.loc["acme", [ORDER, STOCK]]) == ["registered", "not asked for"]


def test_findings_are_counted_by_store_and_by_rule(mixed: Audit, evil: Audit) -> None:
    by_store = mixed.by_store()
    assert list(by_store.columns) == ["store", "error", "warning", "info", "rules"]
    assert by_store.to_numpy().tolist() == [
        ["acme", 2, 0, 1, "invalid-endpoint, not-https, stale"],
        ["best", 0, 0, 0, ""],
    ]
    assert evil.by_store()["store"].tolist() == ["acme", "lost"]
    rules = mixed.by_rule()
    assert list(rules.columns) == ["severity", "rule", "findings", "stores", "remedy"]
    assert rules["severity"].tolist() == ["error", "error", "info"]
    assert rules[["findings", "stores"]].to_numpy().tolist() == [[1, 1]] * 3
    empty = audit(frame([]), now=NOW)
    for one, none in ((mixed.by_store(), empty.by_store()), (rules, empty.by_rule())):
        assert isinstance(one, Frame)
        assert one.dtypes.equals(none.dtypes)
        assert len(none) == 0


def test_the_plot_names_states_resources_and_stores_of_two_hundred(mixed: Audit) -> None:
    names = [f"store-{number:03}" for number in range(200)]
    rows = [
        row(SCOPES[number % 11], "https://a.example/", name) for number, name in enumerate(names)
    ]
    for audited in (mixed, audit(frame(rows), {"required": ORDER}, errors={"lost": "x"}, now=NOW)):
        left = audited.plot().axes[0]
        labels = [label.get_text() for label in left.get_yticklabels()]
        assert 0 < len(labels) <= 40
        assert {text.get_text() for text in left.texts} <= set("RMW-?")
        legend = left.get_legend()
        assert legend is not None
        assert len(legend.get_texts()) == 5
    assert labels[0] == "lost"
    assert labels[1] == "store-001 and 18 more"


def test_a_notebook_shows_findings_by_store_and_rule_aligned_to_the_left() -> None:
    rows = [row(scope, "http://hooks.example.com/acme") for scope in SCOPES[:3]]
    audited = audit(frame(rows), {"required": [*SCOPES[:4]]}, errors={"lost": "HTTP 502"}, now=NOW)
    page = audited._repr_html_()
    read = Elements(page).text
    assert read.count("not-https") == 1  # three scopes of one store
    assert "text-align:left" in page
    assert "1 store checked, 1 not reached" in read
    for word in ("error", "registered", "missing", "wrong host", "not asked for", "not reached"):
        assert word in read
    assert (
        "Nothing was found; 1 store checked."
        in audit(frame(healthy(["acme"])), now=NOW)._repr_html_()
    )


def test_the_plot_is_a_picture_that_shows_itself(mixed: Audit, evil: Audit) -> None:
    many = audit(frame(healthy([f"store-{number}" for number in range(60)])), now=NOW)
    for each in (mixed, evil, many, audit(frame([]), now=NOW)):
        figure = each.plot()
        assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]
        assert len(figure.axes) == 2


def test_without_matplotlib_the_plot_says_what_to_install() -> None:
    program = """if True:
        import sys
        sys.modules["matplotlib"] = sys.modules["matplotlib.figure"] = None
        from ikas_explore.auditing.audit import audit
        from ikas_explore.errors import IkasError
        from ikas_explore.frames.frames import rows_frame, webhook_columns
        outcome = audit(rows_frame(webhook_columns(), []))
        outcome.to_html()
        try:
            outcome.plot()
        except IkasError as error:
            print(error)
    """
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "pip install matplotlib" in told.stdout


def test_the_repr_is_one_line(mixed: Audit) -> None:
    assert repr(mixed) == "<Audit of 2 stores: 2 errors, 1 info>"
    assert repr(audit(frame([]))) == "<Audit of 0 stores: Nothing was found>"
