"""What reaches HTML, Markdown, XML, CSV, forms and a repr: data is text there, and nothing else."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from typing import Any

import ipywidgets as widgets
import markdown_it
from hypothesis import strategies as st

import ikas_explore as ikas
from ikas_explore.auditing.audit import audit
from ikas_explore.auditing.report import visible
from ikas_explore.errors import GraphQLError, IkasError
from ikas_explore.forms.fleet_matrix import FleetManager
from ikas_explore.forms.form import Form
from ikas_explore.forms.manager import DeleteForm, Manager, SaveForm
from ikas_explore.frames.frames import FAILURES, rows_frame
from ikas_explore.manage.journal import Journal, Journals
from tests.auditing.frames import NOW, frame, row
from tests.auditing.test_report import check_junit
from tests.fuzz.runs import attempt, fuzz
from tests.fuzz.strategies import any_texts, quiet, texts
from tests.manage.registries import SCOPES, DictRegistry, make_plan, undo

#: Elements and attributes of ours, whatever the data.
ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "div", "p", "strong", "b"),
    *(
        "time",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "wbr",
        "span",
        "code",
        "pre",
        *("ol", "ul", "li", "details", "summary"),
    ),
}
ATTRIBUTES = {
    *("lang", "charset", "name", "content", "class", "scope", "tabindex", "role", "style"),
    *("border", "id", "scoped", "title", "aria-label", "aria-hidden", "aria-level"),
}
PLAIN_VALUE = re.compile(r"[\w ,.:;=%()#/-]*")


class Page(HTMLParser):
    """What a page holds, and a complaint about all that only data can have brought."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.rows = 0
        self.foreign: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.rows += tag == "tr"
        if tag not in ELEMENTS:
            self.foreign.append(tag)
        for name, value in attrs:
            data = name in ("title", "aria-label")  # of these no value is ours alone
            if name not in ATTRIBUTES or not (data or PLAIN_VALUE.fullmatch(value or "")):
                self.foreign.append(f"{tag} {name}={value!r}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.foreign.append(f"<!--{data}")

    def handle_decl(self, decl: str) -> None:
        if decl != "DOCTYPE html":
            self.foreign.append(decl)

    def handle_pi(self, data: str) -> None:
        self.foreign.append(data)

    def unknown_decl(self, data: str) -> None:
        self.foreign.append(data)


def check_html(page: str) -> Page:
    read = Page(page)
    assert not read.foreign
    assert quiet(read.text.replace("\xa0", "")), ascii(read.text)  # &nbsp; is of ours
    page.encode()
    return read


stores = st.just("acme") | texts
rows = st.lists(
    st.tuples(
        st.sampled_from(SCOPES) | texts,
        st.just("https://a.example/") | texts | texts.map(lambda text: f"https://a/{text}"),
        stores,
    ),
    max_size=4,
)


@fuzz(
    examples=60,
    rows=rows,
    lost=st.dictionaries(texts, texts, max_size=2),
    reason=texts.filter(str.strip),
)
def test_the_reports_of_an_audit(
    rows: list[tuple[str, str, str]], lost: dict[str, str], reason: str
) -> None:
    ignores = [{"rule": "invalid-endpoint", "reason": reason, "until": "2001-01-01"}]
    webhooks = frame(row(*each) for each in rows)
    made = audit(webhooks, {"ignores": ignores}, errors=lost, now=NOW)
    for page in (made.to_html(), made._repr_html_()):
        read = check_html(page)
        for endpoint in made.findings["endpoint"].dropna():
            assert visible(endpoint) in read.text
    source = made.to_markdown()
    assert quiet(source)
    tokens = markdown_it.MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(source)
    lines = sum(token.type == "tr_open" for token in tokens)
    cells = sum(token.type in ("td_open", "th_open") for token in tokens)
    assert (lines, cells) == (len(made.findings) + 1, 7 * (len(made.findings) + 1))
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds <= {"text", "text_special", "code_inline", "strong_open", "strong_close"}
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1"]
    root = check_junit(made.to_junit())
    told = "\n".join(text for case in root.iter("testcase") for text in case.itertext())
    for message in made.findings["message"]:
        assert visible(message) in told
    assert quiet(repr(made))
    read_back = list(csv.reader(io.StringIO(made.to_csv(), newline="")))
    assert len(read_back) == len(made.findings) + 1
    assert {len(each) for each in read_back} == {7}


@fuzz(examples=60, name=stores, state=rows, desired=st.sampled_from(["store/order/*", SCOPES[0]]))
def test_a_plan_and_what_takes_it_back(
    name: str, state: list[tuple[str, str, str]], desired: str
) -> None:
    registry = DictRegistry({scope: endpoint for scope, endpoint, _ in state}, name)
    journal = Journal()
    plan = make_plan({"https://b.example/": desired}, {name: registry}, journal=journal, prune=True)
    for each in (plan, undo(journal, {name: registry})):
        if each is not None:
            assert quiet(each.text()), ascii(each.text())
            assert quiet(str(each))
            assert quiet(repr(each))
            check_html(each._repr_html_())
            coloured = re.sub(r"\x1b\[\d*m", "", each.text(colour=True))
            assert coloured == each.text()


class Refusing(DictRegistry):
    """A store that cannot be listed, or not be written to."""

    def __init__(self, state: dict[str, str], name: str, refuses: str, said: str) -> None:
        super().__init__(state, name)
        self._refuses, self._said = refuses, said

    def _called(self, *call: str) -> None:
        super()._called(*call)
        if call[0] == self._refuses:
            raise GraphQLError(self._said, code=self._said)


def shown(form: Form) -> Iterator[str]:
    """All that a form shows as HTML: of its widgets, and without them."""
    bundle = form._repr_mimebundle_()
    assert quiet(bundle["text/plain"]), ascii(bundle["text/plain"])
    assert quiet(repr(form))
    yield bundle["text/html"]
    yield form.still()._repr_mimebundle_()["text/html"]
    waiting: list[Any] = [form.widget]
    while waiting:
        widget = waiting.pop()
        waiting += getattr(widget, "children", ())
        assert not getattr(widget, "description_allow_html", False)
        if isinstance(widget, widgets.HTML):
            yield widget.value


class Listed:
    """What a matrix knows of a fleet: stores that were listed, and cannot be asked again."""

    def __init__(self, listed: Any) -> None:
        self.listed = listed
        self.names = [*listed["store"].unique()]
        self.errors = rows_frame(FAILURES, [])
        self.journal = Journals({})

    def list(self) -> Any:
        return self.listed

    def plan(self, desired: Any) -> Any:
        raise GraphQLError("no", code="no")

    def undo(self) -> None: ...

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __getitem__(self, name: str) -> Any:
        raise KeyError(name)


@fuzz(
    examples=30,
    name=st.just("acme") | texts,
    state=rows,
    refuses=st.sampled_from(["", "list", "save", "delete"]),
    said=texts,
    entered=texts,
    language=st.sampled_from(["en", "tr"]),
    kind=st.sampled_from([SaveForm, DeleteForm, Manager, FleetManager]),
)
def test_the_forms(
    name: str,
    state: list[tuple[str, str, str]],
    refuses: str,
    said: str,
    entered: str,
    language: str,
    kind: Any,
) -> None:
    if kind is FleetManager:
        form = FleetManager(Listed(frame(row(*each) for each in state)), language=language)
        entries: list[dict[str, Any]] = [
            {"select": "shown"},
            {"endpoint": entered},
            {"filter": entered, "problems": True},
        ]
    else:
        registry = Refusing({scope: end for scope, end, _ in state}, name, refuses, said)
        form = kind(registry, language=language)
        entries = [
            {"endpoint": entered, "scopes": SCOPES[:1]},
            {"endpoint": "https://b.example/", "scopes": SCOPES[:1], "replace": True},
            {"scopes": [*registry.state][:1], "confirm": True},
            {"filter": entered},
        ]
    for entry in entries:
        attempt(partial(form.fill, **entry), IkasError)
        for button in ("save", "delete", "refresh", "undo"):
            attempt(partial(form.click, button), IkasError)
        for page in shown(form):
            check_html(page)
    form.close()


@fuzz(
    examples=80,
    text=any_texts,
    name=st.sampled_from(["acme", "a-1"]),
)
def test_the_reprs(text: str, name: str) -> None:
    made = attempt(
        lambda: ikas.connect(name, access_token="a" * 20, base_url=f"https://a.example/{text}"),
        IkasError,
    )
    named = text.replace("\0", "") or "x"  # by a variable, which cannot hold NUL
    assert quiet(repr(Journal(named))), repr(Journal(named))
    if isinstance(made, IkasError):
        assert quiet(str(made))
        return
    with made as store, ikas.Fleet([store]) as fleet:
        check_html(store._repr_html_())
        for each in (store, store.webhooks, fleet, store.query("listWebhook").where(scope=text)):
            assert quiet(repr(each)), repr(each)
            check_html(each._repr_html_().replace("\n", ""))
        assert quiet(store.query("listWebhook").curl())


# -- found by the above -------------------------------------------------------------------------


def test_a_junit_report_masks_no_finding_but_the_secret() -> None:
    """Of two findings in a case the first one's token ran on over the second."""
    rows = [row(scope, "http://a.example/?token=hunter2hunter2") for scope in SCOPES[:2]]
    text = audit(frame(rows), now=NOW).to_junit()
    told = ["\n".join(case.itertext()) for case in check_junit(text).iter("testcase")]
    assert any(all(scope in each for scope in SCOPES[:2]) for each in told)
    assert "hunter2" not in text


def test_a_junit_report_shows_nul_as_an_escape_and_not_as_a_line_end() -> None:
    rows = [row(SCOPES[0], "nowhere\x00at\\x00all")]
    assert "nowhere\\x00at\\x00all" in audit(frame(rows), now=NOW).to_junit()


def test_a_plan_in_a_notebook_shows_what_turns_the_reading_order_as_an_escape() -> None:
    registry = DictRegistry({SCOPES[0]: "https://a.example/\u202e\x9b31m"})
    page = make_plan({}, {"acme": registry}, prune=True)._repr_html_()
    assert "https://a.example/\\u202e\\x9b31m" in page


def test_a_form_and_a_journal_are_printed_without_control_characters() -> None:
    form = SaveForm(DictRegistry({}, "a\x1b[31m"), language="en")
    assert quiet(form._repr_mimebundle_()["text/plain"])
    assert quiet(repr(form))
    form.close()
    assert repr(Journal("a\x1b[31m")) == "<Journal a\\x1b[31m>"
