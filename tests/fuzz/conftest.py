"""Tells at the end of a run how many examples were run."""

from __future__ import annotations

from typing import Any

from tests.fuzz.runs import RUNS


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if RUNS:
        executed = sum(run.executed for run in RUNS.values())
        terminalreporter.write_line(f"fuzz: {len(RUNS)} fuzzers executed {executed:,} examples")
