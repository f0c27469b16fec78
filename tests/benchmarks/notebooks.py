"""What the pytest plugin costs, as a ratio in one run, and how fast its fixtures start.

``python -m tests.benchmarks.notebooks`` prints

- each of our notebooks under ``--ikas-sandbox``, against plain nbval on the same notebook in the
  same environment, medians over pairs, the start of pytest included;
- what loading the plugin adds to the start of a Python that has pytest;
- the start of each fixture after the imports it needs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import ikas_explore as ikas
from ikas_explore.testing.plugin import SANITIZE
from tests.benchmarks.listing import pairs, report

FOLDER = Path(__file__).parents[2] / "notebooks"
PYTEST = (
    *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis"),
    *("-c", os.devnull, "--rootdir", str(FOLDER), "--nbval", "--nbval-current-env"),
)
OURS = ("--ikas-sandbox",)
PLAIN = ("-p", "no:ikas-explore", f"--nbval-sanitize-with={SANITIZE}")


def python(*arguments: str) -> None:
    variables = {"IKAS_STORE": "sandbox", "IKAS_SANDBOX_SEED": "1", "LANGUAGE": "en"}
    subprocess.run(
        [sys.executable, *arguments],
        cwd=FOLDER,
        env={**os.environ, **variables},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def start(make: Callable[[], AbstractContextManager[Any]]) -> float:
    """Return the median seconds until it can be used."""
    times = []
    for _ in range(20):
        started = time.perf_counter()
        with make():
            times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> int:
    met = True
    print(f"{'':58} {'plugin':>12}  {'plain':>12}  {'ratio':>6}")
    for notebook in sorted(path.name for path in FOLDER.glob("*.ipynb")):
        measured = pairs(
            lambda name=notebook: python(*PYTEST, *OURS, name),
            lambda name=notebook: python(*PYTEST, *PLAIN, name),
            3,
        )
        met &= report(notebook, 1.2, *measured)
    imports = pairs(
        lambda: python("-c", "import pytest, ikas_explore.testing.plugin"),
        lambda: python("-c", "import pytest"),
        11,
    )
    print(f"{'loading the plugin adds':58} {(imports[0] - imports[1]) * 1e3:9.3f} ms")
    with ikas.Sandbox() as sandbox, ikas.connect(sandbox) as store:
        store.webhooks.list()  # what is imported once
        for name, make in {
            "ikas_sandbox": lambda: ikas.Sandbox(seed="1"),
            "ikas_store, without its sandbox": lambda: ikas.connect(sandbox),
            "ikas_receiver, without its sandbox": lambda: ikas.Receiver(sandbox.client_secret),
        }.items():
            print(f"{name:58} {start(make) * 1e3:9.3f} ms")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
