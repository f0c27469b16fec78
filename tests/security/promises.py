"""What tests/security/README.md says, collected from the tests that show it.

A test says so with `holds`, or with `does_not` for what is not protected;
``python -m tests.security.promises`` prints the two tables.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., object])

_HOLDS, _DOES_NOT = "security_holds", "security_does_not"


def holds(sentence: str) -> Callable[[Test], Test]:
    """Note the sentence on what is protected that a test shows."""
    return _noting(_HOLDS, sentence)


def does_not(sentence: str) -> Callable[[Test], Test]:
    """Note the sentence on what is not protected that a test shows."""
    return _noting(_DOES_NOT, sentence)


def _noting(kind: str, sentence: str) -> Callable[[Test], Test]:
    def note(test: Test) -> Test:
        setattr(test, kind, sentence)
        return test

    return note


def rows(kind: str) -> Iterator[tuple[str, str]]:
    """Give each sentence and the tests that show it, in the order of files and lines."""
    shown: dict[str, list[str]] = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.security.{path.stem}")
        tests = [test for _, test in inspect.getmembers(module, inspect.isfunction)]
        for test in sorted(tests, key=lambda test: test.__code__.co_firstlineno):
            if test.__module__ == module.__name__ and hasattr(test, kind):
                name = f"`{path.stem}.py::{test.__name__}`"
                shown.setdefault(getattr(test, kind), []).append(name)
    for sentence, names in shown.items():
        yield sentence, "<br>".join(names)


def table(kind: str, head: str) -> str:
    """Return a table as Markdown."""
    lines = [f"| {head} | Shown by (`tests/security/`) |", "|---|---|"]
    return "\n".join([*lines, *(f"| {sentence} | {tests} |" for sentence, tests in rows(kind))])


def tables() -> tuple[str, str]:
    """Return the table of what is protected and that of what is not."""
    return table(_HOLDS, "Protected"), table(_DOES_NOT, "Not protected")


if __name__ == "__main__":
    print("\n\n".join(tables()))
