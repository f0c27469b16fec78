"""What a new Python waits for: the import, the first frame, a command, a sandbox.

The rivals are the imports alone that each cannot do without.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import ikas_explore as ikas
from ikas_explore.cli import COMMANDS
from tests.benchmarks.measuring import Figure, importing, modules_of_others, pairs, python

_FIRST_FRAME = "import ikas_explore as ikas; print(ikas.connect('sandbox').webhooks.list())"
_LISTING = "import sys; sys.argv = ['', 'list']; from ikas_explore.__main__ import main; main()"


def figures(short: bool) -> Iterator[Figure]:
    """Compare whole processes, each until it has printed what was asked for."""
    count = 3 if short else 15
    yield Figure(
        "import ikas_explore",
        "import httpx",
        "ms",
        pairs(_printing("import ikas_explore"), _printing("import httpx"), count),
        goal=0.25,
    )
    names = modules_of_others(_FIRST_FRAME, {})
    yield Figure(
        "print the first frame of a sandbox",
        f"its imports: {len(names)} modules",
        "ms",
        pairs(_printing(_FIRST_FRAME), _printing(importing(names)), count),
        goal=1.2,
        why="starts the sandbox, lists over HTTP, and pandas prints its first frame",
    )
    with ikas.Sandbox() as sandbox:
        there = {"IKAS_BASE_URL": sandbox.base_url, "IKAS_ACCESS_TOKEN": sandbox.access_token}
        names = modules_of_others(_LISTING, there)
        for options in ([], ["--json"]):
            yield Figure(
                " ".join(["ikas-explore list", *options]),
                f"its imports: {len(names)} modules",
                "ms",
                pairs(
                    python("-m", "ikas_explore", "list", *options, **there),
                    python("-c", importing(names)),
                    count,
                ),
                goal=1.0,
                why="loads its own modules too, calls the store, checks the answer and prints it",
            )
    helps = [python("-m", "ikas_explore", command, "--help") for command in COMMANDS]
    bare = python("-c", "import click")
    yield Figure(
        f"the help of all {len(helps)} commands",
        "import click as often",
        "ms",
        pairs(
            lambda: [run() for run in helps],
            lambda: [bare() for _ in helps],
            max(3, count // 3),
        ),
        goal=1.5,
        why="loads the command's module and prints its options",
    )


def _printing(code: str) -> Callable[[], None]:
    """Return a call that runs a new Python until it has printed a line.

    Not until it has ended: a sandbox takes its time to stop, and nobody waits for that.
    """
    command = [sys.executable, "-c", f"{code}\nprint(flush=True)"]

    def run() -> None:
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.kill()

    return run
