"""What a new Python waits for: the import, the first frame, a command, a sandbox.

The rivals are the imports alone that each cannot do without.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import ikas_explore as ikas
from tests.benchmarks.measuring import Figure, pairs, python

_IMPORTS = (
    "dotenv, httpx, pandas, sgqlc.operation, stamina, ariadne, starlette.applications, uvicorn"
)


def figures(short: bool) -> Iterator[Figure]:
    """Compare whole processes, each until it has printed what was asked for."""
    count = 3 if short else 15
    yield Figure(
        "import ikas_explore",
        "import httpx",
        "ms",
        pairs(_printing("import ikas_explore"), _printing("import httpx"), count),
        goal=1.2,
    )
    yield Figure(
        "print the first frame of a sandbox",
        "its imports",
        "ms",
        pairs(
            _printing(
                "import ikas_explore as ikas; print(ikas.connect('sandbox').webhooks.list())"
            ),
            _printing(f"import {_IMPORTS}"),
            count,
        ),
        goal=1.5,
        why="starts the sandbox, lists over HTTP, and pandas prints its first frame",
    )
    with ikas.Sandbox() as sandbox:
        yield Figure(
            "ikas-explore list --json",
            "a command with its imports",
            "ms",
            pairs(
                python(
                    *("-m", "ikas_explore", "list", "--json"),
                    IKAS_BASE_URL=sandbox.base_url,
                    IKAS_ACCESS_TOKEN=sandbox.access_token,
                ),
                python("-m", "tests.benchmarks.plain_command", "--json"),
                count,
            ),
            goal=1.15,
            why="loads its own modules, calls the store, checks the answer and prints it",
        )


def _printing(code: str) -> Callable[[], None]:
    """Return a call that runs a new Python until it has printed a line.

    Not until it has ended: a sandbox takes its time to stop, and nobody waits for that.
    """
    command = [sys.executable, "-c", f"{code}; print(flush=True)"]

    def run() -> None:
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.kill()

    return run
