"""What of ikas the sandbox emulates, told by the tests that show it.

A test says so with `emulates`; ``python -m tests.sandbox.coverage`` prints the table.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., object])

_SAYS = "emulates"


def emulates(what: str, *, source: str) -> Callable[[Test], Test]:
    """Note that a test shows a behaviour of ikas, and who says that ikas has it."""

    def note(test: Test) -> Test:
        setattr(test, _SAYS, (*getattr(test, _SAYS, ()), (what, source)))
        return test

    return note


def rows() -> Iterator[tuple[str, str, str]]:
    """Give what is emulated, its source and its test, in the order of files and lines."""
    here = Path(__file__).parent
    for path in sorted(here.glob("test_*.py")):
        module = importlib.import_module(f"tests.sandbox.{path.stem}")
        tests = [
            test
            for _, test in inspect.getmembers(module, inspect.isfunction)
            if hasattr(test, _SAYS)
        ]
        for test in sorted(tests, key=lambda test: test.__code__.co_firstlineno):
            # The decorator nearest to the function ran first; read them from the top.
            for what, source in reversed(getattr(test, _SAYS)):
                yield what, source, f"`{path.stem}.py::{test.__name__}`"


def table() -> str:
    """Return the table as Markdown."""
    lines = ["| Emulated | Source | Shown by (`tests/sandbox/`) |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows())])


if __name__ == "__main__":
    print(table())
