"""The README's section on security says what tests show, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from tests.security import promises

REPOSITORY = Path(__file__).parents[2]


def section() -> str:
    text = (REPOSITORY / "README.md").read_text("utf-8")
    (found,) = re.findall(r"^## Security\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_readme_has_the_tables_made_from_the_tests() -> None:
    for table in promises.tables():
        assert table in section(), "python -m tests.security.promises"


def test_every_sentence_has_a_test_that_exists() -> None:
    """Whatever stands in the README, tables edited by hand too."""
    rows = [line for line in section().splitlines() if line.startswith("| ")]
    sentences = [line for line in rows if "Shown by" not in line]
    assert len(sentences) > 25
    for line in sentences:
        sentence, shown = line.strip("| ").split(" | ")
        assert sentence.endswith("."), line
        tests = re.findall(r"`(test_\w+\.py)::(test_\w+)`", shown)
        assert tests, line
        for file, name in tests:
            source = (REPOSITORY / "tests" / "security" / file).read_text("utf-8")
            assert f"def {name}(" in source, line


def test_no_sentence_stands_outside_the_tables() -> None:
    """But for the first line, which says where they come from and promises nothing."""
    lines = [line for line in section().splitlines() if line and not line.startswith("|")]
    introduction, *others = lines
    assert "python -m tests.security.promises" in introduction
    held = len(list(promises.rows("security_holds")))
    assert others == [
        f"<details><summary>What is protected, in {held} sentences</summary>",
        "</details>",
    ]
