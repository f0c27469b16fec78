"""How fuzzers are run and counted: a few fixed examples, or many from a seed."""

from __future__ import annotations

import functools
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis.errors import StopTest, UnsatisfiedAssumption

#: Examples for each hundred that a fuzzer has by default; None means a plain run of pytest,
#: whose examples are the same each time. ``python -m tests.fuzz`` sets it.
EXAMPLES: int | None = None


@dataclass
class Run:
    """What one fuzzer did: cases executed to their end, and what they found."""

    executed: int = 0
    invalid: int = 0
    seconds: float = 0.0
    findings: set[tuple[str, str]] = field(default_factory=set)


#: By the name of the fuzzer. A fuzzer that was not run yet is not in it.
RUNS: dict[str, Run] = {}


def fuzz(*positional: Any, examples: int = 100, **strategies: Any) -> Callable[[Any], Any]:
    """Make a fuzzer of a test.

    Parameters
    ----------
    examples : int, default 100
        Of a plain run; fewer where one is dear. A long run keeps the proportion.
    *positional, **strategies
        As hypothesis' ``given`` takes them.
    """

    def decorate(test: Callable[..., None]) -> Any:
        name = f"{test.__module__.rpartition('.')[2]}.{test.__name__}"

        @functools.wraps(test)
        def counted(*args: Any, **kwargs: Any) -> None:
            run = RUNS.setdefault(name, Run())
            began = time.perf_counter()
            try:
                test(*args, **kwargs)
            except (UnsatisfiedAssumption, StopTest):
                run.invalid += 1
                raise
            except Exception as error:
                run.executed += 1
                run.findings.add((type(error).__name__, _place(error)))
                raise
            else:
                run.executed += 1
            finally:
                run.seconds += time.perf_counter() - began

        plain = EXAMPLES is None
        return settings(
            max_examples=examples if EXAMPLES is None else max(1, EXAMPLES * examples // 100),
            derandomize=plain,
            database=None,  # a run is told by its seed alone
            deadline=None,
            print_blob=not plain,
            suppress_health_check=list(HealthCheck),
        )(given(*positional, **strategies)(counted))

    return decorate


def attempt(call: Callable[[], Any], *refusals: type[Exception]) -> Any:
    """Return what a call returns, or the refusal it raises; what else it raises is a finding."""
    try:
        return call()
    except refusals as refusal:
        return refusal


def _place(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"


def table() -> str:
    """Return what was run, as lines of text."""
    rows = [("fuzzer", "examples", "invalid", "findings", "seconds")]
    runs = sorted(RUNS.items())
    total = Run()
    for name, run in runs:
        rows.append(_row(name, run))
        total.executed += run.executed
        total.invalid += run.invalid
        total.seconds += run.seconds
        total.findings |= {(name, place) for _, place in run.findings}
    rows.append(_row(f"{len(runs)} fuzzers", total))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _row(name: str, run: Run) -> tuple[str, str, str, str, str]:
    counts = (f"{run.executed:,}", f"{run.invalid:,}", str(len(run.findings)))
    return (name, *counts, f"{run.seconds:.1f}")
