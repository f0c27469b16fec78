"""tests/security/README.md says what the tests show, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from tests.security import promises

HERE = Path(__file__).parent


def page() -> str:
    return (HERE / "README.md").read_text("utf-8")


def test_the_readme_has_the_tables_made_from_the_tests() -> None:
    for table in promises.tables():
        assert table in page(), "python -m tests.security.promises"


def test_every_sentence_has_a_test_that_exists() -> None:
    """Tables that were edited by hand are read too."""
    rows = [line for line in page().splitlines() if line.startswith("| ")]
    sentences = [line for line in rows if "Shown by" not in line]
    assert len(sentences) > 25
    for line in sentences:
        sentence, shown = line.strip("| ").split(" | ")
        assert sentence.endswith("."), line
        tests = re.findall(r"`(test_\w+\.py)::(test_\w+)`", shown)
        assert tests, line
        for file, name in tests:
            source = (HERE / file).read_text("utf-8")
            assert f"def {name}(" in source, line


def test_no_sentence_stands_outside_the_tables() -> None:
    lines = [line for line in page().splitlines() if line and not line.startswith("|")]
    assert lines == [
        "# What is protected, and what is not",
        "`python -m tests.security.promises` makes both tables from the tests.",
    ]
