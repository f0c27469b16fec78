from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ikas_explore.errors import IkasError, InvalidArgumentError, InvalidScopeError, PlanError
from ikas_explore.manage.desired import read_desired
from tests.manage.registries import frame

FILE = """
[webhooks]
"https://example.com/ikas/{store}" = ["store/order/*", "store/stock/updated"]
"https://crm.example.com/ikas" = "store/customer/*"
"https://mail.example.com/ikas" = ["store/customer/created"]

[stores."acme-*"]
without = ["store/stock/*"]

[stores.acme-one.webhooks]
"https://acme.example.com/{store}" = ["store/order/created"]
"""


def test_a_file_fills_templates_patterns_and_overrides(tmp_path: Path) -> None:
    path = tmp_path / "desired.toml"
    path.write_text(FILE)
    state = read_desired(path).of(["acme-one", "best"])
    common = {
        "store/customer/created": "https://mail.example.com/ikas",
        "store/customer/statusUpdated": "https://crm.example.com/ikas",
        "store/customer/updated": "https://crm.example.com/ikas",
    }
    assert state == {
        "acme-one": {
            **common,
            "store/order/created": "https://acme.example.com/acme-one",
            "store/order/updated": "https://example.com/ikas/acme-one",
        },
        "best": {
            **common,
            "store/order/created": "https://example.com/ikas/best",
            "store/order/updated": "https://example.com/ikas/best",
            "store/stock/updated": "https://example.com/ikas/best",
        },
    }


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", PlanError, "empty"),
        ("# only a comment", PlanError, "empty"),
        ("[webhooks", PlanError, "cannot be read"),
        ("[webhook]", PlanError, "Did you mean 'webhooks'"),
        ("[stores.acme]\nwebhoks = {}", PlanError, "Did you mean 'webhooks'"),
        ("[stores]\nacme = 1", PlanError, "is a table"),
        ("webhooks = 3", PlanError, "is a table"),
        ('[webhooks]\n"https://a.example/" = 3', PlanError, "list of scopes"),
        ('[webhooks]\n"https://a.example/" = [3]', PlanError, "list of scopes"),
        ('[webhooks]\n"https://a.example/{stroe}" = []', PlanError, "{stroe}"),
        ('[webhooks]\n"https://a.example/" = ["store/order/creatd"]', InvalidScopeError, "mean"),
        ('[webhooks]\n"https://a.example/" = ["store/app/deleted"]', InvalidScopeError, "panel"),
        ('[webhooks]\n"https://a.example/" = ["stor/*"]', InvalidScopeError, "No scope matches"),
        ('[webhooks]\n"a.example" = ["store/order/*"]', InvalidArgumentError, "https://"),
        ('[stores.other.webhooks]\n"ftp://x" = []', InvalidArgumentError, "https://"),
        (
            '[webhooks]\n"https://a.example/" = ["store/*"]\n"https://b.example/" = ["store/o*"]',
            PlanError,
            "two endpoints",
        ),
    ],
)
def test_a_file_that_cannot_be_right_says_where_and_why(
    tmp_path: Path, text: str, error: type[IkasError], said: str
) -> None:
    path = tmp_path / "desired.toml"
    path.write_text(text)
    with pytest.raises(error, match=said) as caught:
        read_desired(path).of(["acme"])
    assert "desired.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read: No such file or directory.$"), (b"\xff\xfe", "cannot be read")],
)
def test_a_file_that_is_not_there_or_no_text_is_a_plan_error(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    if content:
        (tmp_path / "desired.toml").write_bytes(content)
    with pytest.raises(PlanError, match=said):
        read_desired(tmp_path / "desired.toml").of(["acme"])


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "desired.toml"
    path.write_text(FILE, "utf-8-sig")
    assert read_desired(path).of(["best"])["best"]["store/order/created"].endswith("/best")


def test_empty_mapping_and_empty_table_desire_nothing(tmp_path: Path) -> None:
    (tmp_path / "none.toml").write_text("[webhooks]\n")
    assert read_desired({}).of(["acme"]) == {"acme": {}}
    assert read_desired(str(tmp_path / "none.toml")).of(["acme"]) == {"acme": {}}


def test_a_single_scope_is_one_scope_not_its_letters() -> None:
    state = read_desired({"https://a.example/": "store/order/created"}).of(["acme"])
    assert state == {"acme": {"store/order/created": "https://a.example/"}}


def test_a_frame_is_taken_literally_and_speaks_for_the_stores_it_names() -> None:
    desired = frame({"store/order/created": "https://a.example/{x}"}, "acme")
    assert read_desired(desired).of(["acme", "best"]) == {
        "acme": {"store/order/created": "https://a.example/{x}"}
    }
    without_store = desired.drop(columns="store")
    assert list(read_desired(without_store).of(["acme", "best"])) == ["acme", "best"]
    assert read_desired(frame({})).of(["acme"]) == {"acme": {}}


def test_a_frame_with_a_column_twice_is_refused() -> None:
    one = frame({"store/order/created": "https://a.example/"})
    both = pd.concat([one, one], axis=1)
    for twice in (both, both.drop(columns="store")):
        with pytest.raises(InvalidArgumentError, match="more than once"):
            read_desired(twice).of(["acme"])


@pytest.mark.parametrize("told", ["no", "YANLIŞ", "False", 2.5])
def test_a_frame_in_which_deleted_is_text_is_refused(told: object) -> None:
    """As read_csv of pandas makes it, where any text counts as true."""
    desired = frame({"store/order/created": "https://a.example/"})
    desired["deleted"] = pd.Series([told], dtype=object)
    with pytest.raises(InvalidArgumentError, match="not True or False"):
        read_desired(desired).of(["acme"])


def test_a_frame_of_another_store_is_refused() -> None:
    with pytest.raises(PlanError, match=r"'best'.*Drop its column"):
        read_desired(frame({"store/order/created": "https://a.example/"}, "best")).of(["acme"])


@pytest.mark.parametrize("desired", [None, 3, [("https://a.example/", [])]])
def test_something_else_is_refused(desired: object) -> None:
    with pytest.raises(PlanError, match="webhook frame, the path"):
        read_desired(desired).of(["acme"])  # type: ignore[arg-type]


def test_an_empty_frame_says_nothing_about_a_fleet() -> None:
    with pytest.raises(PlanError, match="names no store"):
        read_desired(frame({})).of(["acme", "best"])
