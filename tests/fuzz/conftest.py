"""Reports at the end of a run how many examples were run, on all workers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fuzz.counts import RUNS, Run


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    name = report.nodeid.rpartition("/")[2].replace(".py::", ".")
    if report.when == "call" and name in RUNS:
        RUNS[name].seconds += report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    to_controller: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if to_controller is not None:
        to_controller["fuzzed"] = {name: run.executed for name, run in RUNS.items()}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for name, executed in getattr(node, "workeroutput", {}).get("fuzzed", {}).items():
        RUNS.setdefault(name, Run()).executed += executed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if RUNS:
        executed = sum(run.executed for run in RUNS.values())
        terminalreporter.write_line(f"fuzz: {len(RUNS)} fuzzers executed {executed:,} examples")
