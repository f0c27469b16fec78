"""The table of what is emulated, made from the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox import coverage


def test_every_row_has_a_source_and_a_test() -> None:
    rows = list(coverage.rows())
    assert len(rows) == len(set(rows)) > 30
    for what, source, test in rows:
        assert what
        assert source
        assert "::test_" in test
        assert "|" not in what + source  # it would break the table


@pytest.mark.parametrize(
    "code",
    [
        "INVALID_SCOPE",
        "ARGUMENT_VALIDATION_ERROR",
        "LOGIN_REQUIRED",
        "UNAUTHORIZED",
        "APP_NOT_FOUND",
        "GRAPHQL_VALIDATION_FAILED",
        "HTTP 429",
        "HTTP 401",
    ],
)
def test_every_error_of_ikas_is_in_the_table(code: str) -> None:
    assert code in coverage.table()


def test_the_page_has_the_table_made_from_the_tests() -> None:
    page = Path(__file__).with_name("README.md").read_text("utf-8")
    assert coverage.table() in page, "python -m tests.sandbox.coverage"
