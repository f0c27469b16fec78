"""README.md in this folder lists the rules that there are, as the command does."""

from __future__ import annotations

from pathlib import Path

from tests.auditing.rules_page import table


def test_the_page_has_the_table_made_from_the_rules() -> None:
    page = Path(__file__).with_name("README.md").read_text("utf-8")
    assert table() in page, "python -m tests.auditing.rules_page"
    assert len(table().splitlines()) > 20
