"""What checking notebooks costs: beside plain nbval on the same notebook."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ikas_explore.testing.plugin import SANITIZE
from tests.benchmarks.measuring import Figure, pairs, python

FOLDER = Path(__file__).parents[2] / "notebooks"
PYTEST = (
    *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis"),
    *("-c", os.devnull, "--rootdir", str(FOLDER), "--nbval", "--nbval-current-env"),
)
PLAIN = ("-p", "no:ikas-explore", f"--nbval-sanitize-with={SANITIZE}")


def figures(short: bool) -> Iterator[Figure]:
    """Compare our notebooks under ``--ikas-sandbox``, the start of pytest included."""
    found = sorted(FOLDER.glob("*.ipynb"))
    for notebook in found[:1] if short else found:
        yield Figure(
            f"pytest --ikas-sandbox, {notebook.stem}",
            "plain nbval",
            "s",
            pairs(
                _run("--ikas-sandbox", notebook),
                _run(*PLAIN, notebook),
                2 if short else 3,
                unit="s",
            ),
            goal=1.2,
            why="starts a sandbox for the notebook",
        )
    yield Figure(
        "pytest that loads the plugin",
        "pytest that does not",
        "ms",
        pairs(
            python("-c", "import pytest, ikas_explore.testing.plugin"),
            python("-c", "import pytest"),
            5 if short else 15,
        ),
        goal=1.2,
        why="defines the options and fixtures",
    )


def _run(*arguments: str | Path) -> Callable[[], None]:
    variables = {"IKAS_STORE": "sandbox", "IKAS_SANDBOX_SEED": "1", "LANGUAGE": "en"}
    return python(*PYTEST, *map(str, arguments), **variables)
