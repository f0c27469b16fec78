"""Tells at the end of a run how many examples were run."""

from __future__ import annotations

from typing import Any

from tests.fuzz.counts import RUNS


def pytest_runtest_logreport(report: Any) -> None:
    name = report.nodeid.rpartition("/")[2].replace(".py::", ".")
    if report.when == "call" and name in RUNS:
        RUNS[name].seconds += report.duration


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if RUNS:
        executed = sum(run.executed for run in RUNS.values())
        terminalreporter.write_line(f"fuzz: {len(RUNS)} fuzzers executed {executed:,} examples")
